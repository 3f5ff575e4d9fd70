"""What one question may look at: each accepted event once, in files or in the tail that is not flushed yet."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from iafa_api.domain.cohort import Cohort
from iafa_api.lake.manifest_schema import DataFile


@dataclass(frozen=True, slots=True)
class Seen:
    """What an earlier answer looked at: all that a manifest version holds, and of each segment that waited then what
    had arrived up to a moment (microseconds)."""

    manifest_version: int
    arrivals: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Unseen:
    """What came since: these segments, but for what of them had arrived by then."""

    segments: tuple[str, ...]
    arrivals: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EventSource:
    """The events of one project at one instant.

    `files` are Parquet files of the schema in `lake.parquet`, `tail` is an Arrow table (it may be empty) with the
    events that no file holds yet, without what only a flush gives (`person_ordinal`); the two share no id.
    `segment_lengths` says, per buffer segment that the tail was read from, up to which byte, `arrivals` up to which
    moment: with `manifest_version` that names the events seen, for ever; `state` is equal where all of this is. Rows of
    `files` that are `unseen` count not. `data_files` says of each of `files` what the manifest knows. `owners`,
    `aliases` and `traits` are the Arrow tables of `parquet_identities.Persons` at that instant, `cohorts` are those
    that filters may name, made of these same events. The events of crawlers count only `with_bots`.
    """

    files: tuple[Path, ...]
    tail: Any
    manifest_version: int
    segment_lengths: Mapping[str, int]
    data_files: tuple[DataFile, ...] = ()
    owners: Any = None
    aliases: Any = None
    traits: Any = None
    arrivals: Mapping[str, int] = field(default_factory=dict)
    project_id: str = ""
    state: Hashable = None
    unseen: Unseen | None = None
    cohorts: Mapping[str, Cohort] = field(default_factory=dict)
    with_bots: bool = True

    def narrow(self, is_wanted: Callable[[DataFile], bool]) -> EventSource:
        """The same source with only those of its files that are wanted."""
        chosen = [(path, file) for path, file in zip(self.files, self.data_files, strict=True) if is_wanted(file)]
        return replace(self, files=tuple(path for path, _ in chosen), data_files=tuple(file for _, file in chosen))
