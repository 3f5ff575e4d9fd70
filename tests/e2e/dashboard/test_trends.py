"""Trends are put together from series and formulas, and sessions are looked at down to one person's."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from iafa_api import clock
from tests.e2e.dashboard.owner import PHONE, Owner, require_accessible
from tests.e2e.processes import Server

DAY = 86_400


def track_shop(owner: Owner) -> None:
    """Four views and two orders of an hour ago, and one view of the thirty days before."""
    start_us = clock.now_us() - 3600 * clock.MICROSECONDS

    def event(user_id: str, second: int, event_type: str, **more: Any) -> dict[str, Any]:
        properties = {"country": "FR" if user_id == "cat" else "DE", **more}
        return {
            "event_type": event_type,
            "user_id": user_id,
            "timestamp": clock.format_time(start_us + second * clock.MICROSECONDS),
            "url": f"https://shop.example/{event_type}",
            **({"session_id": "s1"} if user_id == "ann" and second >= 0 else {}),
            "properties": properties,
        }

    events = [
        event("ann", -35 * DAY, "view"),
        event("ann", 0, "view"),
        event("ann", 1, "view"),
        event("ann", 2, "paid", amount=10),
        event("bob", 0, "view"),
        event("bob", 600, "paid", amount=30),
        event("cat", 0, "view"),
    ]
    key = {"X-API-Key": owner.project["api_key"]}
    status, answer = owner.server.call("POST", "/api/v1/track/batch", {"events": events}, key)
    assert (status, answer["accepted"]) == (200, len(events)), answer


def test_trends_are_put_together(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@trends.example")
    track_shop(owner)
    owner.sign_in(page, f"/projects/{owner.project['id']}/trends")
    totals = page.get_by_role("region", name="Totals")
    row = lambda name: totals.get_by_role("row", name=name)  # noqa: E731
    expect(page.get_by_label("Event of A")).to_have_value("view")  # the most frequent one, to begin with
    expect(row("A view 4")).to_be_visible()

    page.get_by_role("button", name="Add a series").click()
    page.get_by_label("Event of B").fill("")
    page.get_by_label("Event of B").press_sequentially("paid")  # faster than the address can follow
    page.get_by_label("Measure of B").select_option("People")
    page.get_by_role("button", name="Add a formula").click()
    expect(row("F1 B / A * 100 50")).to_be_visible()
    page.get_by_label("Formula F1", exact=True).fill("B / C")
    expect(page.get_by_text("There is no series C: the letters are A to B.")).to_be_visible()
    expect(row("B paid · People 2")).to_be_visible()  # what is there goes on being shown
    page.get_by_label("Formula F1", exact=True).fill("B / A")
    page.get_by_label("Compare with").select_option("Period before")
    expect(row("A view 4 1 +300.0%")).to_be_visible()
    expect(row("B paid · People 2 0 –")).to_be_visible()
    expect(row("F1 B / A 0.5 0 –")).to_be_visible()
    page.get_by_label("Draw A view").click()
    page.get_by_text("Figures as a table").click()
    figures = page.get_by_role("region", name="Trends by day")
    expect(figures.get_by_role("columnheader")).to_have_text(
        ["Period", "A view", "A view, before", "F1 B / A", "F1 B / A, before"]
    )
    require_accessible(page)

    page.reload()  # all of it stands in the address
    expect(row("F1 B / A 0.5 0 –")).to_be_visible()
    expect(page.get_by_label("Draw A view")).to_be_checked()
    page.get_by_label("Break down by").select_option("properties.country")
    expect(row("1 DE 0.667 0 –")).to_be_visible()  # of the formula
    page.get_by_role("button", name="Remove series A").click()
    expect(page.get_by_label(re.compile("^Formula"))).to_have_count(0)  # it was made of A
    expect(row("1 DE 2 –")).to_be_visible()
    page.get_by_label("Measure of A").select_option("Sum of …")
    expect(page.get_by_label("Property of A")).to_have_value("properties.amount")
    expect(row("1 DE 40 –")).to_be_visible()
    page.get_by_role("button", name="Filter A").click()
    page.get_by_role("combobox", name="Property", exact=True).fill("properties.amount")
    page.get_by_label("Comparison").select_option("is greater than")
    page.get_by_role("combobox", name="Value", exact=True).fill("15")
    expect(row("1 DE 30 –")).to_be_visible()
    page.get_by_label("Moving average").select_option("over 7 days")
    expect(page.get_by_text("Each point is the mean of up to 7 days")).to_be_visible()
    page.get_by_role("button", name="Bars").click()
    require_accessible(page)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    require_accessible(page)
    page.get_by_role("button", name="Save as a report").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    _, (report,) = server.call("GET", f"/api/v1/reports?project_id={owner.project['id']}", headers=owner.headers)
    assert (report["kind"], report["question"]["start_date"]) == ("trends", "30d")
    assert report["question"]["series"][0]["measure"] == "sum of properties.amount"


def test_sessions_down_to_one_persons(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@sessions.example")
    track_shop(owner)
    owner.sign_in(page, f"/projects/{owner.project['id']}/sessions")
    tile = lambda name: page.get_by_role("term").filter(has_text=re.compile(f"^{name}$")).locator("..")  # noqa: E731
    expect(tile("Average duration")).to_contain_text("3 min 21 s")
    expect(tile("Bounce rate")).to_contain_text("33.3%")
    page.get_by_role("button", name="Custom").click()
    expect(page.get_by_label("From", exact=True)).to_be_visible()
    page.wait_for_url(re.compile("start="))  # a choice is shown before the address has it
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("button", name="30 days")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("From", exact=True)).to_have_count(0)
    page.get_by_label("Longer than (minutes)").fill("5")
    expect(tile("Sessions")).to_contain_text("4")
    expect(tile("Events per session")).to_contain_text("1.5")
    page.get_by_label("Compare with").select_option("Period before")
    expect(tile("Sessions")).to_contain_text("+300.0% · 1 before")
    page.get_by_label("In the chart").select_option("People")
    page.get_by_text("Figures as a table").click()
    expect(page.get_by_role("columnheader", name="People, before")).to_be_visible()

    person = page.get_by_label("Person", exact=True)
    person.fill("b")
    expect(page.locator("datalist option[value=bob]")).to_be_attached()
    person.fill("nobody")
    page.get_by_role("button", name="Show their sessions").click()
    expect(page.get_by_text("Nobody of this project has the id nobody.")).to_be_visible()
    person.fill("bob")
    page.get_by_role("button", name="Show their sessions").click()
    rows = page.get_by_role("region", name="Sessions of this person").get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.nth(2)).to_contain_text(re.compile(r"0 s\s*1\s*/paid\s*/paid"))
    require_accessible(page)
    page.reload()
    expect(rows).to_have_count(3)
    page.get_by_label("Longer than (minutes)").fill("30")
    expect(rows.nth(1)).to_contain_text(re.compile(r"10 min\s*2\s*/view\s*/paid"))
    page.get_by_label("What parts sessions").select_option("The client’s session id")
    expect(tile("Sessions")).to_have_text(re.compile(r"^Sessions1\D"))  # those without an id are left out
    expect(page.get_by_text("No session of theirs starts in this range.")).to_be_visible()
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    require_accessible(page)
    page.get_by_role("link", name="bob").click()
    expect(page.get_by_role("heading", name="bob")).to_be_visible()
