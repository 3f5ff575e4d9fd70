"""A million rows imported into one project while 500 others send single events: how long those others wait.

The 500 send 50 events a second in all, by turns and by the clock, whatever the answers take: an answer's time is from
the moment the event was due. Meanwhile somebody sends an event to one of them and asks at once how many there are:
from the answer to the answer that counts it. The peer is the same without the import, right before and after. In the
end each project has the events that were answered for, or this fails.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median, quantiles

from bench.made_events import EventMaker, number
from bench.ratios import Row, compare, compare_rates
from bench.server_processes import DATA, IAFA, RunningServer, environment, running_iafa
from iafa_api import clock
from iafa_api.bootstrap import bootstrap
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.events import Actor, Cause
from iafa_api.settings import Settings

EVENTS_A_SECOND = 50
CONNECTIONS = 16
DISTINCT_ROWS = 10_000
ASK_SECONDS = 0.5  # the pause between two questions
IMPORT_SECONDS = 600


@dataclass(frozen=True)
class Sender:
    """One of the many projects, and a request that tracks an event of its own."""

    project_id: str
    request: bytes


@dataclass
class Waits:
    """Seconds: from when an event was due to its answer, and from its answer to the question that counted it."""

    answers: list[float] = field(default_factory=list)
    counted: list[float] = field(default_factory=list)


class Trickle:
    """The many projects as they send, and what was answered for in all."""

    def __init__(self, server: RunningServer, senders: Sequence[Sender]) -> None:
        self._server = server
        self._senders = senders
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self.acknowledged: Counter[str] = Counter()

    def send_one_each(self) -> None:
        """The first use of a key is noted in the metadata, once an hour: that is not what is measured."""
        with self._server.connected() as send:
            for sender in self._senders:
                self._send(send, sender)

    def run_during(self, work: Callable[[], None], waits: Waits) -> None:
        """Send and ask until `work` returns."""
        over = threading.Event()
        started = time.perf_counter()
        ticks = itertools.count()

        def trickle() -> None:
            with self._server.connected() as send:
                while True:
                    tick = next(ticks)
                    due = started + tick / EVENTS_A_SECOND
                    if over.wait(max(0.0, due - time.perf_counter())):
                        return
                    self._send(send, self._senders[tick % len(self._senders)])
                    waits.answers.append(time.perf_counter() - due)

        def ask() -> None:
            watched = self._senders[0]
            with self._server.connected() as send:
                while not over.wait(ASK_SECONDS):
                    expected = self._send(send, watched)
                    answered = time.perf_counter()
                    while self._server.count_events(watched.project_id) < expected:
                        pass
                    waits.counted.append(time.perf_counter() - answered)

        with ThreadPoolExecutor(CONNECTIONS + 1) as threads:
            running = [threads.submit(trickle) for _ in range(CONNECTIONS)] + [threads.submit(ask)]
            try:
                work()
            finally:
                over.set()
            for done in running:
                done.result()

    def _send(self, send: Callable[[bytes], None], sender: Sender) -> int:
        send(number(sender.request, next(self._numbers)))
        with self._lock:
            self.acknowledged[sender.project_id] += 1
            return self.acknowledged[sender.project_id]


def run(*, quick: bool) -> list[Row]:
    rows, project_count, quiet_seconds = (20_000, 50, 1.5) if quick else (1_000_000, 500, 15.0)
    with tempfile.TemporaryDirectory(prefix="iafa-bench-") as directory:
        file = _write_rows(Path(directory) / "rows.ndjson", rows)
        with running_iafa(Path(directory), command="up", workers=2) as server:
            data_dir = Path(directory) / DATA
            trickle = Trickle(server, _make_senders(server, data_dir, project_count))
            trickle.send_one_each()
            without, beside = Waits(), Waits()

            def import_rows() -> None:
                command = [*IAFA, "import", str(file), "--project", server.project_id]
                settings = environment(IAFA_DATA_DIR=data_dir)
                subprocess.run(
                    command, cwd=directory, env=settings, check=True, stdout=subprocess.DEVNULL, timeout=IMPORT_SECONDS
                )

            trickle.run_during(lambda: time.sleep(quiet_seconds), without)
            began = time.perf_counter()
            trickle.run_during(import_rows, beside)
            took = time.perf_counter() - began
            trickle.run_during(lambda: time.sleep(quiet_seconds), without)
            _require_all(server, trickle.acknowledged + Counter({server.project_id: rows}))
    what, note = f"one event of {project_count} projects beside an import", "without it"
    counted = "the same: until a question counts it"
    others = [1 / EVENTS_A_SECOND]
    return [
        compare_rates(f"import of {rows:,} rows beside them", [took / rows], others, note="of the others"),
        compare(f"{what}: answered, p50", [median(beside.answers)], [median(without.answers)], note=note),
        compare(f"{what}: answered, p99", [_p99(beside.answers)], [_p99(without.answers)], note=note),
        compare(f"{what}: answered, slowest", [max(beside.answers)], [max(without.answers)], note=note),
        compare(f"{counted}, p50", [median(beside.counted)], [median(without.counted)], note=note),
        compare(f"{counted}, slowest", [max(beside.counted)], [max(without.counted)], note=note),
    ]


def _p99(values: Sequence[float]) -> float:
    return quantiles(values, n=100)[98]


def _write_rows(path: Path, count: int) -> Path:
    """NDJSON of so many events, no two with the same id."""
    maker = EventMaker()
    lines = [json.dumps(maker.marked_event()).encode() + b"\n" for _ in range(DISTINCT_ROWS)]
    with path.open("wb") as file:
        for first in range(0, count, DISTINCT_ROWS):
            file.writelines(number(line, first) for line in lines[: count - first])
    return path


def _make_senders(server: RunningServer, data_dir: Path, count: int) -> list[Sender]:
    """Projects of the server's owner, made beside it: by its API each would take a request of its own."""
    services = bootstrap(Settings(data_dir=data_dir, password_cost=4))
    with closing(services):
        shop = Catalog(services.store.current()).find_project(server.project_id)
        if shop is None:
            raise RuntimeError(f"there is no project {server.project_id}")
        fields = {name: getattr(shop, name) for name in ("domain", "timezone", "week_start", "retention_days")}
        fields |= {"allowed_origins": [], "event_types": []}
        cause, maker, senders = Cause(Actor("operator"), clock.new_id()), EventMaker(seed=2), []
        for place in range(count):
            project, key = services.projects.create(cause, shop.organization_id, {**fields, "name": f"Project {place}"})
            body = json.dumps(maker.marked_event()).encode()
            [request] = replace(server, key=key).requests("/api/v1/track", [body])
            senders.append(Sender(project.id, request))
        return senders


def _require_all(server: RunningServer, acknowledged: Mapping[str, int]) -> None:
    for project_id, count in acknowledged.items():
        if (counted := server.count_events(project_id)) != count:
            raise RuntimeError(f"project {project_id}: {counted:,} of {count:,} events are counted")
