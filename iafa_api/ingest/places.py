"""Where an IP address is, by a data base that the operator has (MaxMind's format); none is shipped.

Promises: an address is never stored, and no event fails for want of its place. A data base that is replaced is read
anew within a minute; one that is gone, or damaged, gives no places and says so in the log.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import maxminddb
import structlog

from iafa_api import clock

LOOK_SECONDS = 60.0  # how often the file is looked at
log = structlog.get_logger("iafa.places")


class Place(NamedTuple):
    """Country as ISO 3166-1 alpha-2, region as its subdivision's code, city by its English name; None: not known."""

    country: str | None = None
    region: str | None = None
    city: str | None = None


NOWHERE = Place()


def nowhere(ip: str) -> Place:
    """The place of every address, for who has no data base."""
    return NOWHERE


class Places:
    """The data base in one file, or none. For any number of threads."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._state: tuple[int, int] | None = None
        self._reader: maxminddb.Reader | None = None

    def locate(self, ip: str) -> Place:
        """The place of an address; NOWHERE for one that is none, or that the data base does not have."""
        reader = self._current()
        if reader is None:
            return NOWHERE
        try:
            record = reader.get(ip)
        except (ValueError, maxminddb.InvalidDatabaseError):  # no address, or one of a kind that the data base has not
            return NOWHERE
        return _read_record(record) if isinstance(record, Mapping) else NOWHERE

    def _current(self) -> maxminddb.Reader | None:
        if self._path is None:
            return None
        now = clock.monotonic()
        if now - self._looked_at < LOOK_SECONDS:
            return self._reader
        with self._lock:
            if now - self._looked_at >= LOOK_SECONDS:
                self._open(self._path)
                self._looked_at = now
            return self._reader

    def _open(self, path: Path) -> None:
        try:
            found = path.stat()
            state = (found.st_ino, found.st_mtime_ns)
            if state == self._state:
                return
            # In memory: a file that somebody overwrites under a mapping would kill the process.
            self._reader, self._state = maxminddb.open_database(path, maxminddb.MODE_MEMORY), state
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            self._reader = self._state = None
            log.warning("no places of addresses", reason=type(error).__name__, setting="IAFA_GEO_DATABASE")


def _read_record(record: Mapping[str, Any]) -> Place:
    subdivisions = record.get("subdivisions") or [{}]
    return Place(
        _text(record.get("country"), "iso_code"),
        _text(subdivisions[0], "iso_code") or _text(_names(subdivisions[0]), "en"),
        _text(_names(record.get("city")), "en"),
    )


def _names(value: Any) -> Any:
    return value.get("names") if isinstance(value, Mapping) else None


def _text(value: Any, name: str) -> str | None:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else None
