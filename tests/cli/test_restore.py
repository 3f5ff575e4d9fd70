"""`iafa restore`: what was backed up comes back, to any moment, whole or not at all; who was erased stays erased."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from iafa_api import clock
from iafa_api.bootstrap import bootstrap
from iafa_api.commands.restore import restore
from iafa_api.errors import BrokenData, Conflict, InvalidInput, NotAuthenticated, NotFound
from iafa_api.metadata.events import Actor, Cause
from iafa_api.metadata.stored_log import read_lines
from iafa_api.settings import Settings
from iafa_api.upkeep.backup import run_backup
from iafa_api.upkeep.inventory import forget_persons, read_inventory
from iafa_api.upkeep.restore import find_sources, run_restore
from tests.cli.one_command import invoke
from tests.crash.world import World

CAUSE = Cause(Actor("operator"), "r")


@pytest.fixture
def filled(ann, services, flush):
    project = ann.make_project()
    ann.track(project["api_key"], *[{"event_type": "view", "user_id": f"u{n}", "id": f"a{n}"} for n in range(20)])
    flush()
    ann.track(project["api_key"], {"event_type": "pay", "user_id": "u1", "id": "waits"})
    return services.data_dir


@pytest.fixture
def reopen():
    opened = []

    def reopen(data_dir):
        opened.append(bootstrap(Settings(data_dir=data_dir, password_cost=4, free_disk_bytes=1)))
        return opened[-1]

    yield reopen
    for services in opened:
        services.close()


def restored(src, to, **more):
    return run_restore(find_sources(src), to, **more)


def tree(root):
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_what_was_backed_up_comes_back(filled, services, tmp_path, reopen):
    run_backup(filled, tmp_path / "b")
    result = invoke(restore, None, str(tmp_path / "b"), "--data-dir", str(tmp_path / "new"))
    assert result.exit_code == 0, result.output
    assert [line.split()[0] for line in result.output.splitlines()[2:]] == ["ok"] * 17
    again = reopen(tmp_path / "new")
    assert again.store.current() == services.store.current()
    assert again.secret_key == services.secret_key
    assert again.accounts.authenticate(email="ann@example.com", password="correct horse")
    (project_id,) = services.store.current().documents["projects"]
    assert World(tmp_path / "new").ids(project_id) == {f"a{n}": 1 for n in range(20)} | {"waits": 1}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "new").rglob("*"))


def test_the_log_is_cut_between_appends_at_a_number_or_a_time(ann, services, tmp_path, reopen):
    log = services.data_dir / "metadata" / "log.jsonl"
    lines = list(read_lines(log, log.stat().st_size))
    ann.make_project(name="A")
    at_a = clock.format_time(clock.now_us())
    ann.make_project(name="B")
    run_backup(services.data_dir, tmp_path / "b")
    ends = [position.seq for _, position in read_lines(log, log.stat().st_size)]
    for number in range(ends[-1] + 1):
        result = restored(tmp_path / "b", tmp_path / f"n{number}", to_position=number)
        assert result.position.seq == max([end for end in ends if end <= number], default=0)
        assert reopen(tmp_path / f"n{number}").store.current() == services.timeline.state_at(result.position.seq)
    result = restored(tmp_path / "b", tmp_path / "t", as_of_us=clock.parse_time(at_a))
    assert [row["name"] for row in reopen(tmp_path / "t").store.current().documents["projects"].values()] == ["A"]
    assert result.cut == ends[-1] - result.position.seq
    assert lines[0][1].seq <= ends[-1]


def test_a_restored_directory_goes_on(filled, services, tmp_path, reopen):
    run_backup(filled, tmp_path / "b")
    restored(tmp_path / "b", tmp_path / "new", to_position=5)
    again = reopen(tmp_path / "new")
    again.accounts.register(
        CAUSE, user_id=clock.new_id(), email="x@y.org", password="long enough", full_name="X", organization_name=None
    )
    assert again.store.current().seq > 5
    assert bootstrap(Settings(data_dir=tmp_path / "new")).store.current() == again.store.current()


def test_checkpoints_of_what_is_cut_off_are_cut_off(filled, tmp_path):
    path = filled / "metadata" / "checkpoints.jsonl"
    path.write_text('{"seq":2}\n{"seq":4}\n{"seq":6}\n{"se')
    run_backup(filled, tmp_path / "b")
    restored(tmp_path / "b", tmp_path / "new", to_position=5)
    assert (tmp_path / "new" / "metadata" / "checkpoints.jsonl").read_text() == '{"seq":2}\n{"seq":4}\n'


def test_what_is_cut_and_goes_on_can_still_be_proven(ann, services, tmp_path, reopen):
    services.proof.write_checkpoint()
    signed = services.store.current().seq
    ann.make_project()
    services.proof.write_checkpoint()
    run_backup(services.data_dir, tmp_path / "b")
    restored(tmp_path / "b", tmp_path / "new", to_position=signed)
    again = reopen(tmp_path / "new")
    assert again.proof.verify_log().ok
    again.accounts.register(
        CAUSE, user_id=clock.new_id(), email="x@y.org", password="long enough", full_name="X", organization_name=None
    )
    assert again.proof.write_checkpoint().seq > signed
    assert again.proof.verify_log().ok


def test_it_goes_into_an_empty_directory_only(filled, tmp_path):
    run_backup(filled, tmp_path / "b")
    (tmp_path / "empty").mkdir()
    restored(tmp_path / "b", tmp_path / "empty")
    before = tree(filled)
    for target in (filled, tmp_path / "empty", tmp_path / "b" / "MANIFEST.json"):
        with pytest.raises(Conflict):
            restored(tmp_path / "b", target)
    assert tree(filled) == before


def test_a_changed_byte_anywhere_is_found_before_anything_is_written(filled, tmp_path):
    run_backup(filled, tmp_path / "b")
    names = ["MANIFEST.json", *read_inventory(tmp_path / "b").files]
    for name in names:
        path = tmp_path / "b" / name
        content = path.read_bytes()
        if not content:
            continue
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        with pytest.raises(BrokenData):
            restored(tmp_path / "b", tmp_path / "new")
        path.write_bytes(content)
    path.unlink()
    with pytest.raises(BrokenData, match="not what was copied"):
        restored(tmp_path / "b", tmp_path / "new")
    assert {path.name for path in tmp_path.iterdir()} == {"b", "data"}


def test_what_cannot_be_restored_is_said(filled, tmp_path):
    run_backup(filled, tmp_path / "b", vault_dest=tmp_path / "v")
    run_backup(filled, tmp_path / "e", parts=["events"])
    run_backup(filled, tmp_path / "other", vault_dest=tmp_path / "othervault")
    with pytest.raises(InvalidInput, match="--vault-src"):
        restored(tmp_path / "b", tmp_path / "new")
    with pytest.raises(InvalidInput, match="not of the same backup"):
        run_restore(find_sources(tmp_path / "b", vault_src=tmp_path / "othervault"), tmp_path / "new")
    with pytest.raises(InvalidInput, match="no metadata"):
        restored(tmp_path / "e", tmp_path / "new")
    sources = find_sources(tmp_path / "b", vault_src=tmp_path / "v")
    with pytest.raises(InvalidInput, match="holds the events"):
        run_restore(sources, tmp_path / "new", to_position=10_000)
    with pytest.raises(InvalidInput, match="does not know"):
        run_restore(sources, tmp_path / "new", as_of_us=clock.now_us() + 1)
    with pytest.raises(NotFound):
        find_sources(filled)
    with pytest.raises(InvalidInput, match="--data-dir"):
        invoke(restore, None, str(tmp_path / "b"))
    assert not (tmp_path / "new").exists()


def test_parts_come_from_different_backups(filled, services, tmp_path, reopen):
    run_backup(filled, tmp_path / "e", parts=["events"])
    run_backup(filled, tmp_path / "m", parts=["metadata"], vault_dest=tmp_path / "v")
    run_restore(find_sources(tmp_path / "m", events_src=tmp_path / "e", vault_src=tmp_path / "v"), tmp_path / "new")
    (project_id,) = reopen(tmp_path / "new").store.current().documents["projects"]
    assert len(World(tmp_path / "new").ids(project_id)) == 21
    run_restore(find_sources(tmp_path / "m", vault_src=tmp_path / "v"), tmp_path / "without")
    assert not (tmp_path / "without" / "events").exists()


@pytest.fixture
def bob_is_erased(ann, services):
    """A member who was there when the backup was made; erased when this is called."""
    user_id = clock.new_id()
    services.accounts.register(
        CAUSE, user_id=user_id, email="bob@x.org", password="long enough", full_name="Bob", organization_name=None
    )

    def erase():
        services.members.erase_oneself(CAUSE, user_id, delete_organization=True)
        return user_id

    return erase


def assert_is_erased(services, data_dir, user_id):
    user = services.store.current().documents["users"][user_id]
    assert user["erased_at"]
    assert user["email"] == "erased"
    assert not (data_dir / "vault" / "persons" / f"{user_id}.key").exists()
    with pytest.raises(NotAuthenticated):
        services.accounts.authenticate(email="bob@x.org", password="long enough")
    services.accounts.register(
        CAUSE, user_id=clock.new_id(), email="bob@x.org", password="long enough", full_name="B", organization_name=None
    )


@pytest.mark.parametrize("told_by", ["the live directory", "its log", "a newer backup beside it", "a newer backup"])
def test_who_was_erased_since_stays_erased(filled, tmp_path, bob_is_erased, reopen, told_by):
    run_backup(filled, tmp_path / "backups" / "old")
    user_id = bob_is_erased()
    place = {
        "the live directory": filled,
        "its log": filled / "metadata" / "log.jsonl",
        "a newer backup beside it": tmp_path / "backups" / "newer",
        "a newer backup": tmp_path / "elsewhere" / "newer",
    }[told_by]
    if "backup" in told_by:
        run_backup(filled, place, parts=["metadata"])
    arguments = [] if "beside" in told_by else ["--erasures-from", str(place)]
    target = tmp_path / "new"
    result = invoke(restore, None, str(tmp_path / "backups" / "old"), "--data-dir", str(target), *arguments)
    assert result.exit_code == 0, result.output
    assert "1 persons who were erased since" in result.output
    assert_is_erased(reopen(target), target, user_id)


def test_who_was_erased_after_the_moment_that_is_asked_for_stays_erased(filled, tmp_path, bob_is_erased, reopen):
    before = clock.now_us()
    user_id = bob_is_erased()
    run_backup(filled, tmp_path / "b")
    assert not list((tmp_path / "b").rglob(f"{user_id}.key"))
    assert restored(tmp_path / "b", tmp_path / "new", as_of_us=before).erased_again == (user_id,)
    assert_is_erased(reopen(tmp_path / "new"), tmp_path / "new", user_id)


def test_an_invitation_that_was_taken_back_since_stays_taken_back(filled, ann, services, tmp_path, reopen):
    answer = ann.post("/organization/invitations", {"email": "carl@x.org", "role": "viewer"})
    run_backup(filled, tmp_path / "b")
    ann.delete(f"/organization/invitations/{answer.json['id']}")
    result = invoke(
        restore, None, str(tmp_path / "b"), "--data-dir", str(tmp_path / "new"), "--erasures-from", str(filled)
    )
    assert result.exit_code == 0, result.output
    invitation = reopen(tmp_path / "new").store.current().documents["invitations"][answer.json["id"]]
    assert invitation["revoked_at"]
    assert invitation["email"] == "erased"


def test_who_is_erased_while_a_backup_is_made_is_not_in_its_vault(filled, tmp_path, bob_is_erased):
    erased = []
    run_backup(filled, tmp_path / "b", on_step=lambda step: erased.append(bob_is_erased()) if step == "vault" else None)
    assert read_inventory(tmp_path / "b").erased == tuple(erased)
    assert restored(tmp_path / "b", tmp_path / "new").erased_again == tuple(erased)


def test_an_erasure_reaches_the_backups_that_are_kept(filled, tmp_path, bob_is_erased):
    run_backup(filled, tmp_path / "b", vault_dest=tmp_path / "v")
    user_id = bob_is_erased()
    assert forget_persons(tmp_path / "v", {user_id, clock.new_id()}) == 1
    assert forget_persons(tmp_path / "v", {user_id}) == 0
    assert not list((tmp_path / "v").rglob(f"{user_id}.key"))
    sources = find_sources(tmp_path / "b", vault_src=tmp_path / "v")
    assert run_restore(sources, tmp_path / "new").erased_again == (user_id,)


def test_a_damaged_neighbour_is_told_and_prevents_nothing(filled, tmp_path):
    run_backup(filled, tmp_path / "b")
    run_backup(filled, tmp_path / "c")
    (tmp_path / "c" / "MANIFEST.json").write_text("{")
    assert restored(tmp_path / "b", tmp_path / "new").unread == (tmp_path / "c",)


def test_a_restore_that_fails_leaves_nothing(filled, tmp_path, monkeypatch):
    run_backup(filled, tmp_path / "b")

    def fail(*arguments, **more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("iafa_api.upkeep.restore._erase_again", fail)
    with pytest.raises(OSError, match="No space"):
        restored(tmp_path / "b", tmp_path / "new")
    assert {path.name for path in tmp_path.iterdir()} == {"b", "data"}


def test_a_manifest_of_a_newer_program_is_refused(filled, tmp_path):
    run_backup(filled, tmp_path / "b")
    path = tmp_path / "b" / "MANIFEST.json"
    content = json.loads(path.read_text())
    del content["sha256"]
    content["format"] = 2
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    path.write_text(json.dumps(content | {"sha256": hashlib.sha256(text.encode()).hexdigest()}))
    with pytest.raises(BrokenData, match="newer program"):
        restored(tmp_path / "b", tmp_path / "new")


def test_relative_names_work(filled, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_backup(filled, Path("b"))
    restored(Path("b"), Path("new"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "data", "new"]
