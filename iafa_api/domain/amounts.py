"""What figures are added up from: how many there are, and the exact sum of their numbers.

Promises: amounts may be added in any order and any grouping, and give the same figure. A sum is a whole number of
`PARTS`ths, or a fraction of them where numbers were too large or too fine to be counted as decimals.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import Final

from iafa_api.domain.trends import Measure

PARTS: Final = 10**12  # as many decimals as count as they are written
Amount = tuple[int, int | Fraction]
NOTHING: Final[Amount] = (0, 0)


def add_up(amounts: Collection[Amount]) -> Amount:
    return sum(count for count, _ in amounts), sum(total for _, total in amounts)


def figure_of(amount: Amount, measure: Measure) -> int | float | None:
    """What a measure of events, of units or of numbers (sum, average) says of them. None past the greatest float."""
    count, total = amount
    if not count:
        return measure.of_nothing
    if measure.kind not in ("sum", "average"):
        return count
    try:
        return float(Fraction(total, PARTS) / (count if measure.kind == "average" else 1))
    except OverflowError:
        return None
