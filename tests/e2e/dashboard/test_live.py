"""Events are seen as they arrive, found, held, and followed to a person."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.dashboard.owner import PHONE, Owner, require_accessible
from tests.e2e.processes import Server


def test_events_are_seen_as_they_arrive(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@live.example")
    owner.sign_in(page, f"/projects/{owner.project['id']}/live")
    expect(page.get_by_role("link", name="Set up tracking").last).to_have_attribute("href", re.compile("/setup$"))
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    expect(page.get_by_text("0 events in the last minute")).to_be_visible()
    owner.track("ann view cart; bob view")
    rows = page.locator("main ul > li")
    expect(rows).to_have_count(3)
    expect(page.get_by_text("3 events in the last minute")).to_be_visible()

    page.get_by_role("button", name="Pause").click()
    owner.track("cat view cart paid")
    expect(page.get_by_role("button", name="Continue (3 new)")).to_be_visible()
    expect(rows).to_have_count(3)
    page.get_by_label("Event").fill("paid")
    expect(page.get_by_text("None of the 3 newest events is such.")).to_be_visible()
    page.get_by_role("button", name="Continue (1 new)").click()
    expect(rows).to_have_count(1)
    page.get_by_label("Event").fill("")
    page.get_by_label("With the text").fill("CAT")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text(re.compile("paid.*cat"))
    require_accessible(page)

    page.reload()  # what is looked for stands in the address, and what has come is listed
    expect(rows).to_have_count(3)
    rows.first.get_by_role("button").click()
    expect(rows.first).to_contain_text(re.compile(r"country\s*FR"))
    expect(page.get_by_text("6 events in the last minute")).to_be_visible()
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    require_accessible(page)
    page.get_by_role("link", name="cat").first.click()
    expect(page.get_by_role("heading", name="cat")).to_be_visible()
