"""Answers as CSV: text that a spreadsheet shows and does not run."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula at the start of a cell


def csv_line(cells: Sequence[Any]) -> str:
    """One line of CSV (RFC 4180). A text that would be taken for a formula gets an apostrophe in front (OWASP)."""
    text = io.StringIO()
    csv.writer(text).writerow([_cell(cell) for cell in cells])
    return text.getvalue()


def _cell(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(STARTS_FORMULA) else cell
