"""The dashboard's pages in a real browser, measured by the browser itself: load, interaction, and what is sent.

`iafa demo` with 90 days of a shop, in a Chromium whose network and processor are slowed as Lighthouse slows them:
"wide" is its desktop preset (10 Mbit/s, 40 ms), "phone" its mobile one (1.6 Mbit/s, 150 ms, a quarter of the
processor). Each load is a first one: nothing is cached. A page is usable when its heading is there and nothing waits to
be filled in any more (a mutation observer and `performance.now()`); an interaction lasts from the click until the next
picture (the event timing that Interaction to Next Paint is made of). The peer is what is promised; "an empty page" is a
text of the same server under the same conditions, the floor below which nothing gets.

Needs Chromium on the PATH and the built dashboard.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.ratios import Row, compare
from bench.server_processes import DATA, IAFA, RunningServer, environment, running_iafa

DAYS = 90
EMAIL = "demo@iafa.example"
USABLE_SECONDS = 2.0
INTERACTION_SECONDS = 0.2  # "good" by web.dev's Interaction to Next Paint
SCRIPT_BYTES = 150_000
WAIT_MILLISECONDS = 60_000
EMPTY_PAGE = "/health"
WATCH = """
window.measured = { usable: 0, slowest: 0 };
const look = () => {
  const waits = document.querySelector("main .animate-pulse, main [aria-busy=true]");
  if (!window.measured.usable && document.querySelector("h1") && !waits) window.measured.usable = performance.now();
};
new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
new PerformanceObserver((list) => {
  for (const event of list.getEntries())
    if (event.interactionId) window.measured.slowest = Math.max(window.measured.slowest, event.duration);
}).observe({ type: "event", durationThreshold: 16, buffered: true });
"""
READ = """() => ({
  ...window.measured,
  painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
  script: performance.getEntriesByType("resource").filter((one) => one.name.endsWith(".js"))
    .reduce((sum, one) => sum + one.encodedBodySize, 0),
})"""


@dataclass(frozen=True)
class Conditions:
    name: str
    width: int
    height: int
    bytes_per_second: float
    latency_ms: float
    slower: float


PRESETS = (
    Conditions("wide", 1350, 940, 10e6 / 8, 40, 1),
    Conditions("phone", 412, 823, 1.6e6 / 8, 150, 4),
)


def run(*, quick: bool) -> list[Row]:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise RuntimeError("no Chromium on the PATH")
    with (
        tempfile.TemporaryDirectory(prefix="iafa-bench-") as directory,
        running_iafa(Path(directory), command="up") as server,
        sync_playwright() as playwright,
    ):
        login, project = _demo(Path(directory), days=10 if quick else DAYS)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        rounds = 2 if quick else 3
        rows = [row for preset in PRESETS for row in _measure(browser, server, (login, project), preset, rounds)]
        browser.close()
        return rows


def _demo(directory: Path, *, days: int) -> tuple[dict[str, str], str]:
    """How to sign in to the demo, and its project's id."""
    command = [*IAFA, "demo", "--email", EMAIL, "--days", str(days)]
    own = environment(IAFA_DATA_DIR=directory / DATA)
    printed = subprocess.run(command, cwd=directory, env=own, check=True, capture_output=True, text=True).stdout
    password, project = (re.search(rf"{name}\s+(\S+)", printed) for name in ("Password", "Project"))
    if password is None or project is None:
        raise RuntimeError(printed)
    return {"email": EMAIL, "password": password[1]}, project[1]


def _measure(
    browser: Browser, server: RunningServer, shop: tuple[dict[str, str], str], preset: Conditions, rounds: int
) -> Iterator[Row]:
    login, project = shop
    root = f"/projects/{project}"
    pages = {
        "sign-in": "/sign-in",
        "the list of funnels": f"{root}/funnels",
        "a dashboard of eight reports": root,
        "retention": f"{root}/retention",
        "trends": f"{root}/trends",
        "paths": f"{root}/paths",
        "history": f"{root}/history",
    }
    origin = f"http://localhost:{server.port}"
    floor = [_load(browser, preset, origin, EMPTY_PAGE, None)["painted"] for _ in range(rounds)]
    for name, path in pages.items():
        found = [_load(browser, preset, origin, path, login if path.startswith(root) else None) for _ in range(rounds)]
        usable = [one["usable"] / 1000 for one in found]
        yield compare(
            f"{preset.name}: {name}, first load until usable",
            usable,
            [USABLE_SECONDS] * rounds,
            most=1,
            note="promised",
        )
        if name in ("sign-in", "the list of funnels"):
            painted = [one["painted"] / 1000 for one in found]
            yield compare("the same: first picture", painted, [one / 1000 for one in floor], note="an empty page")
            script = median(one["script"] for one in found)
            sent, promised = f"{script / 1000:.0f} KB", f"{SCRIPT_BYTES / 1000:.0f} KB promised"
            yield Row("the same: script, gzip", sent, promised, script / SCRIPT_BYTES, most=1)
        slowest = [one["slowest"] / 1000 for one in found if one["slowest"]]
        if slowest:
            yield compare(
                "the same: the slowest interaction",
                slowest,
                [INTERACTION_SECONDS] * len(slowest),
                most=1,
                note="promised",
            )


def _load(
    browser: Browser, preset: Conditions, origin: str, path: str, login: Mapping[str, str] | None
) -> dict[str, float]:
    """What the browser measured of one first load, in milliseconds and bytes, and of a few clicks after it."""
    with _slowed(browser, preset, origin) as (context, page):
        if login is not None:
            signed_in = context.request.post("/api/v1/auth/login?cookies=true", data=dict(login))
            if not signed_in.ok:
                raise RuntimeError(signed_in.text())
        page.goto(path, timeout=WAIT_MILLISECONDS)
        page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0")
        if path == EMPTY_PAGE:
            return dict(page.evaluate(READ))
        page.wait_for_function("() => window.measured.usable > 0", timeout=WAIT_MILLISECONDS)
        for name in ("Use the dark theme", "7 days", "Use the light theme"):
            button = page.get_by_role("button", name=name, exact=True)
            if button.count() and button.first.is_visible():
                button.first.click()
                page.wait_for_timeout(500)
        return dict(page.evaluate(READ))


@contextmanager
def _slowed(browser: Browser, preset: Conditions, origin: str) -> Iterator[tuple[BrowserContext, Page]]:
    size: Any = {"width": preset.width, "height": preset.height}
    context = browser.new_context(base_url=origin, viewport=size, color_scheme="light")
    try:
        context.add_init_script(WATCH)
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        speed = preset.bytes_per_second
        network = {
            "offline": False,
            "latency": preset.latency_ms,
            "downloadThroughput": speed,
            "uploadThroughput": speed,
        }
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", network)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": preset.slower})
        yield context, page
    finally:
        context.close()
