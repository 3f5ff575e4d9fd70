"""The index of ids: exact, merged before there are too many runs, and made anew where it is broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iafa_api.lake import id_index
from iafa_api.lake.id_index import BrokenRun, Hashes
from iafa_api.lake.manifest_schema import IdRun

PROJECT = "11111111-2222-4333-8444-555555555555"


def hashes(pairs: list[tuple[int, int]], day: int = 0) -> Hashes:
    return Hashes(
        np.array([hi for hi, _ in pairs], dtype=np.uint64),
        np.array([lo for _, lo in pairs], dtype=np.uint64),
        np.full(len(pairs), day, dtype=np.int32),
    )


few = st.tuples(st.sampled_from([0, 1, 2**63, 2**64 - 1]), st.integers(0, 3))


@given(st.lists(st.lists(few, max_size=12), max_size=4), st.lists(few, max_size=12))
def test_contains_is_exact_where_half_of_the_bits_are_equal(
    runs: list[list[tuple[int, int]]], wanted: list[tuple[int, int]]
) -> None:
    sorted_runs = [id_index.sort_hashes([hashes(run)]) for run in runs]
    expected = [any(pair in run for run in runs) for pair in wanted]
    assert id_index.contains(sorted_runs, hashes(wanted)).tolist() == expected


@given(st.lists(few, max_size=20))
def test_the_first_of_equal_hashes_wins(pairs: list[tuple[int, int]]) -> None:
    expected = [pair not in pairs[:at] for at, pair in enumerate(pairs)]
    assert id_index.first_occurrences(hashes(pairs)).tolist() == expected


@given(st.lists(st.lists(few, max_size=12), max_size=4))
def test_sorting_keeps_every_row(runs: list[list[tuple[int, int]]]) -> None:
    joined = id_index.sort_hashes([hashes(run) for run in runs])
    assert list(zip(joined.hi.tolist(), joined.lo.tolist(), strict=True)) == sorted(
        pair for run in runs for pair in run
    )


def test_a_run_comes_back_from_disk(tmp_path: Path) -> None:
    wanted = id_index.hash_ids([f"id {n}" for n in range(1000)], np.arange(1000))
    run = id_index.write_run(tmp_path, PROJECT, id_index.sort_hashes([wanted]))
    assert (run.row_count, run.first_day, run.last_day) == (1000, 0, 999)
    loaded = id_index.load_runs(tmp_path, [run])
    assert id_index.contains(loaded, wanted).all()
    others = id_index.hash_ids([f"other {n}" for n in range(1000)], np.arange(1000))
    assert not id_index.contains(loaded, others).any()


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "another"])
def test_a_broken_run_is_told(tmp_path: Path, damage: str) -> None:
    run = id_index.write_run(tmp_path, PROJECT, hashes([(1, 1), (2, 2)]))
    path = tmp_path / run.path
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "cut": content[:-1], "another": b"X" + content[1:]}[damage])
    with pytest.raises(BrokenRun):
        id_index.load_runs(tmp_path, [run])


def test_the_number_of_runs_grows_with_the_logarithm() -> None:
    runs: list[IdRun] = []
    rewritten = 0
    for number in range(5000):
        taken = id_index.plan_merge(runs, 100)
        rows = 100 + sum(run.row_count for run in taken)
        rewritten += rows
        runs = [run for run in runs if run not in taken] + [IdRun(str(number), PROJECT, rows, 0, 0, 0)]
    assert sum(run.row_count for run in runs) == 500_000
    assert len(runs) <= 7 * 5
    assert rewritten <= 500_000 * 6


def test_very_large_runs_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(id_index, "MERGE_MAX_ROWS", 10_000)
    runs: list[IdRun] = []
    for number in range(3000):
        taken = id_index.plan_merge(runs, 100)
        rows = 100 + sum(run.row_count for run in taken)
        assert rows <= 10_000
        runs = [run for run in runs if run not in taken] + [IdRun(str(number), PROJECT, rows, 0, 0, 0)]
    assert len(runs) < 300_000 / 5_000 + 20
