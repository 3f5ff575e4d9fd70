"""`iafa jobs` and `iafa jobs run NAME`: how the scheduler's jobs are, and one of them now.

Where a scheduler runs, it is asked and waited for; where none runs, the command takes its lock and its place.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from iafa_api import clock
from iafa_api.errors import Conflict, NotFound
from iafa_api.upkeep.job_report import JobReport, SchedulerReport, read_report, report_to_json, run_to_json
from iafa_api.upkeep.job_runs import Run, ask, read_runs, read_status, withdraw
from iafa_api.upkeep.presence import present_since

LOOK_SECONDS = 0.2
ABSENT_SECONDS = 10.0  # a stand-by takes over, or a scheduler comes up, in less
UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def print_jobs(console: Console, data_dir: Path, *, as_json: bool) -> None:
    """Print how the scheduler and its jobs are."""
    now_us = clock.now_us()
    report = read_report(data_dir, now_us)
    if as_json:
        click.echo(json.dumps(report_to_json(report), indent=2))
        return
    console.print(_about_scheduler(report, now_us), soft_wrap=True)
    if not report.jobs:
        return
    table = Table(box=None, header_style="bold")
    for heading in ("Job", "When", "State", "Last run", "Result", "Next"):
        table.add_column(heading, overflow="fold")
    for job in report.jobs:
        table.add_row(*[Text(cell) for cell in _row(job, now_us, report.alive_since is not None)])
    console.print(table)


def run_job(console: Console, data_dir: Path, job_id: str, *, run_alone: Callable[[str], Run], as_json: bool) -> bool:
    """Have a job run now and print what became of it; whether it went well."""
    try:
        run, ran_in = run_alone(job_id), "this command"
    except Conflict:
        run, ran_in = _ask_and_wait(data_dir, job_id), "the scheduler"
    if as_json:
        click.echo(json.dumps({"job": job_id, "ran_in": ran_in, **run_to_json(run)}, indent=2))
    else:
        took = "" if run.ended_at is None else f" in {(run.ended_at - run.began_at) / clock.MICROSECONDS:.2f} s"
        console.print(Text(f"{job_id}: {run.result}{took}, by {ran_in}. {_outcome(run)}"), soft_wrap=True)
    return run.result == "ok"


def _ask_and_wait(data_dir: Path, job_id: str) -> Run:
    _require_name(data_dir, job_id)
    request = ask(data_dir, job_id)
    seen_at = clock.monotonic()
    try:
        while clock.monotonic() - seen_at < ABSENT_SECONDS:
            for run in reversed(read_runs(data_dir, job_id)):
                if request in run.asked:
                    return run
            if present_since(data_dir, "scheduler") is not None:
                seen_at = clock.monotonic()
            clock.sleep(LOOK_SECONDS)
    finally:
        withdraw(data_dir, request)
    raise Conflict(f"No scheduler answers, and another process holds its lock on {data_dir}; try again later.")


def _require_name(data_dir: Path, job_id: str) -> None:
    """NotFound for a job that the scheduler does not have; one that is coming up may not have said yet."""
    give_up = clock.monotonic() + ABSENT_SECONDS
    while (status := read_status(data_dir)) is None and clock.monotonic() < give_up:
        clock.sleep(LOOK_SECONDS)
    names = sorted(job.id for job in status.jobs) if status else []
    if job_id not in names:
        raise NotFound(f"There is no job {job_id!r}; there are {', '.join(names)}.")


def _about_scheduler(report: SchedulerReport, now_us: int) -> str:
    if report.alive_since is not None:
        standby = ", and another stands by" if report.has_standby else ""
        return f"A scheduler runs since {_length(now_us - report.alive_since)}{standby}."
    if report.seen_at is not None:
        return f"No scheduler runs; the last one was seen {_length(now_us - report.seen_at)} ago."
    return "No scheduler ever ran here."


def _row(job: JobReport, now_us: int, is_alive: bool) -> tuple[str, ...]:
    run, due_us = job.last_run, job.status.due_at - now_us
    due = f"in {_length(due_us)}" if due_us >= 0 else "now"
    if job.lag_seconds and due_us < 0 and not (job.state == "running" and is_alive):
        due = f"{_length(-due_us)} late"
    return (
        job.status.id,
        job.status.trigger,
        job.state,
        f"{_length(now_us - run.began_at)} ago" if run else "none",
        f"{run.result} {_outcome(run)}".strip() if run else "",
        due if is_alive else "",
    )


def _outcome(run: Run) -> str:
    if run.error:
        return run.error
    return ", ".join(f"{name}: {value}" for name, value in run.changed.items()) or "nothing to do"


def _length(length_us: int) -> str:
    seconds = max(0, length_us) // clock.MICROSECONDS
    size, unit = next((found for found in UNITS if seconds >= found[0]), UNITS[-1])
    return f"{seconds // size} {unit}"
