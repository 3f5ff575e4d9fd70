"""The judges are judged: each of these ways to write ingest, compaction or sweep wrongly must make a crash test fail.

A copy of the program is changed in one place and the tests that guard that promise run over it. Where the text to be
changed is not found any more, the mutant has to follow the code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLUSH, TAIL, SWEEP = "iafa_api/ingest/flush.py", "iafa_api/ingest/tail.py", "iafa_api/ingest/sweep.py"
COMPACTION, MERGE, OUTPUT = (f"iafa_api/lake/{name}.py" for name in ("compaction", "parquet_merge", "parquet_output"))
KILLED_FLUSH = "tests/crash/test_kill.py::test_a_flush_that_dies_at_any_call_loses_and_doubles_nothing"
MANY_WRITERS = "tests/crash/test_kill.py::test_many_writers_a_flusher_and_readers_at_once"
TORTURE = "tests/crash/test_kill.py::test_whoever_is_killed_wherever_no_event_is_lost_or_doubled"
TORTURE_AT_LENGTH = "tests/crash/test_kill.py::test_soak_hundreds_of_kills"
CONCURRENT = "tests/unit/ingest/test_event_flush.py::test_a_flush_in_the_middle_of_a_read_neither_hides_nor_doubles"
# Not by a kill: ids make a segment that counts twice harmless for answers, but not for what a receipt names.
HALF_WAY = (
    "tests/unit/ingest/test_event_flush.py"
    "::test_between_commit_and_unlink_the_events_count_from_parquet_and_the_segment_for_nothing"
)

KILLED_COMPACTION = (
    "tests/crash/test_lake_care.py::test_what_dies_at_any_call_changes_no_answer_and_the_next_run_ends_it[compaction]"
)
SWEPT_COMPACTION = (
    "tests/unit/ingest/test_sweep.py::test_what_a_compaction_has_written_and_not_committed_is_not_swept_away"
)

# What is changed, as file, text and other text; and which tests are to notice it.
MUTANTS: dict[str, tuple[list[tuple[str, str, str]], list[str]]] = {
    "none": ([], [HALF_WAY, SWEPT_COMPACTION]),
    "the reader takes the manifest first": (
        [
            (
                TAIL,
                """    segments = buffer.list_segments()
    frames, lengths, arrived = _read(buffer, segments, project_id)
    snapshot = manifest.snapshot(
        project_id, first_day=first_day, last_day=last_day, segments=list(lengths), with_archive=view.with_archive
    )
""",
                """    names = [segment.name for segment in buffer.list_segments()]
    snapshot = manifest.snapshot(
        project_id, first_day=first_day, last_day=last_day, segments=names, with_archive=view.with_archive
    )
    segments = buffer.list_segments()
    frames, lengths, arrived = _read(buffer, segments, project_id)
""",
            )
        ],
        [CONCURRENT],
    ),
    "segments are unlinked before the commit": (
        [
            (
                FLUSH,
                """    version = _commit(manifest, work, [segment.name for segment in planned], on_step)
""",
                """    for segment in planned:
        buffer.remove_segment(segment.name)
    version = _commit(manifest, work, [segment.name for segment in planned], on_step)
""",
            )
        ],
        [KILLED_FLUSH],
    ),
    "the commit does not name the segments": ([(FLUSH, "segments=names", "segments=()")], [HALF_WAY]),
    "live segments are flushed": (
        [
            (
                FLUSH,
                "not segment.is_live and (earliest_live is None or last_received_at(segment) < earliest_live)",
                "True",
            )
        ],
        [MANY_WRITERS, TORTURE],
    ),
    "a merge takes rows out and adds none": (
        [(COMPACTION, "manifest.commit(added=added, removed=usable)", "manifest.commit(removed=usable)")],
        [KILLED_COMPACTION],
    ),
    "a merge swaps in two commits": (
        [
            (
                COMPACTION,
                "manifest.commit(added=added, removed=usable)",
                "(manifest.commit(added=added), manifest.commit(removed=usable))[1]",
            )
        ],
        [KILLED_COMPACTION],
    ),
    "a merge drops a row and does not read back": (
        [
            (
                MERGE,
                "yield _numbered(table, number_persons).cast(parquet.SCHEMA)",
                "yield _numbered(table, number_persons).cast(parquet.SCHEMA).slice(int(table.num_rows > 1))",
            ),
            (OUTPUT, "if written != self.taken:", "if False:"),
        ],
        [KILLED_COMPACTION],
    ),
    "the sweep does not wait for a merge": (
        [(SWEEP, "with hold_remover_lock(root, wait_seconds=lock_seconds), hold_writer", "with hold_writer")],
        [SWEPT_COMPACTION],
    ),
}


@pytest.fixture
def make_mutant(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of the program and its tests with one mutant in it."""

    def make(mutant: str) -> Path:
        for folder in ("iafa_api", "migrations_json", "tests/crash", "tests/unit/ingest"):
            shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("setup.cfg", "tests/__init__.py", "tests/unit/__init__.py"):
            shutil.copy(ROOT / file, tmp_path / file)
        for path, good, bad in MUTANTS[mutant][0]:
            text = (tmp_path / path).read_text()
            assert text.count(good) == 1, "the mutant must follow the code"
            (tmp_path / path).write_text(text.replace(good, bad))
        return tmp_path

    return make


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_is_caught(make_mutant: Callable[[str], Path], mutant: str) -> None:
    run = judge(make_mutant(mutant), MUTANTS[mutant][1])
    assert run.returncode == (0 if mutant == "none" else 1), run.stdout[-2000:] + run.stderr[-2000:]
    assert mutant == "none" or "FAILED" in run.stdout, run.stdout[-2000:]


@pytest.mark.soak
@pytest.mark.parametrize("mutant", [mutant for mutant in MUTANTS if mutant != "none"])
def test_the_torture_alone_catches_each_mutant(make_mutant: Callable[[str], Path], mutant: str) -> None:
    run = judge(make_mutant(mutant), [TORTURE_AT_LENGTH])
    assert run.returncode == 1, run.stdout[-2000:] + run.stderr[-2000:]
    assert "AssertionError: after" in run.stdout, run.stdout[-2000:]


def judge(root: Path, judges: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}  # not a mutant's
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-o", "addopts=", *judges],
        cwd=root,
        env={**environment, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
