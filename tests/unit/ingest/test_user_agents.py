"""What a user agent says: browser, system, kind of device, crawler or not."""

from __future__ import annotations

import pytest

from iafa_api.ingest.user_agents import UNKNOWN, Visitor, read_user_agent

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
AGENTS = {
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36": (
        "Chrome",
        "Windows",
        "desktop",
    ),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0": (
        "Firefox",
        "Mac OS X",
        "desktop",
    ),
    f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36": (
        "Chrome Mobile",
        "Android",
        "mobile",
    ),
    f"Mozilla/5.0 (Linux; Android 13; SM-X200) {WEBKIT} Chrome/131.0.0.0 Safari/537.36": (
        "Chrome",
        "Android",
        "tablet",
    ),
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Version/16.6 Mobile/15E148 Safari/604.1": (
        "Mobile Safari",
        "iOS",
        "tablet",
    ),
    f"Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) {WEBKIT} SamsungBrowser/3.0 Chrome/94 TV Safari/537.36": (
        "Samsung Internet",
        "Tizen",
        "tv",
    ),
}


@pytest.mark.parametrize("agent", AGENTS)
def test_a_browser_is_known(agent: str) -> None:
    assert read_user_agent(agent) == Visitor(*AGENTS[agent])


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        f"Mozilla/5.0 {WEBKIT} (compatible; GPTBot/1.1; +https://openai.com/gptbot)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    ],
)
def test_a_crawler_says_so(agent: str) -> None:
    assert read_user_agent(agent).is_bot == "true"


@pytest.mark.parametrize(
    "agent",
    ["curl/8.5.0", "python-requests/2.32", "Go-http-client/1.1", "axios/1.7", "okhttp/4.12", "undici", None, ""],
)
def test_a_server_that_sends_for_its_visitors_is_no_crawler_and_says_nothing(agent: str | None) -> None:
    assert read_user_agent(agent) == UNKNOWN


def test_a_browser_without_a_window_is_told_by_its_name_and_is_no_crawler() -> None:
    agent = f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/131.0.0.0 Safari/537.36"
    assert read_user_agent(agent) == Visitor("HeadlessChrome", "Linux", "desktop")
