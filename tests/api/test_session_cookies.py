"""The dashboard's session: tokens in cookies that no script reads, and a header that only our own pages can send."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

PERSON = {"email": "cora@example.com", "password": "correct horse", "full_name": "Cora"}


@pytest.fixture
def browser(app: Any) -> FlaskClient:
    return app.test_client()


def cookie(browser: FlaskClient, name: str, path: str = "/") -> Any:
    return browser.get_cookie(name, path=path)


def csrf(browser: FlaskClient, kind: str = "access") -> dict[str, str]:
    return {"X-CSRF-TOKEN": cookie(browser, f"csrf_{kind}_token").value}


def register(browser: FlaskClient, **more: Any) -> Any:
    answer = browser.post("/api/v1/auth/register?cookies=true", json=PERSON, **more)
    assert answer.status_code == 201, answer.json
    return answer


def test_the_tokens_stand_in_cookies_and_not_in_the_answer(browser):
    answer = register(browser)
    assert set(answer.json) == {"user", "expires_in"}
    access, refresh = cookie(browser, "iafa_access", "/api/v1"), cookie(browser, "iafa_refresh", "/api/v1/auth")
    assert access.http_only
    assert refresh.http_only
    assert (access.same_site, access.secure) == ("Strict", False)
    assert not cookie(browser, "csrf_access_token").http_only
    assert access.max_age == 24 * 3600
    assert browser.get("/api/v1/auth/me").json["email"] == PERSON["email"]


def test_behind_tls_the_cookies_are_secure(browser):
    register(browser, base_url="https://iafa.example")
    assert browser.get_cookie("iafa_access", domain="iafa.example", path="/api/v1").secure


def test_what_changes_something_needs_the_header(browser):
    register(browser)
    refused = browser.post("/api/v1/projects", json={"name": "Shop"})
    assert (refused.status_code, "X-CSRF-TOKEN" in refused.json["message"]) == (401, True)
    assert browser.post("/api/v1/projects", json={"name": "Shop"}, headers={"X-CSRF-TOKEN": "x"}).status_code == 401
    assert browser.get("/api/v1/projects").json == []
    made = browser.post("/api/v1/projects", json={"name": "Shop"}, headers=csrf(browser))
    assert made.status_code == 201
    asked = {"project_id": made.json["id"], "series": [{"event_type": None, "measure": "events"}]}
    assert browser.post("/api/v1/analytics/trends", json=asked).status_code == 401
    assert browser.post("/api/v1/analytics/trends", json=asked, headers=csrf(browser)).status_code == 200


def test_a_refresh_spends_the_cookie_and_sets_the_next(browser):
    register(browser)
    first = cookie(browser, "iafa_refresh", "/api/v1/auth").value
    assert browser.post("/api/v1/auth/refresh", headers=csrf(browser)).status_code == 401, "that is the other token's"
    answer = browser.post("/api/v1/auth/refresh", headers=csrf(browser, "refresh"))
    assert (answer.status_code, set(answer.json)) == (200, {"user", "expires_in"})
    assert cookie(browser, "iafa_refresh", "/api/v1/auth").value != first
    assert browser.get("/api/v1/auth/me").status_code == 200
    spent = browser.application.test_client().post("/api/v1/auth/refresh", json={"refresh_token": first})
    assert spent.status_code == 401
    assert browser.get("/api/v1/auth/me").status_code == 401, "its second use has ended the session"


def test_signing_out_clears_the_cookies(browser):
    register(browser)
    assert browser.post("/api/v1/auth/logout", headers=csrf(browser)).status_code == 204
    assert cookie(browser, "iafa_access", "/api/v1") is None
    assert cookie(browser, "csrf_access_token") is None
    assert browser.get("/api/v1/auth/me").status_code == 401
    again = browser.post("/api/v1/auth/login?cookies=true", json={k: PERSON[k] for k in ("email", "password")})
    assert (again.status_code, "access_token" in again.json) == (200, False)
    assert browser.get("/api/v1/auth/me").status_code == 200


def test_a_bearer_token_needs_no_header(ann):
    assert "access_token" in ann.signed_in
    assert ann.post("/projects", {"name": "Shop"}).status_code == 201
