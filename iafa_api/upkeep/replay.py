"""The snapshots made anew from the log alone.

Promises: what lay there before is not read for the new bytes, and is replaced file by file, so a server that starts
meanwhile finds old ones, new ones, or a mixture that it does not believe. The same log gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from iafa_api import clock
from iafa_api.errors import NotFound
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.snapshots import FILES, write_snapshots
from iafa_api.metadata.stored_log import LOG, fold_lines
from iafa_api.upkeep.scheduler_lock import hold_scheduler_lock


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay read, and which snapshots it wrote: `made` were missing, `changed` had other bytes."""

    position: Position
    seconds: float
    made: tuple[str, ...]
    changed: tuple[str, ...]


def run_replay(data_dir: Path) -> Replay:
    """Write the snapshots anew. Conflict where a scheduler runs, NotFound without a log, BrokenData of a broken one."""
    directory = data_dir / "metadata"
    if not (directory / LOG).is_file():
        raise NotFound(f"{data_dir} holds no metadata log.")
    with hold_scheduler_lock(data_dir):
        log = Log(directory)
        started = clock.monotonic()
        state, position = fold_lines(log.read_raw(Position(), log.mark().synced))
        seconds = clock.monotonic() - started
        before = {name: _bytes(directory / f"{name}.json") for name in FILES}
        write_snapshots(directory, state, position)
        made = tuple(name for name, content in before.items() if content is None)
        changed = tuple(
            name
            for name, content in before.items()
            if content is not None and content != _bytes(directory / f"{name}.json")
        )
        return Replay(position, seconds, made, changed)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
