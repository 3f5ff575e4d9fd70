"""Sums as the engine gives them, in parts that are added up here without rounding."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from iafa_api.analytics.trends_sql import MANTISSA_BITS
from iafa_api.domain.amounts import PARTS, Amount


def add_parts(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, Any], Amount]:
    """By the first two columns the numbers there are and their sum; the other columns are `trends_sql.PARTS`."""
    counts: dict[tuple[Any, Any], int] = {}
    totals: dict[tuple[Any, Any], int | Fraction] = {}
    for one, other, count, exact, exponent, mantissa in rows:
        key = one, other
        counts[key] = counts.get(key, 0) + count
        total = totals.get(key, 0)
        if exact is not None:
            numerator, denominator = exact.as_integer_ratio()
            total += numerator * (PARTS // denominator)
        if mantissa is not None:
            total += mantissa * PARTS * Fraction(2) ** (exponent - MANTISSA_BITS)
        totals[key] = total
    return {key: (count, totals[key]) for key, count in counts.items()}
