"""Erasing a person: the log stays whole, and nothing can be read of them any more."""

import json

import pytest

from iafa_api import clock
from iafa_api.bootstrap import bootstrap
from iafa_api.errors import NotAuthenticated
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.erasures import finish_erasures
from iafa_api.metadata.events import Actor, Cause
from iafa_api.metadata.log import Log
from iafa_api.metadata.projections import State
from iafa_api.metadata.store import MetadataStore
from tests.api.test_members import id_of, invite, join
from tests.conftest import Person

PASSWORD = {"password": "correct horse"}
CAUSE = Cause(Actor("system"), "r")


class Crash(Exception):
    pass


def erase_carl_oneself(ann, carl):
    assert carl.delete("/auth/me", json=PASSWORD).status_code == 204


def erase_carl_by_the_owner(ann, carl):
    assert ann.delete(f"/organization/members/{id_of(carl)}?erase=true").status_code == 204


def erase_carl_after_he_left(ann, carl):
    assert carl.delete(f"/organization/members/{id_of(carl)}").status_code == 204
    erase_carl_by_the_owner(ann, carl)


WAYS = [erase_carl_oneself, erase_carl_by_the_owner, erase_carl_after_he_left]


@pytest.fixture(params=WAYS, ids=[way.__name__ for way in WAYS])
def erased(request, ann):
    """Carl, who was a member and is erased."""
    carl = join(ann, "carl", "analyst")
    carl.call("PATCH", "/auth/me", {"full_name": "Carl Sagan"})
    request.param(ann, carl)
    return carl


def test_no_file_holds_a_personal_field_nor_a_key_to_one(erased, ann, services):
    services.store.write_snapshots()
    for path in services.data_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for plain in (b"carl@example.com", b"Carl Sagan", b"New Member", b"correct horse", b"$2b$"):
                assert plain not in content, path
    assert services.vault.list_persons() == [id_of(ann)]
    for line in (services.data_dir / "metadata" / "log.jsonl").read_text().splitlines():
        for event in json.loads(line):
            for name, token in event["sealed"].items():
                whose = token.split(":")[2]
                assert (services.vault.unseal(name, token) is None) == (whose == id_of(erased))


def test_the_log_is_whole_and_gives_the_same_state_again(erased, services, tmp_path):
    log = Log(services.data_dir / "metadata")
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "log.jsonl").write_bytes((services.data_dir / "metadata" / "log.jsonl").read_bytes())
    assert MetadataStore(copy, Log(copy)).current() == services.store.current()
    assert log.mark().synced == (copy / "log.jsonl").stat().st_size


def test_the_snapshots_say_erased(erased, services):
    services.store.write_snapshots()
    users = json.loads((services.data_dir / "metadata" / "users.json").read_text())["users"]
    (user,) = [user for user in users if user["id"] == id_of(erased)]
    assert (user["email"], user["full_name"], user["password_hash"]) == ("erased",) * 3
    assert user["is_active"] is False
    again = MetadataStore(services.data_dir / "metadata", Log(services.data_dir / "metadata"))
    assert again.current() == services.store.current()


def test_the_members_show_that_there_was_somebody(erased, ann):
    shown = ann.get(f"/organization/members/{id_of(erased)}").json
    assert (shown["email"], shown["full_name"], shown["status"]) == (None, None, "erased")
    assert [member["status"] for member in ann.get("/organization/members?with_former=1").json] == ["active", "erased"]
    assert len(ann.get("/organization/members").json) == 1
    assert ann.delete(f"/organization/members/{id_of(erased)}?erase=true").status_code == 404


@pytest.mark.parametrize("when", ["?version=1", "?as_of=then"])
def test_an_erasure_holds_for_the_past_too(ann, services, when):
    carl = join(ann, "carl", "analyst")
    then = clock.format_time(clock.now_us())
    path = f"/organization/members/{id_of(carl)}{when.replace('then', then)}"
    assert ann.get(path).json["email"] == "carl@example.com"
    erase_carl_by_the_owner(ann, carl)
    shown = ann.get(path).json
    assert (shown["email"], shown["full_name"], shown["status"], shown["role"]) == (None, None, "active", "analyst")
    listed = ann.get(f"/organization/members?as_of={then}").json
    assert [member["email"] for member in listed] == ["ann@example.com", None]


def test_the_history_says_erased_and_the_trail_stays(erased, ann):
    history = ann.get(f"/organization/members/{id_of(erased)}/history").json
    assert history[0]["type"] == "user.erased"
    assert history[-1]["type"] == "user.registered"
    assert history[-1]["data"]["email"] == "erased"
    assert "carl@" not in json.dumps(ann.get("/audit/events?page_size=100").json)


def test_sessions_are_over_and_nobody_signs_in(erased, anybody):
    assert erased.get("/auth/me").status_code == 401
    assert anybody.post("/auth/login", {"email": "carl@example.com", **PASSWORD}).status_code == 401


def test_the_address_can_register_again_as_somebody_new(erased, anybody, ann, services):
    again = anybody.register("carl@example.com")
    assert id_of(again) != id_of(erased)
    assert anybody.post("/auth/login", {"email": "carl@example.com", **PASSWORD}).json["user"]["id"] == id_of(again)
    shown = ann.get(f"/organization/members/{id_of(erased)}").json
    assert shown["email"] is None
    assert services.accounts.find("carl@example.com") == id_of(again)


def test_an_erasure_needs_the_password(ann):
    carl = join(ann, "carl")
    assert carl.delete("/auth/me", json={"password": "wrong horse"}).status_code == 403
    assert carl.delete("/auth/me", json={}).status_code == 422
    assert carl.get("/auth/me").status_code == 200


def test_only_owners_erase_others_and_nobody_without_the_password_oneself(ann):
    carl, dora = join(ann, "carl", "admin"), join(ann, "dora", "viewer")
    assert carl.delete(f"/organization/members/{id_of(dora)}?erase=true").status_code == 403
    assert carl.delete(f"/organization/members/{id_of(carl)}?erase=true").status_code == 403
    assert ann.delete(f"/organization/members/{id_of(ann)}?erase=true").status_code == 403
    assert ann.delete(f"/organization/members/{id_of(dora)}?eraze=true").status_code == 422
    assert dora.get("/auth/me").status_code == 200


def test_a_revoked_invitation_forgets_the_address(ann, services):
    made = invite(ann, "carl@example.com")
    assert len(services.vault.list_persons()) == 2
    assert ann.delete(f"/organization/invitations/{made['id']}").status_code == 204
    assert services.vault.list_persons() == [id_of(ann)]
    services.store.write_snapshots()
    users = json.loads((services.data_dir / "metadata" / "users.json").read_text())
    assert [invitation["email"] for invitation in users["invitations"]] == ["erased"]


def test_an_erasure_takes_the_invitations_along_that_were_given_out(ann, services):
    carl = join(ann, "carl", "admin")
    invite(carl, "dora@example.com")
    erase_carl_oneself(ann, carl)
    assert ann.get("/organization/invitations").json == []
    assert services.vault.list_persons() == [id_of(ann)]


class TestTheOnlyMember:
    def test_does_not_go_by_mistake(self, ann):
        answer = ann.delete("/auth/me", json=PASSWORD)
        assert answer.status_code == 409
        assert "delete_organization" in answer.json["message"]

    def test_may_go_with_the_organisation(self, ann, anybody, services):
        project = ann.make_project()
        made = invite(ann, "carl@example.com")
        assert ann.delete("/auth/me", json=PASSWORD | {"delete_organization": True}).status_code == 204
        assert services.vault.list_persons() == []
        assert anybody.track(project["api_key"], {"event_type": "a", "user_id": "u"}).status_code == 401
        body = {"email": "carl@example.com", "full_name": "C", "invitation": made["url"].partition("=")[2], **PASSWORD}
        assert anybody.post("/auth/register", body).status_code == 403
        assert anybody.register("ann@example.com").get("/projects").json == []

    def test_does_not_take_an_organisation_away_from_others(self, ann):
        carl = join(ann, "carl", "owner")
        for person in (ann, carl):
            answer = person.delete("/auth/me", json=PASSWORD | {"delete_organization": True})
            assert (answer.status_code, answer.json["message"][:3]) == (409, "The")


class TestCrashes:
    def test_a_crash_before_the_key_is_destroyed_is_made_good_at_the_next_start(
        self, ann, services, settings, monkeypatch
    ):
        carl = join(ann, "carl")

        def crash(person_id):
            raise Crash

        monkeypatch.setattr(services.vault, "destroy_person", crash)
        with pytest.raises(Crash):
            services.members.erase(CAUSE, id_of(ann), id_of(carl))
        assert id_of(carl) in services.vault.list_persons()
        assert ann.get(f"/organization/members/{id_of(carl)}").json["email"] is None
        again = bootstrap(settings)
        try:
            assert again.vault.list_persons() == [id_of(ann)]
        finally:
            again.close()

    def test_a_crash_before_the_log_has_it_has_erased_nobody(self, ann, services, monkeypatch):
        carl = join(ann, "carl")

        def crash(*_):
            raise Crash

        monkeypatch.setattr(services.store._log, "write", crash)
        with pytest.raises(Crash):
            services.members.erase(CAUSE, id_of(ann), id_of(carl))
        monkeypatch.undo()
        assert carl.get("/auth/me").json["email"] == "carl@example.com"

    def test_finishing_again_or_without_anybody_is_harmless(self, ann, services):
        invite(ann, "carl@example.com")
        before = services.vault.list_persons()
        assert finish_erasures(services.store.current(), services.vault) == []
        assert finish_erasures(State(), services.vault) == []
        assert services.vault.list_persons() == before


def test_what_was_begun_before_an_erasure_does_not_undo_it(ann, services, monkeypatch):
    """A change of the name that was sealed before, and is decided after: it must not bring a field back."""
    carl = join(ann, "carl")
    seal = services.vault.seal

    def erased_meanwhile(person_id, field, text):
        token = seal(person_id, field, text)
        services.members.erase(CAUSE, id_of(ann), id_of(carl))
        return token

    monkeypatch.setattr(services.vault, "seal", erased_meanwhile)
    with pytest.raises(NotAuthenticated):
        services.accounts.change_profile(CAUSE, id_of(carl), full_name="Carl Sagan")
    monkeypatch.undo()
    personal = Catalog(services.store.current()).get_personal_fields(services.vault, id_of(carl))
    assert (personal.email, personal.full_name) == (None, None)
    assert Person(ann.app, carl.token).get("/auth/me").status_code == 401
