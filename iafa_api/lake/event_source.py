"""What one question may look at: each accepted event once, in files or in the tail that is not flushed yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class EventSource:
    """The events of one project at one instant.

    `files` are Parquet files of the schema in `lake.parquet`, `tail` is an Arrow table (it may be empty) with the
    events that no file holds yet, without what only a flush gives (`person_ordinal`); the two share no id.
    `segment_lengths` says, per buffer segment that the tail was read from, up to which byte: with `manifest_version`
    that names the events seen, for ever.
    """

    files: tuple[Path, ...]
    tail: Any
    manifest_version: int
    segment_lengths: Mapping[str, int]
