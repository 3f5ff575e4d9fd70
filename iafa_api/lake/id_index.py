"""Which event ids a project has already stored: sorted runs of hashes with the UTC day of each event.

Promises: exact over all days that the data retention keeps. Runs are derived data: where one is broken, `read_hashes`
makes them all anew from Parquet. Runs of similar size are merged by the flush, so their number grows with the logarithm
of the events (docs/decisions/0003). Not for asking which event has an id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from iafa_api.lake import hash_runs, layout, parquet
from iafa_api.lake.hash_runs import Growing, Hashes
from iafa_api.lake.manifest_schema import DataFile, IdRun

MAGIC = b"IAFAIDS1"


class IdIndex:
    """A project's ids while their one writer adds to them."""

    def __init__(
        self,
        root: Path,
        project_id: str,
        runs: Sequence[IdRun],
        files: Callable[[], Sequence[DataFile]],
        *,
        is_distrusted: bool = False,
    ) -> None:
        """`files` tells all of the project's; they are read where a run is broken or
        `is_distrusted`."""
        self._root = root
        self._project_id = project_id
        self._runs = Growing(root, MAGIC, runs, lambda: read_hashes(root, files()), is_distrusted=is_distrusted)

    @property
    def hashes(self) -> list[Hashes]:
        """All that is known: sorted, part by part."""
        return self._runs.hashes

    def add(self, hashes: Hashes) -> None:
        """Know these as well."""
        self._runs.add(hashes)

    def write_new(self) -> tuple[IdRun | None, Sequence[IdRun]]:
        """Write the run of what is new: what the manifest is to name, and what it is to name no more."""
        merged, taken = self._runs.merge()
        return (write_run(self._root, self._project_id, merged) if len(merged) else None), taken


def load_runs(root: Path, runs: Sequence[IdRun], *, is_checked: bool = False) -> list[Hashes]:
    """The runs as memory-mapped arrays. BrokenRun where a file is missing, cut or another's."""
    return hash_runs.load(root, MAGIC, runs, is_checked=is_checked)


def write_run(root: Path, project_id: str, hashes: Hashes) -> IdRun:
    """Write a sorted, non-empty run, durably."""
    relative = layout.id_run_path(project_id)
    byte_count = hash_runs.write(root, relative, MAGIC, hashes)
    days = hashes.value
    return IdRun(str(relative), project_id, len(hashes), byte_count, int(days.min()), int(days.max()))


def read_hashes(root: Path, files: Sequence[DataFile]) -> Hashes:
    """The sorted hashes of all ids in these Parquet files: what the runs are derived from."""
    parts = [hash_runs.hash_texts(ids, days) for file in files for ids, days in parquet.read_ids(root / file.path)]
    return hash_runs.sort_hashes(parts)
