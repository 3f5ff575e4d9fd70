"""`iafa replay`: the log alone gives the same snapshots, byte for byte."""

import pytest
from filelock import FileLock

from iafa_api.commands.replay import replay
from iafa_api.errors import BrokenData, Conflict, NotFound
from iafa_api.upkeep.replay import run_replay
from tests.cli.one_command import invoke


@pytest.fixture
def filled(ann, services):
    project = ann.make_project()
    funnel = ann.make_funnel(project["id"], "view", "pay")
    ann.delete(f"/funnels/{funnel['id']}", headers={"If-Match": '"1"'})
    services.store.write_snapshots()
    return services.data_dir


def snapshots(data_dir):
    return {path.name: path.read_bytes() for path in (data_dir / "metadata").glob("*.json")}


def test_deleted_snapshots_come_back_with_the_same_bytes(filled):
    before = snapshots(filled)
    assert len(before) == 4
    for name in before:
        (filled / "metadata" / name).unlink()
    result = invoke(replay, filled)
    assert "events/s" in result.output
    assert "was not there" in result.output
    assert snapshots(filled) == before


def test_altered_snapshots_are_not_read_and_are_replaced(filled):
    before = snapshots(filled)
    path = filled / "metadata" / "projects.json"
    path.write_bytes(path.read_bytes().replace(b"Shop", b"Shoq"))
    assert run_replay(filled).changed == ("projects",)
    assert snapshots(filled) == before
    assert "had these bytes already" in invoke(replay, filled).output


def test_it_is_refused_while_a_scheduler_runs(filled):
    with FileLock(filled / "run" / "scheduler.lock"), pytest.raises(Conflict, match="stop it first"):
        run_replay(filled)


def test_without_a_log_nothing_is_made(tmp_path):
    with pytest.raises(NotFound):
        run_replay(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_log_leaves_the_snapshots_as_they_are(filled):
    before = snapshots(filled)
    log = filled / "metadata" / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b"Shop", b"Shoq", 1))
    with pytest.raises(BrokenData):
        run_replay(filled)
    assert snapshots(filled) == before
