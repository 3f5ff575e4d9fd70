"""Pictures of the dashboard's pages, with the demo's shop in them: wide and on a phone, light and dark.

    python -m tests.e2e.dashboard.pictures FOLDER [NAME …]

`NAME` is a page of `PAGES`; without any all are taken. Files are NAME-wide-light.png and so on.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.dashboard.conftest import CHROMIUM
from tests.e2e.dashboard.owner import PHONE
from tests.e2e.processes import IAFA, Server

WIDE = {"width": 1280, "height": 800}
EMAIL = "demo@iafa.example"
DAYS = 60
SETTLED_MILLISECONDS = 700  # charts have drawn, dialogs have come


class Shop:
    """The demo, and what the pages' addresses need of it."""

    def __init__(self, server: Server, password: str) -> None:
        self.server, self.password = server, password
        login = {"email": EMAIL, "password": password}
        tokens = server.call("POST", "/api/v1/auth/login", login)[1]
        self.headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        self.project = self.get("projects")[0]
        self.funnel = self.get(f"funnels?project_id={self.project['id']}")[0]
        self.root = f"/projects/{self.project['id']}"

    def get(self, path: str) -> Any:
        return self.server.call("GET", f"/api/v1/{path}", None, self.headers)[1]

    def make(self, what: str, **fields: Any) -> dict[str, Any]:
        status, made = self.server.call("POST", f"/api/v1/{what}", fields, self.headers)
        assert status in (200, 201), made
        return dict(made)


@dataclass(frozen=True)
class Picture:
    """`path` below the project; `act` does what has to be done before the picture is taken."""

    path: Callable[[Shop], str]
    act: Callable[[Page], Any] | None = None


def at(path: str) -> Picture:
    return Picture(lambda shop: path)


PAGES: Mapping[str, Picture] = {
    "setup": at("/setup"),
    "funnels": at("/funnels"),
    "funnel": Picture(lambda shop: f"/funnels/{shop.funnel['id']}?breakdown=country"),
    "funnel-trend": Picture(lambda shop: f"/funnels/{shop.funnel['id']}?tab=trend"),
    "funnel-builder": Picture(lambda shop: f"/funnels/{shop.funnel['id']}/edit"),
}


def main(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        server = Server(Path(scratch) / "data", IAFA_LOGIN_ATTEMPTS_PER_MINUTE=0)
        server.start()
        try:
            printed = subprocess.run(
                [*IAFA, "demo", "--email", EMAIL, "--days", str(DAYS)],
                env=server.environment, check=True, capture_output=True, text=True,
            ).stdout  # fmt: skip
            shop = Shop(server, str(re.search(r"Password\s+(\S+)", printed)[1]))  # type: ignore[index]
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for is_wide in (True, False):
                _take(browser, shop, folder, names or list(PAGES), is_wide=is_wide)
            browser.close()
        finally:
            server.stop()


def _take(browser: Browser, shop: Shop, folder: Path, names: list[str], *, is_wide: bool) -> None:
    context = browser.new_context(
        base_url=f"http://localhost:{shop.server.port}",
        viewport=WIDE if is_wide else PHONE,
        locale="en-GB",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(shop.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/projects/"))
    for name in names:
        picture = PAGES[name]
        page.goto(shop.root + picture.path(shop))
        expect(page.locator("main h1")).to_be_visible()
        expect(page.locator("main .animate-pulse, main [aria-busy=true]")).to_have_count(0)
        if picture.act:
            picture.act(page)
        for theme in ("light", "dark"):
            page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            page.wait_for_timeout(SETTLED_MILLISECONDS)
            page.screenshot(path=folder / f"{name}-{'wide' if is_wide else 'phone'}-{theme}.png", full_page=True)
        print(name, "wide" if is_wide else "phone", flush=True)
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
