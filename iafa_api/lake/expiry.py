"""Expiry: events past their project's days go, whole files at a time, and a ledger says which went and why.

Promises: a file goes only when its whole UTC day lies before the limit, and a project that keeps its events for ever,
or that the metadata does not know, loses nothing. Each file that goes has a line in the ledger (day, rows, SHA-256,
rule), in the commit that takes it; its bytes stay for the grace time and are the sweep's. Where expired events are
archived, their copy counts from the same commit on, for questions that ask for it. What a deleted project leaves goes
whole, archived files and runs too. A crash leaves nothing half done. Not for erasing a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from iafa_api import clock
from iafa_api.errors import BrokenData
from iafa_api.lake import layout, parquet_merge
from iafa_api.lake.compaction import commit_or_discard
from iafa_api.lake.manifest import Manifest
from iafa_api.lake.manifest_schema import DataFile, ExpiredFile, IdentityFile, IdRun, PersonRun, QuarantineFile, Stored
from iafa_api.lake.writer_lock import hold_remover_lock, hold_writer_lock

DELETED = "project deleted"
COMMIT_FILES, COMMIT_BYTES = 200, 256 << 20  # in one commit: what a crash makes to be done again, and others wait for
GAP_SECONDS = 0.2  # between two commits, so that whoever waits for the lock gets it: they look every 0.05 seconds
ARCHIVE_LEVEL = 9  # 2 % smaller than 3 at half its speed; above it nothing is gained but time
WRITER_SECONDS = 60.0  # for the writer's lock, where a deleted project's runs go
READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a project keeps its events: `days`, 0 for ever. `is_deleted`: for so long that nothing is kept."""

    days: int
    is_deleted: bool = False


@dataclass(slots=True)
class ExpiryResult:
    """What a run did. `refused` are files that were held back, or could not be archived, with the reason: they stay."""

    file_count: int = 0
    row_count: int = 0
    archived_count: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def plan_expiry(
    files: Iterable[DataFile], retentions: Mapping[str, Retention], now_us: int
) -> list[tuple[DataFile, str]]:
    """Which files go, with the rule that each goes by. Projects that `retentions` does not name keep theirs."""
    rules = [(file, _rule(file, retentions.get(file.project_id), now_us)) for file in files]
    return [(file, rule) for file, rule in rules if rule is not None]


def run_expiry(
    manifest: Manifest,
    root: Path,
    read_retentions: Callable[[], Mapping[str, Retention]],
    *,
    now_us: int | None = None,
    is_archiving: bool = False,
    lock_seconds: float = 0.0,
    hold_back: Callable[[Sequence[DataFile]], Mapping[str, str]] = lambda files: {},
    on_step: Callable[[str], None] = lambda step: None,
) -> ExpiryResult:
    """Take what is past its time out of the manifest. `on_step` is told each step before it is done.

    `read_retentions` is asked before each commit: nobody's newer wish is passed over. `hold_back` says of expired files
    which must stay for now, by path, with the reason; what a deleted project left it is not asked about. Conflict where
    another process replaces or removes files for longer than `lock_seconds`.
    """
    now = clock.now_us() if now_us is None else now_us
    result = ExpiryResult()
    is_done = False
    while not is_done:
        with hold_remover_lock(root, wait_seconds=lock_seconds):
            retentions = read_retentions()
            planned = plan_expiry(manifest.list_live(DataFile), retentions, now)
            rows = _bounded([row for row in planned if row[0].path not in result.refused])
            held = hold_back([file for file, rule in rows if rule != DELETED])
            result.refused.update(held)
            rows = [row for row in rows if row[0].path not in held]
            if rows:
                _expire(manifest, root, rows, now, is_archiving, result, on_step)
            elif not held:
                staying = {file.project_id for file, _ in planned}  # their ids are needed: those rows still count
                settled = {key: kept for key, kept in retentions.items() if key not in staying}
                _forget_runs(manifest, root, settled, now, on_step)
                is_done = True
        if not is_done:
            clock.sleep(GAP_SECONDS)
    return result


def _rule(file: DataFile, retention: Retention | None, now_us: int) -> str | None:
    if retention is None:
        return None
    if retention.is_deleted:
        return DELETED
    if file.is_archived or not _is_past(file.day, retention, now_us):
        return None
    return f"older than {retention.days} days"


def _is_past(day: int, retention: Retention, now_us: int) -> bool:
    return retention.days > 0 and (day + 1) * layout.DAY_US <= now_us - retention.days * layout.DAY_US


def _bounded(rows: Sequence[tuple[DataFile, str]]) -> Sequence[tuple[DataFile, str]]:
    """As many as one commit takes, at least one."""
    size = 0
    for number, (file, _) in enumerate(rows[:COMMIT_FILES]):
        size += file.byte_count
        if number and size > COMMIT_BYTES:
            return rows[:number]
    return rows[:COMMIT_FILES]


def _expire(
    manifest: Manifest,
    root: Path,
    rows: Sequence[tuple[DataFile, str]],
    now_us: int,
    is_archiving: bool,
    result: ExpiryResult,
    on_step: Callable[[str], None],
) -> None:
    removed: list[DataFile] = []
    archived: list[DataFile] = []
    ledger: list[ExpiredFile] = []
    try:
        for file, rule in rows:
            copy = None
            if is_archiving and rule != DELETED:
                on_step("archive")
                try:
                    copy = parquet_merge.recompress(
                        root, file, layout.archive_path(file.project_id, file.day), level=ARCHIVE_LEVEL
                    )
                except (BrokenData, FileNotFoundError) as error:  # what cannot be kept is not thrown away either
                    result.refused[file.path] = str(error)
                    continue
                archived.append(copy)
            removed.append(file)
            ledger.append(_line(root, file, rule, copy, now_us))
    except BaseException:
        for copy in archived:
            (root / copy.path).unlink(missing_ok=True)
        raise
    if removed:
        commit_or_discard(
            manifest, root, archived, lambda: manifest.commit(added=archived, removed=removed, expired=ledger), on_step
        )
        on_step("end")
    result.file_count += len(removed)
    result.row_count += sum(file.row_count for file in removed)
    result.archived_count += len(archived)


def _line(root: Path, file: DataFile, rule: str, copy: DataFile | None, now_us: int) -> ExpiredFile:
    return ExpiredFile(
        path=file.path,
        project_id=file.project_id,
        day=file.day,
        row_count=file.row_count,
        byte_count=file.byte_count,
        sha256=_sha256(root / file.path),
        rule=rule,
        archived_as=copy.path if copy else None,
        expired_at=now_us,
    )


def _sha256(path: Path) -> str:
    """Of the file's bytes; empty where it is not there: its rows are lost, and its row in the manifest is to go."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while content := file.read(READ_BYTES):
                digest.update(content)
    except FileNotFoundError:
        return ""
    return digest.hexdigest()


def _forget_runs(
    manifest: Manifest,
    root: Path,
    retentions: Mapping[str, Retention],
    now_us: int,
    on_step: Callable[[str], None],
) -> None:
    """Ids of which every day is past, and what else the manifest names of deleted projects.

    The flush may be merging runs, so as their one writer.
    """
    deleted = {project_id for project_id, retention in retentions.items() if retention.is_deleted}

    def is_past(run: IdRun) -> bool:
        retention = retentions.get(run.project_id)
        return retention is not None and _is_past(run.last_day, retention, now_us)

    def named() -> list[Stored]:
        found: list[Stored] = [
            *manifest.list_live(IdRun),
            *manifest.list_live(PersonRun),
            *manifest.list_live(QuarantineFile),
            *manifest.list_live(IdentityFile),
        ]
        return [item for item in found if item.project_id in deleted or (isinstance(item, IdRun) and is_past(item))]

    if named():
        with hold_writer_lock(root, wait_seconds=WRITER_SECONDS):
            on_step("forget")
            manifest.commit(removed=named())
