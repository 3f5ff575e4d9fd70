"""A copy of the data directory while everybody goes on writing, with every event acknowledged before it began, once.

The order is the argument. First the segments, each up to its synced length: what was acknowledged is in one of them, or
in one that was unlinked before it could be read, and that was committed before (I4). Then the manifest, at one version:
a segment that it names as flushed counts from its files (I6), so its copy is dropped; each event is in one place. Then
the files that it names, pinned by links at once, for those that go keep their file for a grace time only (I5). Then the
metadata: its log comes after the events, so every event's project is in it, up to its synced mark, which is never taken
back; checkpoints before the log that they sign. The vault is last, so everybody in the log has a key in it, but for
those who were erased by then: they are listed, and their keys left out. A directory gets its name when it is whole.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from iafa_api import __version__, clock, durable
from iafa_api.errors import Conflict, NotFound
from iafa_api.ingest import segments
from iafa_api.lake import layout
from iafa_api.lake.manifest_copy import copy_manifest, read_contents
from iafa_api.lake.manifest_schema import Stored
from iafa_api.metadata.erasures import erased_persons
from iafa_api.metadata.log import Position
from iafa_api.metadata.projections import State
from iafa_api.metadata.snapshots import FILES, read_snapshots
from iafa_api.metadata.stored_log import LOG, MARKS, fold_lines, holds, read_lines, synced_end
from iafa_api.upkeep.copying import Copying, files_in
from iafa_api.upkeep.inventory import DATA, SECRETS, Inventory, key_name, read_inventory, write_inventory

METADATA, EVENTS = "metadata", "events"
PARTS = (METADATA, EVENTS)
SECRET_FILES, SECRET_FOLDERS = ("secret.key", ".env"), ("vault", "config")  # .env and config may hold the secret key
# Derived, or locks: made anew by the restore or by the next start.
NOT_COPIED = frozenset(
    {
        "lake.lock",
        "lake.remove.lock",
        "manifest.sqlite3-wal",
        "manifest.sqlite3-shm",
        "manifest.sqlite3.lock",
        "run",
    }
)
PINS = "backup-pins"  # in run/: links to the files that are being copied
Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made."""

    path: Path
    vault_path: Path | None
    inventory: Inventory
    byte_count: int


def run_backup(
    data_dir: Path,
    dest: Path,
    *,
    vault_dest: Path | None = None,
    parts: Sequence[str] = PARTS,
    like: Path | None = None,
    on_step: Step = lambda step: None,
) -> Backup:
    """Make a backup at `dest`, which must not exist, with the vault in it, or at `vault_dest`.

    Files of events that the earlier backup `like` holds are linked from there. Conflict where `dest` exists or another
    backup runs, NotFound without data. On any failure nothing is left at `dest`.
    """
    dest, vault_dest = dest.resolve(), vault_dest and vault_dest.resolve()
    _require_places(data_dir, dest, vault_dest)
    identity, began_at = clock.new_id(), clock.format_time(clock.now_us())
    main = Copying(_temporary(dest, identity))
    apart = Copying(_temporary(vault_dest, identity)) if vault_dest else None
    try:
        work = _Work(data_dir, main, apart or main, like, on_step)
        if EVENTS in parts:
            with _backup_lock(data_dir):
                work.copy_events()
        if METADATA in parts:
            work.copy_metadata()
            work.copy_secrets()
        inventory = Inventory(
            id=identity,
            program=__version__,
            began_at=began_at,
            ended_at=clock.format_time(clock.now_us()),
            parts=tuple(parts),
            position=work.position,
            manifest_version=work.manifest_version,
            erased=tuple(sorted(work.erased)),
            faults=tuple(work.faults),
            files=main.files,
        )
        on_step("name")
        if apart is not None and vault_dest is not None:
            _name(apart, vault_dest, replace(inventory, parts=(SECRETS,), files=apart.files))
        _name(main, dest, inventory)
    except BaseException:
        for copying in (main, apart):
            if copying is not None:
                shutil.rmtree(copying.root, ignore_errors=True)
        raise
    size = sum(kept.byte_count for kept in main.files.values())
    return Backup(dest, vault_dest, inventory, size)


class _Work:
    """One backup on its way."""

    def __init__(self, data_dir: Path, main: Copying, secret: Copying, like: Path | None, on_step: Step) -> None:
        self._data_dir = data_dir
        self._main = main
        self._secret = secret
        self._like = like
        self._on_step = on_step
        self.position: Position | None = None
        self.manifest_version: int | None = None
        self.erased: set[str] = set()
        self.faults: list[str] = []

    def copy_events(self) -> None:
        """The buffer, the manifest and its files, in this order."""
        self._on_step("segments")
        copied = self._copy_segments()
        manifest = self._data_dir / layout.MANIFEST
        if manifest.exists():
            self._on_step("manifest")
            name = f"{DATA}/{layout.MANIFEST}"
            copy_manifest(manifest, self._main.path(name))
            self._main.note(name)
            contents = read_contents(self._main.path(name), is_copy=True)
            self.manifest_version = contents.version
            for segment in copied & contents.flushed:
                self._main.drop(_segment_name(segment))
            sizes = {file.path: file.byte_count for file in contents.files}
            others: list[Stored] = [
                *contents.runs,
                *contents.person_runs,
                *contents.quarantine,
                *contents.identities,
            ]
            self._copy_files(sizes, [other.path for other in others])
        for folder in (layout.LOST, f"buffer/{segments.DAMAGED}"):
            self._copy_folder(self._main, folder, f"{DATA}/{folder}")

    def copy_metadata(self) -> None:
        """What stands beside the log, then the log."""
        directory = self._data_dir / "metadata"
        if not (directory / LOG).is_file():
            raise NotFound(f"{self._data_dir} holds no metadata log.")
        self._on_step("metadata")
        derived = {LOG, MARKS, *(f"{name}.json" for name in FILES)}
        for name in files_in(directory):
            with contextlib.suppress(FileNotFoundError):
                if name in derived:
                    continue
                if name.endswith(".jsonl"):
                    self._main.copy_lines(f"{DATA}/metadata/{name}", directory / name)
                else:
                    self._main.copy(f"{DATA}/metadata/{name}", directory / name)
        self._on_step("log")
        state, self.position = _fold(directory, synced_end(directory))
        self._main.copy(f"{DATA}/metadata/{LOG}", directory / LOG, size=self.position.offset)
        self._state = state

    def copy_secrets(self) -> None:
        """The vault and whatever else must not fall into other hands together with the log."""
        self._on_step("vault")
        for folder in SECRET_FOLDERS:
            self._copy_folder(self._secret, folder, f"{SECRETS}/{folder}")
        for name in SECRET_FILES:
            with contextlib.suppress(FileNotFoundError):
                self._secret.copy(f"{SECRETS}/{name}", self._data_dir / name)
        directory = self._data_dir / "metadata"
        assert self.position is not None
        later = read_lines(directory / LOG, synced_end(directory), self.position)
        self.erased = erased_persons(fold_lines(later, self._state)[0])
        for name in map(key_name, self.erased):
            if name in self._secret.files:
                self._secret.drop(name)

    def _copy_segments(self) -> set[str]:
        copied = set()
        for segment in segments.list_segments(self._data_dir / "buffer"):
            try:
                self._main.copy(_segment_name(segment.name), segment.path, size=segment.length)
            except FileNotFoundError:  # flushed since it was listed: the manifest, copied later, has its events
                continue
            copied.add(segment.name)
        return copied

    def _copy_files(self, sizes: dict[str, int], runs: Sequence[str]) -> None:
        earlier = None if self._like is None else read_inventory(self._like)
        with _pinned(self._data_dir, [*sizes, *runs]) as pins:
            self._on_step("files")
            for path in [*sizes, *runs]:
                name = f"{DATA}/{path}"
                kept = earlier.files.get(name) if earlier else None
                if self._like is not None and kept is not None and kept.byte_count == sizes.get(path):
                    with contextlib.suppress(OSError):
                        self._main.link(name, self._like / name, kept)
                        continue
                try:
                    copied = self._main.copy(name, pins[path])
                except FileNotFoundError:
                    if path in sizes:  # an id run is derived: the next flush makes it anew
                        self.faults.append(f"{path} is missing")
                    continue
                if copied.byte_count != sizes.get(path, copied.byte_count):
                    self.faults.append(f"{path} has {copied.byte_count} bytes, not {sizes[path]}")

    def _copy_folder(self, copying: Copying, folder: str, name: str) -> None:
        for each in files_in(self._data_dir / folder):
            with contextlib.suppress(FileNotFoundError):
                copying.copy(f"{name}/{each}", self._data_dir / folder / each)


def _fold(directory: Path, end: int) -> tuple[State, Position]:
    """The state at byte `end`: from the snapshots where they are of this log, so that a backup costs no replay."""
    start = read_snapshots(directory)
    if start is None or start[1].offset > end or not holds(directory / LOG, start[1]):
        start = State(), Position()
    state, position = fold_lines(read_lines(directory / LOG, end, start[1]), start[0])
    return state, position if position.seq else start[1]


@contextmanager
def _pinned(data_dir: Path, paths: Sequence[str]) -> Iterator[dict[str, Path]]:
    """Where each file can be read for as long as this lasts, whatever the sweep deletes."""
    pins = data_dir / "run" / PINS
    shutil.rmtree(pins, ignore_errors=True)  # of a backup that died: the lock is ours
    durable.make_directory(pins)
    found: dict[str, Path] = {}
    try:
        for number, path in enumerate(paths):
            found[path] = data_dir / path
            with contextlib.suppress(OSError):  # a file system without links: then the grace time has to be enough
                os.link(data_dir / path, pins / str(number))
                found[path] = pins / str(number)
        yield found
    finally:
        shutil.rmtree(pins, ignore_errors=True)


@contextmanager
def _backup_lock(data_dir: Path) -> Iterator[None]:
    durable.make_directory(data_dir / "run")
    lock = FileLock(data_dir / "run" / "backup.lock", mode=durable.FILE_MODE)
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        raise Conflict(f"Another backup of {data_dir} runs.") from None
    with held:
        yield


def _require_places(data_dir: Path, dest: Path, vault_dest: Path | None) -> None:
    if not data_dir.is_dir():
        raise NotFound(f"{data_dir} does not exist.")
    for place in (dest, vault_dest):
        if place is None:
            continue
        if place.exists():
            raise Conflict(f"{place} exists already; a backup is never written over another.")
        if place.resolve().is_relative_to(data_dir.resolve()):
            raise Conflict(f"{place} lies in the data directory itself: what takes the one takes the other.")
    if vault_dest is not None and vault_dest.resolve().is_relative_to(dest.resolve()):
        raise Conflict("The vault is to lie apart from the backup, not in it.")


def _temporary(dest: Path, identity: str) -> Path:
    return dest.with_name(f".{dest.name}.{identity[:8]}.tmp")


def _name(copying: Copying, dest: Path, inventory: Inventory) -> None:
    """Give the whole directory its name."""
    copying.sync()
    write_inventory(copying.root, inventory)
    copying.root.rename(dest)
    durable.sync_directory(dest.parent)


def _segment_name(segment: str) -> str:
    return f"{DATA}/buffer/{segment}{segments.SUFFIX}"
