"""Runs of hashes: exact, and merged before there are too many."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iafa_api.lake import hash_runs, layout
from iafa_api.lake.hash_runs import BrokenRun, Growing, Hashes
from iafa_api.lake.manifest_schema import IdRun

MAGIC = b"IAFATEST"
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
    sorted_runs = [hash_runs.sort_hashes([hashes(run)]) for run in runs]
    expected = [any(pair in run for run in runs) for pair in wanted]
    assert hash_runs.contains(sorted_runs, hashes(wanted)).tolist() == expected


@given(st.lists(few, max_size=20))
def test_the_first_of_equal_hashes_wins(pairs: list[tuple[int, int]]) -> None:
    expected = [pair not in pairs[:at] for at, pair in enumerate(pairs)]
    assert hash_runs.first_occurrences(hashes(pairs)).tolist() == expected


@given(st.lists(st.lists(few, max_size=12), max_size=4))
def test_sorting_keeps_every_row(runs: list[list[tuple[int, int]]]) -> None:
    joined = hash_runs.sort_hashes([hashes(run) for run in runs])
    assert list(zip(joined.hi.tolist(), joined.lo.tolist(), strict=True)) == sorted(
        pair for run in runs for pair in run
    )


def test_values_are_found_in_whichever_run_has_the_hash() -> None:
    runs = [hash_runs.sort_hashes([hashes([(1, 1), (1, 2)], 5)]), hash_runs.sort_hashes([hashes([(1, 3), (9, 9)], 6)])]
    wanted = hashes([(9, 9), (1, 2), (1, 4), (1, 3), (9, 9)])
    assert hash_runs.find_values(runs, wanted, missing=-1).tolist() == [6, 5, -1, 6, 6]


def write(root: Path, content: Hashes) -> IdRun:
    relative = layout.id_run_path(PROJECT)
    return IdRun(str(relative), PROJECT, len(content), hash_runs.write(root, relative, MAGIC, content), 0, 0)


def test_a_flipped_bit_is_found_by_who_asks_for_it_and_in_a_merge(tmp_path: Path) -> None:
    run = write(tmp_path, hashes([(1, 1), (2, 2)]))
    content = bytearray((tmp_path / run.path).read_bytes())
    content[-1] ^= 1
    (tmp_path / run.path).write_bytes(content)
    assert len(hash_runs.load(tmp_path, MAGIC, [run])[0]) == 2
    with pytest.raises(BrokenRun, match="damaged"):
        hash_runs.load(tmp_path, MAGIC, [run], is_checked=True)

    def make_anew() -> Hashes:
        return hashes([(1, 1), (2, 2)])

    others = [write(tmp_path, hashes([(n, n)])) for n in range(3, 2 + hash_runs.MERGE_WIDTH)]
    growing = Growing(tmp_path, MAGIC, [run, *others], make_anew)
    growing.add(hashes([(100, 100)]))
    merged, replaced = growing.merge()
    assert merged.hi.tolist() == [1, 2, 100]
    assert list(replaced) == [run, *others]


def test_a_run_written_before_contents_had_a_check_sum_is_read(tmp_path: Path) -> None:
    run = write(tmp_path, hashes([(1, 1)]))
    content = bytearray((tmp_path / run.path).read_bytes())
    content[20:24] = bytes(4)
    (tmp_path / run.path).write_bytes(content)
    assert len(hash_runs.load(tmp_path, MAGIC, [run], is_checked=True)[0]) == 1


def test_the_number_of_runs_grows_with_the_logarithm() -> None:
    runs: list[IdRun] = []
    rewritten = 0
    for number in range(5000):
        taken = hash_runs.plan_merge(runs, 100)
        rows = 100 + sum(run.row_count for run in taken)
        rewritten += rows
        runs = [run for run in runs if run not in taken] + [IdRun(str(number), PROJECT, rows, 0, 0, 0)]
    assert sum(run.row_count for run in runs) == 500_000
    assert len(runs) <= 7 * 5
    assert rewritten <= 500_000 * 6


def test_very_large_runs_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hash_runs, "MERGE_MAX_ROWS", 10_000)
    runs: list[IdRun] = []
    for number in range(3000):
        taken = hash_runs.plan_merge(runs, 100)
        rows = 100 + sum(run.row_count for run in taken)
        assert rows <= 10_000
        runs = [run for run in runs if run not in taken] + [IdRun(str(number), PROJECT, rows, 0, 0, 0)]
    assert len(runs) < 300_000 / 5_000 + 20
