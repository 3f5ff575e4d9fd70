"""What became of the scheduler's jobs, as files in run/: its state each second, the last runs of each job, requests.

    run/scheduler.json       the jobs and when each is due; the scheduler, each second
    run/jobs/JOB.json        the last runs that changed something, failed or were asked for
    run/jobs/JOB.running     there while it runs; left by a crash, it is a run that was interrupted
    run/jobs/ID.asked        somebody asks for a run now; the name of the job

One writer, who holds the scheduler's lock, but for the requests; API, command line and doctor read. Each file is
replaced whole, so a reader sees the old one or the new one. Nothing is synced: a power cut costs what was known about
the last runs, and no event hangs on that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from iafa_api import clock, durable

KEPT_RUNS = 100  # a job; the flush of a busy server fills that in minutes, the log has the rest
ERROR_MAX = 200
FORGOTTEN_US = 60 * clock.MICROSECONDS  # whoever asked so long before the scheduler came no longer waits
FOLDER = "run/jobs"
STATUS = "run/scheduler.json"
T = TypeVar("T")
_PATH = re.compile(r"(?<![\w.])~?/[^\s'\",;:)\]]*")


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `result` is ok, failed or interrupted; `asked` are the requests that it answers."""

    began_at: int
    ended_at: int | None
    result: str
    changed: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    is_overdue: bool = False
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands in the file of a job that runs."""

    began_at: int
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job as the scheduler knows it. Looks that found nothing to do count, too."""

    id: str
    trigger: str
    expected_seconds: float
    due_at: int
    looked_at: int | None = None
    succeeded_at: int | None = None
    failed_count: int = 0
    waiting_count: int | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """The scheduler, a second ago if it is alive."""

    beat_at: int
    jobs: tuple[JobStatus, ...]


class JobRuns:
    """The writer's side. For whoever holds the scheduler's lock; a job is one thread's at a time."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._folder = data_dir / FOLDER
        durable.make_directory(self._folder)

    def recover(self) -> None:
        """Write down as interrupted what ran when the last writer died, and forget requests of long ago."""
        for path in self._folder.glob("*.running"):
            mark = _read(path, Mark) or Mark(int(path.stat().st_mtime_ns // 1000))
            runs = read_runs(self._data_dir, path.stem)
            if not runs or runs[-1].began_at != mark.began_at:  # it may have died after its last word
                self._append(path.stem, Run(mark.began_at, None, "interrupted", asked=mark.asked))
            path.unlink()
        before = clock.now_us() - FORGOTTEN_US
        for path in self._folder.glob("*.asked"):
            if path.stat().st_mtime_ns // 1000 < before:
                path.unlink(missing_ok=True)

    def begin(self, job_id: str) -> Mark:
        """Mark a job as running, for those who have asked for it by now."""
        asked = tuple(request for request, wanted in list_asked(self._data_dir) if wanted == job_id)
        mark = Mark(clock.now_us(), asked)
        _replace(self._folder / f"{job_id}.running", mark)
        for request in asked:
            withdraw(self._data_dir, request)
        return mark

    def end(self, job_id: str, run: Run | None) -> None:
        """Write down a run, if there is anything to say of it, and that the job runs no more."""
        if run is not None:
            self._append(job_id, run)
        (self._folder / f"{job_id}.running").unlink(missing_ok=True)

    def write_status(self, jobs: Iterable[JobStatus]) -> None:
        """Say how things stand."""
        _replace(self._data_dir / STATUS, Status(clock.now_us(), tuple(jobs)))

    def _append(self, job_id: str, run: Run) -> None:
        runs = [*read_runs(self._data_dir, job_id), run][-KEPT_RUNS:]
        _replace(self._folder / f"{job_id}.json", runs)


def read_status(data_dir: Path) -> Status | None:
    """What the scheduler said last, alive or not; None where there never was one."""
    return _read(data_dir / STATUS, Status)


def read_runs(data_dir: Path, job_id: str) -> list[Run]:
    """The last runs of a job, the newest last."""
    return _read(data_dir / FOLDER / f"{job_id}.json", list[Run]) or []


def read_mark(data_dir: Path, job_id: str) -> Mark | None:
    """The mark of a run that has not ended, whether its process is alive or not."""
    return _read(data_dir / FOLDER / f"{job_id}.running", Mark)


def ask(data_dir: Path, job_id: str) -> str:
    """Ask the scheduler for a run now; the run that answers names what this returns."""
    durable.make_directory(data_dir / FOLDER)
    request = clock.new_id()
    _replace(data_dir / FOLDER / f"{request}.asked", job_id)
    return request


def withdraw(data_dir: Path, request: str) -> bool:
    """Take a request back; False where it was taken up."""
    try:
        (data_dir / FOLDER / f"{request}.asked").unlink()
    except FileNotFoundError:
        return False
    return True


def list_asked(data_dir: Path) -> list[tuple[str, str]]:
    """The requests that nobody has taken up, each with the job it asks for."""
    found = [(path.stem, _read(path, str)) for path in (data_dir / FOLDER).glob("*.asked")]
    return [(request, job_id) for request, job_id in found if job_id is not None]


def tell_changed(changed: Mapping[str, Any]) -> dict[str, Any]:
    """What a run changed, fit for everybody's eyes: counts stay, lists become counts, of paths the last part stays."""
    told: dict[str, Any] = {}
    for name, value in changed.items():
        if isinstance(value, bool | int | float):
            told[name] = value
        elif isinstance(value, str):
            told[name] = Path(value).name[:ERROR_MAX]
        else:
            told[name] = len(value)
    return told


def tell_error(error: BaseException) -> str:
    """An error in one line without a path."""
    said = (error.strerror or "") if isinstance(error, OSError) else str(error)
    first = _PATH.sub("…", said.strip().partition("\n")[0])
    name = type(error).__name__
    return (f"{name}: {first}" if first else name)[:ERROR_MAX]


def _read(path: Path, kind: type[T]) -> T | None:
    """None where it is not there, or not of this program's shape: another program wrote it, and will again."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _replace(path: Path, content: Any) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, durable.FILE_MODE)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - the descriptor has the mode
        file.write(msgspec.json.encode(content))
    temporary.replace(path)
