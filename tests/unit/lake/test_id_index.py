"""The index of ids: exact, and told where it is broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iafa_api.lake import hash_runs, id_index
from iafa_api.lake.hash_runs import BrokenRun

PROJECT = "11111111-2222-4333-8444-555555555555"


def test_a_run_comes_back_from_disk(tmp_path: Path) -> None:
    wanted = hash_runs.hash_texts([f"id {n}" for n in range(1000)], np.arange(1000))
    run = id_index.write_run(tmp_path, PROJECT, hash_runs.sort_hashes([wanted]))
    assert (run.row_count, run.first_day, run.last_day) == (1000, 0, 999)
    loaded = id_index.load_runs(tmp_path, [run])
    assert hash_runs.contains(loaded, wanted).all()
    others = hash_runs.hash_texts([f"other {n}" for n in range(1000)], np.arange(1000))
    assert not hash_runs.contains(loaded, others).any()


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "another"])
def test_a_broken_run_is_told(tmp_path: Path, damage: str) -> None:
    run = id_index.write_run(tmp_path, PROJECT, hash_runs.sort_hashes([hash_runs.hash_texts(["a", "b"], [0, 0])]))
    path = tmp_path / run.path
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "cut": content[:-1], "another": b"X" + content[1:]}[damage])
    with pytest.raises(BrokenRun):
        id_index.load_runs(tmp_path, [run])
