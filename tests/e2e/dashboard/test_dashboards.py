"""Saved reports are looked at, put on a dashboard, and taken off it again."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from iafa_api import clock
from tests.e2e.dashboard.owner import PHONE, Owner, require_accessible
from tests.e2e.processes import Server

STAGES = [{"event_type": "view"}, {"event_type": "cart"}, {"event_type": "paid"}]


def save(owner: Owner, name: str, kind: str, /, **question: Any) -> str:
    project_id = owner.project["id"]
    return str(owner.make("reports", project_id=project_id, name=name, kind=kind, question=question)["id"])


def card(page: Page, name: str) -> Locator:
    return page.locator("main li").filter(has=page.get_by_role("heading", name=name, exact=True))


def test_a_dashboard_is_put_together_and_looked_at(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@dashboards.example")
    root = f"/projects/{owner.project['id']}"
    owner.track("ann view cart paid; bob view cart; eve view; joe view")
    owner.sign_in(page)
    expect(page.get_by_role("heading", name="No funnel yet")).to_be_visible()  # the front, while there is no dashboard
    page.get_by_role("link", name="Dashboards").click()
    page.get_by_role("button", name="Make one").click()
    page.get_by_label("Name", exact=True).fill("Daily")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="First it takes a saved report")).to_be_visible()
    require_accessible(page)

    purchase = save(owner, "Purchase", "funnel", stages=STAGES, start_date="30d")
    save(owner, "Activity", "metric", name="events", dimension="event_type", start_time="30d")
    save(owner, "Trend", "funnel", stages=STAGES, start_date="7d", interval="day")
    old = save(owner, "Old", "funnel", stages=STAGES, start_date="2020-01-01", end_date="2020-01-31")
    page.reload()
    page.get_by_role("button", name="Add reports").click()
    for name in ("Purchase (Funnel)", "Activity (Metric)", "Trend (Funnel)", "Old (Funnel)"):
        page.get_by_label("Saved report").select_option(name)
        page.get_by_role("button", name="Add it").click()
    page.get_by_role("button", name="Move Purchase down").click()
    page.get_by_role("listitem", name="Purchase").get_by_label("Full width").check()
    page.get_by_role("button", name="Drag Old").focus()
    for key in ("Space", "ArrowUp", "Space"):
        page.keyboard.press(key)
        page.wait_for_timeout(300)  # a lifted card is laid down where it has got to
    require_accessible(page)
    page.get_by_role("button", name="Save the dashboard").click()
    expect(page.get_by_role("button", name="Edit")).to_be_visible()
    _, (saved,) = server.call("GET", f"/api/v1/dashboards?project_id={owner.project['id']}", headers=owner.headers)
    _, reports = server.call("GET", f"/api/v1/reports?project_id={owner.project['id']}", headers=owner.headers)
    names = {one["id"]: one["name"] for one in reports}
    shown = [(names[one["report_id"]], one.get("layout", {}).get("width")) for one in saved["reports"]]
    assert shown == [("Activity", None), ("Purchase", 2), ("Old", None), ("Trend", None)]

    expect(card(page, "Purchase")).to_contain_text(re.compile("25.0% ?of people reach.*view.*4.*cart.*2 people.*50.0%"))
    expect(card(page, "Activity")).to_contain_text(re.compile("7 ?over the whole range.*view 4.*cart 2.*paid 1"))
    expect(card(page, "Old")).to_contain_text("Nobody met the first stage, “view”, in this range.")
    card(page, "Trend").get_by_text("Figures as a table").click()
    expect(card(page, "Trend").get_by_role("row", name=re.compile(r"4 1 25\.0%$"))).to_be_visible()
    require_accessible(page)
    page.get_by_role("button", name="7 days").click()
    expect(card(page, "Old")).to_contain_text(re.compile("25.0% ?of people reach"))
    assert "range=7d" in page.url

    server.call("DELETE", f"/api/v1/reports/{old}", headers=owner.headers)
    page.goto("/")  # the front is the dashboard now
    expect(page.get_by_role("heading", name="Daily")).to_be_visible()
    page.wait_for_url(re.compile(f"{root}/dashboards/{saved['id']}$"))
    expect(page.get_by_role("heading", name="This report was deleted")).to_be_visible()
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    require_accessible(page)
    body = {"name": "Weekly", "reports": saved["reports"]}
    match = owner.headers | {"If-Match": f'"{saved["version"]}"'}
    status, _ = server.call("PUT", f"/api/v1/dashboards/{saved['id']}", body, match)
    assert status == 200
    page.get_by_role("button", name="Take it off").click()
    expect(page.get_by_text("Somebody else has changed it meanwhile")).to_be_visible()
    expect(page.get_by_role("heading", name="Weekly")).to_be_visible()  # what they have made of it
    page.get_by_role("button", name="Take it off").click()
    expect(page.get_by_role("heading", name="This report was deleted")).to_have_count(0)
    _, (saved,) = server.call("GET", f"/api/v1/dashboards?project_id={owner.project['id']}", headers=owner.headers)
    assert [names[one["report_id"]] for one in saved["reports"]] == ["Activity", "Purchase", "Trend"]
    page.get_by_role("link", name="Purchase").click()
    page.wait_for_url(re.compile(f"/reports/{purchase}$"))


def test_a_report_is_found_looked_at_and_deleted(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@reports.example")
    root = f"/projects/{owner.project['id']}"
    owner.sign_in(page, f"{root}/reports")
    expect(page.get_by_role("heading", name="No report is saved yet")).to_be_visible()
    before = clock.format_time(clock.now_us())
    owner.track("ann view cart paid; bob view cart; cat view")
    germans = [{"property": "properties.country", "operator": "eq", "value": "DE"}]
    report_id = save(owner, "Purchase in Germany", "funnel", stages=STAGES, filter=germans, start_date="7d")
    save(owner, "Who returns", "retention", cohort_event={"event_type": "view"}, return_event={"event_type": "cart"})
    moment = clock.format_time(clock.now_us())
    page.reload()
    expect(page.locator("main li")).to_have_count(2)
    page.get_by_label("Search by name or description").fill("germany")
    expect(page.locator("main li")).to_have_count(1)
    require_accessible(page)
    page.get_by_role("link", name="Purchase in Germany").click()
    expect(page.get_by_text(re.compile("^50.0%$")).first).to_be_visible()
    expect(page.get_by_text(re.compile("50.0% stopped here"))).to_be_visible()
    require_accessible(page)

    page.get_by_role("link", name="Open as a new funnel").click()
    expect(page.get_by_label("Stage 3: event")).to_have_value("paid")
    owner.make_funnel("view", "cart", "paid")
    page.goto(f"{root}/reports/{report_id}")
    page.get_by_role("link", name="Open in Funnels").click()  # there is one with these stages now
    expect(page.get_by_role("button", name=re.compile("^1 ?view.*2 people"))).to_be_visible()
    expect(page.get_by_role("combobox", name="Value")).to_have_value("DE")
    page.go_back()
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("Purchase")
    page.get_by_label("Description (optional)").fill("Of Germans")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Purchase", exact=True)).to_be_visible()
    page.get_by_role("button", name="Custom").click()
    page.get_by_label("From").fill("2020-01-01")
    page.get_by_label("To").fill("2020-01-31")
    expect(page.get_by_text("Nobody met the first stage")).to_be_visible()
    page.goto(f"{root}/reports/{report_id}?as_of={moment}")  # it had another name, and may not be changed
    expect(page.get_by_role("heading", name="Purchase in Germany")).to_be_visible()
    expect(page.get_by_text("50.0% stopped here")).to_be_visible()
    expect(page.get_by_role("button", name="Rename")).to_have_count(0)
    page.goto(f"{root}/reports/{report_id}?as_of={before}")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()

    page.goto(f"{root}/reports/{report_id}")
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_text("of people reach the last stage")).to_be_visible()
    require_accessible(page)
    owner.make("dashboards", project_id=owner.project["id"], name="Daily", reports=[{"report_id": report_id}])
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("It stands on “Daily”")).to_be_visible()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("link", name="Who returns")).to_be_visible()
    expect(page.get_by_role("link", name="Purchase")).to_have_count(0)
