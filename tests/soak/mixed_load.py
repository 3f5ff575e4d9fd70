"""All that is sent to a server and asked of it at once, each at its own pace, and the tally of what was answered.

A sender behaves as a good client: what is not answered for is sent again with the same ids until it is. So what a
sender has had answers for is all of its requests up to a number, and the ids of a request follow from its number.

Projects take turns: after each part of the time come new ones. What a question or a merge has to do with does not grow
any more after the first part, so that memory which does is a leak.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from iafa_api import clock
from tests.e2e.processes import Server

PARTS = 4
PROJECTS_A_PART = 3
PROJECTS = PARTS * PROJECTS_A_PART
BATCH_EVENTS = 100
TYPES = ("page_view", "product_view", "add_to_cart", "purchase")
PEOPLE = 5000
DAY_US = 86_400 * clock.MICROSECONDS
LATE = (0,) * 8 + (1, 2)  # days ago that the events of a request happened, by its number
OLD_DAYS = 5
BAD = "bad"  # how the ids of events begin that are to be refused
BAD_EVENTS: tuple[dict[str, Any], ...] = (
    {"event_type": None},
    {"user_id": None},
    {"timestamp": "2026-01-01T00:00:00"},
)
PAUSE_SECONDS = 0.1  # before a request is sent again


@dataclass(frozen=True)
class Project:
    id: str
    write_key: str
    read_key: str


@dataclass(frozen=True)
class Kind:
    """What one sender sends: `size` events a request, `a_second` requests, `a_part` of them before the projects change.

    `size` 1 goes to /track.
    """

    name: str
    size: int
    a_second: float
    a_part: int

    def project_of(self, number: int) -> int:
        """Which project a request goes to."""
        part = min(number // self.a_part, PARTS - 1)
        return part * PROJECTS_A_PART + number % PROJECTS_A_PART

    def ids(self, number: int) -> list[str]:
        return [f"{self.name}.{number}.{part}" for part in range(self.size)]


def make_kinds(minutes: float) -> list[Kind]:
    """All senders, for a load of so many minutes."""

    def make(name: str, size: int, a_second: float) -> Kind:
        return Kind(name, size, a_second, a_part=max(1, int(a_second * 60 * minutes / PARTS)))

    batches = [make(f"batches-{number}", BATCH_EVENTS, 7.5) for number in range(4)]
    return [*batches, *(make(f"singles-{number}", 1, 15.0) for number in range(2))]


class Tally:
    """For each kind and project: how many events were sent for the first time, and how many were answered for."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds
        self._lock = threading.Lock()
        self.done: dict[Kind, int] = dict.fromkeys(kinds, 0)  # requests: those numbered below were answered for
        self._sent = [0] * PROJECTS
        self._answered = [0] * PROJECTS
        self.repeats = self.retries = self.refused = self.questions = self.lookups = 0
        self.faults: list[str] = []
        self.slowest_seconds = 0.0

    @property
    def event_count(self) -> int:
        with self._lock:
            return sum(self._answered)

    def bounds(self, project: int) -> tuple[int, int]:
        """Between how many events a question of now may count."""
        with self._lock:
            return self._answered[project], self._sent[project]

    def expected_ids(self, project: int) -> Iterator[str]:
        """The ids of all events that were answered for."""
        for kind, count in self.done.items():
            for number in range(count):
                if kind.project_of(number) == project:
                    yield from kind.ids(number)

    def some_id(self, dice: Random) -> tuple[int, str] | None:
        """A project and the id of one of its events that was answered for."""
        kind = dice.choice(self._kinds)
        if not self.done[kind]:
            return None
        number = dice.randrange(self.done[kind])
        return kind.project_of(number), dice.choice(kind.ids(number))

    def begin(self, kind: Kind, number: int) -> None:
        with self._lock:
            self._sent[kind.project_of(number)] += kind.size

    def end(self, kind: Kind, number: int) -> None:
        with self._lock:
            self._answered[kind.project_of(number)] += kind.size
            self.done[kind] = number + 1

    def add(self, name: str, count: int = 1) -> None:
        with self._lock:
            setattr(self, name, getattr(self, name) + count)


class MixedLoad:
    """The threads that send and ask, until `stop`."""

    def __init__(self, server: Server, projects: list[Project], old: Project, *, minutes: float) -> None:
        self._server = server
        self._projects = projects
        self._old = old
        kinds = make_kinds(minutes)
        self.tally = Tally(kinds)
        self.stopping = threading.Event()
        self.is_old_over = threading.Event()
        work: list[Callable[[], None]] = [lambda kind=kind: self._send_all(kind) for kind in kinds]  # type: ignore[misc]
        work += [self._send_old, self._ask, self._look_up, self._list_newest]
        self._threads = [threading.Thread(target=self._watched(run), daemon=True) for run in work]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each finish what it has begun."""
        self.stopping.set()
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive(), "a request was never answered"

    def call(self, method: str, path: str, body: Any, key: str) -> tuple[int, Any]:
        """The answer, waited for as long as the server is not there or has no room."""
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        while True:
            began = time.monotonic()
            try:
                status, answer = self._server.call(method, f"/api/v1{path}", content, {"X-API-Key": key}, timeout=30)
            except OSError:
                status, answer = 0, None
            with self.tally._lock:
                self.tally.slowest_seconds = max(self.tally.slowest_seconds, time.monotonic() - began)
            if status not in (0, 503):
                return status, answer
            self.tally.add("retries")
            time.sleep(PAUSE_SECONDS)

    def _watched(self, run: Callable[[], None]) -> Callable[[], None]:
        def watched() -> None:
            try:
                run()
            except Exception as error:  # noqa: BLE001 - the test reads it; a thread that dies quietly hides it
                self.tally.faults.append(f"{type(error).__name__}: {error}")
                self.stopping.set()

        return watched

    def _paced(self, a_second: float) -> Iterator[int]:
        """0, 1, 2 … by the clock; what was missed is not made up for."""
        due = time.monotonic()
        for number in itertools.count():
            if self.stopping.wait(max(0.0, due - time.monotonic())):
                return
            yield number
            due = max(due + 1 / a_second, time.monotonic())

    def _send_all(self, kind: Kind) -> None:
        dice = Random(kind.name)
        for number in self._paced(kind.a_second):
            self.tally.begin(kind, number)
            self._send(kind, number)
            self.tally.end(kind, number)
            if number % 10 == 7:
                self._send(kind, dice.randrange(number + 1))
                self.tally.add("repeats", kind.size)

    def _send(self, kind: Kind, number: int) -> None:
        project = self._projects[kind.project_of(number)]
        days = LATE[number // PROJECTS_A_PART % len(LATE)]
        events = [_event(event_id, days * DAY_US) for event_id in kind.ids(number)]
        bad = [
            _event(f"{BAD}.{kind.name}.{number}.{place}", 0) | fault
            for place, fault in enumerate(BAD_EVENTS if number % 20 == 3 else ())
        ]
        if kind.size > 1:
            status, answer = self.call("POST", "/track/batch", {"events": [*bad, *events]}, project.write_key)
            assert (status, answer.get("accepted"), answer.get("rejected")) == (200, len(events), len(bad)), answer
        else:
            for event in bad:
                status, answer = self.call("POST", "/track", event, project.write_key)
                assert status == 422, answer
            status, answer = self.call("POST", "/track", events[0], project.write_key)
            assert status == 200, answer
        self.tally.add("refused", len(bad))

    def _send_old(self) -> None:
        """Events of days that will be past their project's, all with the same ids: one row for each."""
        for number in self._paced(0.5):
            if self.is_old_over.is_set():
                return
            events = [_event(f"old.{number % 5}.{part}", OLD_DAYS * DAY_US) for part in range(20)]
            status, answer = self.call("POST", "/track/batch", {"events": events}, self._old.write_key)
            assert status == 200, answer

    def count(self, project: Project) -> int:
        """How many events a funnel over all of them sees."""
        body = {"stages": [{"event_type": None}, {"event_type": "purchase"}]}
        status, answer = self.call("POST", "/analytics/funnel", body, project.read_key)
        assert status == 200, answer
        return int(answer["receipt"]["events"])

    def _ask(self) -> None:
        """Never are fewer events counted than were answered for, and never more than were sent."""
        dice = Random(2)
        for _ in self._paced(0.2):
            place = dice.choice(self._begun())
            least = self.tally.bounds(place)[0]
            counted = self.count(self._projects[place])
            most = self.tally.bounds(place)[1]
            assert least <= counted <= most, f"a question counts {counted} events, of {least} to {most}"
            self.tally.add("questions")

    def _begun(self) -> list[int]:
        """The projects whose turn has come."""
        return [place for place in range(PROJECTS) if place < PROJECTS_A_PART or self.tally.bounds(place)[1]]

    def _look_up(self) -> None:
        """One event by its id: whatever was answered for is there."""
        dice = Random(1)
        for _ in self._paced(2):
            chosen = self.tally.some_id(dice)
            if chosen is None:
                continue
            place, event_id = chosen
            project = self._projects[place]
            status, answer = self.call("GET", f"/projects/{project.id}/events/{event_id}", None, project.read_key)
            assert (status, answer.get("id")) == (200, event_id), answer
            self.tally.add("lookups")

    def _list_newest(self) -> None:
        dice = Random(3)
        for _ in self._paced(0.3):
            project = self._projects[dice.choice(self._begun())]
            status, answer = self.call("GET", f"/projects/{project.id}/events", None, project.read_key)
            assert status == 200, answer
            assert len({event["id"] for event in answer}) == len(answer)


class Owner:
    """Somebody who makes projects and says for how long they keep their events."""

    def __init__(self, server: Server) -> None:
        self._server = server
        person = {"email": "ann@example.com", "password": "correct horse", "full_name": "Ann"}
        self._headers = {"Authorization": f"Bearer {self._call('POST', '/auth/register', person, {})['access_token']}"}

    def make_project(self) -> Project:
        made = self._call("POST", "/projects", {"name": "Shop"}, self._headers)
        key = self._call("POST", f"/projects/{made['id']}/api-keys", {"name": "r", "kind": "read"}, self._headers)
        return Project(made["id"], made["api_key"], key["api_key"])

    def keep_days(self, project: Project, days: int) -> None:
        document = {"name": "Shop", "retention_days": days}
        self._call("PUT", f"/projects/{project.id}", document, {**self._headers, "If-Match": "*"})

    def _call(self, method: str, path: str, document: Any, headers: Mapping[str, str]) -> Any:
        while True:
            try:
                status, answer = self._server.call(method, f"/api/v1{path}", document, headers)
            except OSError:  # it was given to a worker that died
                time.sleep(PAUSE_SECONDS)
                continue
            assert 200 <= status < 300, answer
            return answer


def _event(event_id: str, ago_us: int) -> dict[str, Any]:
    person = zlib.crc32(event_id.encode()) % PEOPLE
    return {
        "id": event_id,
        "event_type": TYPES[person % len(TYPES)],
        "user_id": f"person-{person}",
        "timestamp": clock.format_time(clock.now_us() - ago_us),
        "properties": {"product": f"p-{person % 100}", "price": person / 100, "is_member": person % 5 == 0},
        "url": f"https://shop.example/products/{person % 100}",
    }
