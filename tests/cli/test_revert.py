"""`iafa revert`: many things as they were, in one append."""

import time

import pytest
from click.testing import CliRunner

from iafa_api import clock
from iafa_api.cli import main


@pytest.fixture
def run(settings):
    environment = {"IAFA_DATA_DIR": str(settings.data_dir), "IAFA_PASSWORD_COST": "4", "COLUMNS": "200"}
    return lambda *arguments: CliRunner().invoke(main, ["revert", *arguments], env=environment)


@pytest.fixture
def world(ann):
    """A project with two funnels, a moment, and what was done after it."""
    project = ann.make_project()
    kept = ann.make_funnel(project["id"], "a", "b", name="Kept")
    gone = ann.make_funnel(project["id"], "a", "b", name="Gone")
    moment = clock.format_time(clock.now_us())
    time.sleep(0.002)
    ann.put(f"/funnels/{kept['id']}", kept | {"name": "Renamed"}, headers={"If-Match": '"1"'})
    ann.put(f"/funnels/{gone['id']}", gone | {"name": "Renamed"}, headers={"If-Match": '"1"'})
    ann.delete(f"/funnels/{gone['id']}")
    later = ann.make_funnel(project["id"], "a", "b", name="Later")
    (key,) = ann.get(f"/projects/{project['id']}/api-keys").json
    ann.delete(f"/projects/{project['id']}/api-keys/{key['id']}")
    return {"project": project, "kept": kept, "gone": gone, "later": later, "key": key, "moment": moment}


def names(ann):
    return sorted(funnel["name"] for funnel in ann.get("/funnels").json)


def test_a_dry_run_prints_the_difference_and_changes_nothing(run, ann, services, world):
    seq = services.store.current().seq
    result = run("--to", world["moment"], "--stream", "funnel-*", "--dry-run")
    assert result.exit_code == 0, result.output
    assert '- name: "Renamed"' in result.output
    assert '+ name: "Kept"' in result.output
    assert "it was made since" in result.output
    assert "3 events would be written" in result.output
    assert services.store.current().seq == seq
    assert names(ann) == ["Later", "Renamed"]


def test_fields_and_deleted_things_come_back_and_newer_ones_stay(run, ann, services, world):
    result = run("--to", world["moment"], "--stream", "funnel-*", "--stream", "project-*")
    assert result.exit_code == 0, result.output
    assert names(ann) == ["Gone", "Kept", "Later"]
    assert ann.get(f"/funnels/{world['gone']['id']}").json["version"] == 5
    newest = ann.get(f"/funnels/{world['kept']['id']}/history").json[0]
    assert (newest["type"], newest["actor"]["kind"]) == ("funnel.reverted", "operator")
    assert "0 events written" in run("--to", world["moment"], "--stream", "funnel-*").output


def test_one_stream_alone(run, ann, world):
    assert run("--to", world["moment"], "--stream", f"funnel-{world['kept']['id']}").exit_code == 0
    assert names(ann) == ["Kept", "Later"]


def test_keys_never_come_back(run, ann, world):
    result = run("--to", world["moment"], "--stream", f"api_key-{world['key']['id']}")
    assert "no revert brings back credentials, keys" in " ".join(result.output.split())
    assert ann.get(f"/projects/{world['project']['id']}/api-keys").json == []


def test_a_moment_that_is_none_is_a_line(run, world):
    result = run("--to", "yesterday", "--stream", "funnel-*")
    assert result.exit_code == 1
    assert "offset" in result.output
