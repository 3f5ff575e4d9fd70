"""What is kept of a client's address: a hash that changes with the rotation, and a place."""

from __future__ import annotations

from pathlib import Path

from iafa_api.ingest.addresses import DAY_US, Addresses
from iafa_api.ingest.places import NOWHERE, Places
from tests.unit.ingest.test_places import BERLIN, write_places

NOW = 20_000 * DAY_US
IP = "203.0.113.7"


def test_an_address_has_one_hash_where_nothing_rotates() -> None:
    moment = [NOW]
    addresses = Addresses(b"key", Places(None), now_us=lambda: moment[0])
    first = addresses.hash(IP)
    moment[0] += 1000 * DAY_US
    assert addresses.hash(IP) == first
    assert Addresses(b"other", Places(None)).hash(IP) != first
    assert IP not in first


def test_a_rotation_begins_another_set_of_hashes() -> None:
    moment = [NOW]
    addresses = Addresses(b"key", Places(None), rotation_days=2, now_us=lambda: moment[0])
    first = addresses.hash(IP)
    moment[0] += 2 * DAY_US - 1
    assert addresses.hash(IP) == first
    moment[0] += 1
    assert addresses.hash(IP) != first


def test_an_address_has_its_place(tmp_path: Path) -> None:
    database = write_places(tmp_path / "places.mmdb", **{"203.0.113.0/24": BERLIN})
    addresses = Addresses(b"key", Places(database))
    assert addresses.read(IP).place == ("DE", "BE", "Berlin")
    assert addresses.read("198.51.100.1").place == NOWHERE
