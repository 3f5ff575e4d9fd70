"""/sdk/iafa.js: the SDK's script, as it was built."""

import gzip
import re
from pathlib import Path

import pytest

from iafa_api.domain.tracked_event import EVENT_MAX_BYTES
from iafa_api.domain.web_address import CLICK_IDS, UTM
from iafa_api.rest import system

SIZE_LIMIT_BYTES = 5000
SOURCES = Path(__file__).parents[2] / "sdk" / "src"


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A built script, packed and not."""
    script = tmp_path / "iafa.js"
    script.write_text("/* sdk */")
    (tmp_path / "iafa.js.gz").write_bytes(gzip.compress(b"/* sdk */"))
    monkeypatch.setattr(system, "SDK", script)
    return script


def test_pages_of_every_origin_may_load_and_keep_the_script(anybody, built):
    answer = anybody.get("//sdk/iafa.js", headers={"Origin": "https://shop.example"})
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.text == "/* sdk */"
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", "https://shop.example")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age=3600" in answer.headers["Cache-Control"]
    again = anybody.get("//sdk/iafa.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_who_takes_gzip_is_given_what_was_packed_at_the_build(anybody, built):
    plain = anybody.get("//sdk/iafa.js", headers={"Accept-Encoding": "gzip;q=0"})
    packed = anybody.get("//sdk/iafa.js", headers={"Accept-Encoding": "br, gzip"})
    assert plain.text == gzip.decompress(packed.data).decode() == "/* sdk */"
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_without_the_packed_one_the_script_is_given_as_it_is(anybody, built):
    built.with_name("iafa.js.gz").unlink()
    answer = anybody.get("//sdk/iafa.js", headers={"Accept-Encoding": "gzip"})
    assert answer.text == "/* sdk */"
    assert "Content-Encoding" not in answer.headers


def test_where_it_was_not_built_the_answer_says_what_to_run(anybody, tmp_path, monkeypatch):
    monkeypatch.setattr(system, "SDK", tmp_path / "iafa.js")
    answer = anybody.get("//sdk/iafa.js")
    assert answer.status_code == 503
    assert "`make sdk`" in answer.json["message"]
    assert answer.headers["Retry-After"] == "60"
    assert str(tmp_path) not in answer.text


@pytest.mark.skipif(not system.SDK.is_file(), reason="the SDK is not built: `make sdk` does it, with npm")
def test_what_is_served_is_under_five_kilobytes(anybody):
    answer = anybody.get("//sdk/iafa.js", headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) < SIZE_LIMIT_BYTES
    assert gzip.decompress(answer.data) == system.SDK.read_bytes()


def test_the_sdk_keeps_the_campaigns_that_the_server_reads():
    listed = re.search(r"const PARAMETERS =\n(.*?);", (SOURCES / "campaign.ts").read_text(), re.DOTALL)
    assert listed
    names = "".join(re.findall(r'"([^"]*)"', listed[1])).split()
    assert names == [*UTM, *CLICK_IDS]


def test_the_sdk_keeps_no_event_that_the_server_would_find_too_large():
    [limit] = re.findall(r"MAX_ENTRY_CHARACTERS = ([\d_]+);", (SOURCES / "queue.ts").read_text())
    assert 0.9 * EVENT_MAX_BYTES < int(limit) <= EVENT_MAX_BYTES
