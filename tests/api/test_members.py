"""/organization: members, roles, invitations, and the transfer of ownership."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from iafa_api import clock
from iafa_api.metadata.events import Actor, Cause
from iafa_api.metadata.log import Log, Position
from tests.conftest import Person

JOINING = {"password": "correct horse", "full_name": "New Member"}
DAY_US = 86_400 * clock.MICROSECONDS


def invite(inviter, email, role="viewer"):
    answer = inviter.post("/organization/invitations", {"email": email, "role": role})
    assert answer.status_code == 201, answer.json
    return answer.json | {"token": answer.json["url"].partition("#invitation=")[2]}


def join(inviter, name, role="viewer"):
    email = f"{name}@example.com"
    body = JOINING | {"email": email, "invitation": invite(inviter, email, role)["token"]}
    answer = Person(inviter.app).post("/auth/register", body)
    assert answer.status_code == 201, answer.json
    return Person(inviter.app, answer.json["access_token"], answer.json)


def id_of(person):
    return person.signed_in["user"]["id"]


def role_of(person):
    return person.get("/auth/me").json["role"]


def give(by, whom, role):
    return by.call("PATCH", f"/organization/members/{id_of(whom)}", {"role": role}).status_code


class TestInvitations:
    def test_who_follows_the_link_joins_with_the_invited_role(self, ann):
        carl = join(ann, "carl", "analyst")
        me = carl.get("/auth/me").json
        assert (me["role"], me["organization_id"]) == ("analyst", ann.signed_in["user"]["organization_id"])
        assert carl.get("/projects").status_code == 200
        listed = ann.get("/organization/members")
        assert [member["email"] for member in listed.json] == ["ann@example.com", "carl@example.com"]
        assert json.loads(listed.headers["X-Pagination"])["total"] == 2
        assert ann.get("/organization/invitations").json == []

    def test_an_invitation_is_listed_and_its_link_told_once(self, ann):
        made = ann.post("/organization/members", {"email": " Carl@Example.com", "role": "admin"})
        assert made.status_code == 201
        assert set(made.json) == {"id", "email", "role", "invited_by", "expires_at", "created_at", "url"}
        assert (made.json["email"], made.json["invited_by"]) == ("Carl@Example.com", id_of(ann))
        (listed,) = ann.get("/organization/invitations").json
        assert listed == {name: value for name, value in made.json.items() if name != "url"}

    def test_an_invitation_lets_in_where_registration_is_by_invitation(self, make_app):
        app = make_app(registration="invite")
        ann = Person(app).register("ann@example.com")
        assert role_of(join(ann, "carl")) == "viewer"
        body = JOINING | {"email": "dora@example.com"}
        assert Person(app).post("/auth/register", body).status_code == 403

    def test_the_address_must_be_the_invited_one_however_it_is_written(self, ann, anybody):
        token = invite(ann, "carl@example.com")["token"]
        answer = anybody.post("/auth/register", JOINING | {"email": "dora@example.com", "invitation": token})
        assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, ["email"])
        answer = anybody.post("/auth/register", JOINING | {"email": "CARL@example.com ", "invitation": token})
        assert answer.status_code == 201

    def test_a_link_is_good_once(self, ann, anybody):
        body = JOINING | {"email": "carl@example.com", "invitation": invite(ann, "carl@example.com")["token"]}
        assert anybody.post("/auth/register", body).status_code == 201
        assert anybody.post("/auth/register", body).status_code == 403

    def test_of_many_who_follow_one_link_at_once_one_joins(self, ann, make_app, services):
        apps = [make_app() for _ in range(2)]
        body = JOINING | {"email": "carl@example.com", "invitation": invite(ann, "carl@example.com")["token"]}
        statuses = together(*(lambda app=app: Person(app).post("/auth/register", body).status_code for app in apps * 3))
        assert sorted(statuses) == [201] + [403] * 5
        assert len(list((services.data_dir / "vault" / "persons").iterdir())) == 2

    @pytest.mark.parametrize("how", ["revoked", "replaced", "expired", "tampered", "nonsense", "of another"])
    def test_a_link_that_is_not_good_says_one_thing_for_every_cause(self, ann, bob, anybody, monkeypatch, how):
        made = invite(ann, "carl@example.com")
        token = made["token"]
        if how == "revoked":
            assert ann.delete(f"/organization/invitations/{made['id']}").status_code == 204
            assert ann.delete(f"/organization/invitations/{made['id']}").status_code == 404
        elif how == "replaced":
            invite(ann, "CARL@example.com", "admin")
            assert [each["role"] for each in ann.get("/organization/invitations").json] == ["admin"]
        elif how == "expired":
            later = clock.now_us() + 8 * DAY_US
            monkeypatch.setattr(clock, "now_us", lambda: later)
        elif how == "tampered":
            token = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
        elif how == "of another":
            token = made["id"] + "." + invite(bob, "dora@example.com")["token"].partition(".")[2]
        else:
            token = "x"
        answer = anybody.post("/auth/register", JOINING | {"email": "carl@example.com", "invitation": token})
        assert answer.status_code == 403
        assert answer.json["message"] == "The invitation is not valid, or not any more: ask for another one."

    def test_the_time_of_an_invitation_that_is_over_forgets_the_address(self, ann, services, monkeypatch):
        invite(ann, "carl@example.com")
        cause = Cause(Actor("system"), clock.new_id())
        assert services.invitations.revoke_expired(cause) == 0
        later = clock.now_us() + 8 * DAY_US
        monkeypatch.setattr(clock, "now_us", lambda: later)
        assert services.invitations.revoke_expired(cause) == 1
        assert services.invitations.revoke_expired(cause) == 0
        assert services.vault.list_persons() == [id_of(ann)]
        assert ann.get("/organization/invitations").json == []

    def test_an_address_with_an_account_cannot_be_invited(self, ann, bob, services):
        for email in ("bob@example.com", "ANN@example.com"):
            answer = ann.post("/organization/invitations", {"email": email, "role": "viewer"})
            assert (answer.status_code, list(answer.json["errors"]["json"])) == (409, ["email"])
        assert len(services.vault.list_persons()) == 2

    def test_an_address_that_has_registered_elsewhere_since_cannot_join(self, ann, anybody):
        token = invite(ann, "carl@example.com")["token"]
        anybody.register("carl@example.com")
        answer = anybody.post("/auth/register", JOINING | {"email": "carl@example.com", "invitation": token})
        assert answer.status_code == 409

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"email": "carl"}, "email"),
            ({"role": "king"}, "role"),
            ({"expires": 1}, "expires"),
            ({"role": None}, "role"),
        ],
    )
    def test_a_bad_invitation_names_its_field(self, ann, changed, field):
        answer = ann.post("/organization/invitations", {"email": "c@example.com", "role": "viewer"} | changed)
        assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, [field])

    def test_an_invited_member_brings_no_organisation(self, ann, anybody):
        body = JOINING | {"email": "carl@example.com", "invitation": invite(ann, "carl@example.com")["token"]}
        answer = anybody.post("/auth/register", body | {"organization_name": "Mine"})
        assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, ["organization_name"])

    def test_who_may_not_invite_any_more_has_invited_nobody(self, ann, anybody):
        carl = join(ann, "carl", "admin")
        dora, ewan = invite(carl, "dora@example.com", "viewer"), invite(ann, "ewan@example.com", "viewer")
        assert give(ann, carl, "analyst") == 200
        assert [each["id"] for each in ann.get("/organization/invitations").json] == [ewan["id"]]
        answer = anybody.post("/auth/register", JOINING | {"email": "dora@example.com", "invitation": dora["token"]})
        assert answer.status_code == 403

    def test_the_link_and_the_address_stand_nowhere_in_clear(self, ann, services):
        token = invite(ann, "carl@example.com")["token"]
        services.store.write_snapshots()
        for path in services.data_dir.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert token.partition(".")[2].encode() not in content, path
                assert b"carl@example.com" not in content, path


class TestRoles:
    @pytest.mark.parametrize(
        ("role", "may_give"),
        [
            ("owner", {"owner", "admin", "analyst", "viewer"}),
            ("admin", {"analyst", "viewer"}),
            ("analyst", set()),
            ("viewer", set()),
        ],
    )
    def test_who_may_give_which_role(self, ann, role, may_give):
        giver, taker = join(ann, "giver", role), join(ann, "taker", "viewer")
        for given in ("analyst", "viewer", "admin", "owner"):
            expected = given in may_give
            body = {"email": f"{given}@example.com", "role": given}
            assert giver.post("/organization/invitations", body).status_code == (201 if expected else 403)
            assert give(giver, taker, given) == (200 if expected else 403)
            assert give(ann, taker, "viewer") == 200

    @pytest.mark.parametrize("role", ["admin", "owner"])
    def test_an_admin_manages_neither_admins_nor_owners(self, ann, role):
        carl, dora = join(ann, "carl", "admin"), join(ann, "dora", role)
        assert give(carl, dora, "viewer") == 403
        assert carl.delete(f"/organization/members/{id_of(dora)}").status_code == 403
        assert role_of(dora) == role

    def test_an_admin_does_not_take_back_an_owners_invitation_to_own(self, ann):
        carl, made = join(ann, "carl", "admin"), invite(ann, "dora@example.com", "owner")
        assert carl.delete(f"/organization/invitations/{made['id']}").status_code == 403

    @pytest.mark.parametrize("role", ["admin", "analyst", "viewer"])
    def test_nobody_raises_their_own_role(self, ann, role):
        carl = join(ann, "carl", role)
        assert give(carl, carl, "owner") == 403
        assert give(carl, carl, role) == 200
        assert role_of(carl) == role

    def test_anybody_may_lower_their_own_role(self, ann):
        carl = join(ann, "carl", "admin")
        assert give(carl, carl, "viewer") == 200
        assert role_of(carl) == "viewer"

    def test_a_new_role_holds_from_the_next_request_on(self, ann):
        carl = join(ann, "carl", "admin")
        assert carl.post("/projects", {"name": "P"}).status_code == 201
        assert give(ann, carl, "analyst") == 200
        assert carl.post("/projects", {"name": "Q"}).status_code == 403

    def test_the_same_role_again_is_no_event(self, ann, services):
        carl = join(ann, "carl")
        before = services.store.current().seq
        assert give(ann, carl, "viewer") == 200
        assert services.store.current().seq == before

    def test_what_is_another_organisations_does_not_exist(self, ann, bob):
        made = invite(bob, "carl@example.com")
        for answer in (
            ann.get(f"/organization/members/{id_of(bob)}"),
            ann.call("PATCH", f"/organization/members/{id_of(bob)}", {"role": "viewer"}),
            ann.delete(f"/organization/members/{id_of(bob)}"),
            ann.delete(f"/organization/members/{id_of(bob)}?erase=true"),
            ann.post("/organization/transfer-ownership", {"user_id": id_of(bob)}),
            ann.delete(f"/organization/invitations/{made['id']}"),
            ann.get("/organization/members/nobody"),
        ):
            assert answer.status_code == 404
        assert [member["id"] for member in ann.get("/organization/members").json] == [id_of(ann)]

    def test_a_viewer_sees_members_and_no_invitations(self, ann):
        carl = join(ann, "carl")
        assert len(carl.get("/organization/members").json) == 2
        assert carl.get(f"/organization/members/{id_of(ann)}").json["role"] == "owner"
        assert carl.get("/organization/invitations").status_code == 403

    @pytest.mark.parametrize("path", ["members", "members/x", "invitations"])
    def test_who_is_not_signed_in_sees_nothing(self, anybody, path):
        assert anybody.get(f"/organization/{path}").status_code in (401, 405)


class TestLeaving:
    def test_who_is_removed_is_out_at_once(self, ann, anybody, make_app):
        carl = join(ann, "carl", "analyst")
        other_worker = Person(make_app(), carl.token)
        assert other_worker.get("/auth/me").status_code == 200
        assert ann.delete(f"/organization/members/{id_of(carl)}").status_code == 204
        assert other_worker.get("/auth/me").status_code == 401
        assert anybody.post("/auth/refresh", {"refresh_token": carl.signed_in["refresh_token"]}).status_code == 401
        assert (
            anybody.post("/auth/login", {"email": "carl@example.com", "password": "correct horse"}).status_code == 401
        )
        assert ann.delete(f"/organization/members/{id_of(carl)}").status_code == 404
        assert give(ann, carl, "admin") == 404

    def test_who_was_removed_is_still_known_by_name(self, ann):
        carl = join(ann, "carl")
        ann.delete(f"/organization/members/{id_of(carl)}")
        assert len(ann.get("/organization/members").json) == 1
        former = ann.get("/organization/members?with_former=true").json[1]
        assert (former["email"], former["status"], former["is_active"]) == ("carl@example.com", "removed", False)
        assert ann.get(f"/organization/members/{id_of(carl)}").json == former

    def test_who_was_removed_can_be_invited_again(self, ann):
        carl = join(ann, "carl")
        ann.delete(f"/organization/members/{id_of(carl)}")
        again = join(ann, "carl", "admin")
        assert id_of(again) != id_of(carl)
        assert ann.delete(f"/organization/members/{id_of(carl)}?erase=true").status_code == 204
        assert again.get("/auth/me").json["email"] == "carl@example.com"

    def test_anybody_may_leave(self, ann):
        carl = join(ann, "carl")
        assert carl.delete(f"/organization/members/{id_of(carl)}").status_code == 204
        assert carl.get("/auth/me").status_code == 401

    def test_the_last_owner_stays(self, ann):
        join(ann, "carl", "admin")
        before = ann.get("/auth/me").json
        for answer in (
            ann.delete(f"/organization/members/{id_of(ann)}"),
            ann.call("PATCH", f"/organization/members/{id_of(ann)}", {"role": "admin"}),
            ann.delete("/auth/me", json={"password": "correct horse"}),
        ):
            assert answer.status_code == 409
            assert answer.json["message"] == "The last owner stays: make another member an owner first."
        assert ann.get("/auth/me").json == before

    def test_an_owner_who_is_not_the_last_may_go(self, ann):
        carl = join(ann, "carl", "owner")
        assert ann.delete(f"/organization/members/{id_of(ann)}").status_code == 204
        assert carl.delete(f"/organization/members/{id_of(carl)}").status_code == 409

    @pytest.mark.parametrize("how", ["demote each other", "leave", "demote themselves", "erase themselves"])
    def test_of_two_owners_at_once_one_stays(self, ann, make_app, how):
        carl = join(ann, "carl", "owner")
        apps = [make_app(), make_app()]
        people = [Person(apps[0], ann.token, ann.signed_in), Person(apps[1], carl.token, carl.signed_in)]
        password = {"password": "correct horse"}
        tries = {
            "demote each other": lambda one, other: give(one, other, "viewer"),
            "leave": lambda one, other: one.delete(f"/organization/members/{id_of(one)}").status_code,
            "demote themselves": lambda one, other: give(one, one, "viewer"),
            "erase themselves": lambda one, other: one.delete("/auth/me", json=password).status_code,
        }
        statuses = together(lambda: tries[how](*people), lambda: tries[how](*reversed(people)))
        assert sorted(statuses)[0] in (200, 204), statuses
        assert sorted(statuses)[1] in (403, 409), statuses
        (left,) = [
            person for person in people if person.get("/auth/me").status_code == 200 and role_of(person) == "owner"
        ]
        owners = [member["id"] for member in left.get("/organization/members").json if member["role"] == "owner"]
        assert owners == [id_of(left)]


class TestTransfer:
    def test_ownership_passes_in_one_step(self, ann, services):
        carl = join(ann, "carl", "viewer")
        answer = ann.post("/organization/transfer-ownership", {"user_id": id_of(carl)})
        assert (answer.status_code, answer.json["role"], answer.json["id"]) == (200, "owner", id_of(carl))
        assert (role_of(ann), role_of(carl)) == ("admin", "owner")
        line = (services.data_dir / "metadata" / "log.jsonl").read_text().splitlines()[-1]
        assert [event["type"] for event in json.loads(line)] == ["user.role_changed", "user.role_changed"]

    def test_only_an_owner_gives_ownership_away_and_to_another(self, ann):
        carl = join(ann, "carl", "admin")
        assert carl.post("/organization/transfer-ownership", {"user_id": id_of(carl)}).status_code == 403
        answer = ann.post("/organization/transfer-ownership", {"user_id": id_of(ann)})
        assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, ["user_id"])

    def test_to_one_who_owns_already_it_is_stepping_back(self, ann):
        carl = join(ann, "carl", "owner")
        assert ann.post("/organization/transfer-ownership", {"user_id": id_of(carl)}).status_code == 200
        assert (role_of(ann), role_of(carl)) == ("admin", "owner")


class TestThePast:
    def test_invitations_that_were_open_then_can_be_listed(self, ann):
        before = clock.format_time(clock.now_us())
        made = invite(ann, "carl@example.com")
        then = clock.format_time(clock.now_us())
        assert ann.delete(f"/organization/invitations/{made['id']}").status_code == 204
        path = "/organization/invitations"
        assert [[each["id"] for each in ann.get(path + when).json] for when in ("", f"?as_of={then}")] == [
            [],
            [made["id"]],
        ]
        assert ann.get(f"{path}?as_of={before}").json == []
        assert made["token"] not in ann.get(f"{path}?as_of={then}").text
        assert ann.get(f"{path}?as_of=yesterday").status_code == 422

    def test_roles_of_then_can_be_asked_for(self, ann, bob):
        carl = join(ann, "carl", "analyst")
        then = clock.format_time(clock.now_us())
        give(ann, carl, "admin")
        path = f"/organization/members/{id_of(carl)}"
        assert [ann.get(path + when).json["role"] for when in ("", "?version=1", f"?as_of={then}")] == [
            "admin",
            "analyst",
            "analyst",
        ]
        (change, made) = ann.get(path + "/history").json
        assert change["changes"] == [{"path": "role", "from": "analyst", "to": "admin"}]
        assert "password_hash" not in made["data"]
        for wrong in ("?version=1", f"?as_of={then}", "/history"):
            assert bob.get(path + wrong).status_code == 404
        assert carl.call("PATCH", path, {"role": "viewer"}).status_code == 200
        assert carl.get(path + "/history").status_code == 403

    def test_looks_at_personal_data_and_refusals_are_recorded(self, ann):
        carl = join(ann, "carl", "admin")
        carl.get("/organization/members")
        give(carl, ann, "viewer")
        refused, looked = ann.get("/audit/access").json[:2]
        assert (refused["kind"], refused["actor_id"]) == ("access_refused", id_of(carl))
        assert (looked["kind"], looked["detail"]) == ("personal_data_read", "the members")


def test_every_step_is_in_the_log_with_who_did_it_and_in_which_request(ann, services):
    carl = join(ann, "carl", "analyst")
    headers = {"X-Request-ID": "the-request"}
    ann.call("PATCH", f"/organization/members/{id_of(carl)}", {"role": "viewer"}, headers=headers)
    ann.delete(f"/organization/members/{id_of(carl)}", headers=headers)
    log = Log(services.data_dir / "metadata")
    events, _ = log.read(Position(), log.mark().synced)
    by_type = {event.type: event for event in events}
    assert by_type["invitation.created"].actor.id == id_of(ann)
    assert by_type["invitation.accepted"].actor.id == id_of(carl)
    for name in ("user.role_changed", "user.removed", "email.released", "session.revoked"):
        event = by_type[name]
        assert (event.actor.kind, event.actor.id, event.request_id) == ("user", id_of(ann), "the-request")
        assert event.organization_id == ann.signed_in["user"]["organization_id"]


def together(*tries):
    """The answers of all, begun at one moment; what fails in one, fails here."""
    barrier = threading.Barrier(len(tries))

    def run(attempt):
        barrier.wait()
        return attempt()

    with ThreadPoolExecutor(len(tries)) as pool:
        return list(pool.map(run, tries))
