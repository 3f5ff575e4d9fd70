"""What every call has in common: the one shape of errors, request ids, documentation, health."""

import errno
import json

import pytest

import iafa_api.rest.event_door
from iafa_api.domain.identifiers import is_id
from iafa_api.errors import BrokenData, SettingsError


def test_health_and_readiness(anybody):
    assert anybody.get("//health").json["status"] == "ok"
    assert anybody.get("//ready").json == {"status": "ready"}


def test_not_ready_where_the_buffer_takes_nothing_more(make_app):
    answer = make_app(free_disk_bytes=1 << 60).test_client().get("/ready")
    assert answer.status_code == 503
    assert answer.json["message"] == "Too little disk is free."
    assert answer.headers["Retry-After"]


def test_the_documentation_needs_nothing_from_elsewhere(anybody):
    page = anybody.get("/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js"):
        assert f"/api/v1/docs/assets/{name}" in page.text
        assert anybody.get(f"/docs/assets/{name}").status_code == 200
    assert anybody.get("/docs/assets/..%2f__init__.py").status_code == 404


class TestOpenApi:
    @pytest.fixture
    def document(self, anybody):
        return anybody.get("/openapi.json").json

    def test_it_is_version_3_1_and_names_every_call_of_the_contract(self, document):
        assert document["openapi"].startswith("3.1")
        calls = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
        wanted = {
            *("POST /auth/register", "POST /auth/login", "POST /auth/refresh", "POST /auth/logout"),
            *("GET /auth/me", "PATCH /auth/me", "POST /auth/password"),
            *("GET /projects", "POST /projects", "GET /projects/{project_id}", "PUT /projects/{project_id}"),
            *("DELETE /projects/{project_id}", "GET /projects/{project_id}/tracking-code"),
            *("GET /projects/{project_id}/api-keys", "POST /projects/{project_id}/api-keys"),
            "DELETE /projects/{project_id}/api-keys/{key_id}",
            *("GET /funnels", "POST /funnels", "GET /funnels/{funnel_id}", "PUT /funnels/{funnel_id}"),
            *("DELETE /funnels/{funnel_id}", "GET /funnels/templates"),
            *("POST /track", "POST /track/batch", "GET /analytics/funnel/{funnel_id}", "POST /analytics/funnel"),
        }
        assert {call.replace(" ", " /api/v1", 1) for call in wanted} <= calls

    def test_every_call_says_what_it_is_and_how_errors_look(self, document):
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if method == "parameters":
                    continue
                assert operation.get("summary"), (method, path)
                assert "default" in operation["responses"], (method, path)

    def test_versions_are_documented(self, document):
        put = document["paths"]["/api/v1/funnels/{funnel_id}"]["put"]
        assert {"412", "428"} <= set(put["responses"])
        assert any("IF_MATCH" in str(parameter) or "If-Match" in str(parameter) for parameter in put["parameters"])
        assert "ETag" in str(put["responses"]["200"])

    def test_the_body_of_an_event_is_documented(self, document):
        body = document["paths"]["/api/v1/track"]["post"]["requestBody"]
        name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
        assert schema["required"] == ["event_type"]
        assert {"id", "event_type", "user_id", "anonymous_id", "timestamp", "properties"} <= set(schema["properties"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "//nowhere", 404),
        ("GET", "/nowhere", 404),
        ("DELETE", "/auth/login", 405),
        ("GET", "/projects", 401),
        ("POST", "/auth/login", 422),
        ("GET", "/docs/assets/nothing.js", 404),
    ],
)
def test_every_error_has_the_one_shape(anybody, method, path, status):
    answer = anybody.call(method, path)
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert answer.json["code"] == status
    assert set(answer.json) <= {"code", "status", "message", "errors"}
    assert {"code", "status", "message"} <= set(answer.json)
    assert isinstance(answer.json["message"], str)
    if status == 405:
        assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("content", [b"{", b"NaN", b"\xff", b'{"email": "\\ud800"}', b"[" * 100_000])
def test_a_body_that_is_not_json_is_refused(anybody, content):
    answer = anybody.call("POST", "/auth/login", data=content, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, 400)


@pytest.mark.parametrize("content", [b"[]", b"1", b"null", b'"x"'])
def test_a_body_that_is_no_object_is_refused(anybody, content):
    answer = anybody.call("POST", "/auth/login", data=content, content_type="application/json")
    assert answer.status_code == 422


def test_a_body_that_does_not_say_it_is_json_is_refused(anybody):
    assert anybody.call("POST", "/auth/login", data=b"{}", content_type="text/plain").status_code == 415


def test_a_body_of_20_mb_is_refused(anybody):
    content = b'{"email": "' + b"x" * (20 << 20) + b'"}'
    answer = anybody.call("POST", "/auth/login", data=content, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (413, 413)


def test_what_nobody_foresaw_tells_nothing_and_has_a_mark(anybody, ann, monkeypatch):
    project = ann.make_project()

    def fail(*_, **__):
        raise RuntimeError("secret detail at /some/path")

    monkeypatch.setattr(iafa_api.rest.event_door, "check", fail)
    answer = anybody.post("/track", {}, headers={"X-API-Key": project["api_key"], "X-Request-ID": "my-mark"})
    assert answer.status_code == 500
    assert "my-mark" in answer.json["message"]
    assert "secret" not in json.dumps(answer.json)
    assert "path" not in json.dumps(answer.json)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_refuses_is_a_503(anybody, services, monkeypatch, number):
    def refuse(*_):
        raise OSError(number, "no")

    monkeypatch.setattr(type(services.vault), "create_person", refuse)
    body = {"email": "ann@example.com", "password": "correct horse", "full_name": "Ann"}
    answer = anybody.post("/auth/register", body)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert services.store.current().seq == 0


@pytest.mark.parametrize("lost", ["email-index.key", "audit-ip.key"])
def test_a_vault_that_is_not_the_logs_own_stops_the_start(ann, make_app, settings, lost):
    (settings.data_dir / "vault" / lost).unlink()
    with pytest.raises(BrokenData, match=lost):
        make_app()


def test_a_secret_that_was_cut_stops_the_start(ann, make_app, settings):
    (settings.data_dir / "secret.key").write_text("")
    with pytest.raises(SettingsError, match=r"secret\.key"):
        make_app()


@pytest.mark.parametrize("damage", ["gone", "empty", "cut"])
def test_a_damaged_file_of_events_is_said_and_costs_no_other_day(ann, flush, services, damage):
    project = ann.make_project(retention_days=0)
    for day in ("2026-01-01", "2026-01-02"):
        ann.track(project["api_key"], {"event_type": "a", "user_id": "u", "timestamp": f"{day}T10:00:00Z"})
    flush()
    first = min((services.data_dir / "events").rglob("*.parquet"), key=lambda path: path.name)
    if damage == "gone":
        first.unlink()
    else:
        first.write_bytes(b"" if damage == "empty" else first.read_bytes()[:-100])

    def ask(day):
        body = {"project_id": project["id"], "stages": [{"event_type": "a"}], "start_date": day, "end_date": day}
        return ann.post("/analytics/funnel", body)

    broken = ask("2026-01-01")
    assert broken.status_code == 500
    assert "contradicts itself" in broken.json["message"]
    assert "parquet" not in json.dumps(broken.json)
    assert ask("2026-01-02").json["stages"][0]["users"] == 1


class TestRequestIds:
    def test_one_that_is_given_is_returned_and_kept(self, ann, services):
        answer = ann.post("/projects", {"name": "P"}, headers={"X-Request-ID": "abc-123"})
        assert answer.headers["X-Request-ID"] == "abc-123"
        log = (services.data_dir / "metadata" / "log.jsonl").read_text().splitlines()
        assert [event["request_id"] for event in json.loads(log[-1])] == ["abc-123", "abc-123"]
        assert json.loads(log[-1])[0]["actor"]["id"] == ann.signed_in["user"]["id"]

    @pytest.mark.parametrize("given", [None, "", "x" * 129, "two words", "ünï"])
    def test_a_new_one_is_made_where_none_can_be_used(self, anybody, given):
        headers = {} if given is None else {"X-Request-ID": given.encode().decode("latin-1")}
        answer = anybody.get("//health", headers=headers)
        assert is_id(answer.headers["X-Request-ID"])


def test_other_origins_are_let_in_only_where_the_settings_say_so(make_app):
    headers = {"Origin": "https://dash.example", "Access-Control-Request-Method": "GET"}
    closed = make_app().test_client().options("/api/v1/projects", headers=headers)
    assert "Access-Control-Allow-Origin" not in closed.headers
    app = make_app(cors_origins=("https://dash.example",))
    opened = app.test_client().options("/api/v1/projects", headers=headers)
    assert opened.headers["Access-Control-Allow-Origin"] == "https://dash.example"
    other = app.test_client().options("/api/v1/projects", headers=headers | {"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
