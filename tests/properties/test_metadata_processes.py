"""Three processes write at once and two read: every look is a whole moment of one order that all of them see."""

from __future__ import annotations

import json
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from typing import Any

import pytest

from iafa_api.errors import StaleVersion
from iafa_api.metadata.events import Actor, Cause, NewEvent, read_envelope
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.projections import State, apply
from iafa_api.metadata.store import MetadataStore
from iafa_api.metadata.timeline import Timeline

CAUSE = Cause(Actor("system"), "r")
WRITERS, READERS, CHANGES = 3, 2, 120
SHARED = ("p0", "p1", "p2")  # what all writers change
TWINS = ("t0", "t1")  # always changed together, in one append


def open_store(directory: Path) -> MetadataStore:
    return MetadataStore(directory, Log(directory))


def changed(state: State, project_id: str, **data: Any) -> NewEvent:
    return NewEvent(f"project-{project_id}", state.version("projects", project_id), "project.changed", "o", data)


def counted(state: State, project_id: str) -> int:
    return int(state.documents["projects"][project_id]["count"])


def write(directory: Path, number: int, start: Event, told: Connection) -> None:
    """Count up the shared things, the twins together, and make things of its own; tell how often of each."""
    store, dice = open_store(directory), Random(number)
    done = dict.fromkeys((*SHARED, "twins", "own", "stale"), 0)
    start.wait(20)
    for turn in range(CHANGES):
        shared = dice.choice(SHARED)
        what = dice.choice((shared, "twins", "own", "stale"))
        if what == "twins":
            store.change(
                CAUSE,
                lambda state: [changed(state, twin, count=counted(state, twin) + 1, by=number) for twin in TWINS],
            )
        elif what == "own":
            made = f"{number}.{turn}"
            events = [
                NewEvent(f"organization-{made}", 0, "organization.created", made, {"name": made}),
                NewEvent(f"project-{made}", 0, "project.created", made, {"name": made, "count": 0}),
                NewEvent(f"project-{made}", 1, "project.changed", made, {"count": 1}),
            ]
            store.change(CAUSE, lambda state, new=events: new)
        elif what == "stale":  # decided on what was seen before, as by a client that sends If-Match
            seen = store.current()
            event = changed(seen, shared, count=counted(seen, shared) + 1)
            try:
                store.change(CAUSE, lambda state, new=event: [new])
                done[shared] += 1
            except StaleVersion:
                done["stale"] += 1
            continue
        else:
            store.change(CAUSE, lambda state, it=what: [changed(state, it, count=counted(state, it) + 1)])
        done[what] += 1
    told.send((done, store.current().seq))


def read(directory: Path, start: Event, is_over: Event, told: Connection) -> None:
    """Look again and again; tell what a look saw that it must not see, and how many looks there were."""
    log = Log(directory)
    store, timeline, dice = MetadataStore(directory, log), Timeline(log), Random(1)
    faults: list[str] = []
    before, moments, looks = store.current(), 0, 0
    start.set()
    while not is_over.is_set():
        state = store.current()
        if state.seq == before.seq:
            continue
        looks += 1
        faults += find_faults(before, state)
        if looks % 10 == 0:
            seq = dice.randrange(1, state.seq + 1)
            if timeline.state_at(seq).seq != seq or timeline.state_at(state.seq) != state:
                faults.append(f"the moment {seq} or {state.seq} is not what was seen")
            moments += 1
        if looks % 25 == 0 and open_store(directory).current().seq < state.seq:
            faults.append("a new process knows less")
        before = state
    told.send((looks, moments, faults[:5]))


def find_faults(before: State, after: State) -> list[str]:
    faults = []
    if after.seq < before.seq:
        faults.append(f"position {before.seq} fell to {after.seq}")
    versions = {project_id: document["version"] for project_id, document in after.documents["projects"].items()}
    risen = sum(version - before.version("projects", project_id) for project_id, version in versions.items())
    made = len(after.documents["organizations"]) - len(before.documents["organizations"])
    if risen + made != after.seq - before.seq:
        faults.append(f"{after.seq - before.seq} events raised versions by {risen + made}")
    first, second = (after.documents["projects"][twin] for twin in TWINS)
    if (first["count"], first["by"], first["version"]) != (second["count"], second["by"], second["version"]):
        faults.append(f"half of an append was seen at {after.seq}")
    for made in after.documents["organizations"]:
        if versions.get(made) != 2 or after.documents["projects"][made]["count"] != 1:
            faults.append(f"a part of the append of {made} was seen at {after.seq}")
    for project_id in SHARED:
        if counted(after, project_id) != versions[project_id] - 1:
            faults.append(f"an update of {project_id} was lost before {after.seq}")
    return faults


def test_writers_at_once_lose_nothing_and_readers_see_whole_moments_only(tmp_path: Path) -> None:
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    store = open_store(tmp_path)
    fields = {"name": "p", "count": 0, "by": None}
    things = [NewEvent(f"project-{one}", 0, "project.created", "o", fields) for one in (*SHARED, *TWINS)]
    store.change(CAUSE, lambda state: things)

    start, is_over = context.Event(), context.Event()
    ends: list[Connection] = []
    processes = []
    for target, arguments in [
        *((read, (tmp_path, start, is_over)) for _ in range(READERS)),
        *((write, (tmp_path, number, start)) for number in range(WRITERS)),
    ]:
        reading, writing = context.Pipe(duplex=False)
        processes.append(context.Process(target=target, args=(*arguments, writing), daemon=True))
        processes[-1].start()
        writing.close()
        ends.append(reading)
    readers, writers = processes[:READERS], processes[READERS:]
    until = time.monotonic() + 60
    seen = [store.current()]
    while any(writer.is_alive() for writer in writers) and time.monotonic() < until:
        seen.append(store.current())
        assert find_faults(*seen[-2:]) == []
        store.write_snapshots()
        time.sleep(0.005)
    is_over.set()
    for process in (*writers, *readers):
        process.join(20)
        assert process.exitcode == 0
    told = [end.recv() for end in ends]

    for looks, moments, faults in told[:READERS]:
        assert faults == []
        assert looks > 20
        assert moments > 1
    done = {name: sum(each[name] for each, _ in told[READERS:]) for name in (*SHARED, "twins", "own", "stale")}
    assert done["stale"] > 0, "no two writers ever met"
    events = 5 + sum(done[project_id] for project_id in SHARED) + 2 * done["twins"] + 3 * done["own"]

    envelopes = [envelope for line in (tmp_path / "log.jsonl").open() for envelope in json.loads(line)]
    assert [envelope["seq"] for envelope in envelopes] == list(range(1, events + 1))
    state = apply(State(), [read_envelope(envelope) for envelope in envelopes])
    assert {name: counted(state, name) for name in SHARED} == {name: done[name] for name in SHARED}
    assert {counted(state, name) for name in TWINS} == {done["twins"]}
    assert len(state.documents["organizations"]) == done["own"]

    log = Log(tmp_path)
    assert log.read(Position(), log.mark().synced)[1].seq == events, "the chain does not hold"
    assert store.current() == state
    assert open_store(tmp_path).current() == state, "from snapshots and tail"
    for path in tmp_path.glob("*.json"):
        path.unlink()
    assert open_store(tmp_path).current() == state, "from the log alone"


@pytest.mark.parametrize("fault", ["a version", "half an append", "a lost update", "an earlier moment"])
def test_the_judge_finds_faults(tmp_path: Path, fault: str) -> None:
    store = open_store(tmp_path)
    things = [NewEvent(f"project-{one}", 0, "project.created", "o", {"count": 0, "by": 1}) for one in (*SHARED, *TWINS)]
    before = store.change(CAUSE, lambda state: things)
    data = {
        "a version": [changed(before, twin, count=1) for twin in TWINS],
        "half an append": [changed(before, "t0", count=1)],
        "a lost update": [changed(before, "p0", count=0)],
        "an earlier moment": [changed(before, twin, count=1) for twin in TWINS],
    }
    after = store.change(CAUSE, lambda state: data[fault])
    if fault == "a version":
        after = State(after.documents, after.key_ids, after.seq + 1)
    if fault == "an earlier moment":
        before, after = after, before
    assert find_faults(before, after) != []
    assert find_faults(before, before) == []
