"""Who uses the dashboard in tests, and what every page that they open is held to."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from iafa_api import clock
from tests.e2e.processes import Server

AXE = Path(__file__).parents[3] / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
SETTLE_SECONDS = 5.0
RUN_AXE = "axe.run().then(found => found.violations.map(one => [one.id, one.nodes.map(node => node.html)]))"
PASSWORD = "correct horse"
PHONE = {"width": 390, "height": 844}


class Owner:
    """Somebody with a project and events, made through the API."""

    def __init__(self, server: Server, email: str) -> None:
        self.server, self.email = server, email
        body = {"email": email, "password": PASSWORD, "full_name": "Some Body"}
        status, account = server.call("POST", "/api/v1/auth/register", body)
        assert status == 201, account
        self.headers = {"Authorization": f"Bearer {account['access_token']}"}
        self.project = self.make("projects", name="Shop")

    def make(self, what: str, **fields: Any) -> dict[str, Any]:
        status, made = self.server.call("POST", f"/api/v1/{what}", fields, self.headers)
        assert status == 201, made
        return dict(made)

    def make_funnel(self, *event_types: str) -> str:
        stages = [{"event_type": event_type} for event_type in event_types]
        return str(self.make("funnels", project_id=self.project["id"], name="Purchase", stages=stages)["id"])

    def track(self, text: str) -> None:
        """`ann view cart; bob view`: who did what, a second apart."""
        hour_ago = clock.now_us() - 3600 * clock.MICROSECONDS
        events = [
            {
                "event_type": event_type,
                "user_id": user_id,
                "timestamp": clock.format_time(hour_ago + place * clock.MICROSECONDS),
                "properties": {"country": "DE" if user_id < "c" else "FR"},
            }
            for user_id, *event_types in (person.split() for person in text.split(";"))
            for place, event_type in enumerate(event_types)
        ]
        key = {"X-API-Key": self.project["api_key"]}
        status, answer = self.server.call("POST", "/api/v1/track/batch", {"events": events}, key)
        assert (status, answer["accepted"]) == (200, len(events)), answer

    def sign_in(self, page: Page, wanted: str = "/") -> None:
        page.goto(wanted)
        page.get_by_label("E-mail address").fill(self.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile("/projects/"))


def require_accessible(page: Page) -> None:
    """axe finds nothing, and nothing sticks out to the right."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(RUN_AXE)
    deadline = time.monotonic() + SETTLE_SECONDS
    while found and time.monotonic() < deadline:  # what has just changed its colours is looked at in both
        page.wait_for_timeout(200)
        found = page.evaluate(RUN_AXE)
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than its window"
