"""What a user agent says of the visitor: browser, system, kind of device, and whether it is a crawler.

A crawler is what calls itself one (the lists of crawlerdetect). The agent of an HTTP library is none: it is a server
that sends for its visitors. Nor is a browser without a window: one's own checks run in such, and they are told by their
browser's name. No agent at all says nothing.
"""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

from crawlerdetect import CrawlerDetect
from ua_parser import parse

AGENTS_KEPT: Final = 20_000  # per process: a new one takes half a millisecond, and the same ones come again
_LIBRARIES: Final = re.compile(
    r"(aiohttp|analytics-|apache-httpclient|axios|curl|dart|faraday|go-http-client|got|guzzlehttp|httpie|httpx"
    r"|iafa|insomnia|java|libwww|node|okhttp|php|postmanruntime|python|reqwest|ruby|segment|undici|urllib|wget)\b",
    re.IGNORECASE,
)
_HEADLESS: Final = re.compile(r"Headless|PhantomJS|Playwright|Puppeteer|Selenium|Electron|jsdom", re.IGNORECASE)
_TELEVISION: Final = re.compile(r"smart-?tv|appletv|googletv|hbbtv|bravia|\bweb0s\b|crkey|roku|tizen.*\btv\b", re.I)
_TABLET: Final = re.compile(r"ipad|tablet|kindle|silk(?!.*mobile)|playbook|android(?!.*mobile)", re.IGNORECASE)
_MOBILE: Final = re.compile(r"mobile|iphone|ipod|android|blackberry|opera mini", re.IGNORECASE)
_DESKTOP: Final = re.compile(r"windows|macintosh|mac os x|linux|cros|bsd", re.IGNORECASE)


class Visitor(NamedTuple):
    """None where the agent does not say. `is_bot` is the text true, or None; a crawler's browser is its own name."""

    browser: str | None = None
    os: str | None = None
    device_type: str | None = None  # desktop, mobile, tablet, tv
    is_bot: str | None = None


UNKNOWN: Final = Visitor()


@functools.lru_cache(AGENTS_KEPT)
def read_user_agent(agent: str | None) -> Visitor:
    """What an agent says; nothing for none and for what no list knows."""
    if not agent:
        return UNKNOWN
    if _LIBRARIES.match(agent):
        return UNKNOWN
    found = parse(agent)
    browser = found.user_agent.family if found.user_agent else None
    if _is_crawler(agent):
        return Visitor(browser, is_bot="true")
    system = found.os.family if found.os else None
    return Visitor(browser, system, _device_type(agent))


def _is_crawler(agent: str) -> bool:
    return bool(_detector().isCrawler(_HEADLESS.sub("", agent)))


@functools.cache
def _detector() -> CrawlerDetect:
    return CrawlerDetect()


def _device_type(agent: str) -> str | None:
    for name, pattern in (("tv", _TELEVISION), ("tablet", _TABLET), ("mobile", _MOBILE), ("desktop", _DESKTOP)):
        if pattern.search(agent):
            return name
    return None
