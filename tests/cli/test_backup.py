"""`iafa backup`: a copy made while everything runs holds every event acknowledged before it began, each once."""

from __future__ import annotations

import re
import threading
from collections import Counter
from pathlib import Path

import pytest

from iafa_api.answers.quality import answer_quality, find_refused
from iafa_api.bootstrap import bootstrap
from iafa_api.commands.backup import backup
from iafa_api.errors import Conflict, NotFound
from iafa_api.ingest.sweep import run_sweep
from iafa_api.metadata.stored_log import LOG
from iafa_api.settings import Settings
from iafa_api.upkeep import backup as backups
from iafa_api.upkeep.backup import run_backup
from iafa_api.upkeep.inventory import find_differing, read_inventory
from iafa_api.upkeep.restore import find_sources, run_restore
from tests.cli.one_command import invoke
from tests.crash.world import World

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(ann):
    return ann.make_project()


@pytest.fixture
def filled(ann, services, flush, project):
    ann.track(project["api_key"], *[{"event_type": "view", "user_id": f"u{n}", "id": f"a{n}"} for n in range(20)])
    flush()
    ann.track(project["api_key"], {"event_type": "pay", "user_id": "u1", "id": "waits"})
    return services.data_dir


def names(root):
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_a_backup_holds_what_is_born_here_with_a_hash_of_each_file(filled, tmp_path):
    result = invoke(backup, filled, str(tmp_path / "b"))
    assert result.exit_code == 0, result.output
    inventory = read_inventory(tmp_path / "b")
    assert names(tmp_path / "b") == {*inventory.files, "MANIFEST.json"}
    assert find_differing(tmp_path / "b", inventory) == []
    assert inventory.faults == ()
    live = {name for name in names(filled) if name.startswith(("events/", "ids/", "buffer/")) and "seal" not in name}
    assert {f"data/{name}" for name in live} <= set(inventory.files)
    assert {"secrets/secret.key", "secrets/vault/email-index.key", f"data/metadata/{LOG}"} <= set(inventory.files)
    assert all((tmp_path / "b" / name).stat().st_mode & 0o777 == 0o600 for name in inventory.files)
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o700
    assert not (filled / "run" / backups.PINS).exists()


def test_the_vault_lies_apart_where_that_is_asked(filled, tmp_path):
    run_backup(filled, tmp_path / "b", vault_dest=tmp_path / "v")
    assert not [name for name in names(tmp_path / "b") if "secret" in name or "vault" in name]
    assert {name.split("/")[0] for name in names(tmp_path / "v")} == {"MANIFEST.json", "secrets"}
    assert read_inventory(tmp_path / "v").id == read_inventory(tmp_path / "b").id


def test_it_is_never_written_over_another_or_into_the_data(filled, tmp_path):
    (tmp_path / "there").mkdir()
    for dest in (tmp_path / "there", filled / "backup"):
        with pytest.raises(Conflict):
            run_backup(filled, dest)
    with pytest.raises(Conflict):
        run_backup(filled, tmp_path / "b", vault_dest=tmp_path / "b" / "vault")
    with pytest.raises(NotFound):
        run_backup(tmp_path / "nothing", tmp_path / "b")


@pytest.mark.parametrize("step", ["segments", "manifest", "files", "metadata", "log", "vault", "name"])
def test_a_backup_that_fails_leaves_nothing(filled, tmp_path, step):
    def fail(reached):
        if reached == step:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        run_backup(filled, tmp_path / "there" / "b", vault_dest=tmp_path / "there" / "v", on_step=fail)
    assert list((tmp_path / "there").iterdir()) == []
    assert not (filled / "run" / backups.PINS).exists()


def test_a_file_that_is_missing_is_told_and_the_rest_is_kept(filled, tmp_path):
    (lost,) = filled.rglob("*.parquet")
    lost.unlink()
    result = invoke(backup, filled, str(tmp_path / "b"))
    assert result.exit_code == 1
    assert lost.name in result.output
    assert read_inventory(tmp_path / "b").faults == (f"{lost.relative_to(filled).as_posix()} is missing",)


def test_files_that_an_earlier_backup_holds_take_no_room_again(filled, tmp_path):
    run_backup(filled, tmp_path / "one")
    run_backup(filled, tmp_path / "two", like=tmp_path / "one")
    (first,), (second,), (live,) = (
        list(root.rglob("*.parquet")) for root in (tmp_path / "one", tmp_path / "two", filled)
    )
    assert first.samefile(second)
    assert not first.samefile(live), "what ruins the one must not ruin the other"
    assert find_differing(tmp_path / "two", read_inventory(tmp_path / "two")) == []


def read_ids(root: Path) -> Counter[str]:
    return World(root).ids()


def copied_data(made: Path, to: Path) -> Path:
    """The data of a backup of events alone, in their places."""
    for name in read_inventory(made).files:
        target = to / name.removeprefix("data/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((made / name).read_bytes())
    return to


@pytest.mark.parametrize("step", ["segments", "manifest", "files"])
@pytest.mark.parametrize("between", ["flush", "track", "flush and sweep"])
def test_whatever_happens_between_two_steps_each_event_is_there_once(tmp_path, step, between):
    world = World(tmp_path / "live")
    world.send_ids("a", "b")
    world.flush()
    world.send_ids("c", "a")

    def interfere(reached):
        if reached == step:
            if "flush" in between:
                world.flush()
            if "sweep" in between:
                run_sweep(world.buffer, world.manifest, world.root, grace_us=0)
            if between == "track":
                world.send_ids("late")

    run_backup(world.root, tmp_path / "b", parts=["events"], on_step=interfere)
    ids = read_ids(copied_data(tmp_path / "b", tmp_path / "copy"))
    late = {"late": 1} if between == "track" and step == "segments" else {}
    assert ids == {"a": 1, "b": 1, "c": 1} | late


def test_files_that_the_sweep_deletes_meanwhile_are_copied(tmp_path):
    world = World(tmp_path / "live")
    world.send_ids("a")
    world.flush()

    def delete(reached):
        if reached == "files":
            for path in (world.root / "events").rglob("*.parquet"):
                path.unlink()

    made = run_backup(world.root, tmp_path / "b", parts=["events"], on_step=delete)
    assert made.inventory.faults == ()
    assert read_ids(copied_data(tmp_path / "b", tmp_path / "copy")) == {"a": 1}


def test_while_writers_track_and_flushes_run_every_backup_is_whole(tmp_path):
    world = World(tmp_path / "live", segment_bytes=4096)
    stop, failures = threading.Event(), []
    acknowledged: list[set[str]] = [set() for _ in range(4)]

    def track(number):
        other = World(tmp_path / "live", segment_bytes=4096) if number % 2 else world
        count = 0
        while not stop.is_set():
            ids = [f"{number}-{count + n}" for n in range(5)]
            other.send_ids(*ids)
            acknowledged[number].update(ids)
            count += 5
        other.buffer.close()

    def flush():
        while not stop.is_set():
            world.flush()
            run_sweep(world.buffer, world.manifest, world.root, grace_us=0, lock_seconds=5)

    def guarded(work, *arguments):
        try:
            work(*arguments)
        except BaseException as error:  # noqa: BLE001 - the test itself raises it
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(track, number)) for number in range(4)]
    threads.append(threading.Thread(target=guarded, args=(flush,)))
    for thread in threads:
        thread.start()
    taken = []
    try:
        for number in range(8):
            stop.wait(0.15)
            before = set().union(*[set(ids) for ids in list(map(frozenset, acknowledged))])
            made = run_backup(world.root, tmp_path / f"b{number}", parts=["events"])
            taken.append((before, made))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    for number, (before, made) in enumerate(taken):
        ids = read_ids(copied_data(made.path, tmp_path / f"copy{number}"))
        assert made.inventory.faults == ()
        assert before <= set(ids), f"backup {number} lost {len(before - set(ids))}"
        assert set(ids.values()) <= {1}
        copy = World(tmp_path / f"copy{number}")
        copy.flush()
        assert copy.ids() == ids, "and a flush of the copy changes nothing"
    assert len(set().union(*acknowledged)) > len(taken[0][0])


def test_a_whole_service_restored_from_a_backup_taken_while_it_runs(ann, services, flush, project, tmp_path):
    stop, failures = threading.Event(), []
    acknowledged = []

    def work():
        try:
            while not stop.is_set():
                event_id = f"e{len(acknowledged)}"
                answer = ann.track(project["api_key"], {"event_type": "x", "user_id": "u", "id": event_id})
                assert answer.status_code in (200, 201, 202), answer.json
                acknowledged.append(event_id)
                ann.make_project(name=f"P{len(acknowledged)}")
                flush()
                services.store.write_snapshots()
        except BaseException as error:  # noqa: BLE001 - the test itself raises it
            failures.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for number in range(4):
            stop.wait(0.2)
            before, projects = set(acknowledged), len(services.store.current().documents["projects"])
            run_backup(services.data_dir, tmp_path / f"b{number}", vault_dest=tmp_path / f"v{number}")
            sources = find_sources(tmp_path / f"b{number}", vault_src=tmp_path / f"v{number}")
            run_restore(sources, tmp_path / f"new{number}")
            opened = bootstrap(Settings(data_dir=tmp_path / f"new{number}", password_cost=4))
            assert len(opened.store.current().documents["projects"]) >= projects
            assert opened.accounts.authenticate(email="ann@example.com", password="correct horse")
            opened.close()
            ids = World(tmp_path / f"new{number}").ids(project["id"])
            assert before <= set(ids)
            assert set(ids.values()) <= {1}
    finally:
        stop.set()
        worker.join()
    assert failures == []


def test_refused_events_and_what_was_counted_come_along(ann, filled, services, flush, project, tmp_path):
    ann.track(project["api_key"], {"event_type": "flushed"})
    flush()
    ann.track(project["api_key"], {"event_type": "waits"})
    run_backup(filled, tmp_path / "b")
    run_restore(find_sources(tmp_path / "b"), tmp_path / "new")
    opened = bootstrap(Settings(data_dir=tmp_path / "new", password_cost=4))
    assert list(find_refused(opened, project["id"])) == list(find_refused(services, project["id"]))
    assert len(list(find_refused(opened, project["id"]))) == 2
    assert answer_quality(opened, project["id"]).total == answer_quality(services, project["id"]).total
    opened.close()


def test_who_is_whom_comes_along(ann, filled, flush, project, tmp_path):
    key = {"X-API-Key": project["api_key"]}
    for visitor in ("flushed", "waits"):
        assert ann.post("/identify", {"user_id": "u", "anonymous_id": visitor}, headers=key).status_code == 200
        if visitor == "flushed":
            flush()
    run_backup(filled, tmp_path / "b")
    run_restore(find_sources(tmp_path / "b"), tmp_path / "new")
    assert set(World(tmp_path / "new").links(project["id"])) == {("flushed", "u"), ("waits", "u")}


def test_two_backups_of_events_at_once_are_refused(filled, tmp_path):
    def again(reached):
        if reached == "files":
            with pytest.raises(Conflict, match="Another backup"):
                run_backup(filled, tmp_path / "second")

    run_backup(filled, tmp_path / "first", on_step=again)


def test_every_row_of_the_page_of_the_data_is_copied_or_known_not_to_be():
    page = (ROOT / "data" / "README.md").read_text()
    rows = [row.split("|")[1] for row in page.splitlines() if row.startswith("| `")]
    places = {re.split(r"[/{]", path)[0] for row in rows for path in re.findall(r"`([^`]+)`", row)}
    copied = {"metadata", "events", "archive", "ids", "persons", "quarantine", "buffer", "lost", "manifest.sqlite3"}
    copied |= {"identities", *backups.SECRET_FILES, *backups.SECRET_FOLDERS}
    assert places - {"-wal", "-shm"} <= copied | backups.NOT_COPIED, "say in upkeep/backup.py what is to be copied"
