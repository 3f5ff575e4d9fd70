"""Files of who is whom: written whole, merged, refused where they are not what was written; who is found in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from iafa_api.errors import BrokenData
from iafa_api.lake import parquet_identities as log
from iafa_api.lake.manifest_schema import IdentityFile

PROJECT = "11111111-2222-4333-8444-555555555555"


def call(user: str, place: int = 0, **more: Any) -> dict[str, Any]:
    given = {"id": None, "anonymous_id": None, "previous_id": None, "traits": None, "at": place, "door": "identify"}
    return {**given, "user_id": user, "ingested_at": 10 + place, "segment": "s", "place": 0, **more}


def test_a_file_holds_what_was_written(tmp_path: Path) -> None:
    rows = [call("u", traits={"a": "1", "b": None}), call("w", 1, anonymous_id="v", id="c")]
    file = log.write_identities(tmp_path, PROJECT, log.build_table(rows))
    assert (file.row_count, (tmp_path / file.path).stat().st_size) == (2, file.byte_count)
    assert log.read_identities(tmp_path, file).equals(log.build_table(rows))


def test_a_file_that_is_not_what_was_written_is_an_error(tmp_path: Path) -> None:
    file = log.write_identities(tmp_path, PROJECT, log.build_table([call("u")]))
    with pytest.raises(BrokenData, match="1 rows, not 2"):
        log.read_identities(tmp_path, IdentityFile(file.path, PROJECT, 2, file.byte_count))
    (tmp_path / file.path).write_bytes(b"PAR1")
    with pytest.raises(BrokenData, match="cannot be read"):
        log.read_identities(tmp_path, file)
    (tmp_path / file.path).unlink()
    with pytest.raises(FileNotFoundError):
        log.read_identities(tmp_path, file)


def test_files_of_one_size_are_merged_when_they_are_many() -> None:
    small = [IdentityFile(str(number), PROJECT, 1, 100) for number in range(8)]
    large = IdentityFile("large", PROJECT, 100_000, 1_000_000)
    assert log.plan_merge([*small[:7], large]) == []
    assert log.plan_merge([*small, large]) == small


def test_tables_are_joined_in_order_of_arrival_and_each_call_once() -> None:
    late = log.build_table([call("b", 5), call("a", 6, id="x")])
    early = log.build_table([call("c", 1, id="x"), call("d", 2), call("e", 7, id="y")])
    assert log.join_tables([late, early]).column("user_id").to_pylist() == ["c", "d", "b", "e"]
    assert log.join_tables([]).num_rows == 0


def test_chains_and_cycles_of_users_have_one_who_speaks() -> None:
    rows = [
        *(call(into, place, previous_id=user) for place, (user, into) in enumerate(["ab", "bc", "ca", "xy", "zx"])),
        call("a", 9, anonymous_id="v", traits={"plan": "pro"}),
    ]
    persons = log.resolve(log.build_table(rows))
    assert {log.person_of(persons, "u", user) for user in "abc"} == {"uc"}
    assert {log.person_of(persons, "u", user) for user in "xyz"} == {"uy"}
    assert log.person_of(persons, "a", "v") == "uc"
    assert log.ids_of(persons, "uc") == (["a", "b", "c"], ["v"])
    assert log.traits_of(persons, ["uc", "uy"]) == {"uc": {"plan": "pro"}}


def test_nobody_is_whom_where_nothing_was_said() -> None:
    assert log.resolve(log.build_table([])) == log.Persons()
    assert log.resolve(log.build_table([call("u", traits={"a": None})])) == log.Persons()
