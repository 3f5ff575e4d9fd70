"""What a monitor is told (`GET /metrics`): counts of this server's workers, and figures that are read when it asks.

Promises: no organisation, project or person is named, and labels have few values whatever a client sends. Counting a
tracked event costs a fraction of a microsecond: it goes into plain numbers, which are poured into the shared counters
about once a second. The counts of all workers are added up where `iafa api` runs them (PROMETHEUS_MULTIPROC_DIR was
set before the library was imported); elsewhere they are those of the process that answers.
"""

from __future__ import annotations

import os
import threading
from collections import Counter as Tally
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.values import MutexValue, ValueClass

from iafa_api import clock, durable
from iafa_api.ingest import segments
from iafa_api.lake import layout
from iafa_api.lake.manifest_totals import read_totals
from iafa_api.upkeep.job_report import SchedulerReport, oldest_waiting_us, read_report

CONTENT_TYPE = CONTENT_TYPE_LATEST  # of what `render` gives
POUR_SECONDS = 1.0  # how old a count of tracking may be; less wakes each worker more often
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # a client may invent others
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
FILE_BYTES = 256 << 10  # of a worker's counts of one kind: about four times what all labels take


def _make_room() -> None:
    """Make this worker's files before the library does, as holes: filling one on a full disk kills it (SIGBUS)."""
    if ValueClass is MutexValue:
        return
    folder = Path(MultiProcessCollector(CollectorRegistry())._path)  # type: ignore[no-untyped-call]
    for kind in ("counter", "histogram"):
        path = folder / f"{kind}_{os.getpid()}.db"
        if not path.exists():
            durable.write_new_file(path, bytes(FILE_BYTES))


_make_room()
disable_created_metrics()  # type: ignore[no-untyped-call]  # a line more for each counter, which nobody reads
OWN = CollectorRegistry()
REQUESTS = Counter(
    "iafa_http_requests", "Requests that were answered.", ["blueprint", "method", "status"], registry=OWN
)
LATENCY = Histogram(
    "iafa_http_request_seconds",
    "How long requests took, but for tracking.",
    ["blueprint"],
    buckets=SECONDS,
    registry=OWN,
)
ACCEPTED = Counter("iafa_events_accepted", "Events that were made durable.", registry=OWN)
REFUSED = Counter("iafa_events_refused", "Events that were refused, each with its reason.", registry=OWN)

_tally: Tally[str | tuple[str, int]] = Tally()  # of tracking: by method and status, and of events; not yet poured
_tally_lock = threading.Lock()
_pouring: threading.Thread | None = None


def count_request(blueprint: str | None, method: str, status: int, seconds: float) -> None:
    """Count a request that was answered; one to track only by its status."""
    if blueprint == "tracking":
        _count((method, status), 1)
        return
    name = blueprint or "none"
    REQUESTS.labels(name, _known(method), status).inc()
    LATENCY.labels(name).observe(seconds)


def count_events(accepted_count: int, refused_count: int) -> None:
    """Count what became of the events of one request."""
    _count("accepted", accepted_count)
    if refused_count:
        _count("refused", refused_count)


def pour() -> None:
    """Take what was counted of tracking into the shared counters."""
    global _tally
    with _tally_lock:
        poured, _tally = _tally, Tally()
    for name, count in poured.items():
        if isinstance(name, str):
            (ACCEPTED if name == "accepted" else REFUSED).inc(count)
        else:
            method, status = name
            REQUESTS.labels("tracking", _known(method), status).inc(count)


def render(data_dir: Path) -> bytes:
    """Everything, in the text format."""
    pour()
    registry = CollectorRegistry()
    if ValueClass is MutexValue:
        registry.register(OWN)
    else:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(DirectoryFigures(data_dir))
    return generate_latest(registry)


class DirectoryFigures(Collector):
    """What the data directory itself says, at the moment of asking."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def collect(self) -> Iterator[Metric]:
        """The figures."""
        now_us = clock.now_us()
        report = read_report(self._data_dir, now_us)
        yield from self._buffer(report, now_us)
        yield from self._manifest()
        yield _gauge("iafa_scheduler_alive", "1 where a scheduler runs.", report.alive_since is not None)
        disk = os.statvfs(self._data_dir)
        yield _gauge("iafa_disk_free_bytes", "What is free where the data lies.", disk.f_bavail * disk.f_frsize)
        yield from _jobs(report)

    def _buffer(self, report: SchedulerReport, now_us: int) -> Iterator[Metric]:
        oldest_us = oldest_waiting_us(self._data_dir)
        waited = 0.0 if oldest_us is None else max(0, now_us - oldest_us) / clock.MICROSECONDS
        yield _gauge("iafa_buffer_oldest_seconds", "How long the oldest event waits for the flush.", waited)
        size = segments.bytes_in_view(self._data_dir / "buffer")
        yield _gauge("iafa_buffer_bytes", "What waits for the flush.", size)
        for job in report.jobs:
            if job.status.waiting_count is not None:
                text = "What waits for the flush, as the scheduler has seen it last."
                yield _gauge("iafa_buffer_events", text, job.status.waiting_count)

    def _manifest(self) -> Iterator[Metric]:
        files = GaugeMetricFamily("iafa_manifest_files", "Files of events.", labels=["state"])
        rows = GaugeMetricFamily("iafa_manifest_rows", "Events in them.", labels=["state"])
        sizes = GaugeMetricFamily("iafa_manifest_bytes", "Their size.", labels=["state"])
        for state, totals in read_totals(self._data_dir / layout.MANIFEST).items():
            files.add_metric([state], totals.file_count)
            rows.add_metric([state], totals.row_count)
            sizes.add_metric([state], totals.byte_count)
        return iter((files, rows, sizes))


def _jobs(report: SchedulerReport) -> Iterator[Metric]:
    succeeded = GaugeMetricFamily(
        "iafa_job_last_success_timestamp_seconds",
        "When a run, or a look that found nothing, last went well.",
        labels=["job"],
    )
    duration = GaugeMetricFamily(
        "iafa_job_last_duration_seconds", "How long the last recorded run took.", labels=["job"]
    )
    failures = CounterMetricFamily("iafa_job_failures", "Runs that failed.", labels=["job"])
    overdue = GaugeMetricFamily("iafa_job_overdue", "1 while a run takes longer than it may.", labels=["job"])
    lag = GaugeMetricFamily("iafa_job_lag_seconds", "How late it is against its trigger.", labels=["job"])
    for job in report.jobs:
        name, run = [job.status.id], job.last_run
        if job.status.succeeded_at is not None:
            succeeded.add_metric(name, job.status.succeeded_at / clock.MICROSECONDS)
        if run is not None and run.ended_at is not None:
            duration.add_metric(name, (run.ended_at - run.began_at) / clock.MICROSECONDS)
        failures.add_metric(name, job.status.failed_count)
        overdue.add_metric(name, job.state == "overdue")
        lag.add_metric(name, job.lag_seconds)
    return iter((succeeded, duration, failures, overdue, lag))


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _known(method: str) -> str:
    return method if method in METHODS else "other"


def _count(name: str | tuple[str, int], count: int) -> None:
    with _tally_lock:
        _tally[name] += count
    if _pouring is None:
        _start_pouring()


def _start_pouring() -> None:
    global _pouring
    with _tally_lock:
        if _pouring is None:
            _pouring = threading.Thread(target=_pour_for_ever, name="metrics", daemon=True)
            _pouring.start()


def _pour_for_ever() -> None:
    while True:
        clock.sleep(POUR_SECONDS)
        pour()


def _start_over() -> None:
    """In a forked child: the parent's counts are its own to pour, and its thread is not here."""
    global _tally, _tally_lock, _pouring
    _tally, _tally_lock, _pouring = Tally(), threading.Lock(), None


os.register_at_fork(after_in_child=_start_over)
