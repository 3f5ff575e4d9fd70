"""How much the manifest counts, in sums alone: for figures that a monitor asks for each few seconds.

No path and no project comes out of here. Reads beside writers, in one statement.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from iafa_api.lake.manifest import BUSY_SECONDS

STATES = ("live", "archived", "removed")  # what was removed is kept until no question can be reading it


@dataclass(frozen=True, slots=True)
class Totals:
    """Files of events of one state."""

    file_count: int = 0
    row_count: int = 0
    byte_count: int = 0


def read_totals(path: Path) -> Mapping[str, Totals]:
    """The sums for each of STATES of the manifest at this path, which `Manifest` has opened."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as connection:
        rows = connection.execute(
            "SELECT CASE WHEN removed_version IS NOT NULL THEN 'removed' WHEN is_archived THEN 'archived'"
            " ELSE 'live' END AS state, count(*), sum(row_count), sum(byte_count) FROM files GROUP BY state"
        ).fetchall()
    found = {state: Totals(*sums) for state, *sums in rows}
    return {state: found.get(state, Totals()) for state in STATES}
