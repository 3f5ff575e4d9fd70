"""The dashboard in a real browser against a real server: from nothing to the first chart, and from a bar to a person.

Every page that a test opens is also held to what all pages promise: nothing is loaded from elsewhere, nothing is
refused by the Content-Security-Policy or thrown, and axe finds nothing.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from iafa_api import clock
from iafa_api.rest.dashboard_files import FOLDER
from tests.e2e.processes import Server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
AXE = Path(__file__).parents[2] / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
SETTLE_SECONDS = 5.0
RUN_AXE = "axe.run().then(found => found.violations.map(one => [one.id, one.nodes.map(node => node.html)]))"
PASSWORD = "correct horse"
PHONE = {"width": 390, "height": 844}
REFUSED = re.compile(r"status of (401|403|404|422)")  # what a browser says of answers that a test asks for
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH"),
    pytest.mark.skipif(not (FOLDER / "index.html").is_file(), reason="not built: `make dashboard`"),
]
expect.set_options(timeout=20_000)  # the machine may have much else to do


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("dashboard") / "data", IAFA_LOGIN_ATTEMPTS_PER_MINUTE=0)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def context(server: Server, chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that nobody has used, and that notes what no page of ours may do."""
    origin = f"http://localhost:{server.port}"
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not REFUSED.search(message.text):
            faults.append(message.text)

    context = chromium.new_context(
        base_url=origin, locale="en-GB", timezone_id="Europe/Berlin", reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    context.on("console", note)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("request", lambda sent: None if sent.url.startswith((origin, "blob:")) else faults.append(sent.url))
    yield context
    context.close()
    assert faults == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


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


def test_a_funnel_is_built_with_its_figures_beside_it(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@builder.example")
    owner.track("ann view cart paid; bob view cart; eve view; joe cart view")
    owner.sign_in(page)
    page.get_by_role("link", name="Build one").click()
    page.get_by_label("Name", exact=True).fill("From view to paid")
    page.get_by_label("Stage 1: event").fill("cart")
    page.get_by_label("Stage 2: event").fill("view")
    expect(page.get_by_text("33.3% of the last 30 days reach the end")).to_be_visible()
    page.get_by_role("button", name="Move stage 1 down").click()
    expect(page.get_by_label("Stage 1: event")).to_have_value("view")
    page.get_by_role("button", name="Add a stage").click()
    page.get_by_label("Stage 3: event").fill("paid")
    expect(page.get_by_text("25.0% of the last 30 days reach the end")).to_be_visible()

    page.reload()  # the draft stands in the address
    expect(page.get_by_label("Stage 3: event")).to_have_value("paid")
    page.get_by_role("button", name=re.compile("Filters and options.*stage 3")).click()
    page.get_by_role("listitem", name="Stage 3").get_by_role("button", name="Add a condition").click()
    page.get_by_role("combobox", name="Property").fill("properties.country")
    page.get_by_role("combobox", name="Value").fill("FR")
    expect(page.get_by_text("0% of the last 30 days reach the end")).to_be_visible()
    page.get_by_role("button", name="Remove this condition").click()
    page.get_by_role("button", name="Drag stage 1").focus()
    for key in ("Space", "ArrowDown", "Space"):
        page.keyboard.press(key)
        page.wait_for_timeout(300)  # a lifted stage is laid down where it has got to
    expect(page.get_by_label("Stage 2: event")).to_have_value("view")
    page.get_by_role("button", name="Move stage 2 up").click()
    require_accessible(page)
    page.get_by_role("button", name="Save the funnel").click()

    expect(page.get_by_role("heading", name="From view to paid")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^1 ?view.*4 people"))).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Remove stage 2").click()
    page.get_by_role("button", name="Save the changes").click()
    expect(page.get_by_text("cart")).to_have_count(0)
    status, saved = server.call("GET", f"/api/v1/funnels?project_id={owner.project['id']}", headers=owner.headers)
    assert [stage["event_type"] for stage in saved[0]["stages"]] == ["view", "paid"]
    assert (status, saved[0]["version"]) == (200, 2)


def test_from_a_bar_to_a_person_and_their_reasons(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@person.example")
    owner.track("ann view cart paid; bob view cart; cat view cart; eve view")
    funnel_id = owner.make_funnel("view", "cart", "paid")
    report = f"/projects/{owner.project['id']}/funnels/{funnel_id}"
    owner.sign_in(page, report)
    expect(page.get_by_role("button", name=re.compile("^2 ?cart.*3 people.*75.0%"))).to_be_visible()
    page.get_by_label("Break down by").select_option("properties.country")
    expect(page.get_by_role("row", name=re.compile("^FR"))).to_contain_text("2")
    page.get_by_role("button", name="Add a filter").click()
    page.get_by_role("combobox", name="Property").fill("properties.country")
    page.get_by_role("combobox", name="Value").fill("DE")
    expect(page.get_by_role("button", name=re.compile("^1 ?view.*2 people"))).to_be_visible()
    page.get_by_role("button", name=re.compile("50.0% stopped here.*before paid")).click()
    expect(page.get_by_role("heading", name="stopped before “paid”")).to_be_visible()
    expect(page.get_by_role("link", name="ann")).to_have_count(0)
    require_accessible(page)

    link = page.url
    page.goto("about:blank")
    page.goto(link)  # the link is the report
    page.get_by_role("link", name="bob").click()
    expect(page.get_by_role("heading", name="Why they count in Purchase")).to_be_visible()
    expect(page.get_by_text("Stopped before stage 3")).to_be_visible()
    session = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Session 1"))
    expect(session).to_contain_text(re.compile("cart.*stage 2.*view.*stage 1", re.DOTALL))
    require_accessible(page)
    page.get_by_role("link", name="Back to the funnel").click()
    expect(page.get_by_role("button", name=re.compile("^1 ?view.*2 people"))).to_be_visible()

    page.get_by_role("tab", name="Trend").click()
    page.get_by_text("Figures as a table").click()
    expect(page.get_by_role("row", name=re.compile(r"2 1 50\.0%$"))).to_be_visible()
    page.get_by_role("tab", name="Time to convert").click()
    expect(page.get_by_text("90 of 100 take at most")).to_be_visible()
    require_accessible(page)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    require_accessible(page)
    page.get_by_role("tab", name="Steps").click()
    require_accessible(page)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Use the light theme").click()
    require_accessible(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.path().read_text().splitlines()[0].startswith("breakdown_1,stage_name,order,users")


def test_two_organisations_cannot_see_each_other(server: Server, page: Page) -> None:
    ann, bob = Owner(server, "ann@one.example"), Owner(server, "bob@two.example")
    ann.track("visitor view paid")
    funnel_id = ann.make_funnel("view", "paid")
    bob.sign_in(page)
    own, other = bob.project["id"], ann.project["id"]
    for path in (
        f"/projects/{other}/funnels",
        f"/projects/{other}/funnels/{funnel_id}",
        f"/projects/{own}/funnels/{funnel_id}",
        f"/projects/{own}/people/visitor?funnel={funnel_id}",
    ):
        page.goto(path)
        expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
        expect(page.get_by_text("Purchase")).to_have_count(0)


def test_a_session_goes_on_when_its_access_token_has_ended_and_ends_with_sign_out(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@session.example")
    funnels = f"/projects/{owner.project['id']}/funnels"
    owner.sign_in(page, funnels)
    page.context.clear_cookies(name="iafa_access")
    page.reload()
    expect(page.get_by_role("heading", name="No funnel yet")).to_be_visible()
    names = {cookie["name"] for cookie in page.context.cookies()}
    assert "iafa_access" in names
    assert page.evaluate("document.cookie.includes('iafa_access')") is False

    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in$"))
    page.goto(funnels)
    expect(page).to_have_url(re.compile("/sign-in.next="))
    owner.sign_in(page, page.url)
    expect(page.get_by_role("heading", name="No funnel yet")).to_be_visible()


def test_who_is_invited_joins_the_team_that_invites(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@team.example")
    owner.make_funnel("view", "paid")
    invitation = owner.make("organization/invitations", email="new@team.example", role="viewer")
    page.goto("".join(invitation["url"].partition("/register")[1:]))  # of localhost, as all pages here
    expect(page.get_by_role("heading", name="Join your team")).to_be_visible()
    page.get_by_label("Your name").fill("New")
    page.get_by_label("E-mail address").fill("somebody.else@team.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("alert").or_(page.locator("[id$=-error]"))).to_be_visible()
    page.get_by_label("E-mail address").fill("new@team.example")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("link", name="Purchase")).to_be_visible()
