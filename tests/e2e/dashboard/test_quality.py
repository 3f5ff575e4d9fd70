"""Bad events are seen, found, and sent again after their schema was mended; a schema is drafted, tried and given up."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import Page, expect

from iafa_api import clock
from tests.e2e.dashboard.owner import PHONE, Owner, require_accessible
from tests.e2e.processes import Server

COUNTED_SECONDS = 30.0
EDITOR = "JSON Schema of the properties"
PLANS = {"type": "object", "properties": {"plan": {"enum": ["free", "pro"]}}, "required": ["plan"]}


def buy(owner: Owner, *properties: dict[str, Any]) -> dict[str, Any]:
    events = [{"event_type": "buy", "user_id": f"u{place}", "properties": own} for place, own in enumerate(properties)]
    key = {"X-API-Key": owner.project["api_key"]}
    return dict(owner.server.call("POST", "/api/v1/track/batch", {"events": events}, key)[1])


def wait_until_counted(owner: Owner, accepted: int) -> None:
    """Until the flush, which so many events make due, has counted them."""
    deadline = time.monotonic() + COUNTED_SECONDS
    path = f"/api/v1/projects/{owner.project['id']}/data-quality"
    while (found := owner.server.call("GET", path, headers=owner.headers)[1]["total"]["accepted"]) != accepted:
        assert time.monotonic() < deadline, f"{found} of {accepted} are counted"
        time.sleep(0.1)


def test_refused_events_are_sent_again_after_their_schema_was_mended(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@quality.example")
    root = f"/projects/{owner.project['id']}"
    schema = owner.make(f"{root[1:]}/schemas", event_type="buy", schema=PLANS, mode="quarantine")
    answer = buy(owner, *[{"plan": "free"}] * 60, *[{"plan": "pro"}] * 40, *[{"plan": "team"}] * 3, {})
    assert (answer["accepted"], len(answer["errors"])) == (100, 4), answer
    wait_until_counted(owner, 100)

    owner.sign_in(page, f"{root}/quality?range=7d")
    figures = page.locator("dl > div")
    expect(figures.filter(has_text="Accepted").first).to_contain_text("100")
    expect(figures.filter(has_text="Refused")).to_contain_text(re.compile("4.*3.9% of all"))
    expect(figures.filter(has_text="Capture rate")).to_contain_text("96.2%")
    page.get_by_role("tab", name="Refused, by reason").click()
    page.get_by_text("Figures as a table").click()
    expect(
        page.get_by_role("link", name=re.compile("Fails the schema of its type: 4. Show these events"))
    ).to_have_count(1)
    require_accessible(page)
    page.get_by_role("link", name="Show the events: Fails the schema").click()

    expect(page).to_have_url(re.compile(r"/quarantine\?range=7d&reason=schema$"))
    expect(page.get_by_text("4 events", exact=True)).to_be_visible()
    page.locator("summary").filter(has_text="u103").click()
    expect(page.get_by_text("properties.plan: Missing data for required field.")).to_be_visible()
    page.get_by_label("Choose all on this page").check()
    require_accessible(page)
    page.get_by_role("button", name="Send again …").click()
    expect(page.get_by_role("dialog")).to_contain_text("None would be accepted")
    expect(page.get_by_role("dialog")).to_contain_text("4 events would still be refused")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="Data quality").last.click()
    page.get_by_role("region", name="Failing their schema").get_by_role("link", name="buy").first.click()

    editor = page.get_by_label(EDITOR)
    editor.fill('{\n  "type": "object",\n  "required": ["plan",]\n}')
    expect(page.get_by_text(re.compile("Line 3, column 22:.*No comma may stand before ]"))).to_be_visible()
    editor.fill('{\n"properties": {"plan": {\n"enum": ["pro", "team"]}},\n"required": ["plan"], "type": "object"}')
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("60 of 100 events would fail")).to_be_visible()
    expect(page.get_by_text(re.compile("plan is none of the listed values.*60 events, 60.0%"))).to_be_visible()
    page.get_by_text("Some of these events").click()
    expect(page.get_by_text("free", exact=True)).to_have_count(5)
    page.get_by_role("button", name="Save the changes").click()
    expect(page.get_by_role("alert")).to_contain_text(re.compile('Line 3properties.plan.enum: .*any more: "free"'))
    require_accessible(page)
    editor.fill('{"properties": {"plan": {"enum": ["free", "pro", "team"]}}, "required": ["plan"], "type": "object"}')
    expect(page.get_by_text("Something was changed since")).to_be_visible()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("All 100 events would pass")).to_be_visible()
    page.get_by_role("button", name="Save the changes").click()
    expect(page.get_by_text("Version 2, of")).to_be_visible()

    page.get_by_role("link", name="Refused events").click()
    page.get_by_label("Choose all on this page").check()
    page.get_by_role("button", name="Send again …").click()
    expect(page.get_by_role("dialog")).to_contain_text("3 events would be accepted")
    require_accessible(page)
    page.get_by_role("button", name="Send 3 again").click()
    expect(page.get_by_role("dialog")).to_contain_text(re.compile("3 events were accepted.*1 event is still refused"))
    page.get_by_role("button", name="Close").last.click()
    expect(page.get_by_text("1 event", exact=True)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download these").click()
    assert download.value.path().read_text().count('"reason":"schema"') == 1
    tried = {"event_type": "buy", "schema": {}}
    status, found = server.call("POST", f"/api/v1{root}/schemas/dry-run", tried, owner.headers)
    assert (status, found["checked"]) == (200, 103)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    for path in ("quality", "quarantine", f"schemas/{schema['id']}"):
        page.goto(f"{root}/{path}")
        expect(page.locator("main .animate-pulse")).to_have_count(0)
        require_accessible(page)


def test_a_schema_is_drafted_tried_and_given_up(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@schemas.example")
    buy(owner, *[{"plan": "pro", "amount": 5}] * 20, {"plan": "free"})
    root = f"/projects/{owner.project['id']}"
    owner.sign_in(page, f"{root}/schemas")
    expect(page.get_by_role("heading", name="No schema yet")).to_be_visible()
    require_accessible(page)
    page.get_by_role("link", name="buy 21").click()
    page.get_by_role("button", name="Draft from what was seen").click()
    expect(page.get_by_text("Drafted from 21 events")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="amount")).to_contain_text("whole number")
    expect(page.get_by_role("listitem").filter(has_text=re.compile("^plan"))).to_contain_text("requiredtext, one of")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("20 cannot be decided (95.2%)")).to_be_visible()
    page.get_by_label(EDITOR).fill('{"requird": ["plan"]}')
    page.get_by_role("link", name="Funnels").click()
    page.get_by_role("button", name="Stay here").click()
    page.get_by_role("button", name="Save the schema").click()
    expect(page.get_by_role("alert")).to_contain_text(re.compile("Line 1requird: Not a keyword"))
    page.get_by_label(EDITOR).fill('{"required": ["plan"]}')
    page.get_by_label(re.compile("^Warn")).check()
    require_accessible(page)
    page.get_by_role("button", name="Save the schema").click()
    expect(page.get_by_role("heading", name="Schema of buy")).to_be_visible()

    schema_id = page.url.rsplit("/", 1)[1]
    moment = clock.format_time(clock.now_us())
    path, match = f"/api/v1{root}/schemas/{schema_id}", {**owner.headers, "If-Match": '"1"'}
    page.get_by_label(re.compile("^Quarantine")).check()  # a newer version is shown only where nothing is changed
    assert server.call("PUT", path, {"mode": "observe"}, match)[0] == 200
    page.get_by_role("button", name="Save the changes").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has changed it meanwhile")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("button", name="Leave without saving").click()
    expect(page.get_by_role("listitem").filter(has_text="Version 2")).to_contain_text("Observe")
    page.goto(f"{root}/schemas/{schema_id}?as_of={moment}")
    expect(page.get_by_label(re.compile("^Warn"))).to_be_checked()
    expect(page.get_by_label(EDITOR)).not_to_be_editable()
    expect(page.get_by_role("button", name=re.compile("Save|Delete|Try"))).to_have_count(0)
    require_accessible(page)
    page.get_by_role("button", name="Back to now").click()
    page.get_by_role("link", name="All schemas").click()
    page.get_by_role("link", name="buy", exact=True).click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("heading", name="No schema yet")).to_be_visible()
    assert server.call("GET", path, headers=owner.headers)[0] == 404
