"""The scheduler as real processes: one at a time, a stand-by that takes over, and what a kill leaves to be seen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iafa_api import clock
from iafa_api.upkeep.job_report import read_report
from iafa_api.upkeep.job_runs import JobRuns, read_runs
from iafa_api.upkeep.presence import present_since
from tests.e2e.processes import IAFA, environment
from tests.e2e.test_up import wait_until

TAKEN_OVER_SECONDS = 5


class Schedulers:
    """Scheduler processes over one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.log = data_dir.parent / "scheduler.log"
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str, **settings: Any) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*IAFA, "scheduler", *arguments], env=environment(self.data_dir, **settings), stderr=log
            )
        self._started.append(process)
        return process

    def alive_since(self) -> int | None:
        return present_since(self.data_dir, "scheduler")

    def end(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()


@pytest.fixture
def schedulers(tmp_path: Path) -> Iterator[Schedulers]:
    schedulers = Schedulers(tmp_path / "data")
    yield schedulers
    schedulers.end()


@pytest.mark.parametrize("how", ["option", "setting"])
@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM], ids=lambda value: value.name)
def test_a_standby_takes_over_within_seconds(schedulers: Schedulers, death: signal.Signals, how: str) -> None:
    first = schedulers.start()
    wait_until(schedulers.alive_since, seconds=30)
    second = schedulers.start("--standby") if how == "option" else schedulers.start(IAFA_SECOND_SCHEDULER="standby")
    wait_until(lambda: present_since(schedulers.data_dir, "standby"), seconds=30)
    time.sleep(1)
    assert second.poll() is None
    before = schedulers.alive_since()
    os.kill(first.pid, death)
    first.wait(timeout=30)
    began = time.monotonic()
    wait_until(lambda: (schedulers.alive_since() or 0) > (before or 0))
    assert time.monotonic() - began < TAKEN_OVER_SECONDS
    assert present_since(schedulers.data_dir, "standby") is None
    beat = read_report(schedulers.data_dir, clock.now_us()).seen_at
    wait_until(lambda: read_report(schedulers.data_dir, clock.now_us()).seen_at != beat)
    second.terminate()
    assert second.wait(timeout=30) == 0


def test_a_standby_that_is_asked_to_stop_goes_without_having_done_anything(schedulers: Schedulers) -> None:
    first = schedulers.start()
    wait_until(schedulers.alive_since, seconds=30)
    second = schedulers.start("--standby")
    wait_until(lambda: "standing by" in schedulers.log.read_text(), seconds=30)
    second.terminate()
    assert second.wait(timeout=10) == 0
    assert first.poll() is None
    assert schedulers.log.read_text().count('"started"') == 1


def test_a_run_that_a_kill_cut_off_is_seen_as_interrupted(schedulers: Schedulers) -> None:
    first = schedulers.start()
    wait_until(schedulers.alive_since, seconds=30)
    wait_until(lambda: read_report(schedulers.data_dir, clock.now_us()).jobs)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    JobRuns(schedulers.data_dir).begin("sweep")  # as if it had come just then

    def last_sweep() -> Any:
        jobs = {job.status.id: job for job in read_report(schedulers.data_dir, clock.now_us()).jobs}
        return jobs["sweep"].last_run

    assert (last_sweep().result, schedulers.alive_since()) == ("interrupted", None)
    schedulers.start()
    wait_until(schedulers.alive_since, seconds=30)
    assert [run.result for run in read_runs(schedulers.data_dir, "sweep")] == ["interrupted"]


def test_a_job_runs_now_through_the_scheduler_or_in_its_place(schedulers: Schedulers) -> None:
    def run(*arguments: str) -> tuple[int, Any, str]:
        ended = subprocess.run(
            [*IAFA, "jobs", *arguments], env=environment(schedulers.data_dir), capture_output=True, timeout=60
        )
        text = ended.stdout.decode()
        return ended.returncode, json.loads(text) if text.startswith("{") else text, ended.stderr.decode()

    code, shown, _ = run("run", "sweep", "--json")
    assert (code, shown["result"], shown["ran_in"]) == (0, "ok", "this command")
    schedulers.start()
    wait_until(schedulers.alive_since, seconds=30)
    code, shown, _ = run("run", "sweep", "--json")
    assert (code, shown["result"], shown["ran_in"]) == (0, "ok", "the scheduler")
    code, _, said = run("run", "nothing")
    assert code == 1
    assert "flush" in said
    assert len(said.splitlines()) == 1
    code, shown, _ = run("--json")
    assert shown["scheduler"]["alive"] is True
    assert len(read_runs(schedulers.data_dir, "sweep")) == 2
