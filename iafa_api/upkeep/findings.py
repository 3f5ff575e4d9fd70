"""What a check of a data directory says: a line with a level, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Level = Literal["ok", "warn", "bad"]
NAMED = 3  # files or persons that a line names; the rest is a number


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `bad`: something is lost or will be; `warn`: a person should look."""

    check: str
    level: Level
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined: a data directory, with what the settings say of it."""

    data_dir: Path
    now_us: int
    secret_key: str = ""
    free_disk_bytes: int = 0


Check = Callable[[], list[Finding]]


def some(names: Collection[str]) -> str:
    """The first few of many."""
    shown = ", ".join(sorted(names)[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED:,} more"
