"""The quarantine: what was refused is kept with its reason, within bounds, and can be sent again without doubling."""

from __future__ import annotations

import json
from collections import Counter
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from iafa_api import clock
from iafa_api.domain import quality
from iafa_api.errors import Unavailable
from iafa_api.ingest.pipeline import NO_RULES, Accepted, ProjectRules, Sender, accept
from iafa_api.ingest.quarantine import (
    KEEP_DAYS,
    QuarantinedEvent,
    QuarantineFilter,
    QuarantineLimits,
    list_newest,
    read_quarantine,
    run_quarantine_expiry,
)
from iafa_api.ingest.replay import BATCH_EVENTS, run_replay
from iafa_api.ingest.sweep import run_sweep
from iafa_api.lake import layout, quarantine_files
from iafa_api.lake.manifest_schema import QuarantineFile
from tests.crash import torture
from tests.crash.world import OTHER_PROJECT, PROJECT, World

GOOD = {"event_type": "a", "user_id": "u"}
BAD = {"event_type": "b", "user_id": "u"}
ONLY_A = ProjectRules(allows_event_type=lambda text: text == "a")
ALL = QuarantineFilter(0, 253_402_214_400_000_000)


def send(world: World, *events: Any, project_id: str = PROJECT, **envelope: Any) -> Accepted:
    return accept(
        json.dumps({"events": events, **envelope}).encode(),
        "batch",
        buffer=world.buffer,
        project_id=project_id,
        sender=Sender("batch", ip_hash="hash of then", user_agent="agent of then"),
        hash_ip=lambda address: "hashed",
        project=ONLY_A,
    )


def quarantine(world: World, wanted: QuarantineFilter = ALL, project_id: str = PROJECT) -> list[QuarantinedEvent]:
    return list(read_quarantine(world.buffer, world.manifest, world.root, project_id, wanted))


def replay(world: World, rules: ProjectRules = NO_RULES, **options: Any) -> tuple[int, dict[str, int]]:
    result = run_replay(quarantine(world), buffer=world.buffer, project_id=PROJECT, project=rules, **options)
    return result.accepted_count, dict(result.refused)


def counts(world: World, project_id: str = PROJECT) -> dict[str, int]:
    summed: Counter[str] = Counter()
    for (_, measure), count in world.manifest.read_quality(project_id, 0, 1 << 40).items():
        summed[measure] += count
    return dict(summed)


def files(world: World, project_id: str = PROJECT) -> tuple[QuarantineFile, ...]:
    return world.manifest.list_live(QuarantineFile, project_id)


def test_what_was_refused_is_there_at_once_and_the_same_after_the_flush(tmp_path: Path) -> None:
    world = World(tmp_path)
    send(world, GOOD, {**BAD, "id": "own", "text": "line\nend"}, 7)
    send(world, BAD, project_id=OTHER_PROJECT)
    before = quarantine(world)
    assert [(each.index, each.reason, each.event_id, each.user_id) for each in before] == [
        (1, "unknown_field", "own", "u"),
        (2, "not_an_object", None, None),
    ]
    assert (before[0].door, before[0].ip_hash, before[0].user_agent) == ("batch", "hash of then", "agent of then")
    result = world.flush()
    assert (result.event_count, result.refused_count) == (1, 3)
    assert quarantine(world) == before
    assert len(quarantine(world, project_id=OTHER_PROJECT)) == 1
    (file,) = files(world)
    assert file.row_count == 2
    path = tmp_path / file.path
    assert path.stat().st_size == file.byte_count
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_bytes().splitlines()[0])["event"]["text"] == "line\nend"


def test_a_request_of_which_all_is_refused_is_flushed_like_any_other(tmp_path: Path) -> None:
    world = World(tmp_path)
    send(world, BAD)
    pending = world.buffer.pending()
    assert (pending.event_count, pending.oldest_received_at is None) == (0, False)
    assert world.flush().refused_count == 1
    assert counts(world) == {"rejected:event_type_not_allowed": 1}
    assert len(quarantine(world)) == 1


def test_everything_is_counted_by_the_day_it_came_in(tmp_path: Path) -> None:
    world = World(tmp_path)
    day = clock.now_us() // layout.DAY_US
    yesterday = clock.format_time(clock.now_us() - quality.LATE_US - 60_000_000)
    send(world, {**GOOD, "id": "1", "url": "x" * 501, "referrer": "x" * 501}, {**GOOD, "id": "1"}, BAD, dropped=3)
    send(world, {"event_type": "a", "anonymous_id": "v", "session_id": "s", "timestamp": yesterday}, 7)
    send(world, {**GOOD, "user_agent": "x" * 500, "id": "2"}, {**GOOD, "id": "1", "url": "x" * 501})
    world.flush()
    send(world, {**GOOD, "id": "2", "url": "x" * 501})
    world.flush()
    assert world.manifest.read_quality(PROJECT, day, day) == {
        (day, measure): count
        for measure, count in {
            "accepted": 3,
            "duplicates": 3,
            "late": 1,
            "truncated": 1,
            "rejected:event_type_not_allowed": 1,
            "rejected:not_an_object": 1,
            "client_dropped": 3,
            "missing:user_id": 1,
            "missing:session_id": 2,
            "missing:url": 2,
            "missing:referrer": 2,
            "missing:country": 3,
            "missing:browser": 3,
        }.items()
    }


@pytest.mark.parametrize("bite_bytes", [1, 128 << 20])
def test_a_batch_that_is_delivered_twice_tells_of_dropped_events_once(tmp_path: Path, bite_bytes: int) -> None:
    world = World(tmp_path)
    for _ in range(2):
        send(world, {**GOOD, "id": "1"}, {**GOOD, "id": "2"}, dropped=5)
    send(world, {**GOOD, "id": "2"}, {**GOOD, "id": "3"}, dropped=2)
    send(world, BAD, dropped=1)
    send(world, dropped=10)
    world.flush(bite_bytes=bite_bytes)
    send(world, {**GOOD, "id": "3"}, dropped=100)
    world.flush()
    assert counts(world)["client_dropped"] == 5 + 2 + 1 + 10


def test_no_more_is_kept_than_the_limits_say_and_the_rest_is_counted(tmp_path: Path) -> None:
    world = World(tmp_path)
    limits = QuarantineLimits(event_count=5, byte_count=1 << 20)
    for _ in range(4):
        send(world, BAD, BAD)
        world.flush(quarantine_limits=limits)
    assert len(quarantine(world)) == 5
    assert counts(world) == {"rejected:event_type_not_allowed": 8, "quarantine_overflow": 3}
    send(world, BAD, project_id=OTHER_PROJECT)
    world.flush(quarantine_limits=limits)
    assert len(quarantine(world, project_id=OTHER_PROJECT)) == 1, "each project has its own limits"


def test_no_more_bytes_are_kept_than_the_limits_say(tmp_path: Path) -> None:
    world = World(tmp_path)
    limits = QuarantineLimits(event_count=1000, byte_count=20_000)
    for _ in range(6):
        send(world, *[{**BAD, "url": "x" * 1000}] * 5)
        world.flush(quarantine_limits=limits)
    assert 10_000 < sum(file.byte_count for file in files(world)) <= 20_000
    assert len(quarantine(world)) + counts(world)["quarantine_overflow"] == 30


def test_many_small_files_of_a_day_become_few(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(40):
        send(world, {**BAD, "id": str(number)})
        world.flush()
    assert len(files(world)) < 2 * quarantine_files.MERGED_AT_ONCE
    assert Counter(each.event_id for each in quarantine(world)) == Counter(str(number) for number in range(40))


def test_replayed_events_are_stored_once_however_often_they_are_replayed(tmp_path: Path) -> None:
    world = World(tmp_path)
    send(world, GOOD, {**BAD, "id": "own"}, BAD)
    world.flush()
    entries = quarantine(world)
    assert replay(world, is_dry_run=True) == (2, {})
    assert len(quarantine(world)) == 2, "a dry run changes nothing"
    for _ in range(2):
        run_replay(entries, buffer=world.buffer, project_id=PROJECT, project=ProjectRules())
        assert quarantine(world) == [], "gone from the answer on"
    assert Counter(row["event_type"] for row in world.rows()) == {"a": 1, "b": 2}
    before = world.rows()
    world.flush()
    assert (quarantine(world), files(world)) == ([], ())
    assert world.rows() == before
    run_replay(entries, buffer=world.buffer, project_id=PROJECT, project=ProjectRules())
    world.flush()
    assert world.rows() == before
    assert {row["id"] for row in before if row["event_type"] == "b"} == {"own", entries[1].id}


def test_an_event_is_replayed_before_it_was_ever_flushed(tmp_path: Path) -> None:
    world = World(tmp_path)
    send(world, BAD, BAD)
    kept = quarantine(world)[1]
    run_replay(quarantine(world)[:1], buffer=world.buffer, project_id=PROJECT, project=ProjectRules())
    assert quarantine(world) == [kept]
    world.flush()
    assert quarantine(world) == [kept]
    assert [row["event_type"] for row in world.rows()] == ["b"]


def test_what_is_refused_again_stays_as_it_was_and_is_not_counted_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    send(world, BAD, 7, {"event_type": "x" * 101})
    world.flush()
    before = quarantine(world)
    assert replay(world, ONLY_A) == (0, {"event_type_not_allowed": 1, "not_an_object": 1, "wrong_length": 1})
    assert replay(world) == (1, {"not_an_object": 1, "wrong_length": 1})
    world.flush()
    assert quarantine(world) == before[1:]
    assert counts(world)["rejected:not_an_object"] == 1


def test_a_replayed_event_is_what_it_would_have_been(tmp_path: Path) -> None:
    world = World(tmp_path)
    moment = clock.now_us() - 3_600_000_000
    said = clock.format_time(moment)
    send(
        world,
        {**BAD, "id": "without"},
        {**BAD, "id": "with", "timestamp": said},
        {**BAD, "id": "own", "user_agent": "x"},
    )
    sent_at = clock.now_us() - 60_000_000
    send(
        world,
        {**BAD, "id": "shifted", "timestamp": said, "ip_address": "203.0.113.9"},
        sent_at=clock.format_time(sent_at),
    )
    received = {each.event_id: clock.parse_time(each.received_at) for each in quarantine(world)}
    world.flush()
    assert replay(world) == (4, {})
    rows = {row["id"]: row for row in world.rows()}
    created = {name: clock.to_us(row["created_at"]) for name, row in rows.items()}
    assert created["without"] == received["without"]
    assert created["with"] == moment
    assert created["shifted"] == moment + received["shifted"] - sent_at
    assert (rows["with"]["user_agent"], rows["with"]["ip_address"]) == ("agent of then", "hash of then")
    assert (rows["own"]["user_agent"], rows["shifted"]["ip_address"]) == ("x", "hashed")


def test_many_events_are_replayed_in_batches(tmp_path: Path) -> None:
    world = World(tmp_path)
    send(world, *[BAD] * (2 * BATCH_EVENTS + 1))
    world.flush()
    assert replay(world) == (2 * BATCH_EVENTS + 1, {})
    world.flush()
    assert (len(world.rows()), quarantine(world)) == (2 * BATCH_EVENTS + 1, [])


def test_a_replay_without_room_changes_nothing_and_can_be_done_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    send(world, BAD)
    world.flush()
    full = World(tmp_path, high_water_bytes=1)
    with pytest.raises(Unavailable):
        replay(full)
    assert len(quarantine(world)) == 1
    assert replay(world) == (1, {})


def test_filters_choose_by_reason_by_id_and_by_time(tmp_path: Path) -> None:
    world = World(tmp_path)
    send(world, BAD, 7)
    first, second = quarantine(world)
    moment = clock.parse_time(first.received_at)
    assert quarantine(world, QuarantineFilter(0, ALL.end_us, reason="not_an_object")) == [second]
    assert quarantine(world, QuarantineFilter(0, ALL.end_us, ids={first.id})) == [first]
    assert quarantine(world, QuarantineFilter(0, moment)) == []
    assert quarantine(world, QuarantineFilter(moment, moment + 1)) == [first, second]
    world.flush()
    assert quarantine(world, QuarantineFilter(moment + 1, ALL.end_us)) == []


def test_the_newest_come_first(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(3):
        send(world, {**BAD, "id": f"{number}a"}, {**BAD, "id": f"{number}b"})
    page, count = list_newest(quarantine(world), 1, 3)
    assert ([each.event_id for each in page], count) == (["2b", "1a", "1b"], 6)


@pytest.mark.parametrize("is_before_the_files_are_listed", [True, False])
def test_a_flush_in_the_middle_of_a_read_neither_hides_nor_doubles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_before_the_files_are_listed: bool
) -> None:
    world = World(tmp_path)
    send(world, BAD, BAD)
    name = "list_live" if is_before_the_files_are_listed else "flushed_among"
    original = getattr(world.manifest, name)

    def flush_first(*args: Any) -> Any:
        monkeypatch.undo()
        world.flush()
        return original(*args)

    monkeypatch.setattr(world.manifest, name, flush_first)
    assert len(quarantine(world)) == 2


@pytest.mark.parametrize("step", ["write quarantine", "commit", "unlink"])
def test_a_flush_that_dies_counts_and_keeps_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    world = World(tmp_path)
    send(world, GOOD, BAD)
    world.flush()
    replay(world)
    send(world, GOOD, 7)
    monkeypatch.setattr("iafa_api.ingest.flush._Work.discard", lambda self: None)

    def die(reached: str) -> None:
        if reached == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.flush(on_step=die)
    again = World(tmp_path)
    for _ in range(2):
        again.flush()
        assert [each.reason for each in quarantine(again)] == ["not_an_object"]
        assert counts(again)["accepted"] == 3
        assert counts(again)["rejected:event_type_not_allowed"] == counts(again)["rejected:not_an_object"] == 1
    assert len(again.rows()) == 3
    run_sweep(again.buffer, again.manifest, tmp_path, grace_us=-1)
    left = {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "quarantine").rglob("*") if path.is_file()}
    assert left == {file.path for file in files(again)}


def test_a_full_disk_at_the_quarantine_leaves_everything_in_the_buffer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    send(world, GOOD, BAD)

    def full(*args: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("iafa_api.lake.quarantine_files.durable.write_new_file", full)
        with pytest.raises(OSError, match="No space"):
            world.flush()
    assert (counts(world), files(world)) == ({}, ())
    assert (len(world.rows()), len(quarantine(world))) == (1, 1)
    assert not list((tmp_path / "events").rglob("*.parquet")), "what was written has been taken back"
    world.flush()
    assert (len(world.rows()), len(quarantine(world)), counts(world)["accepted"]) == (1, 1, 1)


def test_a_file_that_cannot_be_read_holds_no_events_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    send(world, BAD, BAD)
    world.flush()
    (file,) = files(world)
    entries = quarantine(world)
    (tmp_path / file.path).write_bytes(b"no line\n")
    run_replay(entries[:1], buffer=world.buffer, project_id=PROJECT, project=ProjectRules())
    assert world.flush().event_count == 1
    assert files(world) == (file,)


def test_what_came_in_more_than_thirty_days_ago_goes(tmp_path: Path) -> None:
    world = World(tmp_path)
    send(world, BAD)
    world.flush()
    now = clock.now_us()
    assert run_quarantine_expiry(world.manifest, tmp_path, now + KEEP_DAYS * layout.DAY_US) == 0
    assert run_quarantine_expiry(world.manifest, tmp_path, now + (KEEP_DAYS + 1) * layout.DAY_US) == 1
    assert quarantine(world) == []
    run_sweep(world.buffer, world.manifest, tmp_path, grace_us=0, now_us=now + (KEEP_DAYS + 2) * layout.DAY_US)
    assert not [path for path in (tmp_path / "quarantine").rglob("*") if path.is_file()]
    assert counts(world) == {"rejected:event_type_not_allowed": 1}, "the counts stay"


def test_a_flush_that_dies_at_any_call_keeps_and_counts_what_was_refused_once(tmp_path: Path) -> None:
    """Refused, refused and replayed, refused and replayed and refused again: each flush has some of all."""
    processes = get_context("forkserver")
    processes.set_forkserver_preload(["tests.crash.torture"])  # each process would import all of it anew
    world = World(tmp_path, segment_bytes=2000)
    calls = sent = good = 0
    is_done = False
    while not is_done:
        calls += 1
        send(world, {**GOOD, "id": f"{calls}"}, BAD, 7)
        sent, good = sent + 2, good + 1
        accepted, _ = replay(world)
        good += accepted
        send(world, BAD)
        sent += 1
        before = quarantine(world), world.rows()
        process = processes.Process(target=torture.flush_and_die, args=(tmp_path, calls))
        process.start()
        process.join(30)
        is_done = process.exitcode == 0
        assert process.exitcode in (0, -9)
        for _ in range(2):  # what the crash left, and what the next flush makes of it
            assert sorted(each.id for each in quarantine(world)) == sorted(each.id for each in before[0])
            assert world.rows() == before[1]
            world.flush()
        counted = counts(world)
        assert sum(count for name, count in counted.items() if name.startswith("rejected:")) == sent
        assert (counted["accepted"], counted.get("duplicates", 0)) == (good, 0)
    assert calls > 10
    run_sweep(world.buffer, world.manifest, tmp_path, grace_us=-1)
    left = {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "quarantine").rglob("*") if path.is_file()}
    assert left == {file.path for file in files(world)}
