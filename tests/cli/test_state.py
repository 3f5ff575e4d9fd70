"""`iafa state --as-of`: the metadata as it was, personal fields sealed unless they are asked for."""

import errno
import json

import pytest

from iafa_api import clock
from iafa_api.commands.state import state
from iafa_api.errors import InvalidInput, NotFound
from iafa_api.metadata.access_log import AccessLog
from iafa_api.upkeep.past import state_as_of
from tests.cli.one_command import invoke


def now():
    return clock.format_time(clock.now_us())


def test_each_moment_shows_what_was_true_then(ann, services):
    before = now()
    project = ann.make_project()
    made = now()
    ann.put(f"/projects/{project['id']}", {"name": "Other"}, headers={"If-Match": '"1"'})

    def names(moment):
        return [row["name"] for row in state_as_of(services.data_dir, moment, kind="projects")["documents"]["projects"]]

    assert names(before) == []
    assert names(made) == ["Shop"]
    assert names(now()) == names(now()[:10]) == ["Other"]
    assert names("2020-01-01") == []


def test_one_document_is_printed_as_json(ann, services):
    project = ann.make_project()
    result = invoke(state, services.data_dir, "--as-of", now(), "--id", project["id"])
    found = json.loads(result.output)
    assert [row["id"] for row in found["documents"]["projects"]] == [project["id"]]
    assert list(found["documents"]) == ["projects"]


def test_personal_fields_stay_sealed_unless_they_are_asked_for(ann, services):
    sealed = invoke(state, services.data_dir, "--as-of", now(), "--kind", "users").output
    assert "ann@example.com" not in sealed
    opened = invoke(state, services.data_dir, "--as-of", now(), "--kind", "users", "--open").output
    assert "ann@example.com" in opened
    services.vault.destroy_person(ann.signed_in["user"]["id"])
    erased = json.loads(invoke(state, services.data_dir, "--as-of", now(), "--kind", "users", "--open").output)
    assert erased["documents"]["users"][0]["email"] == "erased"


def test_a_name_that_looks_like_a_token_is_a_name(ann, services):
    names = ["sealed:1:", "sealed:1:../../x:eA==", f"sealed:1:{ann.signed_in['user']['id']}:{'A' * 40}"]
    for name in names:
        ann.make_project(name=name)
    rows = state_as_of(services.data_dir, now(), kind="projects", is_open=True)["documents"]["projects"]
    assert sorted(row["name"] for row in rows) == sorted(names)


@pytest.mark.parametrize(
    ("as_of", "more", "error"),
    [
        ("yesterday", {}, InvalidInput),
        ("2030-01-01", {"kind": "shoes"}, InvalidInput),
        ("2030-01-01", {"subject_id": "x"}, NotFound),
        ("2030-01-01", {"timezone": "Moon"}, InvalidInput),
    ],
)
def test_what_cannot_be_shown_is_said(ann, services, as_of, more, error):
    with pytest.raises(error):
        state_as_of(services.data_dir, as_of, **more)


def test_an_empty_directory_stays_empty(tmp_path):
    with pytest.raises(NotFound):
        state_as_of(tmp_path, "2030-01-01")
    assert list(tmp_path.iterdir()) == []


def operators(person):
    return [entry for entry in person.get("/audit/access").json if "operator's command line" in entry["detail"]]


def test_who_opens_personal_fields_is_noted_for_those_whose_they_are(ann, bob, services):
    ann.make_project()
    before = services.store.current().seq
    for arguments in (["--kind", "users"], ["--kind", "projects", "--open"], ["--kind", "organizations", "--open"]):
        invoke(state, services.data_dir, "--as-of", now(), *arguments)
    assert operators(ann) == operators(bob) == []
    invoke(state, services.data_dir, "--as-of", now(), "--id", ann.signed_in["user"]["id"], "--open")
    (entry,) = operators(ann)
    assert (entry["kind"], entry["actor_id"], entry["ip_hash"]) == ("personal_data_read", None, None)
    assert "personal fields of 1 documents" in entry["detail"]
    assert operators(bob) == []
    invoke(state, services.data_dir, "--as-of", now(), "--open")
    assert (len(operators(ann)), len(operators(bob))) == (2, 1)
    assert services.store.current().seq == before, "beside a server it appends to the access log only"


def test_what_cannot_be_noted_is_not_shown(ann, services, monkeypatch):
    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(AccessLog, "record", fail)
    with pytest.raises(OSError, match="full"):
        state_as_of(services.data_dir, now(), is_open=True)
    assert state_as_of(services.data_dir, now())["documents"]["users"], "sealed, it may be"
