"""The texts to paste do what they say, whatever stands in the address and the key."""

from __future__ import annotations

import io
import json
import re
import shlex
import urllib.request
import uuid
from html.parser import HTMLParser
from typing import Any

import pytest

from iafa_api.domain.tracking_code import KEY_PLACEHOLDER, LOADER_MARK, tracking_code

HOSTILE = "\"'><script>alert(1)</script>\\ $(id) `id` &amp;"


class Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "script"
        self.found.append(dict(attrs))


def test_the_page_loads_the_script_of_this_server_with_the_key() -> None:
    code = tracking_code("https://iafa.example.com/", "iafa_w_1")
    assert code.sdk_url == "https://iafa.example.com/sdk/iafa.js"
    assert code.html == (
        "<script>window.iafa = window.iafa || function () { (iafa.q = iafa.q || []).push(arguments); };</script>\n"
        '<script async src="https://iafa.example.com/sdk/iafa.js" data-api-key="iafa_w_1"></script>\n'
    )


def test_a_path_before_the_api_is_kept() -> None:
    code = tracking_code("https://example.com/iafa", "k")
    assert code.sdk_url == "https://example.com/iafa/sdk/iafa.js"
    assert "https://example.com/iafa/api/v1/track" in code.curl


def test_where_the_key_is_not_known_its_place_is_shown() -> None:
    code = tracking_code("https://iafa.example.com")
    for text in (code.html, code.npm, code.curl, code.python):
        assert KEY_PLACEHOLDER in text


@pytest.mark.parametrize("key", ["iafa_w_1", HOSTILE])
@pytest.mark.parametrize("url", ["https://iafa.example.com", "https://x.example/" + HOSTILE.replace(" ", "")])
def test_no_text_is_broken_out_of(url: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = tracking_code(url, key)

    scripts = Scripts()
    scripts.feed(code.html)
    assert scripts.found == [{}, {"async": None, "src": url + "/sdk/iafa.js", "data-api-key": key}]

    command = shlex.split(code.curl.replace("\\\n", ""))
    assert command[:4] == ["curl", "-X", "POST", url + "/api/v1/track"]
    assert command[5] == f"X-API-Key: {key}"
    assert json.loads(command[-1])["event_type"] == "purchase"

    sent: list[Any] = []

    def urlopen(request: urllib.request.Request) -> io.BytesIO:
        sent.append(request)
        return io.BytesIO(b'{"status": "accepted"}')

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    exec(compile(code.python, "pasted", "exec"), {})
    [request] = sent
    assert request.full_url == url + "/api/v1/track"
    assert request.get_header("X-api-key") == key
    assert uuid.UUID(json.loads(request.data)["id"]).version == 4

    assert "</script>" not in code.npm
    [begin] = [line for line in code.npm.splitlines() if line.startswith("iafa.init")]
    options = re.fullmatch(r'iafa\.init\(\{ apiKey: (".*"), endpoint: (".*") \}\);', begin)
    assert options
    assert [json.loads(text) for text in options.groups()] == [key, url]
    _, loader = code.npm.split(LOADER_MARK)
    assert all(line.startswith("//") for line in loader.strip().splitlines())
    for name, value in (("dataset.apiKey", key), ("src", url + "/sdk/iafa.js")):
        [line] = [line for line in loader.splitlines() if line.startswith(f"// script.{name} = ")]
        assert json.loads(line.partition(" = ")[2].removesuffix(";")) == value
