"""A job that dies just before each change it makes to the file system; run as a program, over copies of a directory.

`python -m tests.crash.job_deaths DATA_DIR JOB DEATHS PROJECT`: says how many changes there were, and fails with a
sentence where a death left something that the next run does not mend. The program itself only forks: what it runs in
its children has threads.
"""

from __future__ import annotations

import ast
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from iafa_api import clock
from iafa_api.settings import Settings
from iafa_api.upkeep.doctor import list_checks
from iafa_api.upkeep.findings import Patient
from iafa_api.upkeep.job_runs import read_mark, read_runs
from scheduler.__main__ import run_job_alone
from tests.e2e.test_kill import stored_ids

DIED = 9
CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate", "shutil.rmtree"})
WRITING = os.O_WRONLY | os.O_RDWR


def settings_for(data_dir: Path) -> Settings:
    return Settings(
        data_dir=data_dir,
        password_cost=4,
        free_disk_bytes=1,
        backup_dir=str(data_dir.parent / f"{data_dir.name}-backups"),
    )


def main(source: Path, job_id: str, deaths: int, project_id: str) -> None:
    work = source.parent / f"deaths-{job_id}"
    expected = sorted(in_child_with_answer(lambda: stored_ids(source, project_id)))
    total = int(in_child_with_answer(lambda: count_changes(fresh(source, work), job_id)))
    for place in sorted({1 + number * total // deaths for number in range(deaths)}):
        code = in_child(lambda: die(fresh(source, work), job_id, place))  # noqa: B023 - called at once
        if code != DIED:
            raise SystemExit(f"{job_id} did not come to its death at change {place} of {total}")
        had_mark = read_mark(work, job_id) is not None
        if in_child(lambda: look(work, job_id, project_id, expected, had_mark)):  # noqa: B023 - called at once
            raise SystemExit(f"{job_id}, dead at change {place} of {total}, is not mended by the next run")
    print(f"{job_id}: {total} changes")


def fresh(source: Path, work: Path) -> Path:
    for path in (work, work.parent / f"{work.name}-backups"):
        shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(source, work)
    return work


def count_changes(work: Path, job_id: str) -> int:
    count = 0

    def note() -> None:
        nonlocal count
        count += 1

    sys.addaudithook(on_change(note))
    run_job_alone(settings_for(work), job_id)
    return count


def die(work: Path, job_id: str, place: int) -> None:
    left = place

    def note() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os._exit(DIED)

    sys.addaudithook(on_change(note))
    run_job_alone(settings_for(work), job_id)


def look(work: Path, job_id: str, project_id: str, expected: list[str], had_mark: bool) -> None:
    """What the doctor says and what is stored, after the death and after the next run."""
    require_sound(work)
    assert sorted(stored_ids(work, project_id)) == expected
    run = run_job_alone(settings_for(work), job_id)
    assert run.result == "ok", run
    assert sorted(stored_ids(work, project_id)) == expected
    require_sound(work)
    if had_mark:
        results = [run.result for run in read_runs(work, job_id)]
        assert results in (["interrupted", "ok"], ["ok", "ok"]), results  # the last: dead after its last word


def require_sound(work: Path) -> None:
    bad = [
        found for _, check in list_checks(Patient(work, clock.now_us())) for found in check() if found.level == "bad"
    ]
    assert not bad, bad


def on_change(note: Callable[[], None]) -> Callable[[str, tuple[Any, ...]], None]:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING):
            note()

    return hook


def in_child(work: Callable[[], object]) -> int:
    """The exit code of a child that does this."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - the child's own end
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def in_child_with_answer(work: Callable[[], Any]) -> Any:
    """What a child that does this comes to."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(writing, "w") as pipe:
                pipe.write(repr(work()))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return ast.literal_eval(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])
