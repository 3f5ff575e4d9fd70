"""What was changed is read, looked at as it was, taken back; and a figure that has moved is explained."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.dashboard.owner import PHONE, Owner, require_accessible
from tests.e2e.processes import Server


def stage(place: int, name: str, people: int, share: str) -> re.Pattern[str]:
    return re.compile(f"^{place} ?{name}.*{people} people.*{re.escape(share)}")


def test_back_in_time_and_a_version_restored(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@history.example")
    owner.track("ann view cart paid; bob view cart; cat view cart; eve view")
    funnel_id = owner.make_funnel("view", "paid")
    stages = [{"event_type": "view"}, {"event_type": "cart"}]
    stale = {**owner.headers, "If-Match": '"1"'}
    body = {"name": "Purchase", "stages": stages}
    assert server.call("PUT", f"/api/v1/funnels/{funnel_id}", body, stale)[0] == 200
    report = f"/projects/{owner.project['id']}/funnels/{funnel_id}"
    owner.sign_in(page, report)
    expect(page.get_by_role("button", name=stage(2, "cart", 3, "75.0%"))).to_be_visible()

    page.get_by_role("link", name="History", exact=True).last.click()
    expect(page.get_by_text("changed the stages of the funnel Purchase")).to_be_visible()
    expect(page.get_by_text("Stage 2 › event type")).to_be_visible()
    require_accessible(page)
    page.get_by_role("link", name="as it was before").click()
    expect(page.get_by_role("button", name=stage(2, "paid", 1, "25.0%"))).to_be_visible()
    expect(page.get_by_text("Nothing can be changed here")).to_be_visible()
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name=stage(2, "paid", 1, "25.0%"))).to_be_visible()
    page.get_by_role("link", name="Funnels").click()  # every link stays in the past
    expect(page.get_by_text("view → paid")).to_be_visible()
    page.get_by_role("link", name="Purchase").click()
    expect(page.get_by_role("button", name=stage(2, "paid", 1, "25.0%"))).to_be_visible()
    for _ in range(3):
        page.go_back()  # past the list and the funnel, to the history as it is now
    expect(page.get_by_text("This is how it is now")).to_be_visible()
    expect(page.get_by_text("Nothing can be changed here")).to_have_count(0)

    page.get_by_role("button", name="Restore this version … (version 1)").click()
    dialog = page.get_by_role("dialog", name="Restore version 1?")
    expect(dialog.get_by_text("Stage 2 › event type")).to_be_visible()
    expect(dialog.locator("dd").first).to_have_text(re.compile("is *cart"))
    require_accessible(page)
    dialog.get_by_role("button", name="Restore it").click()
    expect(page.get_by_text("back to version 1")).to_be_visible()
    page.get_by_role("link", name="Open it").click()
    expect(page.get_by_role("button", name=stage(2, "paid", 1, "25.0%"))).to_be_visible()
    _, saved = server.call("GET", f"/api/v1/funnels/{funnel_id}", headers=owner.headers)
    assert (saved["version"], [each["event_type"] for each in saved["stages"]]) == (3, ["view", "paid"])

    page.get_by_role("button", name="Look back …").click()
    page.get_by_role("button", name="A week ago").click()
    expect(page.get_by_role("heading", name="There was no such project yet")).to_be_visible()
    require_accessible(page)
    page.get_by_role("button", name="Back to now").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    page.get_by_role("link", name="All that is deleted").click()
    require_accessible(page)
    page.get_by_role("button", name="Undelete Purchase").click()
    expect(page.get_by_role("heading", name="Nothing is deleted")).to_be_visible()
    assert server.call("GET", f"/api/v1/funnels/{funnel_id}", headers=owner.headers)[1]["version"] == 5

    page.get_by_role("tab", name="Changes").click()
    expect(page.get_by_text("became a member")).to_be_visible()
    expect(page.get_by_text("signed in")).to_have_count(0)
    page.get_by_label("What was done").select_option("Restored")
    expect(page.get_by_role("article")).to_have_count(2)
    require_accessible(page)
    page.get_by_role("tab", name="Access").click()
    expect(page.get_by_role("listitem").filter(has_text="the audit log").first).to_contain_text("Personal data read")
    require_accessible(page)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    page.get_by_role("tab", name="Proof and export").click()
    expect(page.get_by_text(re.compile(r"Checked \d+ events, unbroken"))).to_be_visible()
    require_accessible(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the proof").click()
    assert '"format"' in download.value.path().read_text().splitlines()[0]
    page.get_by_role("tab", name="Changes").click()
    require_accessible(page)


def test_why_a_figure_has_changed(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@why.example")
    owner.track("ann view paid; bob view")
    funnel_id = owner.make_funnel("view", "paid")
    owner.sign_in(page, f"/projects/{owner.project['id']}/funnels/{funnel_id}")
    expect(page.get_by_role("button", name=stage(2, "paid", 1, "50.0%"))).to_be_visible()
    owner.track("cat view paid; dan view paid")
    page.reload()
    expect(page.get_by_role("button", name=stage(2, "paid", 3, "75.0%"))).to_be_visible()
    page.get_by_text("How was this counted?").click()
    page.get_by_role("button", name="Say why it changed").click()
    expect(page.get_by_text("Events: other events are there now (4 more events counted).")).to_be_visible()
    figures = page.get_by_role("region", name="What has moved")
    expect(figures.get_by_role("row", name="paid · people 1 3 +2")).to_be_visible()
    expect(figures.get_by_role("row", name="overall conversion 50.0% 75.0% +25.0 points")).to_be_visible()
    page.get_by_role("button", name="Ask again as it was").click()
    expect(page.get_by_text("Counted again from exactly the 3 events that it saw")).to_be_visible()
    expect(page.get_by_role("row", name="paid · people 1")).to_be_visible()
    require_accessible(page)
    page.get_by_label("Compare with what it said on").select_option("A receipt that I paste …")
    page.get_by_label("Earlier receipt").fill("{}")
    expect(page.get_by_text("This is no receipt")).to_be_visible()
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    require_accessible(page)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Look back …").click()
    require_accessible(page)
    page.get_by_role("button", name="Yesterday").click()
    expect(page.get_by_role("heading", name="There was no such project yet")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Back to now").click()
    kept = "Object.keys(localStorage).filter(key => key.startsWith('receipts-')).length"
    assert page.evaluate(kept) == 1
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name=re.compile("Sign in", re.IGNORECASE))).to_be_visible()
    assert page.evaluate(kept) == 0
