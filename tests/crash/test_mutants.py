"""The judges are judged: each of four ways to write the ingest wrongly must make one of the crash tests fail.

A copy of the program is changed in one place and the tests that guard that promise run over it. Where the text to be
changed is not found any more, the mutant has to follow the code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLUSH, TAIL = "iafa_api/ingest/flush.py", "iafa_api/ingest/tail.py"
KILLED_FLUSH = "tests/crash/test_kill.py::test_a_flush_that_dies_at_any_call_loses_and_doubles_nothing"
KILLED_WRITERS = "tests/crash/test_kill.py::test_writers_and_flushers_killed_at_random_lose_and_double_nothing"
CONCURRENT = "tests/unit/ingest/test_event_flush.py::test_a_flush_in_the_middle_of_a_read_neither_hides_nor_doubles"
# Not by a kill: ids make a segment that counts twice harmless for answers, but not for what a receipt names.
HALF_WAY = (
    "tests/unit/ingest/test_event_flush.py"
    "::test_between_commit_and_unlink_the_events_count_from_parquet_and_the_segment_for_nothing"
)

MUTANTS = {
    "none": ("", "", "", [KILLED_FLUSH, CONCURRENT, HALF_WAY]),
    "the reader takes the manifest first": (
        TAIL,
        """    segments = buffer.list_segments()
    frames, lengths = _read(buffer, segments, project_id)
    snapshot = manifest.snapshot(
        project_id, first_day=first_day, last_day=last_day, segments=list(lengths), with_archive=with_archive
    )
""",
        """    names = [segment.name for segment in buffer.list_segments()]
    snapshot = manifest.snapshot(
        project_id, first_day=first_day, last_day=last_day, segments=names, with_archive=with_archive
    )
    segments = buffer.list_segments()
    frames, lengths = _read(buffer, segments, project_id)
""",
        [CONCURRENT],
    ),
    "segments are unlinked before the commit": (
        FLUSH,
        """    version = _commit(manifest, work, [segment.name for segment in planned], on_step)
""",
        """    for segment in planned:
        buffer.remove_segment(segment.name)
    version = _commit(manifest, work, [segment.name for segment in planned], on_step)
""",
        [KILLED_FLUSH],
    ),
    "the commit does not name the segments": (FLUSH, "segments=names", "segments=()", [HALF_WAY]),
    "live segments are flushed": (
        FLUSH,
        "        if not segment.is_live and (earliest_live is None or last_received_at(segment) < earliest_live)\n",
        "",
        [KILLED_WRITERS],
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_mutant_is_caught(tmp_path: Path, mutant: str) -> None:
    path, good, bad, judges = MUTANTS[mutant]
    for folder in ("iafa_api", "migrations_json", "tests/crash", "tests/unit/ingest"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("setup.cfg", "tests/__init__.py", "tests/unit/__init__.py"):
        shutil.copy(ROOT / file, tmp_path / file)
    if path:
        text = (tmp_path / path).read_text()
        assert text.count(good) == 1, "the mutant must follow the code"
        (tmp_path / path).write_text(text.replace(good, bad))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}  # not a mutant's
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *judges],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == (0 if mutant == "none" else 1), run.stdout[-2000:] + run.stderr[-2000:]
    assert mutant == "none" or "FAILED" in run.stdout, run.stdout[-2000:]
