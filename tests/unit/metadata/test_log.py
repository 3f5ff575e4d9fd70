"""The metadata log: one order, whole appends, torn tails healed, a chain that shows every change of the bytes."""

import hashlib
import json
import multiprocessing
import os
import threading

import pytest

from iafa_api.errors import BrokenData, StaleVersion, Unavailable
from iafa_api.metadata.events import GENESIS, Actor, Cause, NewEvent, verify_envelope
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.projections import State, apply
from iafa_api.metadata.store import MetadataStore
from iafa_api.metadata.stored_log import holds, read_lines

CAUSE = Cause(Actor("user", "u-1", "ip"), "req-1")


def created(number: int, **data) -> NewEvent:
    return NewEvent(f"organization-{number}", 0, "organization.created", str(number), {"name": "n", **data})


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path, now=lambda: 1_700_000_000_000_000)


def size(log):
    return os.fstat(log._file).st_size


def read(log, position=None):
    return log.read(position or Position(), log.mark().synced)


def append(log, *events):
    with log.lock():
        _, position = log.read(Position(), log.written)
        after = log.write(position, log.seal(position, events, CAUSE))
    log.sync(after.offset, log.mark().generation)
    return after


def test_what_was_appended_is_read_in_order(log):
    append(log, created(1), created(2))
    after = append(log, created(3))
    events, position = read(log)
    assert [event.stream for event in events] == ["organization-1", "organization-2", "organization-3"]
    assert [event.seq for event in events] == [1, 2, 3]
    assert events[0].prev == GENESIS
    assert [event.prev for event in events[1:]] == [event.hash for event in events[:-1]]
    assert position == after == Position(3, size(log), events[-1].hash, events[-1].at)
    assert events[0].actor == CAUSE.actor
    assert events[0].at == "2023-11-14T22:13:20.000000Z"


def test_the_stored_envelope_has_exactly_the_fields_of_the_contract(log, tmp_path):
    append(log, created(1))
    (envelope,) = json.loads((tmp_path / "log.jsonl").read_text())
    assert set(envelope) == {
        *("seq", "stream", "version", "type", "schema_version", "at", "actor", "request_id", "organization_id"),
        *("data", "sealed", "prev", "hash"),
    }


def test_the_hash_is_what_the_documentation_says(log, tmp_path):
    append(log, created(1, text="ünï", big=1e22, nested={"b": [1.5, None], "a": True}))
    (envelope,) = json.loads((tmp_path / "log.jsonl").read_text())
    place = {name: envelope.pop(name) for name in ("seq", "prev", "hash")}

    def sha256(value):
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    data_hash = sha256(envelope)
    assert place["hash"] == sha256({"seq": place["seq"], "prev": place["prev"], "data_hash": data_hash})
    assert read(log)[0][0].data["big"] == 1e22


def test_times_never_fall_where_the_clock_is_set_back(tmp_path):
    times = iter([2_000_000_000_000_000, 1_000_000_000_000_000])
    log = Log(tmp_path, now=lambda: next(times))
    append(log, created(1))
    append(log, created(2))
    first, second = (event.at for event in read(log)[0])
    assert first == second


def test_reading_goes_on_where_it_stopped(log):
    position = append(log, created(1))
    append(log, created(2))
    assert [event.seq for event in read(log, position)[0]] == [2]


def test_a_line_longer_than_what_is_read_at_a_time_is_read_whole(log):
    append(log, created(1, text="x" * (5 << 20)))
    append(log, created(2))
    assert [event.seq for event in read(log)[0]] == [1, 2]
    assert Log(log._torn.parent).mark() == log.mark()


def test_the_log_is_readable_by_its_owner_only(log, tmp_path):
    append(log, created(1))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.is_file()} == {0o600}


TORN = [b'[{"seq":', b"\0\0\0\0", b"not json\n", b"[]\n", b"\0\0\n", b"x" * 200_000]


@pytest.mark.parametrize("torn", TORN, ids=range(len(TORN)))
@pytest.mark.parametrize("healed_by", ["the next writer", "the next start"])
def test_a_torn_last_line_is_set_aside(log, tmp_path, torn, healed_by):
    append(log, created(1))
    with (tmp_path / "log.jsonl").open("ab") as file:
        file.write(torn)
    assert [event.seq for event in read(log)[0]] == [1]
    if healed_by == "the next start":
        log = Log(tmp_path)
        assert size(log) == log.mark().synced
    append(log, created(2))
    assert [event.stream for event in read(log)[0]] == ["organization-1", "organization-2"]
    assert [path.read_bytes() for path in (tmp_path / "torn").iterdir()] == [torn]


def test_a_whole_line_that_a_dead_writer_did_not_tell_of_counts(log, tmp_path):
    first = append(log, created(1))
    with log.lock():
        log.write(first, log.seal(first, [created(2)], CAUSE))
        log._marks[1] = first.offset  # it died between the write and this
    append(log, created(3))
    assert [event.stream for event in read(log)[0]] == ["organization-1", "organization-2", "organization-3"]


@pytest.mark.parametrize("marks", [b"", b"\0" * 24, b"\xff" * 24, (b"\1" + b"\0" * 7) * 3])
def test_marks_that_a_crash_has_left_are_made_anew(log, tmp_path, marks):
    append(log, created(1))
    append(log, created(2))
    (tmp_path / "log.marks").unlink()
    (tmp_path / "log.marks").write_bytes(marks)
    again = Log(tmp_path)
    assert [event.seq for event in read(again)[0]] == [1, 2]
    append(again, created(3))
    assert [event.seq for event in read(again)[0]] == [1, 2, 3]


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_an_append_of_several_events_is_there_whole_or_not_at_all(log, tmp_path, cut):
    before = append(log, created(1))
    append(log, created(2), created(3))
    with (tmp_path / "log.jsonl").open("r+b") as file:
        file.truncate(size(log) - cut)
    events, position = read(Log(tmp_path))
    assert [event.seq for event in events] == [1]
    assert position == before


@pytest.mark.parametrize("line", [0, 1, 2])
@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"name":"n"', b'"name":"m"'), (b'"seq":', b'"seq":9'), (b'"kind":"user"', b'"kind":"USER"'), (b"[{", b"[{]")],
)
def test_a_changed_byte_is_noticed_in_whichever_line(log, tmp_path, line, old, new):
    for number in (1, 2, 3):
        append(log, created(number))
    path = tmp_path / "log.jsonl"
    lines = path.read_bytes().split(b"\n")
    lines[line] = lines[line].replace(old, new, 1)
    path.write_bytes(b"\n".join(lines))
    again = Log(tmp_path)
    if line == 2 and new == b"[{]":  # the last line, and not JSON: this is how a crash leaves it
        assert [event.seq for event in read(again)[0]] == [1, 2]
    else:
        with pytest.raises(BrokenData):
            read(again)


@pytest.mark.parametrize("like", [1.0, True])
def test_a_number_that_only_equals_the_right_one_is_noticed(log, tmp_path, like):
    """No hash is over the text of seq: `true` and `1.0` were taken for event 1."""
    append(log, created(1))
    (envelope,) = json.loads((tmp_path / "log.jsonl").read_text())
    verify_envelope(envelope, seq=1, prev=GENESIS)
    line = json.dumps([envelope | {"seq": like}]).encode() + b"\n"
    (tmp_path / "log.jsonl").write_bytes(line)
    with pytest.raises(BrokenData, match="Event 1 "):
        verify_envelope(envelope | {"seq": like}, seq=1, prev=GENESIS)
    require_broken(Log(tmp_path), tmp_path, len(line))


@pytest.mark.parametrize("depth", [500, 900, 980, 990, 1000, 1010, 100_000])
def test_what_is_nested_too_deep_is_broken_data_and_nothing_worse(log, tmp_path, depth):
    append(log, created(1))
    deep = b'"data":{"x":' + b"[" * depth + b"]" * depth + b","
    line = (tmp_path / "log.jsonl").read_bytes().replace(b'"data":{', deep)
    (tmp_path / "log.jsonl").write_bytes(line + line)  # the first is not taken for torn
    require_broken(log, tmp_path, len(line))


def require_broken(log, directory, end):
    """However the line up to `end` is read, it is told as what it is."""
    for read_it in (
        lambda: log.read(Position(), end),
        lambda: list(log.read_raw(Position(), end)),
        lambda: log.read_line(0, end),
        lambda: list(read_lines(directory / "log.jsonl", end)),
    ):
        with pytest.raises(BrokenData):
            read_it()
    assert not holds(directory / "log.jsonl", Position(1, end, "x"))


def test_removed_and_swapped_lines_are_noticed(log, tmp_path):
    for number in (1, 2, 3):
        append(log, created(number))
    path = tmp_path / "log.jsonl"
    first, second, third, _ = path.read_bytes().split(b"\n")
    for lines in ([first, third], [second, first, third], [second, third]):
        path.write_bytes(b"\n".join([*lines, b""]))
        with pytest.raises(BrokenData):
            read(Log(tmp_path))


def test_a_line_of_a_newer_program_is_neither_torn_nor_believed(log, tmp_path, monkeypatch):
    monkeypatch.setattr("iafa_api.metadata.events.SCHEMA_VERSION", 99)
    append(log, created(1))
    again = Log(tmp_path)
    with pytest.raises(BrokenData, match="newer program"):
        read(again)
    assert not (tmp_path / "torn").exists()


@pytest.mark.parametrize("versions", [(0, 0), (0, 2), (1,)])
def test_versions_that_do_not_follow_are_refused_before_they_are_written(tmp_path, versions):
    log = Log(tmp_path)
    store = MetadataStore(tmp_path, log)
    new = [NewEvent("organization-1", version, "organization.created", "1", {}) for version in versions]
    with pytest.raises(StaleVersion):
        store.change(CAUSE, lambda state: new)
    assert size(log) == 0
    store.change(CAUSE, lambda state: [created(1)])


class TestDiskThatRefuses:
    """Nothing of what was refused is left, for this process or another, and the next append works."""

    @pytest.fixture
    def stores(self, tmp_path):
        stores = [MetadataStore(tmp_path, Log(tmp_path)) for _ in range(2)]
        stores[0].change(CAUSE, lambda state: [created(1)])
        return stores

    def test_a_short_write(self, stores, monkeypatch):
        real = os.write
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", lambda file, data: real(file, data[:10]))
            with pytest.raises(Unavailable):
                stores[0].change(CAUSE, lambda state: [created(2)])
        self.require_only(stores, 1)

    @pytest.mark.parametrize("next_length", ["the same", "longer", "shorter"])
    def test_a_failed_sync(self, stores, monkeypatch, next_length):
        def fail(file):
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fail)
            with pytest.raises(Unavailable):
                stores[0].change(CAUSE, lambda state: [created(2, text="xxxx")])
        assert stores[1].current().seq == 1, "a reader has seen what was taken back"
        self.require_only(stores, 1)
        text = {"the same": "yyyy", "longer": "y" * 50, "shorter": ""}[next_length]
        stores[1].change(CAUSE, lambda state: [created(3, text=text)])
        stores[0].change(CAUSE, lambda state: [created(4)])
        self.require_only(stores, 1, 3, 4)

    def test_those_who_wait_for_the_same_sync_are_refused_together(self, stores, monkeypatch):
        started, proceed = threading.Event(), threading.Event()
        outcomes = []

        def fail_late(file):
            started.set()
            proceed.wait(10)
            raise OSError(5, "Input/output error")

        def change(store, number):
            try:
                store.change(CAUSE, lambda state: [created(number)])
                outcomes.append("accepted")
            except Unavailable:
                outcomes.append("refused")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fail_late)
            threads = [threading.Thread(target=change, args=(stores[0], 2))]
            threads[0].start()
            assert started.wait(10)
            threads.append(threading.Thread(target=change, args=(stores[1], 3)))
            threads[1].start()
            while stores[1]._log.written == stores[1]._log.mark().synced or stores[1]._tip.state.seq < 3:
                pass
            proceed.set()
            for thread in threads:
                thread.join()
        assert outcomes == ["refused", "refused"]
        self.require_only(stores, 1)

    def require_only(self, stores, *numbers):
        for store in (*stores, MetadataStore(stores[0]._directory, Log(stores[0]._directory))):
            assert sorted(store.current().documents["organizations"]) == [str(number) for number in numbers]


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
    events, _ = read(Log(tmp_path))
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
