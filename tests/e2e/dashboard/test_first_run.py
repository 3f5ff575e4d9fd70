"""From nothing to the first chart."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.dashboard.owner import PASSWORD, require_accessible
from tests.e2e.processes import Server


def test_from_nothing_to_the_first_chart(server: Server, page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/sign-in$"))
    require_accessible(page)
    page.get_by_role("link", name="Make one").click()
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text("Enter your name.")).to_be_visible()
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("E-mail address").fill("ann@first.example")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text(re.compile("Must have 8 to"))).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    require_accessible(page)
    page.get_by_role("button", name="Make the account").click()

    page.get_by_label("Name", exact=True).fill("Coffee")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    require_accessible(page)
    page.get_by_role("button", name="Make the project").click()

    expect(page.get_by_text("Waiting for the first event")).to_be_visible()
    snippet = page.get_by_label("HTML snippet").inner_text()
    key = re.search('data-api-key="([^"]+)"', snippet)[1]  # type: ignore[index]
    page.get_by_role("tab", name="curl").click()
    assert key in page.get_by_label("curl snippet").inner_text()
    event = {"event_type": "page_view", "user_id": "visitor-1", "properties": {"plan": "trial"}}
    assert server.call("POST", "/api/v1/track", event, {"X-API-Key": key})[0] == 200
    expect(page.get_by_text("Events arrive.")).to_be_visible()
    expect(page.get_by_text("visitor-1")).to_be_visible()
    require_accessible(page)

    page.get_by_role("button", name="Use this funnel: Purchase").click()
    expect(page.get_by_role("heading", name="Purchase")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Page view.*1 people.*100%"))).to_be_visible()
    expect(page.get_by_text("100% stopped here")).to_be_visible()
