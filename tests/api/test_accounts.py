"""/auth: accounts, tokens and sessions."""

import json
import threading

import pytest

from tests.conftest import Person

ANN = {"email": "ann@example.com", "password": "correct horse", "full_name": "Ann"}


def test_registering_makes_an_owner_with_an_organisation(anybody):
    answer = anybody.post("/auth/register", ANN | {"organization_name": "Acme"})
    assert answer.status_code == 201
    assert set(answer.json) == {"user", "access_token", "refresh_token", "token_type", "expires_in"}
    user = answer.json["user"]
    assert (user["email"], user["full_name"], user["role"]) == ("ann@example.com", "Ann", "owner")
    assert user["organization_name"] == "Acme"
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 86_400)
    me = Person(anybody.app, answer.json["access_token"]).get("/auth/me")
    assert me.json == user


@pytest.mark.parametrize("email", ["ann@example.com", " Ann@Example.COM "])
def test_an_address_is_taken_once_however_it_is_written(anybody, ann, email):
    answer = anybody.post("/auth/register", ANN | {"email": email})
    assert answer.status_code == 409
    assert answer.json["errors"] == {"json": {"email": ["Already registered."]}}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "ann"}, "email"),
        ({"email": "a b@c.d"}, "email"),
        ({"email": "x" * 300 + "@example.com"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 1001}, "password"),
        ({"full_name": ""}, "full_name"),
        ({"full_name": 7}, "full_name"),
        ({"full_name": "a\nb"}, "full_name"),
        ({"is_admin": True}, "is_admin"),
    ],
)
def test_a_bad_registration_names_its_field_and_leaves_nothing(anybody, services, changed, field):
    answer = anybody.post("/auth/register", ANN | changed)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == [field]
    assert services.store.current().seq == 0


def test_a_refused_registration_leaves_no_key(anybody, ann, services):
    keys = services.data_dir / "vault" / "persons"
    assert anybody.post("/auth/register", ANN).status_code == 409
    assert len(list(keys.iterdir())) == 1


def test_of_many_registrations_of_one_address_one_is_made(anybody, make_app, services):
    apps = [make_app() for _ in range(2)]
    statuses = []

    def register(number):
        statuses.append(Person(apps[number % 2]).post("/auth/register", ANN).status_code)

    threads = [threading.Thread(target=register, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [409] * 7
    assert len(list((services.data_dir / "vault" / "persons").iterdir())) == 1


def test_who_registers_is_the_actor_of_it(ann, services):
    line = (services.data_dir / "metadata" / "log.jsonl").read_text().splitlines()[0]
    assert {event["actor"]["id"] for event in json.loads(line)} == {ann.signed_in["user"]["id"]}


def test_signing_in_needs_address_and_password(anybody, ann):
    assert anybody.post("/auth/login", {"email": "ANN@example.com", "password": "correct horse"}).status_code == 200
    wrong = [
        anybody.post("/auth/login", {"email": "ann@example.com", "password": "wrong horse"}),
        anybody.post("/auth/login", {"email": "nobody@example.com", "password": "correct horse"}),
    ]
    assert [answer.status_code for answer in wrong] == [401, 401]
    assert wrong[0].json == wrong[1].json


def test_long_passwords_count_to_their_end(anybody):
    long = "x" * 100
    anybody.register("long@example.com", long + "a")
    assert anybody.post("/auth/login", {"email": "long@example.com", "password": long + "b"}).status_code == 401
    assert anybody.post("/auth/login", {"email": "long@example.com", "password": long + "a"}).status_code == 200


def test_signing_out_ends_both_tokens_for_every_worker(ann, make_app):
    other_worker = Person(make_app(), ann.token)
    assert other_worker.get("/auth/me").status_code == 200
    assert ann.post("/auth/logout").status_code == 204
    assert other_worker.get("/auth/me").status_code == 401
    answer = other_worker.post("/auth/refresh", {"refresh_token": ann.signed_in["refresh_token"]})
    assert answer.status_code == 401


def test_a_refresh_token_is_good_once_and_its_second_use_ends_the_session(anybody, ann):
    spent = ann.signed_in["refresh_token"]
    first = anybody.post("/auth/refresh", {"refresh_token": spent})
    assert first.status_code == 200
    fresh = Person(anybody.app, first.json["access_token"])
    assert fresh.get("/auth/me").status_code == 200
    assert anybody.post("/auth/refresh", {"refresh_token": spent}).status_code == 401
    assert fresh.get("/auth/me").status_code == 401
    assert anybody.post("/auth/refresh", {"refresh_token": first.json["refresh_token"]}).status_code == 401


def test_a_refresh_token_may_come_as_the_bearer_token(anybody, ann):
    answer = Person(anybody.app, ann.signed_in["refresh_token"]).post("/auth/refresh")
    assert answer.status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_lets_nobody_in(anybody, token):
    assert Person(anybody.app, token or None).get("/auth/me").status_code == 401
    assert anybody.post("/auth/refresh", {"refresh_token": token}).status_code == 401


def test_an_access_token_is_no_refresh_token_and_the_other_way_round(anybody, ann):
    assert anybody.post("/auth/refresh", {"refresh_token": ann.token}).status_code == 401
    assert Person(anybody.app, ann.signed_in["refresh_token"]).get("/auth/me").status_code == 401


def test_a_changed_password_ends_the_other_sessions_only(anybody, ann):
    other = Person(
        anybody.app,
        anybody.post("/auth/login", {"email": "ann@example.com", "password": "correct horse"}).json["access_token"],
    )
    body = {"current_password": "correct horse", "new_password": "battery staple"}
    assert ann.post("/auth/password", body | {"current_password": "no"}).status_code == 403
    assert other.get("/auth/me").status_code == 200
    assert ann.post("/auth/password", body).status_code == 204
    assert ann.get("/auth/me").status_code == 200
    assert other.get("/auth/me").status_code == 401
    assert anybody.post("/auth/login", {"email": "ann@example.com", "password": "correct horse"}).status_code == 401
    assert anybody.post("/auth/login", {"email": "ann@example.com", "password": "battery staple"}).status_code == 200


def test_a_name_can_be_changed(ann):
    assert ann.call("PATCH", "/auth/me", {"full_name": "Ann B."}).json["full_name"] == "Ann B."
    assert ann.get("/auth/me").json["full_name"] == "Ann B."


def test_no_personal_field_stands_in_clear_on_the_disk(ann, services, settings):
    services.store.write_snapshots()
    files = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        content = path.read_bytes()
        for secret in (b"ann@example.com", b"Some Body", b"$2b$"):
            assert secret not in content, path


def test_registration_by_invitation_leaves_only_the_first(make_app):
    app = make_app(registration="invite")
    assert Person(app).post("/auth/register", ANN).status_code == 201
    answer = Person(app).post("/auth/register", ANN | {"email": "bob@example.com"})
    assert answer.status_code == 403


def test_tries_to_sign_in_are_limited_over_all_workers(make_app):
    workers = [Person(make_app(login_attempts_per_minute=4)) for _ in range(2)]
    body = {"email": "x@example.com", "password": "wrong horse"}
    statuses = [workers[number % 2].post("/auth/login", body).status_code for number in range(6)]
    assert statuses[:4] == [401] * 4
    assert statuses[-1] == 429
    answer = workers[0].post("/auth/login", body)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
