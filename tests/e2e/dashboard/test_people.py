"""People are found, their links are taken back and put back; a cohort is built, and a question is filtered by it."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from iafa_api import clock
from tests.e2e.dashboard.owner import PHONE, Owner, require_accessible
from tests.e2e.processes import Server


def test_a_link_is_taken_back_and_every_figure_follows(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@people.example")
    owner.track("ann paid; bob view paid")
    before = clock.format_time(clock.now_us() - 2 * 3600 * clock.MICROSECONDS)
    for visitor in ("v-1", "v-2"):
        send(owner, "track", event_type="view", anonymous_id=visitor, timestamp=before)
    send(owner, "identify", anonymous_id="v-1", user_id="ann", traits={"plan": "pro"})
    send(owner, "identify", anonymous_id="v-2", user_id="ghost")
    funnel = f"/projects/{owner.project['id']}/funnels/{owner.make_funnel('view', 'paid')}"
    people = f"/projects/{owner.project['id']}/people"
    owner.sign_in(page, people)
    expect(page.get_by_text("3 people")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^ann .* 2 plan pro$"))).to_be_visible()
    page.get_by_label("Search").fill("nobody")
    expect(page.get_by_role("heading", name="Nobody is found")).to_be_visible()
    page.get_by_label("Search").fill("v-")  # an id of theirs begins so
    expect(page.get_by_text("2 people")).to_be_visible()
    require_accessible(page)
    page.reload()
    expect(page.get_by_label("Search")).to_have_value("v-")
    page.get_by_role("link", name="ann").click()
    expect(page.get_by_text("Visitor v-1 is ann")).to_be_visible()
    expect(page.get_by_text("by identify.")).to_be_visible()
    require_accessible(page)
    page.get_by_role("button", name="Undo that v-1 is ann").click()
    expect(page.get_by_role("dialog")).to_contain_text("as another person’s, in the past as well")
    require_accessible(page)
    page.get_by_role("button", name="Undo the link").click()
    expect(page.get_by_text("Undone on")).to_contain_text("by Some Body")
    expect(page.get_by_text("also known as", exact=False)).to_have_count(0)
    expect(page.get_by_role("group").filter(has_text="view")).to_have_count(0)  # it is no event of theirs now
    page.goto(funnel)
    expect(page.get_by_role("button", name=re.compile("^2 ?paid.*1 people.*33.3%"))).to_be_visible()

    page.goto(f"{people}/ann?as_of={clock.format_time(clock.now_us())}")
    expect(page.get_by_text("it shows the person as they are now")).to_be_visible()
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)
    page.get_by_role("button", name="Back to now").click()
    page.get_by_role("button", name="Restore that v-1 is ann").click()
    page.get_by_role("button", name="Restore the link").click()
    expect(page.get_by_text("Restored on")).to_be_visible()
    page.goto(funnel)
    expect(page.get_by_role("button", name=re.compile("^2 ?paid.*2 people.*66.7%"))).to_be_visible()

    page.goto(f"{people}/ghost")
    page.get_by_role("button", name="Undo that v-2 is ghost").click()
    page.get_by_role("button", name="Undo the link").click()
    expect(page.get_by_role("heading", name="Where the events are")).to_be_visible()
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    require_accessible(page)
    page.get_by_role("link", name="v-2").click()
    expect(page.get_by_text("An anonymous visitor")).to_be_visible()
    require_accessible(page)
    page.goto(people)
    expect(page.get_by_role("row", name=re.compile("^v-2 Anonymous"))).to_be_visible()
    require_accessible(page)


def test_a_cohort_is_built_and_filters_a_question(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@cohorts.example")
    owner.track("ann view cart paid; bob view cart; cat view cart cart; eve view; joe view")
    funnel = f"/projects/{owner.project['id']}/funnels/{owner.make_funnel('view', 'cart')}"
    owner.sign_in(page, f"/projects/{owner.project['id']}/cohorts")
    require_accessible(page)
    page.get_by_role("link", name="Make one").click()
    page.get_by_label("Name", exact=True).fill("Left the cart")
    first = page.get_by_role("listitem", name="Rule 1")
    first.get_by_label("Event").fill("cart")
    page.get_by_role("button", name="Add a rule").click()
    second = page.get_by_role("listitem", name="Rule 2")
    second.get_by_label("Rule 2", exact=True).select_option("has no event where")
    page.get_by_role("button", name="Save the cohort").click()
    expect(second.get_by_role("alert")).to_contain_text("Add a condition")
    second.get_by_role("combobox", name="Property").fill("event_type")
    second.get_by_role("combobox", name="Value").fill("paid")
    words = "Everybody who did cart in the last 30 days and has no event where event_type is paid."
    expect(page.get_by_text(words)).to_be_visible()
    page.reload()  # the draft stands in the address
    expect(first.get_by_label("Event")).to_have_value("cart")
    page.get_by_role("button", name="Save the cohort").click()

    expect(page.get_by_text("2 of 5 people ever seen, 40.0%")).to_be_visible()
    page.get_by_role("button", name="List the people").click()
    for name in ("bob", "cat"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    expect(page.get_by_role("link", name="ann")).to_have_count(0)
    require_accessible(page)
    trends = page.get_by_role("link", name="Trends", exact=True).last
    expect(trends).to_have_attribute("href", re.compile("/trends.filter=.*cohort"))

    page.goto(funnel)
    expect(page.get_by_role("button", name=re.compile("^1 ?view.*5 people"))).to_be_visible()
    page.get_by_role("button", name="Add a filter").click()
    page.get_by_role("combobox", name="Property").fill("cohort")
    page.get_by_label("Cohort", exact=True).select_option("Left the cart")
    expect(page.get_by_role("button", name=re.compile("^1 ?view.*2 people"))).to_be_visible()
    page.get_by_label("Comparison").select_option("is not in")
    expect(page.get_by_role("button", name=re.compile("^1 ?view.*3 people"))).to_be_visible()
    require_accessible(page)

    page.get_by_role("link", name="Cohorts").click()
    page.get_by_role("link", name="Left the cart").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Remove rule 2").click()
    page.get_by_role("button", name="Add a group").click()
    group = page.get_by_role("listitem", name="Group 2")
    group.get_by_label("Group 2", exact=True).select_option("does not meet")
    group.get_by_label("Event").first.fill("paid")
    group.get_by_role("listitem", name="Rule 2 of group 2").get_by_label("Times, at least").fill("2")
    group.get_by_role("listitem", name="Rule 2 of group 2").get_by_label("Event").fill("cart")
    require_accessible(page)
    page.get_by_role("button", name="Save the changes").click()
    expect(page.get_by_text("1 of 5 people ever seen, 20.0%")).to_be_visible()  # bob: cat has two of them

    paid: dict[str, Any] = {"event_type": "paid", "filter": None, "at_least": 1}
    deep = {"not": {"not": {"any": [paid, {"not": paid}]}}}
    cohort = owner.make("cohorts", project_id=owner.project["id"], name="Deep", definition=deep)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    page.goto(f"/projects/{owner.project['id']}/cohorts/{cohort['id']}?edit=1")
    expect(page.get_by_label("Definition")).to_contain_text('"not"')
    require_accessible(page)
    page.get_by_label("Name", exact=True).fill("Renamed")
    page.get_by_role("button", name="Save the changes").click()
    expect(page.get_by_text("5 of 5 people ever seen, 100%")).to_be_visible()
    require_accessible(page)
    _, saved = server.call("GET", f"/api/v1/cohorts/{cohort['id']}", headers=owner.headers)
    assert (saved["name"], saved["definition"]) == ("Renamed", deep)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("link", name="Left the cart")).to_be_visible()
    expect(page.get_by_role("link", name="Renamed")).to_have_count(0)


def send(owner: Owner, door: str, **body: Any) -> None:
    status, answer = owner.server.call("POST", f"/api/v1/{door}", body, {"X-API-Key": owner.project["api_key"]})
    assert status == 200, answer
