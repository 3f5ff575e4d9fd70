"""Answers as tables: CSV and XLSX that a spreadsheet shows and does not run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter

Rows = Iterable[Sequence[Any]]
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula at the start of a cell


def csv_line(cells: Sequence[Any]) -> str:
    """One line of CSV (RFC 4180). A text that would be taken for a formula gets an apostrophe in front (OWASP)."""
    text = io.StringIO()
    csv.writer(text).writerow([_cell(cell) for cell in cells])
    return text.getvalue()


def xlsx(rows: Rows) -> bytes:
    """A workbook of one sheet, the first row as its heading. Texts are texts, whatever they begin with."""
    content = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(content, plain) as book:
        heading = book.add_format({"bold": True})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write(number, column, cell, *([heading] if number == 0 else []))
    return content.getvalue()


def _cell(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(STARTS_FORMULA) else cell
