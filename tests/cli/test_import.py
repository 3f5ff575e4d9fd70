"""`iafa import`: what becomes of a file's rows."""

import csv
import threading
import time
from dataclasses import replace

import pytest
from click.testing import CliRunner
from rich.console import Console

from iafa_api import clock
from iafa_api.cli import main
from iafa_api.commands import import_file
from iafa_api.ingest.addresses import Addresses
from iafa_api.ingest.places import Places
from tests.unit.ingest.test_places import BERLIN, write_places

DAY_US = 86_400 * clock.MICROSECONDS


def days_ago(days):
    return clock.format_time(clock.now_us() - int(days * DAY_US))


@pytest.fixture
def write(tmp_path):
    def write(*rows, name="rows.csv"):
        path = tmp_path / name
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(rows)
        return path

    return write


@pytest.fixture
def run(settings, monkeypatch):
    def run(*arguments):
        environment = {"IAFA_DATA_DIR": str(settings.data_dir), "IAFA_FREE_DISK_BYTES": "1", "COLUMNS": "200"}
        return CliRunner().invoke(main, ["import", *map(str, arguments)], env=environment)

    return run


@pytest.fixture
def count(ann):
    def count(project):
        body = {"project_id": project["id"], "stages": [{"event_type": None}], "start_date": "2000-01-01"}
        return ann.post("/analytics/funnel", body).json["receipt"]["events"]

    return count


def test_rows_become_events_and_bad_ones_are_reported_by_reason(ann, run, write, count):
    project = ann.make_project(retention_days=0)
    file = write(
        ["event", "user_id", "ts", "plan"],
        ["view", "u1", "2026-01-01 10:00", "pro"],
        ["view", "", "2026-01-01 10:00", ""],
        ["", "u1", "2026-01-01", ""],
        ["view", "u1", "not a time", ""],
        ["view", "u2", "2999-01-01", ""],
        ["view", "u2", "2026-01-02", ""],
    )
    result = run(file, "--project", project["id"])
    assert result.exit_code == 0, result.output
    assert "2 events accepted" in result.output
    for reason in ("user_id: missing", "event_type: missing", "timestamp: not a time", "More than 24 hours ahead"):
        assert reason in result.output
    assert count(project) == 2


def test_a_row_that_is_too_large_is_rejected_alone(ann, run, write, count):
    project = ann.make_project(retention_days=0)
    rows = [["view", f"u{n}", "2026-01-01", "x" * size] for n, size in enumerate((10, 12 << 20, 110_000, 10))]
    result = run(write(["event", "user_id", "ts", "note"], *rows), "--project", project["id"])
    assert result.exit_code == 0, result.output
    assert "1 row rejected: larger than 102,400 bytes" in result.output
    assert "1 row rejected: row: not CSV" in result.output
    assert count(project) == 2


def test_again_doubles_nothing_also_without_ids_and_with_equal_rows(ann, run, write, count, flush):
    project = ann.make_project(retention_days=0)
    row = ["view", "u1", "2026-01-01", "a"]
    file = write(["event", "user_id", "ts", "x"], row, row, ["view", "u2", "2026-01-01", "a"])
    for _ in range(2):
        assert run(file, "--project", project["id"]).exit_code == 0
        assert count(project) == 3
        flush()
        assert count(project) == 3


def test_of_one_id_the_first_row_wins(ann, run, write, flush):
    project = ann.make_project(retention_days=0)
    file = write(
        ["event_id", "event", "user_id", "ts"],
        ["e1", "view", "first", "2026-01-02"],
        *([f"x{n}", "view", "u", "2026-01-01"] for n in range(2500)),
        ["e1", "view", "second", "2026-01-01"],
    )
    assert run(file, "--project", project["id"]).exit_code == 0
    for _ in range(2):
        body = {"project_id": project["id"], "start_date": "2000-01-01", "filter": {"user_id": ["first", "second"]}}
        answer = ann.post("/analytics/funnel", body | {"stages": [{"event_type": "view"}]})
        assert answer.json["receipt"]["events"] == 1
        answer = ann.post(
            "/analytics/funnel", body | {"stages": [{"event_type": "view", "filter": {"user_id": "first"}}]}
        )
        assert answer.json["stages"][0]["users"] == 1
        flush()


def test_columns_can_be_mapped_and_times_have_a_zone(ann, run, write):
    project = ann.make_project(retention_days=0)
    file = write(["what", "customer", "when"], ["view", "c1", "2026-01-01 00:30"])
    mapping = ["--map", "event_type=what", "--map", "user_id=customer", "--map", "timestamp=when"]
    result = run(file, "--project", project["id"], *mapping, "--timezone", "Europe/Berlin")
    assert result.exit_code == 0, result.output
    body = {"project_id": project["id"], "stages": [{"event_type": "view"}]}
    for day, users in (("2025-12-31", 1), ("2026-01-01", 0)):
        answer = ann.post("/analytics/funnel", body | {"start_date": day, "end_date": day})
        assert answer.json["stages"][0]["users"] == users


class TestRowsOlderThanTheProjectKeeps:
    @pytest.fixture
    def file(self, write):
        return write(
            ["event", "user_id", "ts"],
            ["view", "u1", days_ago(1)],
            *(["view", f"old{n}", days_ago(40)] for n in range(1234)),
        )

    def test_stop_it_before_the_first_row(self, ann, run, file, count):
        project = ann.make_project(retention_days=30)
        result = run(file, "--project", project["id"])
        assert result.exit_code == 1
        for word in ("1,234", "retention_days", "--keep-all", "--skip-old"):
            assert word in result.output
        assert count(project) == 0

    def test_skip_old_leaves_them_out(self, ann, run, file, count):
        project = ann.make_project(retention_days=30)
        result = run(file, "--project", project["id"], "--skip-old")
        assert result.exit_code == 0
        assert "1,234 rows left out" in result.output
        assert count(project) == 1

    def test_keep_all_keeps_the_projects_events_for_ever(self, ann, run, file, count):
        project = ann.make_project(retention_days=30)
        assert run(file, "--project", project["id"], "--keep-all").exit_code == 0
        assert count(project) == 1235
        assert ann.get(f"/projects/{project['id']}").json["retention_days"] == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--map", "user_id"], "NAME=COLUMN"),
        (["--map", "user_id=a", "--map", "user_id=b"], "twice"),
        (["--map", "colour=event"], "colour"),
        (["--map", "user_id=nothing"], "nothing"),
        (["--timezone", "Mars/Olympus"], "zone"),
    ],
)
def test_what_cannot_be_understood_is_said_in_a_line(ann, run, write, count, arguments, word):
    project = ann.make_project(retention_days=0)
    result = run(write(["event", "user_id", "ts"], ["a", "u", "2026-01-01"]), "--project", project["id"], *arguments)
    assert result.exit_code == 1
    assert word in result.output
    assert "Traceback" not in result.output
    assert count(project) == 0


def test_what_the_project_says_of_its_events_holds_for_a_file(ann, services, write, tmp_path, flush):
    places = write_places(tmp_path / "places.mmdb", **{"203.0.113.0/24": BERLIN})
    project = ann.make_project(timezone="Pacific/Auckland", url_parameters=["plan"], retention_days=0)
    file = write(
        ["event", "user_id", "ts", "url", "ip_address"],
        ["view", "u1", "2026-01-18T21:30:00Z", "https://shop.example/p?plan=pro&token=secret", "203.0.113.9"],
    )
    with_places = replace(services, addresses=Addresses(b"key", Places(places)))
    import_file.run_import(Console(quiet=True), with_places, file, project_id=project["id"])
    flush()
    (event,) = ann.get(f"/projects/{project['id']}/events").json
    assert event["url"] == "https://shop.example/p?plan=pro"
    assert event["context"]["local_weekday"] == "monday"
    assert event["context"]["local_hour"] == "10"
    assert event["context"]["city"] == "Berlin"


def test_unknown_projects_and_files_are_said_in_a_line(ann, run, write, tmp_path):
    project = ann.make_project()
    file = write(["event", "user_id", "ts"])
    for arguments in ([file, "--project", "../x"], [tmp_path / "none.csv", "--project", project["id"]]):
        result = run(*arguments)
        assert result.exit_code == 1
        assert result.output.startswith("iafa: ")


def test_at_the_high_water_mark_it_waits_for_room(ann, services, settings, write, flush, monkeypatch, count):
    project = ann.make_project(retention_days=0)
    file = write(["event", "user_id", "ts"], *(["view", f"u{n}", "2026-01-01"] for n in range(3000)))
    waited = threading.Event()

    def sleep(seconds):
        waited.set()
        time.sleep(0.3)

    monkeypatch.setattr(import_file.clock, "sleep", sleep)
    monkeypatch.setattr(services.buffer, "_high_water_bytes", 150_000)

    def make_room():
        assert waited.wait(20)
        for _ in range(20):
            flush()
            time.sleep(0.1)

    scheduler = threading.Thread(target=make_room)
    scheduler.start()
    tally = import_file.run_import(Console(quiet=True), services, file, project_id=project["id"])
    scheduler.join()
    assert waited.is_set()
    assert tally.accepted == 3000
    assert count(project) == 3000
