"""One server and one Chromium for all tests of the dashboard that a worker runs; each test makes its own account."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from iafa_api.rest.dashboard_files import FOLDER
from tests.e2e.processes import Server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
REFUSED = re.compile(r"status of (401|403|404|412|422)")  # what a browser says of answers that a test asks for
OWN = ("blob:", "data:")  # addresses that lead nowhere
expect.set_options(timeout=20_000)  # the machine may have much else to do


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not (FOLDER / "index.html").is_file():
        pytest.skip("not built: `make dashboard`")
    server = Server(tmp_path_factory.mktemp("dashboard") / "data", IAFA_LOGIN_ATTEMPTS_PER_MINUTE=0)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def context(server: Server, chromium: Browser) -> Iterator[BrowserContext]:
    """An unused browser that notes what no page of ours may do: ask elsewhere, break the policy, throw."""
    origin = f"http://localhost:{server.port}"
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not REFUSED.search(message.text):
            faults.append(message.text)

    context = chromium.new_context(
        base_url=origin, locale="en-GB", timezone_id="Europe/Berlin", reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    context.on("console", note)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("request", lambda sent: None if sent.url.startswith((origin, *OWN)) else faults.append(sent.url))
    yield context
    context.close()
    assert faults == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
