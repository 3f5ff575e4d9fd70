"""`iafa quarantine`: what was refused, listed, written to a file, sent again."""

import json

import pytest

from iafa_api.commands.quarantine import quarantine
from iafa_api.errors import NotFound
from tests.cli.one_command import invoke

BAD = {"event_type": "b", "user_id": "u\u001b[2J"}


@pytest.fixture
def project(ann, flush):
    project = ann.make_project(event_types=["a"])
    ann.track(project["api_key"], {**BAD, "id": "first"}, 7)
    flush()
    ann.track(project["api_key"], {**BAD, "id": "second"})
    return project


def test_the_newest_are_listed_and_no_control_character_is_obeyed(project, services):
    result = invoke(quarantine, services.data_dir, "list", "--project", project["id"], "--limit", "2")
    assert '"second"' in result.output.splitlines()[0]
    assert "event_type_not_allowed (event_type: The project does not allow this event type.)" in result.output
    assert result.output.endswith("2 of 3 refused events.\n")
    assert "\u001b" not in result.output


def test_they_are_written_to_a_new_file(project, services, tmp_path):
    arguments = ("download", "--project", project["id"], "--output", str(tmp_path / "refused.ndjson"))
    invoke(quarantine, services.data_dir, *arguments)
    lines = (tmp_path / "refused.ndjson").read_text().splitlines()
    assert [json.loads(line)["event_id"] for line in lines] == ["first", None, "second"]
    with pytest.raises(FileExistsError):
        invoke(quarantine, services.data_dir, *arguments)
    result = invoke(quarantine, services.data_dir, "download", "--project", project["id"], "--reason", "not_an_object")
    assert [json.loads(line)["event"] for line in result.output.splitlines()] == [7]


def test_they_are_sent_again_by_the_rules_of_now(ann, project, services, flush):
    replay = ("replay", "--project", project["id"])
    assert "0 accepted, 3 refused again" in invoke(quarantine, services.data_dir, *replay).output
    ann.put(f"/projects/{project['id']}", {"name": "Shop", "event_types": []}, headers={"If-Match": '"1"'})
    assert "2 would be accepted" in invoke(quarantine, services.data_dir, *replay, "--dry-run").output
    chosen = ann.get(f"/projects/{project['id']}/quarantine").json[0]["id"]
    assert "1 accepted, 0 refused" in invoke(quarantine, services.data_dir, *replay, "--id", chosen).output
    result = invoke(quarantine, services.data_dir, *replay)
    assert result.output == "1 accepted, 1 refused again.\n  not_an_object: 1\n"
    flush()
    assert [entry["reason"] for entry in ann.get(f"/projects/{project['id']}/quarantine").json] == ["not_an_object"]
    assert ann.get(f"/projects/{project['id']}/data-quality").json["total"]["accepted"] == 2


def test_each_look_is_in_the_access_log(ann, project, services):
    invoke(quarantine, services.data_dir, "list", "--project", project["id"])
    invoke(quarantine, services.data_dir, "replay", "--project", project["id"])
    entries = ann.get("/audit/access").json
    assert [(entry["kind"], entry["actor_id"]) for entry in entries] == [
        ("quarantine_replayed", None),
        ("personal_data_read", None),
    ]


def test_an_unknown_project_is_named(services):
    with pytest.raises(NotFound, match="no project with the id 'x'"):
        invoke(quarantine, services.data_dir, "list", "--project", "x")
