"""A client's address on its way in: a keyed hash is kept of it, and its place. The address itself is never stored.

Promises: within a rotation the same address has the same hash; with the next one begins another set of hashes, which
nobody can compare with the first without the key. The key is the data directory's own (`vault/event-ip.key`).
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Callable
from typing import NamedTuple

from iafa_api import clock
from iafa_api.ingest.places import Place, Places

DAY_US = 86_400 * clock.MICROSECONDS
ADDRESSES_KEPT = 1024  # a visitor's next event comes soon, and a keyed hash costs as much as checking an event
PLACE_SECONDS = 60  # so long a place is kept: a data base that is replaced counts then


class Address(NamedTuple):
    """What is kept of an address."""

    ip_hash: str
    place: Place


class Addresses:
    """For any number of threads. `rotation_days` 0: one set of hashes for ever."""

    def __init__(
        self, key: bytes, places: Places, *, rotation_days: int = 0, now_us: Callable[[], int] = clock.now_us
    ) -> None:
        self._key = key
        self._places = places
        self._rotation_us = rotation_days * DAY_US
        self._now_us = now_us
        self._read = functools.lru_cache(ADDRESSES_KEPT)(self._read_anew)

    def read(self, ip: str) -> Address:
        """The hash and the place of an address, as texts that cannot be turned back."""
        now = self._now_us()
        rotation = now // self._rotation_us if self._rotation_us else None
        return self._read(ip, rotation, now // (PLACE_SECONDS * clock.MICROSECONDS))

    def hash(self, ip: str) -> str:
        """The hash alone."""
        return self.read(ip).ip_hash

    def locate(self, ip: str) -> Place:
        """The place alone."""
        return self.read(ip).place

    def _read_anew(self, ip: str, rotation: int | None, _minute: int) -> Address:
        key = self._key if rotation is None else hmac.digest(self._key, rotation.to_bytes(8), hashlib.sha256)
        return Address(hmac.digest(key, ip.encode(), hashlib.sha256).hex()[:32], self._places.locate(ip))
