"""/ and the addresses of the dashboard's pages: its files as they were built, and where there are none, what to run."""

import gzip
import re

import pytest

from iafa_api.openapi import openapi_document
from iafa_api.rest import dashboard_files

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A dashboard of three files, one of them packed as well."""
    folder = tmp_path / "dashboard"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>dashboard")
    (folder / "theme.js").write_text("theme")
    (folder / "assets" / "index-abc.js").write_text("program")
    (folder / "assets" / "index-abc.js.gz").write_bytes(gzip.compress(b"program"))
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(dashboard_files, "FOLDER", folder)
    return folder


def test_the_page_is_asked_for_again_each_time_and_may_load_from_here_only(anybody, built):
    answer = anybody.get("//")
    assert answer.text == "<!doctype html>dashboard"
    assert answer.headers["Cache-Control"] == "no-cache"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?:|\*", policy)
    assert anybody.get("//", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/sign-in", "/projects/1/funnels/2?range=7d", "/projects/apiary"])
def test_a_browser_that_opens_an_address_of_the_dashboards_gets_it(anybody, built, path):
    answer = anybody.get(f"/{path}", headers=HTML)
    assert (answer.status_code, answer.text) == (200, "<!doctype html>dashboard")
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api", "/v1/nothing", "/sdk/nothing", "/assets/nothing.js", "/metrics/x"]
)
def test_what_is_the_apis_stays_the_apis(anybody, built, path):
    answer = anybody.get(f"/{path}", headers=HTML)
    assert (answer.status_code, answer.json["code"]) == (404, 404)


def test_who_is_no_browser_is_told_that_there_is_nothing(anybody, built):
    assert anybody.get("//sign-in").status_code == 404
    assert anybody.call("POST", "//sign-in", headers=HTML).status_code == 404
    assert anybody.get("//api/v1/track", headers=HTML).status_code == 405


def test_what_has_its_hash_in_its_name_is_kept_for_ever_and_packed(anybody, built):
    answer = anybody.get("//assets/index-abc.js", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.data) == b"program"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert {"immutable", "max-age=31536000"} <= set(answer.headers["Cache-Control"].split(", "))
    assert answer.mimetype == "text/javascript"
    plain = anybody.get("//assets/index-abc.js", headers={"Accept-Encoding": "gzip;q=0"})
    assert plain.text == "program"
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_what_keeps_its_name_is_asked_for_again(anybody, built):
    answer = anybody.get("//theme.js")
    assert answer.text == "theme"
    assert "no-cache" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/assets/../../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "/secret.txt"])
def test_nothing_else_of_the_disk_can_be_read(anybody, built, path):
    assert anybody.get(f"/{path}").status_code == 404


def test_where_it_was_not_built_the_address_says_what_to_run(anybody, tmp_path, monkeypatch):
    monkeypatch.setattr(dashboard_files, "FOLDER", tmp_path / "none")
    answer = anybody.get("//")
    assert answer.status_code == 200
    assert "make dashboard" in answer.text
    assert anybody.get("//sign-in", headers=HTML).text == answer.text
    assert anybody.get("//theme.js").status_code == 404


def test_the_printed_document_is_the_served_one(anybody):
    assert openapi_document() == anybody.get("/openapi.json").json
