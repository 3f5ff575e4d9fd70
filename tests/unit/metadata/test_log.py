"""The metadata log: one order, whole appends, torn tails healed, a chain that shows every change of the bytes."""

import json
import multiprocessing
import os
import threading

import pytest

from iafa_api.errors import BrokenData, StaleVersion, Unavailable
from iafa_api.metadata.events import GENESIS, Actor, Cause, NewEvent
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.projections import State, apply
from iafa_api.metadata.store import MetadataStore

CAUSE = Cause(Actor("user", "u-1", "ip"), "req-1")


def created(number: int, **data) -> NewEvent:
    return NewEvent(f"organization-{number}", 0, "organization.created", str(number), {"name": "n", **data})


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path, now=lambda: 1_700_000_000_000_000)


def append(log, *events):
    with log.lock():
        _, position = log.read(Position())
        log.append(position, events, CAUSE)


def test_what_was_appended_is_read_in_order(log):
    append(log, created(1), created(2))
    append(log, created(3))
    events, position = log.read(Position())
    assert [event.stream for event in events] == ["organization-1", "organization-2", "organization-3"]
    assert [event.seq for event in events] == [1, 2, 3]
    assert events[0].prev == GENESIS
    assert [event.prev for event in events[1:]] == [event.hash for event in events[:-1]]
    assert position == Position(3, log.size(), events[-1].hash)
    assert events[0].actor == CAUSE.actor
    assert events[0].at == "2023-11-14T22:13:20.000000Z"


def test_the_stored_envelope_has_exactly_the_fields_of_the_contract(log, tmp_path):
    append(log, created(1))
    (envelope,) = json.loads((tmp_path / "log.jsonl").read_text())
    assert set(envelope) == {
        *("seq", "stream", "version", "type", "schema_version", "at", "actor", "request_id", "organization_id"),
        *("data", "sealed", "prev", "hash"),
    }


def test_reading_goes_on_where_it_stopped(log):
    append(log, created(1))
    _, position = log.read(Position())
    append(log, created(2))
    events, _ = log.read(position)
    assert [event.seq for event in events] == [2]


def test_the_log_is_readable_by_its_owner_only(log, tmp_path):
    append(log, created(1))
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("torn", [b'[{"seq":', b"\0\0\0\0", b'[{"seq":2}]\n', b"[]\n", b"\0\0\n"])
def test_a_torn_last_line_is_set_aside_by_the_next_writer(log, tmp_path, torn):
    append(log, created(1))
    with (tmp_path / "log.jsonl").open("ab") as file:
        file.write(torn)
    assert [event.seq for event in log.read(Position())[0]] == [1]
    append(log, created(2))
    assert [event.stream for event in log.read(Position())[0]] == ["organization-1", "organization-2"]
    assert [path.read_bytes() for path in (tmp_path / "torn").iterdir()] == [torn]


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_an_append_of_several_events_is_there_whole_or_not_at_all(log, tmp_path, cut):
    append(log, created(1))
    size = log.size()
    append(log, created(2), created(3))
    with (tmp_path / "log.jsonl").open("r+b") as file:
        file.truncate(log.size() - cut)
    events, position = log.read(Position())
    assert [event.seq for event in events] == [1]
    assert position.offset == size


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"name":"n"', b'"name":"m"'), (b'"seq":2', b'"seq":9'), (b'"kind":"user"', b'"kind":"USER"')],
)
def test_a_changed_byte_in_the_middle_is_noticed(log, tmp_path, old, new):
    for number in (1, 2, 3):
        append(log, created(number))
    path = tmp_path / "log.jsonl"
    lines = path.read_bytes().split(b"\n")
    lines[1] = lines[1].replace(old, new)
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(BrokenData, match="after event 1"):
        log.read(Position())


def test_removed_and_swapped_lines_are_noticed(log, tmp_path):
    for number in (1, 2, 3):
        append(log, created(number))
    path = tmp_path / "log.jsonl"
    first, second, third, _ = path.read_bytes().split(b"\n")
    for lines in ([first, third], [second, first, third]):
        path.write_bytes(b"\n".join([*lines, b'[{"x":1}]', b""]))
        with pytest.raises(BrokenData):
            log.read(Position())


def test_two_changes_of_one_stream_in_one_append_must_follow_each_other(log):
    change = NewEvent("organization-1", 0, "organization.created", "1", {})
    with log.lock(), pytest.raises(StaleVersion):
        log.append(Position(), [created(1), change], CAUSE)
    assert log.size() == 0


@pytest.mark.parametrize("broken", ["write", "fsync"])
def test_a_disk_that_refuses_leaves_nothing_behind(log, monkeypatch, broken):
    append(log, created(1))
    size = log.size()

    def fail(*_):
        raise OSError(28, "No space left on device")

    real_write = os.write
    with monkeypatch.context() as patch:
        if broken == "write":
            patch.setattr(os, "write", lambda fd, data: real_write(fd, data[:10]))
        else:
            patch.setattr(os, "fsync", fail)
        with log.lock(), pytest.raises(Unavailable):
            log.append(log.read(Position())[1], [created(2)], CAUSE)
    assert log.size() == size
    append(log, created(2))
    assert len(log.read(Position())[0]) == 2


def _append_many(directory, worker, count):
    log = Log(directory)
    store = MetadataStore(directory, log)
    for number in range(count):
        store.change(CAUSE, lambda state, n=number: [created(worker * 1000 + n)])


def test_many_processes_write_one_order_without_gaps(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append_many, args=(tmp_path, worker, 25)) for worker in range(1, 4)]
    for worker in workers:
        worker.start()
    store = MetadataStore(tmp_path, Log(tmp_path))
    seen = []
    while any(worker.is_alive() for worker in workers):
        seen.append(store.current().seq)
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    events, _ = Log(tmp_path).read(Position())
    assert [event.seq for event in events] == list(range(1, 76))
    assert seen == sorted(seen)
    assert store.current() == apply(State(), events)


def test_many_threads_lose_no_update(tmp_path):
    store = MetadataStore(tmp_path, Log(tmp_path))
    store.change(CAUSE, lambda state: [NewEvent("project-p", 0, "project.created", "o", {"counter": 0})])

    def count():
        for _ in range(10):
            store.change(
                CAUSE,
                lambda state: [
                    NewEvent(
                        "project-p",
                        state.version("projects", "p"),
                        "project.changed",
                        "o",
                        {"counter": state.get("projects", "p")["counter"] + 1},
                    )
                ],
            )

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.current().get("projects", "p")["counter"] == 40
