"""The manifest: one commit changes everything at once, for every reader."""

from __future__ import annotations

import os
import sqlite3
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from iafa_api.errors import BrokenData, Conflict, IafaError, Unavailable
from iafa_api.lake.manifest import Manifest, Snapshot
from iafa_api.lake.manifest_copy import read_contents
from iafa_api.lake.manifest_schema import STEPS, DataFile, ExpiredFile, IdRun, PersonRun


def file(name: str, day: int = 0, project: str = "p") -> DataFile:
    return DataFile(name, project, day, 1, 2, 3, 4, 5, 6)


def run(name: str, project: str = "p") -> IdRun:
    return IdRun(name, project, 1, 2, 0, 1)


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return Manifest(tmp_path / "lake" / "manifest.sqlite3")


def test_a_commit_adds_files_runs_and_segments_at_one_version(manifest: Manifest) -> None:
    assert manifest.snapshot("p").version == 0
    version = manifest.commit(added=[file("a"), run("r")], segments=["s"])
    snapshot = manifest.snapshot("p", segments=["s", "t"])
    assert (snapshot.version, snapshot.files, snapshot.runs) == (version, (file("a"),), (run("r"),))
    assert snapshot.flushed == {"s"}
    assert manifest.snapshot("q").files == ()


def test_a_commit_that_fails_changes_nothing(manifest: Manifest) -> None:
    manifest.commit(added=[file("a")], segments=["s"])
    with pytest.raises(Conflict):
        manifest.commit(added=[file("b")], removed=[file("gone")], segments=["t"])
    with pytest.raises(BrokenData):
        manifest.commit(added=[file("c")], segments=["s"])
    snapshot = manifest.snapshot("p", segments=["s", "t"])
    assert ([f.path for f in snapshot.files], snapshot.flushed) == (["a"], {"s"})


def test_days_choose_files_and_never_runs(manifest: Manifest) -> None:
    manifest.commit(added=[file("a", 1), file("b", 2), file("c", 3), run("r")])
    snapshot = manifest.snapshot("p", first_day=2, last_day=2)
    assert ([f.path for f in snapshot.files], len(snapshot.runs)) == (["b"], 1)


def test_a_removed_file_keeps_its_row_for_a_grace_time(manifest: Manifest) -> None:
    manifest.commit(added=[file("a"), file("b"), run("r")])
    manifest.commit(removed=[file("a"), run("r")], now_us=100)
    assert [f.path for f in manifest.snapshot("p").files] == ["b"]
    assert manifest.known_paths() == {"a", "b", "r"}
    assert manifest.list_removed(100) == []
    assert sorted(manifest.list_removed(101)) == ["a", "r"]
    assert manifest.known_paths() == {"a", "b", "r"}
    manifest.forget(["a", "r", "b"])
    assert manifest.known_paths() == {"b"}, "what counts is never forgotten"


def test_many_segment_names_can_be_asked_for(manifest: Manifest) -> None:
    names = [f"s{number}" for number in range(2000)]
    manifest.commit(segments=names)
    assert manifest.flushed_among([*names, "other"]) == set(names)


def test_readers_see_all_of_a_commit_or_nothing(manifest: Manifest) -> None:
    stop = threading.Event()
    broken: list[int] = []

    def read() -> None:
        while not stop.is_set():
            count = len(manifest.snapshot("p").files)
            if count % 3:
                broken.append(count)

    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            pool.submit(read)
        for number in range(30):
            manifest.commit(added=[file(f"{number}.{part}") for part in range(3)])
        stop.set()
    assert broken == []


def _commit_some(path: Path, worker: int) -> int:
    manifest = Manifest(path)
    for number in range(20):
        manifest.commit(added=[file(f"{worker}.{number}")])
    return len(manifest.snapshot("p").files)


def test_many_processes_make_and_write_one_manifest(tmp_path: Path) -> None:
    path = tmp_path / "manifest.sqlite3"
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        list(pool.map(_commit_some, [path] * 4, range(4)))
    snapshot = Manifest(path).snapshot("p")
    assert (len(snapshot.files), snapshot.version) == (80, 80)


def _open_at_once(path: Path, start: Any, failures: Any) -> None:
    start.wait()
    try:
        Manifest(path).snapshot("p")
    except IafaError as error:
        failures.put(f"{error!r} {error.__cause__!r}")
    else:
        failures.put(None)


def test_processes_that_open_a_new_directory_at_once_all_succeed(tmp_path: Path) -> None:
    context = get_context("fork")
    failures = context.SimpleQueue()
    for turn in range(10):
        start = context.Barrier(6)
        path = tmp_path / str(turn) / "manifest.sqlite3"
        processes = [context.Process(target=_open_at_once, args=(path, start, failures)) for _ in range(6)]
        for process in processes:
            process.start()
        assert [failures.get() for _ in processes] == [None] * 6
        for process in processes:
            process.join()


def test_the_version_counts_commits_and_is_read_from_the_file(manifest: Manifest) -> None:
    assert manifest.version() == 0
    manifest.commit(segments=["s"])
    assert manifest.version() == 1
    manifest.commit()
    assert manifest.version() == 2
    manifest._borrow().execute("DROP TABLE commits")
    with pytest.raises(Unavailable):
        manifest.version()


def test_the_file_is_private_and_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.sqlite3"
    manifest = Manifest(path)
    manifest.commit(segments=["s"])
    assert {oct(p.stat().st_mode)[-3:] for p in tmp_path.iterdir()} == {"600"}
    manifest.close()
    path.write_bytes(b"this is no data base, but it is long enough to look at" * 100)
    for extra in ("-wal", "-shm"):
        Path(f"{path}{extra}").unlink(missing_ok=True)
    with pytest.raises(BrokenData):
        Manifest(path)


def test_a_forked_child_uses_connections_of_its_own(manifest: Manifest) -> None:
    manifest.commit(segments=["parent"])
    child = os.fork()
    if child == 0:
        code = 1
        try:
            manifest.commit(segments=["child"])
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert manifest.flushed_among(["parent", "child"]) == {"parent", "child"}


def test_a_manifest_of_the_first_schema_is_upgraded_in_place_and_read_without_being_touched(tmp_path: Path) -> None:
    path = tmp_path / "manifest.sqlite3"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(STEPS[0] + "PRAGMA user_version = 1;")
        old.execute("INSERT INTO commits (committed_at) VALUES (5)")
        old.execute("INSERT INTO files VALUES ('a', 'p', 0, 1, 2, 3, 4, 5, 6, 1, NULL, NULL)")
        old.execute("INSERT INTO flushed_segments VALUES ('s', 1)")
        old.commit()
    before = path.read_bytes()
    contents = read_contents(path, is_copy=True)
    assert (contents.version, contents.files, contents.flushed) == (1, (file("a"),), {"s"})
    assert path.read_bytes() == before
    manifest = Manifest(path)
    assert manifest.snapshot("p", segments=["s"]) == Snapshot(1, (file("a"),), (), (), (), frozenset({"s"}))
    assert manifest.commit(added=[PersonRun("r", "p", 1, 2, 0, 0)], quality={("p", 0, "accepted"): 1}) == 2


def test_a_manifest_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.sqlite3"
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    with pytest.raises(BrokenData, match="schema"):
        Manifest(path)
    with pytest.raises(BrokenData, match="schema"):
        read_contents(path, is_copy=True)


def test_archived_files_are_seen_only_by_who_asks_for_them(manifest: Manifest) -> None:
    archived = replace(file("old"), is_archived=True)
    manifest.commit(added=[file("a"), archived])
    assert manifest.snapshot("p").files == (file("a"),)
    assert set(manifest.snapshot("p", with_archive=True).files) == {file("a"), archived}
    assert set(manifest.list_live(DataFile)) == {file("a"), archived}
    assert manifest.list_live(DataFile, "q") == ()


def test_the_ledger_keeps_what_went_newest_first(manifest: Manifest) -> None:
    first = ExpiredFile("a", "p", 0, 1, 2, "ab", "90 days", None, 100)
    second = ExpiredFile("b", "p", 1, 1, 2, "cd", "90 days", "archive/b", 200)
    manifest.commit(added=[file("a")])
    manifest.commit(removed=[file("a")], expired=[first])
    manifest.commit(expired=[second])
    assert manifest.list_expired("p") == [second, first]
    assert manifest.list_expired("q") == []


def test_counts_of_quality_add_up_in_the_commit_that_they_belong_to(manifest: Manifest) -> None:
    manifest.commit(quality={("p", 3, "accepted"): 2, ("p", 4, "late"): 1})
    manifest.commit(quality={("p", 3, "accepted"): 5})
    with pytest.raises(Conflict):
        manifest.commit(removed=[file("gone")], quality={("p", 3, "accepted"): 100})
    assert manifest.read_quality("p", 3, 3) == {(3, "accepted"): 7}
    assert manifest.read_quality("q", 0, 9) == {}
