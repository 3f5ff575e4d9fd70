"""The `iafa` command: what it prints, and that errors are lines and not traces."""

import pytest
from click.testing import CliRunner

from iafa_api.cli import console, main


@pytest.fixture
def run(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "width", 200)
    environment = {
        "IAFA_DATA_DIR": str(settings.data_dir),
        "IAFA_FREE_DISK_BYTES": "1",
        "IAFA_PASSWORD_COST": "4",
    }

    def run(*arguments, **more):
        return CliRunner().invoke(main, list(arguments), env=environment | more)

    return run


def test_settings_are_listed_with_value_and_source(run):
    result = run("settings", IAFA_PORT="8123", IAFA_SECRET_KEY="s" * 40)
    assert result.exit_code == 0
    lines = {line.split()[0]: line for line in result.output.splitlines() if line.strip().startswith("IAFA_")}
    assert "8123" in lines["IAFA_PORT"]
    assert "environment" in lines["IAFA_PORT"]
    assert "default" in lines["IAFA_WORKERS"]
    assert "sssss" not in result.output


def test_an_unknown_setting_is_a_line(run):
    result = run("settings", IAFA_PROT="1")
    assert result.exit_code == 1
    assert "IAFA_PROT" in result.output
    assert "Traceback" not in result.output


def test_a_funnel_is_printed_as_bars(run, ann):
    project = ann.make_project(retention_days=0)
    events = [{"event_type": "view", "user_id": f"u{n}", "timestamp": "2026-01-15T10:00:00Z"} for n in range(4)] + [
        {"event_type": "pay", "user_id": "u0", "timestamp": "2026-01-15T12:00:00Z"}
    ]
    ann.track(project["api_key"], *events)
    funnel = ann.make_funnel(project["id"], "view", "pay")
    result = run("funnel", funnel["id"], "--from", "2026-01-01", "--to", "2026-01-31")
    assert result.exit_code == 0, result.output
    assert "25.00 %" in result.output
    assert "2.0 h" in result.output
    assert "█" * 40 in result.output
    hour = run("funnel", funnel["id"], "--from", "2026-01-01", "--to", "2026-01-31", "--window", "1h")
    assert "within 1 hour" in hour.output
    assert "Overall conversion: 0.00 %" in hour.output


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["nothing"], "no funnel"), (["ID", "--from", "yesterday"], "start_date"), (["ID", "--window", "x"], "7d")],
)
def test_a_funnel_that_cannot_be_asked_is_a_line(run, ann, arguments, word):
    project = ann.make_project()
    funnel = ann.make_funnel(project["id"], "view", "pay")
    result = run("funnel", *[funnel["id"] if argument == "ID" else argument for argument in arguments])
    assert result.exit_code == 1
    assert word in result.output
    assert "Traceback" not in result.output


def test_the_funnel_of_a_deleted_project_is_not_printed(run, ann):
    project = ann.make_project()
    funnel = ann.make_funnel(project["id"], "view", "pay")
    ann.delete(f"/projects/{project['id']}")
    result = run("funnel", funnel["id"])
    assert result.exit_code == 1
    assert "deleted" in result.output


def test_names_are_printed_and_not_obeyed(run, ann):
    project = ann.make_project()
    funnel = ann.make_funnel(project["id"], "[bold]view", "[/] pay", name="My [/] funnel [red]")
    result = run("funnel", funnel["id"])
    assert result.exit_code == 0, result.output
    for text in ("My [/] funnel [red]", "[bold]view", "[/] pay"):
        assert text in result.output
    result = run("funnel", "[/x]\x1b]0;owned")
    assert result.exit_code == 1
    assert "[/x]" in result.output
    assert "\x1b" not in result.output


def test_the_version_is_told(run):
    assert "0.1.0" in run("--version").output
