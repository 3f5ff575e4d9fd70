"""The backups that the scheduler makes by itself and for how long it keeps them.

`DIR/metadata/TIME` every hour and `DIR/events/TIME` every day, with the vaults of the former in a directory of their
own. Of the metadata the last two days are kept whole and then the last of each day, for the log only grows: a later
copy holds all of an earlier one. Nothing older than 30 days is kept, but always the newest of each part. Who was erased
is erased from the kept vaults with the next backup of the metadata.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from iafa_api import clock
from iafa_api.errors import BrokenData
from iafa_api.upkeep.backup import EVENTS, METADATA, run_backup
from iafa_api.upkeep.inventory import NAME, forget_persons, read_inventory
from iafa_api.upkeep.restore import VAULT_FOLDER, list_backups

HOUR_US = 3600 * clock.MICROSECONDS
DAY_US = 24 * HOUR_US
EVERY_US = {METADATA: HOUR_US, EVENTS: DAY_US}
KEPT_US, ALL_KEPT_US = 30 * DAY_US, 2 * DAY_US
RETRY_US = HOUR_US  # after one that failed: a full disk is not to be filled every few minutes
DEAD_SECONDS = 86_400.0  # no backup takes longer; what has its temporary name for so long belongs to nobody


class KeptBackups:
    """One part's backups under `backup_dir`. For one thread of the scheduler."""

    def __init__(self, data_dir: Path, backup_dir: Path, part: str, *, vault_dir: Path | None = None) -> None:
        self._data_dir = data_dir
        self._folder = backup_dir / part
        self._vaults = (vault_dir or backup_dir / VAULT_FOLDER) if part == METADATA else None
        self._part = part
        self._tried_at: int | None = None

    def run_if_due(self, now_us: int | None = None) -> Mapping[str, Any]:
        """Make a backup if the newest is too old, then remove those that are out of their time. What was done."""
        now = clock.now_us() if now_us is None else now_us
        names = [path.name for path in list_backups(self._folder)]
        if not is_due(names, now, every_us=EVERY_US[self._part], tried_at=self._tried_at):
            return {}
        return self.run(now)

    def run(self, now_us: int | None = None) -> Mapping[str, Any]:
        """Make a backup, then remove those that are out of their time. What was done."""
        now = clock.now_us() if now_us is None else now_us
        self._tried_at = now
        name = name_of(now)
        made = run_backup(
            self._data_dir,
            self._folder / name,
            vault_dest=None if self._vaults is None else self._vaults / name,
            parts=[self._part],
            like=_newest_readable(self._folder) if self._part == EVENTS else None,
        )
        done: dict[str, Any] = {"backup": str(made.path), "files": len(made.inventory.files)}
        if made.inventory.faults:
            done["damaged"] = made.inventory.faults
        folders = [self._folder] if self._vaults is None else [self._folder, self._vaults]
        for folder in folders:
            _remove_expired(folder, self._part, now)
        if self._vaults is not None:
            unread = _forget_erased(self._vaults, made.inventory.erased)
            if unread:
                done["damaged"] = (*done.get("damaged", ()), *unread)
        return done


def is_due(names: Sequence[str], now_us: int, *, every_us: int, tried_at: int | None = None) -> bool:
    """Whether the newest of these backups is older than it may be, and the last try long enough ago."""
    if tried_at is not None and 0 <= now_us - tried_at < min(RETRY_US, every_us):
        return False
    times = [time for time in map(time_of, names) if time is not None and time <= now_us]
    return not times or now_us - max(times) >= every_us


def plan_expired(names: Sequence[str], now_us: int, *, thins_out: bool) -> list[str]:
    """Which of these backups are out of their time; never the newest, nor one whose name is not a time."""
    times = sorted((time, name) for name in names if (time := time_of(name)) is not None)
    last_of_day = {time // DAY_US: name for time, name in times}
    return [
        name
        for time, name in times[:-1]
        if now_us - time > KEPT_US
        or (thins_out and now_us - time > ALL_KEPT_US and last_of_day[time // DAY_US] != name)
    ]


def name_of(time_us: int) -> str:
    """The name of a backup: its time to the second, fit for every file system; names sort as times do."""
    return clock.format_time(time_us)[:19].replace(":", "-") + "Z"


def time_of(name: str) -> int | None:
    """The time that a name says; None where it says none."""
    try:
        day, _, time = name.partition("T")
        time_us = clock.parse_time(f"{day}T{time.replace('-', ':')}")
    except ValueError:
        return None
    return time_us if name_of(time_us) == name else None


def _newest_readable(folder: Path) -> Path | None:
    """The newest backup whose list can be read: a damaged one must not prevent the next."""
    for root in reversed(list_backups(folder)):
        try:
            read_inventory(root)
        except BrokenData:
            continue
        return root
    return None


def _remove_expired(folder: Path, part: str, now_us: int) -> None:
    names = [path.name for path in list_backups(folder)]
    for name in plan_expired(names, now_us, thins_out=part == METADATA):
        (folder / name / NAME).unlink()  # first: half of a backup must not look like one
        shutil.rmtree(folder / name)
    for path in folder.iterdir():
        is_half = path.suffix == ".tmp" or (time_of(path.name) is not None and not (path / NAME).exists())
        if is_half and path.stat().st_mtime < now_us / clock.MICROSECONDS - DEAD_SECONDS:
            shutil.rmtree(path)


def _forget_erased(folder: Path, erased: Sequence[str]) -> list[str]:
    """Erase these persons from all vaults; the vaults that could not be read."""
    unread = []
    for root in list_backups(folder):
        try:
            forget_persons(root, set(erased))
        except BrokenData:
            unread.append(f"{root} cannot be read: the keys of erased persons may be in it")
    return unread
