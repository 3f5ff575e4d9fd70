"""Half an hour of everything at once, against `iafa up`: nothing grows that should not, and every event counts once.

SOAK_MINUTES says how long (default 30); a leak of a few bytes an event is only seen in the long run. The name has no
IAFA_ in front: what has is a setting of the program, and unknown ones are refused.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from tests.e2e.processes import IAFA, Server, environment
from tests.e2e.test_kill import stored_ids
from tests.soak.mixed_load import PAUSE_SECONDS, PROJECTS, PROJECTS_A_PART, MixedLoad, Owner, Project, Tally
from tests.soak.vital_signs import Sample, Sampler, growth, read_vitals, second_half

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
SAMPLE_SECONDS = 10.0 if MINUTES >= 10 else 2.0
SWEEP_SECONDS = min(60.0, 15 * MINUTES)  # between two sweeps that are asked for, so that files are seen to go
WORKER_DEATHS = max(2, int(MINUTES / 4))
SETTINGS = {
    "IAFA_WORKERS": 2,
    "IAFA_RATE_LIMIT_EVENTS_PER_MINUTE": 0,
    "IAFA_QUERY_TIMEOUT": 10,  # ten times that is the grace time of files that were replaced
}
MEGABYTE = 1 << 20
STEADY_ROLES = ("supervisor", "api", "worker", "scheduler")
REPORTED = (*STEADY_ROLES, "waiting", "live files", "on disk")
# The second half of 30 minutes is about 1.3 million events for each worker: a Python object kept for each would be 60
# MB and more. What allocators keep, and merges that are larger than before, move the line by less than half of this.
MEMORY_GROWTH_BYTES = 32 * MEGABYTE
DESCRIPTORS_AT_REST = 128  # a flush holds one for each run of ids and lets go of it: one kept a flush would be 1800
REST_SECONDS = 10
BACKLOG_GROWTH = 0.02  # of what comes in: a flush that does not keep up leaves more than that behind
# Compaction merges eight files of a size, so fewer than eight remain of each of a few sizes of a project and day; and
# between two looks of it, a minute and what it takes, there is a flush each second for those whose turn it is.
SETTLED_FILES, FRESH_FILES = 8 * 4, 90
DAYS = 4  # that events are of: today and two before, and one more after midnight
FILES_GROWTH = 1.5  # from one third of the time to the next; sweeps do not come at the second


@pytest.mark.soak
def test_mixed_load_for_long(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data_dir = tmp_path / "data"
    server = Server(data_dir, **SETTINGS)
    server.start()
    try:
        owner = Owner(server)
        projects, brief = [owner.make_project() for _ in range(PROJECTS)], owner.make_project()
        load, processes = MixedLoad(server, projects, brief, minutes=MINUTES), Processes(server)
        with Sampler(data_dir, processes.by_role, lambda: load.tally.event_count, SAMPLE_SECONDS) as sampler:
            load.start()
            jobs = _disturb(load, processes, data_dir, lambda: owner.keep_days(brief, 2))
            load.stop()
        assert load.tally.faults == []
        assert all(role in sample.processes for sample in sampler.samples for role in STEADY_ROLES), "one was replaced"
        with capsys.disabled():
            print(_report(sampler.samples, load.tally, jobs))
        assert set(jobs) == {"sweep ok", "expiry ok"}
        for number, project in enumerate(projects):
            assert load.count(project) == load.tally.bounds(number)[0]
        held = _descriptors_at_rest(processes)
        assert max(held.values()) <= DESCRIPTORS_AT_REST, f"files held open at rest: {held}"
        assert server.stop() == 0
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()
    for number, project in enumerate(projects):
        _require_each_once(data_dir, project, load.tally.expected_ids(number))
    assert stored_ids(data_dir, brief.id) == [], "events past their days are there after the expiry"
    _require_well(data_dir, tmp_path / "up.log")
    _require_steady(sampler.samples)


class Processes:
    """The processes of a server by their roles.

    One worker lives through the whole test and is watched for leaks; the other one is killed now and then.
    """

    def __init__(self, server: Server) -> None:
        assert server.process is not None
        self._server = server
        self._supervisor = server.process.pid
        self._api, self._scheduler = (self._child(name) for name in (b"api", b"scheduler"))
        self._witness = self._workers()[0]

    def by_role(self) -> dict[str, int]:
        """The pids; the worker that was killed may not be back yet."""
        workers = {"worker" if pid == self._witness else "killed worker": pid for pid in self._workers()}
        return {"supervisor": self._supervisor, "api": self._api, "scheduler": self._scheduler} | workers

    def kill_a_worker(self) -> None:
        """kill -9, in the middle of whatever it does."""
        os.kill(self.by_role()["killed worker"], signal.SIGKILL)

    def _workers(self) -> list[int]:
        return sorted(pid for pid in self._server.pids() if _parent(pid) == self._api)

    def _child(self, command: bytes) -> int:
        children = [pid for pid in self._server.pids() if _parent(pid) == self._supervisor]
        [pid] = [pid for pid in children if command in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
        return pid


def _disturb(
    load: MixedLoad, processes: Processes, data_dir: Path, keep_fewer_days: Callable[[], None]
) -> Counter[str]:
    """Until the time is over: kill a worker, ask for sweeps, and in the middle let events expire. What jobs said."""
    began, results = time.monotonic(), Counter[str]()
    deaths = [(number + 0.5) * 60 * MINUTES / WORKER_DEATHS for number in range(WORKER_DEATHS)]
    sweeps = [SWEEP_SECONDS * number for number in range(1, int(60 * MINUTES / SWEEP_SECONDS))]

    def expire() -> None:
        load.is_old_over.set()
        time.sleep(2 * PAUSE_SECONDS)  # for a batch of theirs that is on its way
        keep_fewer_days()
        results.update([_run_job(data_dir, "expiry")])

    plan: list[tuple[float, Callable[[], None]]] = [
        *((at, processes.kill_a_worker) for at in deaths),
        *((at, lambda: results.update([_run_job(data_dir, "sweep")])) for at in sweeps),
        (30 * MINUTES, expire),
    ]
    for at, act in [*sorted(plan, key=lambda row: row[0]), (60 * MINUTES, lambda: None)]:
        if load.stopping.wait(max(0.0, began + at - time.monotonic())):
            break
        act()
    return results


def _run_job(data_dir: Path, job: str) -> str:
    """By the command, which asks the scheduler and waits for it."""
    command = [*IAFA, "jobs", "run", job, "--json"]
    ended = subprocess.run(command, env=environment(data_dir), capture_output=True, text=True, timeout=120, check=False)
    result = json.loads(ended.stdout)["result"] if ended.returncode == 0 else ended.stderr + ended.stdout
    return f"{job} {result}"


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has gone meanwhile
        return 0


def _descriptors_at_rest(processes: Processes) -> dict[str, int]:
    """The fewest that each process has open within some seconds in which nobody asks anything of it."""
    held: dict[str, int] = {}
    for _ in range(REST_SECONDS):
        time.sleep(1)
        for role, pid in processes.by_role().items():
            if (vitals := read_vitals(pid)) is not None:
                held[role] = min(held.get(role, vitals.descriptors), vitals.descriptors)
    return held


def _require_each_once(data_dir: Path, project: Project, expected: Iterable[str]) -> None:
    """The ids that are stored are those of the events that were answered for; refused ones are not among them."""
    stored, answered = Counter[str](stored_ids(data_dir, project.id)), set(expected)
    assert [event_id for event_id, count in stored.items() if count > 1][:5] == [], "events are there twice"
    assert sorted(answered - set(stored))[:5] == [], "events that were answered for are lost"
    assert sorted(set(stored) - answered)[:5] == [], "there are events that nobody was answered for"


def _require_well(data_dir: Path, log: Path) -> None:
    """The doctor finds nothing bad, and nothing went wrong without anybody hearing of it."""
    doctor = subprocess.run(
        [*IAFA, "doctor"], env=environment(data_dir), capture_output=True, text=True, timeout=300, check=False
    )
    assert doctor.returncode == 0, doctor.stdout
    assert "Traceback" not in log.read_text()


def _require_steady(samples: Sequence[Sample]) -> None:
    """What grows in the second half is less than a leak would be; the first half is the warm-up."""
    assert len(samples) >= 0.8 * 60 * MINUTES / SAMPLE_SECONDS, "samples are missing"
    late = second_half(samples)
    times = [sample.at for sample in late]
    for role in STEADY_ROLES:
        grown = _memory_growth(late, role)
        assert grown <= MEMORY_GROWTH_BYTES, f"the {role} grows by {grown / MEGABYTE:.0f} MB"
    came = late[-1].accepted_count - late[0].accepted_count
    more_waiting = growth(times, [sample.waiting_count for sample in late])
    assert more_waiting <= BACKLOG_GROWTH * came, f"{more_waiting:.0f} events more wait, of {came}"
    most = max(sample.live_files for sample in late)
    assert most <= DAYS * (PROJECTS * SETTLED_FILES + PROJECTS_A_PART * FRESH_FILES), f"{most} files of events"
    middle = len(samples) // 3
    earlier, later = (max(s.files_on_disk for s in part) for part in (samples[middle : 2 * middle], samples[-middle:]))
    assert later <= FILES_GROWTH * earlier, f"{later} files on disk, {earlier} before"


def _report(samples: Sequence[Sample], tally: Tally, jobs: Counter[str]) -> str:
    """The figures, for whoever ran it."""
    took = samples[-1].at - samples[0].at
    lines = [
        f"{tally.event_count:,} events in {took:.0f} s ({tally.event_count / took:,.0f} a second), {tally.repeats:,} "
        f"repeated, {tally.refused:,} refused; {tally.questions} funnels, {tally.lookups} look-ups; {WORKER_DEATHS} "
        f"workers killed, {tally.retries} requests sent again, slowest answer {tally.slowest_seconds:.2f} s; "
        + ", ".join(f"{result} {count} ×" for result, count in jobs.items()),
        _line("", REPORTED),
    ]
    for number in sorted({round(place * (len(samples) - 1) / 8) for place in range(9)}):
        lines.append(_line(f"{samples[number].at - samples[0].at:.0f} s", _cells(samples[number])))
    late = second_half(samples)
    lines.append(_line("grown", [f"{_memory_growth(late, role) / MEGABYTE:.1f} MB" for role in STEADY_ROLES]))
    return "\n".join(["", *lines])


def _memory_growth(samples: Sequence[Sample], role: str) -> float:
    return growth([s.at for s in samples], [s.processes[role].anonymous_bytes for s in samples])


def _cells(sample: Sample) -> list[str]:
    memory = [f"{sample.processes[role].anonymous_bytes / MEGABYTE:.1f} MB" for role in STEADY_ROLES]
    return [*memory, f"{sample.waiting_count:,}", f"{sample.live_files:,}", f"{sample.files_on_disk:,}"]


def _line(name: str, cells: Sequence[str]) -> str:
    return f"{name:10}" + "".join(f"{cell:>12}" for cell in cells)
