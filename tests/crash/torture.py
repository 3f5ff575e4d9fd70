"""What the crash tests run in processes of their own, to be killed, and the conductor who kills them.

Three writers, a flush, a compaction, an expiry and a sweep go on and on; each dies at random, or before the n-th change
of the disk, commit or step, for each n in turn, and is started again. A judge reads all the time.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from iafa_api import clock
from iafa_api.domain import quality
from iafa_api.errors import Conflict
from iafa_api.ingest.sweep import run_sweep
from iafa_api.lake import compaction, expiry, parquet_merge
from iafa_api.lake.compaction import run_compaction
from iafa_api.lake.expiry import Retention, run_expiry
from iafa_api.lake.manifest import Manifest
from tests.crash.judge import KEPT_DAYS, NOW_US, Judge, Verdict, user_of
from tests.crash.world import OTHER_PROJECT, PROJECT, World

WRITERS = 3
CARERS = ("flush", "compaction", "expiry", "sweep")
DEADLIEST_CALL = 120  # deaths are before the first call to this one
DOOMED_SHARE = 0.5  # of those that care for the lake die at a step, the others at random
STUCK_SECONDS = 120.0  # without a death: somebody hangs
LOCK_SECONDS = 30.0
PAST, KEPT = ("2026-01-02T10:00:00Z", "2026-01-03T10:00:00Z"), ("2026-01-12T10:00:00Z", None)
RETENTIONS = {PROJECT: Retention(KEPT_DAYS), OTHER_PROJECT: Retention(KEPT_DAYS)}


@dataclass
class Tally:
    """What a torture did: deaths by kind of process and of death, and what the judge said."""

    deaths: Counter[str] = field(default_factory=Counter)
    verdict: Verdict = field(default_factory=Verdict)

    @property
    def kills(self) -> int:
        return self.deaths.total()

    def __str__(self) -> str:
        of = self.verdict
        return (
            f"{self.kills} kills ({', '.join(f'{name} {count}' for name, count in sorted(self.deaths.items()))}); "
            f"{of.acknowledged:,} events, {of.joined:,} links and {of.refused:,} refusals acknowledged, {of.expired:,} "
            f"events expired, {of.archived:,} archived; {of.looks} looks of the judge: 0 lost, 0 doubled"
        )


_Made = tuple[BaseProcess, bool]  # whether it is to die at a step, and not before


class _Victim:
    """One place among the processes, and who has it now."""

    def __init__(self, processes: ForkServerContext, name: str, make: Callable[[Any], _Made]) -> None:
        self.name = name
        self._make = make
        self.progress = processes.RawValue("q")  # without a lock, that a dead process could hold
        self.start()

    def start(self) -> None:
        self.progress.value = 0
        self.process, self.is_doomed = self._make(self.progress)
        self.process.start()


def run(processes: ForkServerContext, root: Path, *, kills: int, seed: int) -> Tally:
    """Kill until so many have died. AssertionError as soon as the judge finds anything wrong."""
    dice, tally, data, answers = Random(seed), Tally(), root / "data", root / "answers"
    answers.mkdir()
    judged = processes.RawValue("q")
    said, telling = processes.Pipe(duplex=False)
    is_over, end = processes.Pipe(duplex=False)
    judge = processes.Process(target=judge_until_told, args=(data, answers, judged, telling, is_over), daemon=True)
    judge.start()
    numbers = itertools.count()
    calls = {kind: itertools.cycle(dice.sample(range(1, DEADLIEST_CALL), DEADLIEST_CALL - 1)) for kind in CARERS}

    def writer(progress: Any) -> _Made:
        args = (data, next(numbers), answers, progress)
        return processes.Process(target=write_until_killed, args=args, daemon=True), False

    def carer(kind: str) -> Callable[[Any], _Made]:
        def make(progress: Any) -> _Made:
            call = next(calls[kind]) if dice.random() < DOOMED_SHARE else None
            args = (data, kind, call, judged, progress, dice.random())
            return processes.Process(target=care_until_killed, args=args, daemon=True), call is not None

        return make

    victims = [_Victim(processes, "writer", writer) for _ in range(WRITERS)]
    victims += [_Victim(processes, kind, carer(kind)) for kind in CARERS]
    try:
        for _ in _deaths(victims, dice, tally, said):
            if tally.kills >= kills:
                break
    finally:
        for victim in victims:
            victim.process.kill()
            victim.process.join()
    end.send(None)
    tally.verdict = said.recv()
    judge.join()
    assert tally.verdict.faults == (), "\n".join(tally.verdict.faults)
    _end_in_peace(data, answers)
    return tally


def _deaths(victims: list[_Victim], dice: Random, tally: Tally, said: Connection) -> Iterator[None]:
    """Each turn: who died at a step is counted, somebody who has begun is killed, all are started again."""
    died_at = clock.monotonic()
    while True:
        time.sleep(dice.uniform(0.02, 0.25))
        if said.poll():
            verdict = said.recv()
            assert verdict.faults == (), f"after {tally.kills} kills\n" + "\n".join(verdict.faults)
        for kind in dice.choices(("writer", *CARERS), k=dice.choice((0, 1, 1, 2))):
            begun = [v for v in victims if v.name == kind and v.process.is_alive() and v.progress.value]
            chosen = [victim for victim in begun if not victim.is_doomed]
            if not chosen:
                continue
            victim = dice.choice(chosen)
            victim.process.kill()
            victim.process.join()
            tally.deaths[f"{victim.name} at random"] += 1
            victim.start()
            died_at = clock.monotonic()
        for victim in victims:
            if not victim.process.is_alive():
                victim.process.join()
                assert victim.process.exitcode == -signal.SIGKILL, f"the {victim.name} failed"
                tally.deaths[f"{victim.name} at a step"] += 1
                victim.start()
                died_at = clock.monotonic()
        assert clock.monotonic() - died_at < STUCK_SECONDS, "nobody dies any more"
        yield


def _end_in_peace(root: Path, answers: Path) -> None:
    """What is left is ended without anybody dying: then all files are named, and all counts are exact."""
    world, judge = World(root), Judge(root, answers)
    world.flush()
    run_compaction(world.manifest, root)
    run_expiry(world.manifest, root, lambda: RETENTIONS, now_us=NOW_US, is_archiving=True)
    assert world.buffer.list_segments() == []
    went = {line.path for project_id in RETENTIONS for line in world.manifest.list_expired(project_id)}
    for project_id in RETENTIONS:
        files = world.manifest.snapshot(project_id, with_archive=True).files
        unarchived = [line for line in world.manifest.list_expired(project_id) if not line.archived_as]
        row_count = sum(file.row_count for file in files) + sum(line.row_count for line in unarchived)
        counts = quality.total(world.manifest.read_quality(project_id, 0, 1 << 40))
        refused = list(judge.read_refused(project_id))
        assert counts.accepted == row_count, f"{counts.accepted} events were counted, and there are {row_count}"
        assert counts.rejected_count == len(refused)
    assert run_sweep(world.buffer, world.manifest, root, grace_us=-1).lost == ()
    named = world.manifest.known_paths()
    folders = ("events", "archive", "ids", "persons", "identities", "quarantine")
    present = {
        path.relative_to(root).as_posix() for name in folders for path in (root / name).rglob("*") if path.is_file()
    }
    assert named == present
    kept = {path.relative_to(root / "lost").as_posix() for path in (root / "lost").rglob("*.*")}
    assert not kept & went, "what expired is kept on as lost"


def judge_until_told(root: Path, answers: Path, judged: Any, said: Connection, is_over: Connection) -> None:
    """Look again and again, and once more at the end; tell the first fault, or the last look."""
    judge = Judge(root, answers)
    while True:
        is_last = is_over.poll()
        try:
            verdict = judge.look()
        except Exception as error:  # noqa: BLE001 - what cannot be read is lost, too
            verdict = Verdict(faults=(f"the judge cannot look: {error!r}",))
        judged.value = judge.judged_us
        if is_last or verdict.faults:
            said.send(verdict)
            return


def write_until_killed(root: Path, worker: int, answers: Path, progress: Any, thread_count: int = 2) -> None:
    """Send for ever, and note what was answered for: events of days past and kept, each third batch for the second
    time, of another project, refused ones, and who a visitor is."""
    world = World(root, segment_bytes=20_000)
    notes = os.open(answers / str(worker), os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(kind: str, *names: str) -> None:
        os.write(notes, json.dumps([kind, names]).encode() + b"\n")  # one call: all of it, or nothing
        progress.value += 1

    def work(thread: int) -> None:
        for turn in itertools.count():
            number = turn - 2 if turn % 3 == 2 else turn
            batch = f"{worker}.{thread}.{number}"
            # a kept day first: a run of ids is forgotten when all its days are past, and repeats would count again
            days = [KEPT[0], PAST[number % 2], KEPT[1], PAST[0]][: 2 + number % 3]
            events = [_event(f"{batch}.{part}", day) for part, day in enumerate(days)]
            world.send(*events)
            note(PROJECT, *[event["id"] for event in events])
            if turn % 4 == 0:
                other = _event(f"{worker}.{thread}.{turn}.other", PAST[turn % 8 // 4])
                world.send(other, project_id=OTHER_PROJECT)
                note(OTHER_PROJECT, other["id"])
            if turn % 5 == 0:
                visitor = f"{worker}.{thread}.{turn}"
                world.join(visitor, f"of {visitor}")
                note("joined", visitor)
            if turn % 6 == 0:
                bad = {"id": f"bad {worker}.{thread}.{turn}", "event_type": ""}
                assert world.send(bad).accepted_count == 0
                note("refused", bad["id"])
            time.sleep(0.005)

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(thread_count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _event(event_id: str, time_text: str | None) -> dict[str, Any]:
    return {"id": event_id, "user_id": user_of(event_id), **({"timestamp": time_text} if time_text else {})}


def care_until_killed(root: Path, kind: str, deadly_call: int | None, judged: Any, progress: Any, seed: float) -> None:
    """Do one kind of work on the lake for ever, or until the n-th call that changes anything."""
    dice, world = Random(seed), World(root)

    def count(*_: Any) -> None:
        progress.value += 1
        if progress.value == deadly_call:
            die()

    count_changes(count)
    merge, small = parquet_merge.merge_files, mock.patch.object(compaction, "TIER_WIDTH", 3)
    lock: dict[str, Any] = {"lock_seconds": LOCK_SECONDS}
    with small, mock.patch.object(expiry, "COMMIT_FILES", 3), mock.patch.object(expiry, "GAP_SECONDS", 0.0):
        while True:
            is_archiving, piece_rows = dice.random() < 0.5, dice.choice((20, parquet_merge.PIECE_ROWS))
            parquet_merge.merge_files = _in_pieces(merge, piece_rows)
            with suppress(Conflict):  # the others had the lock for too long
                if kind == "flush":
                    world.flush(wait_seconds=0.3, on_step=count, **lock)
                elif kind == "compaction":
                    run_compaction(world.manifest, root, on_step=count, **lock)
                elif kind == "expiry":
                    run_expiry(
                        world.manifest,
                        root,
                        lambda: RETENTIONS,
                        now_us=NOW_US,
                        is_archiving=is_archiving,
                        on_step=count,
                        **lock,
                    )
                else:
                    lost = run_sweep(world.buffer, world.manifest, root, grace_us=0, now_us=judged.value, **lock).lost
                    assert lost == ()
            time.sleep(dice.uniform(0.01, 0.2))


def _in_pieces(merge: Any, piece_rows: int) -> Any:
    def merge_in_pieces(*args: Any, **options: Any) -> Any:
        return merge(*args, **options, piece_rows=piece_rows)

    return merge_in_pieces


def count_changes(count: Callable[..., None]) -> None:
    """Have `count` called before each change of the disk, and before and after each commit, in this process."""

    def counted(function: Any, is_after: bool = False) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            count()
            result = function(*args, **options)
            if is_after:
                count()
            return result

        return call

    os.fsync = counted(os.fsync)
    os.link = counted(os.link)
    for name in ("rename", "unlink", "replace"):
        setattr(Path, name, counted(getattr(Path, name)))
    Manifest.commit = counted(Manifest.commit, is_after=True)  # type: ignore[method-assign]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def write_some(root: Path, worker: int, batch_count: int) -> None:
    """Send batches, each with an id of its own and one that every writer sends, and leave in peace."""
    world = World(root, segment_bytes=5_000)
    for number in range(batch_count):
        world.send_ids(f"{worker}.{number}", f"everybody.{number}")
        time.sleep(0.004)  # so that several flushes fall into the time of writing
    world.buffer.close()


def flush_and_die(root: Path, deadly_call: int, **options: Any) -> None:
    """Flush, and die before the n-th call that changes the disk, or step of the flush."""
    calls = 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == deadly_call:
            die()

    world = World(root)
    count_changes(count)
    world.flush(on_step=count, **options)


def read_while_flushing(root: Path, seen: Connection, stop: Connection) -> None:
    """Ask again and again; tell each answer's number of rows, of distinct ids, and whether an id ever went missing."""
    world = World(root)
    earlier: set[str] = set()
    while not stop.poll():
        ids = world.ids(PROJECT)
        seen.send((sum(ids.values()), len(ids), sorted(earlier - set(ids))[:3]))
        earlier = set(ids)
