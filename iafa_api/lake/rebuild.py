"""The derived runs made anew from Parquet: which ids a project has stored, and which ordinal everybody has.

Promises: nothing that a run says is believed but how many ordinals were given out; all new runs count by one commit, in
which the old ones go, and a failure before it changes nothing. The flush waits meanwhile, questions do not. Ids of
expired events, which only the old runs knew, are forgotten. Not for identities: nothing is derived of them on disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from iafa_api.errors import BrokenData
from iafa_api.lake import parquet_merge
from iafa_api.lake.id_index import IdIndex
from iafa_api.lake.manifest import Manifest
from iafa_api.lake.manifest_schema import DataFile, IdRun, PersonRun, Stored
from iafa_api.lake.person_index import PersonIndex
from iafa_api.lake.writer_lock import hold_writer_lock


@dataclass(slots=True)
class RebuildResult:
    """What was made: runs of how many projects, and how many ids and persons they hold."""

    project_count: int = 0
    id_count: int = 0
    person_count: int = 0


def run_rebuild(
    manifest: Manifest, root: Path, project_id: str | None = None, *, lock_seconds: float = 0.0
) -> RebuildResult:
    """Make the runs of a project, or of all, anew. BrokenData where a file of events cannot be read: then none is."""
    result = RebuildResult()
    added: list[Stored] = []
    removed: list[Stored] = []
    with hold_writer_lock(root, wait_seconds=lock_seconds):
        try:
            for each in _list_projects(manifest, project_id):
                _rebuild(manifest, root, each, added, removed, result)
            if added or removed:
                manifest.commit(added=added, removed=removed)
        except BaseException:
            if not {item.path for item in added} & manifest.known_paths():  # it may have counted all the same
                for item in added:
                    (root / item.path).unlink(missing_ok=True)
            raise
    return result


def _list_projects(manifest: Manifest, project_id: str | None) -> list[str]:
    if project_id is not None:
        return [project_id]
    live: list[Stored] = [*manifest.list_live(DataFile), *manifest.list_live(IdRun), *manifest.list_live(PersonRun)]
    return sorted({item.project_id for item in live})


def _rebuild(
    manifest: Manifest,
    root: Path,
    project_id: str,
    added: list[Stored],
    removed: list[Stored],
    result: RebuildResult,
) -> None:
    snapshot = manifest.snapshot(project_id, with_archive=True)
    for file in snapshot.files:
        try:
            parquet_merge.require_readable(root / file.path)
        except FileNotFoundError:
            raise BrokenData(f"{file.path} is missing: runs without its ids would let repeats of them in.") from None
    ids = IdIndex(root, project_id, snapshot.runs, lambda: snapshot.files, is_distrusted=True)
    persons = PersonIndex(root, project_id, snapshot.person_runs, lambda: snapshot.files, is_distrusted=True)
    id_run, old_ids = ids.write_new()
    added += [id_run] if id_run else []
    person_run, old_persons = persons.write_new()
    added += [person_run] if person_run else []
    removed += [*old_ids, *old_persons]
    result.project_count += bool(snapshot.files)
    result.id_count += id_run.row_count if id_run else 0
    result.person_count += person_run.row_count if person_run else 0
