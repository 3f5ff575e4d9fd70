"""Pictures of the dashboard's pages, with the demo's shop in them: wide and on a phone, light and dark.

    python -m tests.e2e.dashboard.pictures FOLDER [NAME …]

`NAME` is a page of `PAGES`; without any all are taken. Files are NAME-wide-light.png and so on.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, Page, expect, sync_playwright

from iafa_api import clock
from tests.e2e.dashboard.conftest import CHROMIUM
from tests.e2e.dashboard.owner import PHONE
from tests.e2e.dashboard.refused_events import TYPE, send_refused
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
        self.somebody = quote(self.get(f"projects/{self.project['id']}/persons")[0]["id"])
        self.root = f"/projects/{self.project['id']}"
        self.dashboard = self.get(f"dashboards?project_id={self.project['id']}")[0]
        self.reports = {one["name"]: one["id"] for one in self.get(f"reports?project_id={self.project['id']}")}

    @cached_property
    def schema_id(self) -> str:
        """Of a schema that events fail, some of which were refused."""
        return send_refused(self.server, self.headers, self.project["id"])

    def get(self, path: str) -> Any:
        return self.server.call("GET", f"/api/v1/{path}", None, self.headers)[1]

    def make(self, what: str, **fields: Any) -> dict[str, Any]:
        status, made = self.server.call("POST", f"/api/v1/{what}", fields, self.headers)
        assert status in (200, 201), made
        return dict(made)

    def invite(self) -> None:
        """Two more members and an open invitation, once."""
        if len(self.get("organization/members")) > 1:
            return
        for role, name in (("analyst", "Ada Lovelace"), ("viewer", "Grace Hopper")):
            email = f"{name.split()[0].lower()}@shop.example"
            token = self.make("organization/invitations", email=email, role=role)["url"].partition("=")[2]
            self.make("auth/register", email=email, password="correct horse", full_name=name, invitation=token)
        self.make("organization/invitations", email="mary.somerville@shop.example", role="admin")


@dataclass(frozen=True)
class Picture:
    """`path` below the project; `act` does what has to be done before the picture is taken."""

    path: Callable[[Shop], str]
    act: Callable[[Page], Any] | None = None


def at(path: str) -> Picture:
    return Picture(lambda shop: path)


def _joined_person(shop: Shop) -> str:
    """Somebody of whom a visitor's id is told, and a trait or two; the links of one were undone."""
    person = next(one for one in shop.get(f"projects/{shop.project['id']}/persons") if not one["is_anonymous"])
    links = shop.get(f"projects/{shop.project['id']}/identity-links?person_id={person['id']}")
    if not links:
        traits = {"plan": "pro", "city": "Lisbon"}
        made = shop.make(f"projects/{shop.project['id']}/api-keys", name="Pictures")
        key = {"X-API-Key": made["api_key"]}
        for visitor in ("visitor-phone-81c2", "visitor-laptop-04fe"):
            body = {"anonymous_id": visitor, "user_id": person["id"], "traits": traits}
            shop.server.call("POST", "/api/v1/identify", body, key)
        ends = {"anonymous_id": "visitor-laptop-04fe", "user_id": person["id"]}
        shop.make(f"projects/{shop.project['id']}/identity-links/undo", **ends)
    return str(person["id"])


def _ask_to_undo(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Undo")).first.click()


def _cohort(shop: Shop) -> str:
    """Two of them are there; the id of the one that says most."""
    found = shop.get(f"cohorts?project_id={shop.project['id']}")
    if found:
        return str(found[-1]["id"])
    bought = {"event_type": "purchase", "at_least": 2, "last_days": 30}
    german = {"filter": [{"property": "country", "operator": "eq", "value": "DE"}]}
    seldom = {"event_type": "page_view", "last_days": 7}
    shop.make("cohorts", project_id=shop.project["id"], name="Regular buyers", definition=bought)
    definition = {"all": [{"event_type": "add_to_cart"}, {"not": {**bought, "at_least": 1}}, {"any": [german, seldom]}]}
    fields = {"name": "Left the cart", "description": "Wanted something, and did not buy.", "definition": definition}
    return str(shop.make("cohorts", project_id=shop.project["id"], **fields)["id"])


def _cohort_line(shop: Shop) -> str:
    return quote(json.dumps([{"property": "cohort", "operator": "in", "value": _cohort(shop)}]))


def scroll_through(page: Page) -> None:
    """What is loaded only when it comes near is there."""
    for _ in range(10):
        page.mouse.wheel(0, 800)
        page.wait_for_timeout(200)
    expect(page.locator("main .animate-pulse, main [aria-busy=true]")).to_have_count(0)
    page.evaluate("scrollTo(0, 0)")


def _changed_funnel(shop: Shop) -> str:
    """A funnel of its own with a few versions."""
    stages = [{"event_type": name} for name in ("product_viewed", "added_to_cart", "purchase")]
    made = shop.make("funnels", project_id=shop.project["id"], name="Checkout", stages=stages)
    path = f"funnels/{made['id']}"
    for version, change in enumerate(
        (
            {"name": "Checkout of all shops", "stages": stages},
            {"name": "Checkout of all shops", "stages": stages[:2], "description": "Until the basket is full"},
        ),
        start=1,
    ):
        headers = {**shop.headers, "If-Match": f'"{version}"'}
        status, answer = shop.server.call("PUT", f"/api/v1/{path}", change, headers)
        assert status == 200, answer
    return f"/history/{path}"


def _deleted_funnel(shop: Shop) -> str:
    path = _changed_funnel(shop).removeprefix("/history/")
    assert shop.server.call("DELETE", f"/api/v1/{path}", None, shop.headers)[0] == 204
    return "/history?tab=deleted"


def _look_back(page: Page) -> None:
    page.get_by_role("button", name="Another moment").click()


def _ask_why(page: Page) -> None:
    page.get_by_role("button", name="7 days").click()
    expect(page.locator("main .animate-pulse, main [aria-busy=true]")).to_have_count(0)
    page.get_by_text("How was this counted?").click()
    page.get_by_role("button", name="Say why it changed").click()
    expect(page.get_by_role("region", name="What has moved")).to_be_visible()


def after_refusals(path: str) -> Picture:
    return Picture(lambda shop: shop.schema_id and path)


def _open_first(page: Page) -> None:
    page.get_by_label("Choose all on this page").check()
    page.locator("main summary").nth(1).click()


def _plan_replay(page: Page) -> None:
    page.get_by_label("Choose all on this page").check()
    page.get_by_role("button", name="Send again …").click()
    expect(page.get_by_role("dialog")).to_contain_text("still be refused")


def _draft(page: Page) -> None:
    page.get_by_role("button", name="Draft from what was seen").click()
    expect(page.get_by_text("Drafted from")).to_be_visible()


def _try_schema(page: Page) -> None:
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text(re.compile("would (fail|pass)")).first).to_be_visible()
    page.get_by_text("Some of these events").first.click()


SERIES = quote(json.dumps([{"event": "page_view", "measure": "users"}, {"event": "purchase", "measure": "users"}]))
PAID = [{"property": "properties.status", "operator": "eq", "value": "completed"}]
AMOUNTS = quote(json.dumps([{"event": "purchase", "measure": "sum", "of": "properties.amount", "where": PAID}]))
PAGES: Mapping[str, Picture] = {
    "setup": at("/setup"),
    "funnels": at("/funnels"),
    "funnel": Picture(lambda shop: f"/funnels/{shop.funnel['id']}?breakdown=country"),
    "funnel-trend": Picture(lambda shop: f"/funnels/{shop.funnel['id']}?tab=trend"),
    "funnel-builder": Picture(lambda shop: f"/funnels/{shop.funnel['id']}/edit"),
    "people": at("/people"),
    "person": Picture(lambda shop: f"/people/{_joined_person(shop)}"),
    "person-undo": Picture(lambda shop: f"/people/{_joined_person(shop)}", _ask_to_undo),
    "cohorts": Picture(lambda shop: "/cohorts" if _cohort(shop) else ""),
    "cohort": Picture(lambda shop: f"/cohorts/{_cohort(shop)}?people=1"),
    "cohort-edit": Picture(lambda shop: f"/cohorts/{_cohort(shop)}?edit=1"),
    "funnel-cohort": Picture(lambda shop: f"/funnels/{shop.funnel['id']}?filter={_cohort_line(shop)}"),
    "reports": at("/reports"),
    "report-funnel": Picture(lambda shop: f"/reports/{shop.reports['From page to order']}"),
    "report-metric": Picture(lambda shop: f"/reports/{shop.reports['Active people']}?range=7d"),
    "report-retention": Picture(lambda shop: f"/reports/{shop.reports['Who comes back']}"),
    "dashboards": at("/dashboards"),
    "dashboard": Picture(lambda shop: f"/dashboards/{shop.dashboard['id']}", scroll_through),
    "dashboard-edited": Picture(
        lambda shop: f"/dashboards/{shop.dashboard['id']}", lambda page: page.get_by_role("button", name="Edit").click()
    ),
    "paths": at("/paths"),
    "paths-pages": at("/paths?item=url&steps=4&node=2_%2Fsearch&groups=%5B%22%2Fblog%2F*%22%5D"),
    "live": Picture(lambda shop: "/live", lambda page: page.get_by_role("button", name="page_view").first.click()),
    "history": Picture(lambda shop: _changed_funnel(shop) and "/history"),
    "history-deleted": Picture(_deleted_funnel),
    "history-access": at("/history?tab=access"),
    "history-proof": at("/history?tab=proof"),
    "history-subject": Picture(_changed_funnel),
    "history-restore": Picture(
        _changed_funnel, lambda page: page.get_by_role("button", name="Restore this version").last.click()
    ),
    "look-back": Picture(
        lambda shop: f"/funnels/{shop.funnel['id']}?as_of={clock.format_time(clock.now_us())}", _look_back
    ),
    "why-changed": Picture(lambda shop: f"/funnels/{shop.funnel['id']}", _ask_why),
    "quality": after_refusals("/quality"),
    "quality-reasons": after_refusals("/quality?chart=refused"),
    "quarantine": Picture(lambda shop: shop.schema_id and "/quarantine", _open_first),
    "quarantine-replay": Picture(lambda shop: shop.schema_id and "/quarantine?range=7d", _plan_replay),
    "schemas": after_refusals("/schemas"),
    "schema": Picture(lambda shop: f"/schemas/{shop.schema_id}", _try_schema),
    "schema-new": Picture(lambda shop: shop.schema_id and f"/schemas/new?event_type={TYPE}", _draft),
    "trends": at("/trends"),
    "trends-compared": at(
        f"/trends?compare=previous_period&average=7&formula=B+/+A+*+100&formula=A+%2B&series={SERIES}"
    ),
    "trends-lines": at(f"/trends?compare=previous_period&series={SERIES}"),
    "trends-bars": at(f"/trends?compare=previous_period&range=7d&chart=bar&series={SERIES}"),
    "trends-measures": at(f"/trends?breakdown=properties.device&interval=month&range=90d&series={AMOUNTS}"),
    "trends-values": at("/trends?breakdown=url&compare=previous_period&range=28d"),
    "sessions": at("/sessions?compare=previous_period"),
    "sessions-of-one": Picture(lambda shop: f"/sessions?person={shop.somebody}"),
    "settings": Picture(lambda shop: "/settings", lambda page: page.get_by_label("Time zone").fill("America/New_York")),
    "settings-keys": at("/settings?tab=keys"),
    "settings-key": Picture(lambda shop: "/settings?tab=keys", lambda page: _make_key(page)),
    "settings-origins": Picture(lambda shop: "/settings?tab=origins", lambda page: _refuse_origin(page)),
    "settings-collection": at("/settings?tab=collection"),
    "settings-retention": at("/settings?tab=retention"),
    "settings-less": Picture(lambda shop: "/settings?tab=retention", lambda page: _keep_less(page)),
    "settings-danger": Picture(lambda shop: "/settings?tab=danger", lambda page: _press(page, "Delete ")),
    "members": Picture(lambda shop: shop.invite() or "/members"),
    "members-invite": Picture(lambda shop: "/members", lambda page: _press(page, "Invite somebody")),
    "account": at("/account"),
    "account-erase": Picture(lambda shop: "/account", lambda page: _press(page, "Erase my account")),
    "jobs": at("/jobs"),
    "retention": at("/retention?rule=first_time"),
    "retention-by": at("/retention?interval=week&periods=8&breakdown=properties.source&cohort=product_view"),
    "lifecycle": at("/lifecycle"),
    "lifecycle-weeks": at("/lifecycle?interval=week&range=90d"),
    "stickiness": at("/stickiness"),
    "stickiness-weeks": at("/stickiness?interval=week&range=60d&cumulative=1&times=2"),
}


def _press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name).click()


def _make_key(page: Page) -> None:
    _press(page, "New key")
    page.get_by_role("textbox", name="Name").fill("Shop, in production")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_label("The write key").wait_for()


def _refuse_origin(page: Page) -> None:
    _press(page, "Add one")
    page.get_by_label("Origin 1").fill("https://shop.example.com")
    _press(page, "Add another")
    page.get_by_label("Origin 2").fill("shop.example.com/basket")
    _press(page, "Save the changes")
    page.get_by_text("Must be an origin").wait_for()


def _keep_less(page: Page) -> None:
    page.get_by_label("Events are kept").select_option("days")
    page.get_by_label("Days", exact=True).fill("20")
    _press(page, "Save the changes")
    page.get_by_text("next removal.", exact=False).last.wait_for()


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
