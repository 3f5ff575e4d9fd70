"""The person dictionary: a dense ordinal for everyone a project has seen, so that files sort and join by integers.

A person here is who an event itself names: its `user_id`, else its `anonymous_id` (joined identities are resolved when
a question is asked). Promises: a person keeps their ordinal, and nobody else ever gets it, because a run that gives new
ones counts from the commit on that names it. One writer at a time, who holds the lake's lock. Derived data: where a run
is broken, the dictionary is made anew from the rows, which carry the ordinals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from iafa_api.errors import BrokenData
from iafa_api.lake import hash_runs, layout, parquet
from iafa_api.lake.hash_runs import Growing, Hashes
from iafa_api.lake.manifest_schema import DataFile, PersonRun

MAGIC = b"IAFAPER1"
MAX_ORDINAL = (1 << 31) - 1  # what the column and the runs hold
UNKNOWN = -1


class PersonIndex:
    """A project's dictionary while its one writer adds to it."""

    def __init__(
        self,
        root: Path,
        project_id: str,
        runs: Sequence[PersonRun],
        files: Callable[[], Sequence[DataFile]],
        *,
        is_distrusted: bool = False,
    ) -> None:
        """`files` tells all of the project's, the archived ones too; they are read where a run is broken or
        `is_distrusted`."""
        self._root = root
        self._project_id = project_id
        # Checked: a flipped bit would give one person's ordinal to another's events, and stay in their files for ever.
        self._runs = Growing(
            root, MAGIC, runs, lambda: read_persons(root, files()), is_checked=True, is_distrusted=is_distrusted
        )
        # What was given out counts, not what is left of it: an ordinal is never given to a second person.
        given_out = [run.last_ordinal for run in runs] + [int(known.value.max()) for known in self._known if len(known)]
        self._next_ordinal = max(given_out, default=-1) + 1

    def add_ordinals(self, table: Any) -> Any:
        """The events with the ordinals of their persons; who is new gets the next ones, in order of the rows."""
        persons, place = parquet.persons_of(table)
        hashes = hash_runs.hash_texts(persons, np.zeros(len(persons)))
        ordinals = hash_runs.find_values(self._known, hashes, missing=UNKNOWN)
        is_new = ordinals == UNKNOWN
        count = int(np.count_nonzero(is_new))
        if count:
            if self._next_ordinal + count - 1 > MAX_ORDINAL:
                raise BrokenData(f"A project cannot have more than {MAX_ORDINAL + 1:,} persons.")
            ordinals[is_new] = np.arange(self._next_ordinal, self._next_ordinal + count)
            self._next_ordinal += count
            self._runs.add(Hashes(hashes.hi[is_new], hashes.lo[is_new], ordinals[is_new].astype(np.int32)))
        return parquet.with_ordinals(table, ordinals[place])

    def write_new(self) -> tuple[PersonRun | None, Sequence[PersonRun]]:
        """Write the run of who is new: what the manifest is to name, and what it is to name no more."""
        merged, taken = self._runs.merge()
        if not len(merged):
            return None, taken
        relative = layout.person_run_path(self._project_id)
        byte_count = hash_runs.write(self._root, relative, MAGIC, merged)
        first, last = int(merged.value.min()), self._next_ordinal - 1
        return PersonRun(str(relative), self._project_id, len(merged), byte_count, first, last), taken

    @property
    def _known(self) -> list[Hashes]:
        return self._runs.hashes


def read_persons(root: Path, files: Sequence[DataFile]) -> Hashes:
    """The persons of these Parquet files with their ordinals, sorted by hash: what the runs are derived from."""
    parts = [
        hash_runs.hash_texts(persons, ordinals)
        for file in files
        for persons, ordinals in parquet.read_ordinals(root / file.path)
    ]
    joined = hash_runs.sort_hashes(parts)
    return joined.take(hash_runs.first_occurrences(joined))
