"""`iafa lake`, and what the doctor says of files, expiry and ledger."""

from __future__ import annotations

import sqlite3

import pytest

from iafa_api import clock
from iafa_api.commands.lake import lake
from iafa_api.lake.manifest_schema import DataFile
from iafa_api.upkeep import doctor_lake
from iafa_api.upkeep.backup import run_backup
from iafa_api.upkeep.doctor import list_checks
from iafa_api.upkeep.findings import Patient
from iafa_api.upkeep.lake_care import expire
from tests.cli.one_command import invoke

DAY_US = 86_400 * clock.MICROSECONDS


def ago(days):
    return clock.format_time(clock.now_us() - days * DAY_US)


@pytest.fixture
def project(ann, flush):
    """Nine files of yesterday, and one of a day that is past its time."""
    made = ann.make_project(retention_days=30)
    ann.track(made["api_key"], {"event_type": "a", "user_id": "u", "timestamp": ago(20)})
    for n in range(9):
        ann.track(made["api_key"], {"event_type": "a", "user_id": f"u{n}", "timestamp": ago(1)})
        flush()
    week = {"name": "Shop", "retention_days": 7}
    assert ann.put(f"/projects/{made['id']}", week, headers={"If-Match": '"1"'}).status_code == 200
    return made


def finding(services, name):
    patient = Patient(services.data_dir, clock.now_us())
    (check,) = [check for known, check in list_checks(patient) if known == name]
    (found,) = check()
    return found


def test_files_are_shown_by_day_and_compaction_makes_them_few(services, project):
    shown = invoke(lake, services.data_dir, "files", project["id"]).output.splitlines()
    assert [line.split()[:3] for line in shown[1:]] == [[ago(20)[:10], "1", "1"], [ago(1)[:10], "9", "9"]]
    result = invoke(lake, services.data_dir, "compact")
    assert (result.exit_code, result.output) == (0, "9 files → 1, 9 events\n")
    assert invoke(lake, services.data_dir, "compact").output == ""


def test_ids_and_persons_are_made_anew_of_one_project_or_of_all(services, project):
    (services.data_dir / services.manifest.snapshot(project["id"]).runs[0].path).write_bytes(b"")
    assert invoke(lake, services.data_dir, "rebuild").output == "1 projects: 10 ids, 10 persons\n"
    assert invoke(lake, services.data_dir, "rebuild", project["id"]).output == "1 projects: 10 ids, 10 persons\n"


def test_a_file_that_cannot_be_merged_is_named(services, project):
    bad = services.manifest.snapshot(project["id"]).files[3]
    (services.data_dir / bad.path).write_bytes(b"PAR1")
    result = invoke(lake, services.data_dir, "compact")
    assert result.exit_code == 1
    assert f"left as it is: {bad.path}: " in result.output


def test_expiry_says_what_would_go_and_then_what_went_and_the_ledger_keeps_it(services, project):
    planned = invoke(lake, services.data_dir, "expire", "--dry-run").output
    assert f"project {project['id']}: older than 7 days" in planned
    assert planned.endswith("1 files would go.\n")
    assert len(services.manifest.snapshot(project["id"]).files) == 10
    assert invoke(lake, services.data_dir, "expire").output == "1 files with 1 events went.\n"
    (_, line) = invoke(lake, services.data_dir, "expired", project["id"]).output.splitlines()
    assert line.split()[1:3] == [ago(20)[:10], "1"]
    assert "older than 7 days" in line


def test_the_doctor_tells_days_of_many_files(services, project, monkeypatch):
    assert finding(services, "layout").level == "ok"
    monkeypatch.setattr(doctor_lake, "MANY_FILES", 8)
    found = finding(services, "layout")
    assert (found.level, project["id"] in found.text) == ("warn", True)


def test_the_doctor_tells_files_past_their_days_and_a_ledger_that_is_not_true(services, project):
    assert finding(services, "expiry").level == "warn"
    expire(services, is_archiving=True, lock_seconds=1.0)
    assert finding(services, "expiry").level == "ok"
    (archived,) = [file for file in services.manifest.list_live(DataFile) if file.is_archived]
    with sqlite3.connect(services.data_dir / "manifest.sqlite3") as connection:
        connection.execute("DELETE FROM files WHERE path = ?", (archived.path,))
    assert finding(services, "expiry").level == "bad"


def test_a_backup_has_the_archive(ann, services, project, tmp_path):
    expire(services, is_archiving=True, lock_seconds=1.0)
    (archived,) = [file for file in services.manifest.list_live(DataFile) if file.is_archived]
    assert run_backup(services.data_dir, tmp_path / "backup").inventory.faults == ()
    copied = tmp_path / "backup" / "data" / archived.path
    assert copied.read_bytes() == (services.data_dir / archived.path).read_bytes()
