"""A data directory from a backup, as it was at the backup's end or at a moment of the metadata before it.

Promises: only into a directory that is empty; every file is compared with its hash before any is written; the log is
cut between two appends, never within one. Who was erased by the time of any backup or log that is at hand stays erased:
their keys are not restored, and the log says so again, before anything can open the directory. It gets its name when it
is whole. Events are restored as they were at the backup's end, whatever moment the metadata is of.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from iafa_api import clock, durable
from iafa_api.errors import BrokenData, Conflict, InvalidInput, NotFound
from iafa_api.metadata.erasures import erased_persons
from iafa_api.metadata.events import Actor, Cause
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.members import Members
from iafa_api.metadata.store import MetadataStore
from iafa_api.metadata.stored_log import LOG, fold_lines, last_line_end, read_lines, synced_end
from iafa_api.metadata.vault import Vault
from iafa_api.upkeep.copying import Copying
from iafa_api.upkeep.findings import some
from iafa_api.upkeep.inventory import DATA, NAME, SECRETS, Inventory, find_differing, key_name, read_inventory

LOG_NAME = f"{DATA}/metadata/{LOG}"
CHECKPOINTS_NAME = f"{DATA}/metadata/checkpoints.jsonl"
VAULT_PREFIX = f"{SECRETS}/vault/"
METADATA_FOLDER, EVENTS_FOLDER, VAULT_FOLDER = "metadata", "events", "vault"  # of a directory of many backups


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the three parts are taken from; any may be the same directory."""

    metadata: Path
    events: Path | None
    vault: Path


@dataclass(frozen=True, slots=True)
class Restore:
    """What was restored. `cut` is how many events the metadata log has in the backup and not in the restored one;
    `unread` are backups beside it that could not be asked who was erased since."""

    position: Position
    cut: int
    erased_again: tuple[str, ...]
    file_count: int
    unread: tuple[Path, ...]


def find_sources(src: Path, *, events_src: Path | None = None, vault_src: Path | None = None) -> Sources:
    """The parts that belong to `src`: a backup, or the directory of those that the scheduler makes (the newest)."""
    metadata, events = src, events_src
    if not (src / NAME).exists():
        made = list_backups(src / METADATA_FOLDER)
        if not made:
            raise NotFound(f"{src} is not a backup, and holds none.")
        metadata = made[-1]
        events = events or next(iter(reversed(list_backups(src / EVENTS_FOLDER))), None)
        apart = src / VAULT_FOLDER / metadata.name
        vault_src = vault_src or (apart if apart.is_dir() else None)
    return Sources(metadata, events, vault_src or metadata)


def list_backups(folder: Path) -> list[Path]:
    """The whole backups in a directory, by name."""
    return sorted(path.parent for path in folder.glob(f"*/{NAME}") if not path.parent.name.startswith("."))


def run_restore(
    sources: Sources,
    data_dir: Path,
    *,
    to_position: int | None = None,
    as_of_us: int | None = None,
    erasures_from: Sequence[Path] = (),
) -> Restore:
    """Restore into `data_dir`. Conflict where it is not empty, BrokenData where the files are not what was copied.

    `erasures_from`: newer backups, data directories or logs that tell who was erased since; the backups that lie beside
    the one that is restored are asked without being named.
    """
    data_dir = data_dir.resolve()
    if data_dir.exists() and (not data_dir.is_dir() or any(data_dir.iterdir())):
        raise Conflict(f"{data_dir} is not empty; a restore goes into a new directory.")
    roots = {root: read_inventory(root) for root in (sources.metadata, sources.vault, sources.events) if root}
    _require_parts(sources, roots)
    _require_reached(roots[sources.metadata], to_position, as_of_us)
    erased = {person for place in [*roots, *erasures_from] for person in _erased_by(place)}
    unread: list[Path] = []
    for place in {other for root in roots for other in list_backups(root.parent)}:
        try:
            erased.update(_erased_by(place))
        except BrokenData:  # a damaged neighbour must not prevent the restore of a whole one, and must be told
            unread.append(place)
    withheld = {key_name(person) for person in erased}
    for root, inventory in roots.items():
        if differing := find_differing(root, inventory, without=withheld):
            raise BrokenData(f"{root} is damaged: {some(differing)} are not what was copied.")
    copying = Copying(data_dir.with_name(f".{data_dir.name}.{clock.new_id()[:8]}.tmp"))
    try:
        for root, name in _plan(sources, roots, withheld):
            copying.copy(name.partition("/")[2], root / name)
        position = _cut(copying.root / "metadata", to_position=to_position, as_of_us=as_of_us)
        again = _erase_again(copying.root, erased)
        copying.sync()
        copying.root.rename(data_dir)
        durable.sync_directory(data_dir.parent)
    except BaseException:
        shutil.rmtree(copying.root, ignore_errors=True)
        raise
    held = roots[sources.metadata].position or Position()
    return Restore(position, held.seq - position.seq, tuple(again), len(copying.files), tuple(unread))


def _plan(sources: Sources, roots: dict[Path, Inventory], withheld: Set[str]) -> list[tuple[Path, str]]:
    """Which file is taken from which backup."""
    planned = []
    for root, inventory in roots.items():
        for name in inventory.files:
            if name.startswith(f"{SECRETS}/"):
                wanted = sources.vault
            elif name.startswith(f"{DATA}/metadata/"):
                wanted = sources.metadata
            else:
                wanted = sources.events or sources.metadata
            if wanted == root and name not in withheld:
                planned.append((root, name))
    return planned


def _cut(directory: Path, *, to_position: int | None, as_of_us: int | None) -> Position:
    """Cut the log after the last append that is wanted whole, and the checkpoints to those of what is left."""
    at = None if as_of_us is None else clock.format_time(as_of_us)
    end = Position()
    for _, position in read_lines(directory / LOG, last_line_end(directory / LOG)):
        if (to_position is not None and position.seq > to_position) or (at is not None and position.at > at):
            break
        end = position
    with (directory / LOG).open("r+b") as log:
        log.truncate(end.offset)
    durable.sync_file(directory / LOG)
    checkpoints = directory / CHECKPOINTS_NAME.rpartition("/")[2]
    if checkpoints.exists():
        kept = [line for line in checkpoints.read_bytes().splitlines(keepends=True) if _seq_of(line) <= end.seq]
        durable.replace_file(checkpoints, b"".join(kept))
    return end


def _erase_again(data_dir: Path, erased: Set[str]) -> list[str]:
    """Have the log say what it said after it was cut, and make the snapshots of it."""
    store = MetadataStore(data_dir / "metadata", Log(data_dir / "metadata"))
    vault = Vault(data_dir / "vault", is_new=store.current().seq == 0)
    again = Members(store, vault).erase_again(Cause(Actor("operator"), clock.new_id()), erased)
    store.write_snapshots()
    return again


def _erased_by(place: Path) -> Iterable[str]:
    """Who was erased, by a backup, a data directory or a log."""
    if (place / NAME).exists():
        return read_inventory(place).erased
    path = place if place.is_file() else place / "metadata" / LOG
    if not path.is_file():
        raise NotFound(f"{place} is neither a backup nor a data directory nor a log.")
    end = last_line_end(path) if place.is_file() else synced_end(path.parent)
    return erased_persons(fold_lines(read_lines(path, end))[0])


def _require_parts(sources: Sources, roots: dict[Path, Inventory]) -> None:
    if LOG_NAME not in roots[sources.metadata].files:
        raise InvalidInput(f"{sources.metadata} holds no metadata: name a backup that does, and this as --events-src.")
    if not any(name.startswith(VAULT_PREFIX) for name in roots[sources.vault].files):
        raise InvalidInput(f"{sources.vault} holds no vault: name where it lies with --vault-src.")
    if sources.vault != sources.metadata and roots[sources.vault].id != roots[sources.metadata].id:
        raise InvalidInput("The vault is not of the same backup as the metadata.")


def _require_reached(inventory: Inventory, to_position: int | None, as_of_us: int | None) -> None:
    position = inventory.position or Position()
    if to_position is not None and not 0 <= to_position <= position.seq:
        raise InvalidInput(f"The backup holds the events 0 to {position.seq}, not {to_position}.")
    if as_of_us is not None and clock.format_time(as_of_us) > inventory.ended_at:
        raise InvalidInput(f"The backup is of {inventory.ended_at}: what was later, it does not know.")


def _seq_of(line: bytes) -> int:
    try:
        return int(json.loads(line)["seq"])
    except (ValueError, KeyError, TypeError):
        return 0  # kept: whether it is a checkpoint is for `iafa audit verify` to say
