"""Where an address is, by a data base in MaxMind's format that the test writes; and what is wrong with one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from iafa_api import clock
from iafa_api.ingest.places import LOOK_SECONDS, NOWHERE, Place, Places

BERLIN = {
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "subdivisions": [{"iso_code": "BE", "names": {"en": "Land Berlin"}}],
    "city": {"names": {"en": "Berlin", "de": "Berlin"}},
}


def write_places(path: Path, **records: Any) -> Path:
    """A data base with these records by network."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return write_places(
        tmp_path / "places.mmdb",
        **{
            "203.0.113.0/24": BERLIN,
            "2001:db8::/32": {"country": {"iso_code": "FR"}},
            "198.51.100.0/24": {"country": "not as it should be", "city": {"names": []}, "subdivisions": []},
        },
    )


def test_an_address_has_the_place_of_its_network(database: Path) -> None:
    places = Places(database)
    assert places.locate("203.0.113.7") == Place("DE", "BE", "Berlin")
    assert places.locate("2001:db8::1") == Place("FR", None, None)


@pytest.mark.parametrize("ip", ["192.0.2.1", "unknown", "", "198.51.100.1", "203.0.113.7:80"])
def test_what_is_not_known_is_nowhere(database: Path, ip: str) -> None:
    assert Places(database).locate(ip) == NOWHERE


def test_without_a_data_base_everybody_is_nowhere(tmp_path: Path) -> None:
    assert Places(None).locate("203.0.113.7") == NOWHERE
    assert Places(tmp_path / "none.mmdb").locate("203.0.113.7") == NOWHERE
    (tmp_path / "bad.mmdb").write_bytes(b"no data base")
    assert Places(tmp_path / "bad.mmdb").locate("203.0.113.7") == NOWHERE


def test_a_data_base_that_is_replaced_is_read_anew(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    places = Places(database)
    assert places.locate("203.0.113.7").city == "Berlin"
    write_places(database.with_suffix(".new"), **{"203.0.113.0/24": {"country": {"iso_code": "AT"}}}).rename(database)
    assert places.locate("203.0.113.7").city == "Berlin", "not looked at yet"
    now[0] += LOOK_SECONDS
    assert places.locate("203.0.113.7") == Place("AT", None, None)
    database.unlink()
    now[0] += LOOK_SECONDS
    assert places.locate("203.0.113.7") == NOWHERE
