"""Who comes back: retention as a heat map and a curve; then the lifecycle and the stickiness of the same people."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from iafa_api import clock
from tests.e2e.dashboard.owner import PHONE, Owner, require_accessible
from tests.e2e.processes import Server

# Who, their plan, and what they did so many days ago.
DID = (
    ("ann", "pro", ("3 signup", "2 view", "1 view", "1 view")),
    ("bob", "free", ("3 signup", "1 view")),
    ("cat", "pro", ("2 signup", "1 view")),
    ("dan", "free", ("2 signup",)),
)


def track_days(owner: Owner) -> datetime:
    """Makes the events of `DID`, each at noon; the day that is today to them."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    events = [
        {
            "event_type": event_type,
            "user_id": who,
            "timestamp": (noon - timedelta(days=int(days_ago))).isoformat(),
            "properties": {"plan": plan},
        }
        for who, plan, did in DID
        for days_ago, event_type in map(str.split, did)
    ]
    key = {"X-API-Key": owner.project["api_key"]}
    status, answer = owner.server.call("POST", "/api/v1/track/batch", {"events": events}, key)
    assert (status, answer["accepted"]) == (200, len(events)), answer
    return noon


def row_of(page: Page, table: str, place: int) -> Locator:
    return page.get_by_role("region", name=table, exact=True).get_by_role("row").nth(place)


def show_on_phone(page: Page) -> None:
    desktop = page.viewport_size
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    require_accessible(page)
    page.emulate_media(color_scheme="light")
    assert desktop is not None
    page.set_viewport_size(desktop)


def test_who_comes_back_is_asked_and_kept(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@retention.example")
    today = track_days(owner)
    owner.sign_in(page, f"/projects/{owner.project['id']}/retention?periods=4")
    expect(page.get_by_text("Each row: people who did anything on that day.")).to_be_visible()
    page.get_by_label("Cohort event").press_sequentially("ignup")
    page.get_by_label("Cohort event").press("Home")
    page.keyboard.type("s")  # letters stay, and the cursor where it is
    expect(page.get_by_label("Cohort event")).to_have_value("signup")
    page.get_by_label("Return event: and later").fill("view")
    page.get_by_label("Joins a cohort").select_option("First time ever")
    explained = "did “signup” for the first time ever on that day. Each cell: those of them who did “view”"
    expect(page.get_by_text(explained)).to_be_visible()
    expect(row_of(page, "Cohorts", 1)).to_have_text("Weighted average50.0%100%–")
    expect(row_of(page, "Cohorts", 2)).to_have_text(re.compile(r"\w250.0%100%0% so far$"))
    require_accessible(page)
    page.get_by_role("button", name="Number").click()
    expect(row_of(page, "Cohorts", 3)).to_have_text(re.compile(r"\w210 so far$"))
    page.get_by_label("Return events needed").fill("2")
    expect(row_of(page, "Cohorts", 2)).to_have_text(re.compile(r"\w2010 so far$"))
    page.get_by_label("Return events needed").fill("1")

    page.get_by_label("Break down by").select_option("properties.plan")
    expect(row_of(page, "Weighted averages by properties.plan", 2)).to_have_text("free20%100%–")
    expect(row_of(page, "Weighted averages by properties.plan", 3)).to_have_text("pro2100%100%–")
    page.get_by_label("Cohorts of").select_option("pro")
    expect(row_of(page, "Cohorts of pro", 2)).to_have_text(re.compile(r"\w1110 so far$"))
    require_accessible(page)
    show_on_phone(page)
    link = page.url
    page.goto("about:blank")
    page.goto(link)  # the link is the report
    expect(row_of(page, "Cohorts of pro", 2)).to_have_text(re.compile(r"\w1110 so far$"))

    page.get_by_role("button", name="Add a condition for Return event").click()
    page.get_by_role("combobox", name="Property").fill("properties.plan")
    page.get_by_role("combobox", name="Value").fill("free")
    expect(row_of(page, "Weighted averages by properties.plan", 1)).to_have_text("All together40%50.0%–")
    page.get_by_role("button", name="Save as a report").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    _, (report,) = server.call("GET", f"/api/v1/reports?project_id={owner.project['id']}", headers=owner.headers)
    assert report["question"]["cohort_rule"] == "first_time"
    assert "last_period_contains" not in report["question"]  # it ends with the day on which it is looked at
    status, answer = server.call("GET", f"/api/v1/reports/{report['id']}/answer", headers=owner.headers)
    assert (status, answer["weighted_average"]) == (200, [100.0, 0.0, 50.0, None]), answer

    page.goto(f"{link}&as_of={clock.format_time(clock.now_us())}")
    expect(page.get_by_label("Last one contains")).to_have_value(f"{today:%Y-%m-%d}")
    expect(page.get_by_role("button", name="Save as a report")).to_have_count(0)


def test_who_is_new_and_who_is_often_here(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@stickiness.example")
    track_days(owner)
    root = f"/projects/{owner.project['id']}"
    owner.sign_in(page, f"{root}/lifecycle?range=7d")
    page.get_by_text("Figures as a table").click()
    expect(row_of(page, "Lifecycle by day", 4)).to_have_text(re.compile(r"\w22000$"))
    expect(row_of(page, "Lifecycle by day", 5)).to_have_text(re.compile(r"\w32101$"))
    expect(row_of(page, "Lifecycle by day", 6)).to_have_text(re.compile(r"\w30211$"))
    expect(row_of(page, "Lifecycle by day", 7)).to_have_text(re.compile(r", so far00003$"))
    expect(page.get_by_text("who is counted as dormant there may still come")).to_be_visible()
    require_accessible(page)
    show_on_phone(page)
    page.get_by_label("Period").select_option("Week")
    expect(page.get_by_role("region", name="Lifecycle by week")).to_be_visible()
    page.go_back()  # undoes the choice
    expect(page.get_by_label("Period")).to_have_value("day")
    expect(row_of(page, "Lifecycle by day", 6)).to_have_text(re.compile(r"\w30211$"))
    page.get_by_label("Active means").fill("signup")
    expect(row_of(page, "Lifecycle by day", 6)).to_have_text(re.compile(r"\w00002$"))
    page.get_by_label("Active means").fill("gone")
    expect(page.get_by_role("heading", name="Nobody was active")).to_be_visible()

    page.goto(f"{root}/stickiness?range=7d")
    expect(page.get_by_text("2 days", exact=True).first).to_be_visible()
    expect(page.get_by_text("of 7, averaged over 4 people")).to_be_visible()
    page.get_by_text("Figures as a table").click()
    table = "Active in exactly so many days"
    expect(row_of(page, table, 2)).to_have_text("2 days250.0%")
    require_accessible(page)
    show_on_phone(page)
    page.get_by_label("Days to a period").fill("4")  # the range's last period has only three
    expect(page.get_by_text("Active in exactly so many periods of 4 days", exact=True).first).to_be_visible()
    page.get_by_label("Days to a period").fill("1")
    page.get_by_label("Cumulative").check()
    expect(row_of(page, "Active in at least so many days", 2)).to_have_text("At least 2 days375.0%")
    page.get_by_label("Times").fill("2")
    expect(page.get_by_text("of 7, averaged over 1 person")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.path().read_text().splitlines()[:3] == ["periods,persons", "1,1", "2,0"]
