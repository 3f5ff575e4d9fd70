"""The scheduler's own backups: made when they are due, kept for 30 days, and without those who were erased."""

import os

import pytest

from iafa_api import clock
from iafa_api.bootstrap import bootstrap
from iafa_api.metadata.events import Actor, Cause
from iafa_api.settings import Settings
from iafa_api.upkeep.kept_backups import DAY_US, HOUR_US, KeptBackups, is_due, name_of, plan_expired, time_of
from iafa_api.upkeep.restore import find_sources, list_backups, run_restore
from tests.crash.world import World

NOW = clock.parse_time("2026-05-20T12:00:00Z")
CAUSE = Cause(Actor("operator"), "r")


def test_a_name_is_a_time_and_sorts_as_one():
    times = [NOW, NOW + HOUR_US, NOW + DAY_US, NOW + 400 * DAY_US]
    names = [name_of(time) for time in times]
    assert names[0] == "2026-05-20T12-00-00Z"
    assert names == sorted(names)
    assert [time_of(name) for name in names] == times
    assert [time_of(name) for name in ("", "x", "2026-05-20", "2026-05-20T12-00-00", "2026-13-20T12-00-00Z")] == [
        None
    ] * 5


def test_it_is_due_once_in_its_time_and_a_failed_try_waits():
    hour_ago, minute_ago = name_of(NOW - HOUR_US), name_of(NOW - HOUR_US // 60)
    assert is_due([], NOW, every_us=HOUR_US)
    assert is_due([hour_ago], NOW, every_us=HOUR_US)
    assert not is_due([hour_ago, minute_ago], NOW, every_us=HOUR_US)
    assert not is_due([hour_ago], NOW, every_us=DAY_US)
    assert not is_due([], NOW, every_us=DAY_US, tried_at=NOW - HOUR_US // 2)
    assert is_due([], NOW, every_us=DAY_US, tried_at=NOW - HOUR_US)
    assert is_due([name_of(NOW + DAY_US)], NOW, every_us=HOUR_US), "one of a wrong clock's future prevents none"
    assert is_due(["by hand"], NOW, every_us=HOUR_US)


def test_thirty_days_are_kept_and_the_newest_for_ever():
    daily = [name_of(NOW - days * DAY_US) for days in range(40)]
    assert plan_expired(daily, NOW, thins_out=False) == sorted(daily[31:])
    assert plan_expired(daily[35:], NOW, thins_out=False) == sorted(daily[36:])
    assert plan_expired(["by hand"], NOW, thins_out=False) == []


def test_of_the_metadata_two_days_are_kept_whole_and_then_one_of_each_day():
    hourly = [name_of(NOW - hours * HOUR_US) for hours in range(24 * 40)]
    kept = set(hourly) - set(plan_expired(hourly, NOW, thins_out=True))
    assert kept >= set(hourly[:49])
    older = sorted(kept - set(hourly[:49]))
    assert [name[:10] for name in older] == sorted({name[:10] for name in older})
    assert len(older) in (28, 29)
    assert all(name.endswith("T23-00-00Z") for name in older[:-1])
    again = set(kept) - set(plan_expired(sorted(kept), NOW, thins_out=True))
    assert again == kept


@pytest.fixture
def kept(services, tmp_path):
    return [KeptBackups(services.data_dir, tmp_path / "backups", part) for part in ("metadata", "events")]


def test_a_month_of_a_running_service_can_be_restored_at_any_time(ann, services, flush, kept, tmp_path):
    project = ann.make_project()
    key = project["api_key"]
    for hour in range(0, 24 * 33, 12):
        if hour % 96 == 0:
            ann.track(key, {"event_type": "x", "user_id": "u", "id": f"e{hour}"})
            flush()
        for part in kept:
            part.run_if_due(NOW + hour * HOUR_US)
    backups = tmp_path / "backups"
    assert len(list_backups(backups / "events")) == 31
    assert len(list_backups(backups / "metadata")) == 5 + 28
    names = {folder: [path.name for path in list_backups(backups / folder)] for folder in ("metadata", "vault")}
    assert names["metadata"] == names["vault"]
    run_restore(find_sources(backups), tmp_path / "new")
    assert len(World(tmp_path / "new").ids(project["id"])) == 9
    opened = bootstrap(Settings(data_dir=tmp_path / "new", password_cost=4))
    assert opened.accounts.authenticate(email="ann@example.com", password="correct horse")
    opened.close()
    inodes = {path.stat().st_ino for path in (backups / "events").rglob("*.parquet")}
    assert len(inodes) == 9, "each file lies there once, however many backups hold it"


def test_what_is_not_due_is_not_done(ann, kept, tmp_path):
    for part in kept:
        assert part.run_if_due(NOW)["files"] > 0
        assert part.run_if_due(NOW) == {}
    kept[0].run_if_due(NOW + HOUR_US)
    assert kept[1].run_if_due(NOW + HOUR_US) == {}
    assert len(list_backups(tmp_path / "backups" / "metadata")) == 2


def test_who_is_erased_is_erased_from_every_kept_vault(ann, services, kept, tmp_path):
    user_id = clock.new_id()
    services.accounts.register(
        CAUSE, user_id=user_id, email="bob@x.org", password="long enough", full_name="Bob", organization_name=None
    )
    for hour in range(3):
        kept[0].run_if_due(NOW + hour * HOUR_US)
    keys = list((tmp_path / "backups").rglob(f"{user_id}.key"))
    assert len(keys) == 3
    services.members.erase_oneself(CAUSE, user_id, delete_organization=True)
    kept[0].run_if_due(NOW + 3 * HOUR_US)
    assert not list((tmp_path / "backups").rglob(f"{user_id}.key"))
    oldest = list_backups(tmp_path / "backups" / "metadata")[0]
    sources = find_sources(oldest, vault_src=tmp_path / "backups" / "vault" / oldest.name)
    assert run_restore(sources, tmp_path / "new").erased_again == (user_id,)


def test_a_failed_one_is_not_tried_again_at_once_and_leaves_nothing(ann, services, tmp_path, monkeypatch):
    part = KeptBackups(services.data_dir, tmp_path / "backups", "events")
    tries = []

    def fail(*arguments, **more):
        tries.append(1)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("iafa_api.upkeep.kept_backups.run_backup", fail)
    with pytest.raises(OSError, match="No space"):
        part.run_if_due(NOW)
    assert part.run_if_due(NOW + HOUR_US // 2) == {}
    with pytest.raises(OSError, match="No space"):
        part.run_if_due(NOW + HOUR_US)
    assert len(tries) == 2


def test_what_a_dead_one_left_goes_after_a_day(ann, services, kept, tmp_path):
    folder = tmp_path / "backups" / "metadata"
    for name in (".x.tmp", ".y.tmp", name_of(NOW - DAY_US)):
        (folder / name).mkdir(parents=True)
    (folder / "by hand").mkdir()
    for name in (".x.tmp", name_of(NOW - DAY_US), "by hand"):
        os.utime(folder / name, (0, 0))
    os.utime(folder / ".y.tmp", (NOW / 1e6, NOW / 1e6))
    kept[0].run_if_due(NOW)
    assert {path.name for path in folder.iterdir()} == {".y.tmp", "by hand", name_of(NOW)}


def test_a_file_that_is_missing_is_an_alarm(ann, services, flush, kept):
    project = ann.make_project()
    ann.track(project["api_key"], {"event_type": "x", "user_id": "u"})
    flush()
    (lost,) = services.data_dir.rglob("*.parquet")
    lost.unlink()
    assert lost.name in kept[1].run_if_due(NOW)["damaged"][0]


def test_a_damaged_backup_does_not_prevent_the_next(ann, kept, tmp_path):
    kept[1].run_if_due(NOW)
    (damaged,) = list_backups(tmp_path / "backups" / "events")
    (damaged / "MANIFEST.json").write_text("{")
    assert kept[1].run_if_due(NOW + DAY_US)["files"] >= 1
