"""Files of who is whom that earlier versions wrote: each stays readable, and says what it said."""

from __future__ import annotations

import hashlib
from pathlib import Path

from iafa_api.lake.manifest_schema import IdentityFile
from iafa_api.lake.parquet_identities import list_links, read_identities, resolve

GOLDEN = Path(__file__).parents[2] / "golden"
NAME = "identities_v1.parquet"
MOMENT_US = 1_767_225_600_000_000


def test_the_file_is_the_one_that_was_written_then() -> None:
    digest = hashlib.sha256((GOLDEN / NAME).read_bytes()).hexdigest()
    assert digest == "336c4536a776b8deddc3393e00d38e582101822b41ac2d4117879b7e0cbb2565"


def test_links_without_a_change_column_all_count() -> None:
    table = read_identities(GOLDEN, IdentityFile(NAME, "p", 3, (GOLDEN / NAME).stat().st_size))
    persons = resolve(table)
    later = [{"from_us": MOMENT_US + 10_000_000, "person": "uben"}]
    assert persons.owners.to_pylist() == [{"anonymous_id": "v1", "person": "uann", "later": later}]
    assert persons.aliases.to_pylist() == [{"user_id": "anna", "person": "uann"}]
    assert persons.traits.to_pylist() == [{"person": "uann", "traits": [("plan", "pro")]}]
    assert [link["is_undone"] for link in list_links(table, ["ann"], ["v1"])] == [False, False, False]
