"""How a project is set, who belongs to it, and how the server's jobs are."""

from __future__ import annotations

import re
import subprocess
from typing import Any

from playwright.sync_api import Browser, Page, expect

from iafa_api import clock
from tests.e2e.dashboard.owner import PASSWORD, PHONE, Owner, require_accessible
from tests.e2e.processes import IAFA, Server

DAY_US = 86_400 * clock.MICROSECONDS
FLUSHED_AT = 100  # events that wait are written at once
STAR = "https://*.shop.example"


def test_settings_are_changed_and_not_lost(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@settings.example")
    project = owner.project["id"]
    _track_days_ago(owner, 5, count=FLUSHED_AT)
    settings = f"/projects/{project}/settings"
    owner.sign_in(page, settings)
    page.get_by_label("Name", exact=True).fill("Coffee shop")
    page.get_by_label("Domain").fill("not a domain")
    page.get_by_label("Time zone").fill("Asia/Tokyo")
    expect(page.get_by_text("cut anew at midnight in Asia/Tokyo")).to_be_visible()
    page.get_by_role("tab", name="Keys").click()
    expect(page.get_by_role("dialog", name="Leave without saving?")).to_be_visible()
    page.get_by_role("button", name="Stay here").click()
    _save(page)
    expect(page.get_by_text("Must be a host name")).to_be_visible()
    page.get_by_label("Domain").fill("coffee.example")
    require_accessible(page)
    _save(page)
    expect(page.get_by_text("Nothing is changed.")).to_be_visible()
    expect(page.get_by_label("Project", exact=True)).to_contain_text("Coffee shop")
    assert _project(owner)["timezone"] == "Asia/Tokyo"

    page.get_by_label("A week starts on").select_option("Sunday")
    body, tag = {"name": "Tea shop"}, {"If-Match": '"2"'}  # by somebody else
    assert server.call("PUT", f"/api/v1/projects/{project}", body, {**owner.headers, **tag})[0] == 200
    _save(page)
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has changed it meanwhile")
    page.get_by_role("button", name="Discard them").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Tea shop")
    expect(page.get_by_label("A week starts on")).to_have_value("monday")

    page.get_by_label("Name", exact=True).fill("Lost shop")
    page.get_by_role("tab", name="Keys").click()
    page.get_by_role("button", name="Leave without saving").click()
    page.get_by_role("button", name="New key").click()
    expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    page.get_by_role("textbox", name="Name").fill("Wall board")
    page.get_by_label("What it is for").select_option("read")
    page.get_by_role("button", name="Make the key").click()
    key = {"X-API-Key": page.get_by_label("The read key").input_value()}
    asked = f"/api/v1/projects/{project}/catalogue"
    assert server.call("GET", asked, headers=key)[0] == 200
    require_accessible(page)
    page.get_by_role("button", name="I have copied it").click()
    expect(page.get_by_role("listitem").filter(has_text="Wall board")).to_contain_text("read key")
    page.get_by_role("button", name="Revoke Wall board").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_role("listitem").filter(has_text="Wall board")).to_have_count(0)
    assert server.call("GET", asked, headers=key)[0] == 401

    page.get_by_role("tab", name="Origins").click()
    page.get_by_role("button", name="Add one").click()
    page.get_by_label("Origin 1").fill(STAR)
    page.get_by_role("button", name="Add another").click()
    expect(page.get_by_label("Origin 2")).to_be_focused()
    page.get_by_label("Origin 2").fill("shop.example/basket")
    _save(page)
    expect(page.get_by_role("listitem").filter(has_text="Must be an origin").get_by_label("Origin 2")).to_be_visible()
    page.get_by_role("button", name="Remove shop.example/basket").click()
    _save(page)
    expect(page.get_by_text("Nothing is changed.")).to_be_visible()
    page.get_by_role("tab", name="Collection").click()
    page.get_by_label("Events a minute").select_option("own")
    page.get_by_label("At most").fill("250")
    page.get_by_role("group", name="Event types").get_by_role("button", name="Add one").click()
    page.get_by_label("Event type 1").fill("checkout.*")
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    require_accessible(page)
    _save(page)
    expect(page.get_by_text("Nothing is changed.")).to_be_visible()
    saved = _project(owner)
    assert (saved["allowed_origins"], saved["event_types"]) == ([STAR], ["checkout.*"])
    assert (saved["rate_limit_events_per_minute"], saved["week_start"], saved["name"]) == (250, "monday", "Tea shop")

    page.get_by_role("tab", name="Data retention").click()
    page.get_by_label("Days", exact=True).fill("3")
    _save(page)
    asking = page.get_by_role("dialog", name="Keep events for 3 days only?")
    expect(asking).to_contain_text("100 events of up to")
    asking.get_by_role("button", name="Keep less").click()
    expect(page.get_by_text("Nothing is changed.")).to_be_visible()
    subprocess.run([*IAFA, "jobs", "run", "expiry"], env=server.environment, check=True, capture_output=True)
    page.reload()
    expect(page.get_by_role("row", name=re.compile("100 older than 3 days deleted"))).to_be_visible()
    require_accessible(page)

    page.get_by_role("tab", name="Danger").click()
    _delete(page, "Tea shop")
    assert server.call("GET", f"/api/v1/projects/{project}", headers=owner.headers)[0] == 404
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert _project(owner)["name"] == "Tea shop"
    require_accessible(page)
    _delete(page, "Tea shop")
    page.get_by_role("button", name="Go on without it").click()
    expect(page.get_by_role("heading", name="What do you want to measure?")).to_be_visible()


def test_members_come_change_and_go(server: Server, page: Page, chromium: Browser) -> None:
    owner = Owner(server, "ann@members.example")
    project = f"/projects/{owner.project['id']}"
    owner.sign_in(page, f"{project}/members")
    page.get_by_role("button", name="Invite somebody").click()
    page.get_by_label("E-mail address").fill("no address")
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_text("Not a valid address.")).to_be_visible()
    page.get_by_label("E-mail address").fill("bob@members.example")
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_label("The invitation’s link").input_value()
    require_accessible(page)
    page.get_by_role("button", name="I have copied it").click()
    expect(page.get_by_role("list", name="Open invitations")).to_contain_text("as a viewer, by Some Body")

    origin = f"http://localhost:{server.port}"
    bob = chromium.new_context(base_url=origin, reduced_motion="reduce", viewport=PHONE, color_scheme="dark").new_page()
    bob.goto("/register" + link.partition("/register")[2])
    bob.get_by_label("Your name").fill("Bob")
    bob.get_by_label("E-mail address").fill("bob@members.example")
    bob.get_by_label("Password").fill(PASSWORD)
    bob.get_by_role("button", name="Join").click()
    bob.wait_for_url(re.compile("/funnels$"))
    for path, shown, last in (
        ("setup", "Admins and owners make one", bob.get_by_role("link", name="See the funnels that there are")),
        ("settings", "Admins and owners can change this.", bob.get_by_label("A week starts on")),
    ):
        bob.goto(f"{project}/{path}")
        expect(bob.get_by_text(shown)).to_be_visible()
        expect(last).to_be_visible()  # what would have buttons is there
        expect(bob.get_by_role("main").get_by_role("button", name=re.compile("Use|Make|Save"))).to_have_count(0)
        require_accessible(bob)
    bob.goto(f"{project}/jobs")
    expect(bob.get_by_role("heading", name="For admins and owners")).to_be_visible()

    page.goto(f"{project}/members")
    page.get_by_label("Role of Bob").select_option("Admin")
    page.get_by_role("button", name="Make them an admin").click()
    expect(page.get_by_label("Role of Bob")).to_have_value("admin")
    require_accessible(page)
    bob.reload()
    expect(bob.get_by_text("The scheduler runs")).to_be_visible()
    expect(bob.get_by_role("row", name=re.compile("^Flush Writes the events.*every second"))).to_be_visible()
    require_accessible(bob)
    page.get_by_label("New owner").select_option("Bob")
    page.get_by_role("button", name="Hand over …").click()
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.get_by_role("listitem").filter(has_text="Bob")).to_contain_text("Owner")
    expect(page.get_by_role("heading", name="Hand over the ownership")).to_have_count(0)

    page.get_by_role("link", name="Your account").click()
    page.get_by_label("Your name").fill("Ann")
    page.get_by_role("button", name="Change the name").click()
    expect(page.get_by_role("link", name="Ann")).to_be_visible()
    page.get_by_role("radio", name="Dark").check()
    require_accessible(page)
    page.get_by_label("Current password").fill("wrong")
    page.get_by_label("New password").fill("another horse")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("The current password is not right.")).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    page.get_by_role("button", name="Erase my account").click()
    page.get_by_label("Your password").fill("another horse")
    require_accessible(page)
    page.get_by_role("dialog").get_by_role("button", name="Erase my account").click()
    expect(page).to_have_url(re.compile("/sign-in"))
    bob.goto(f"{project}/members?former=1")
    expect(bob.get_by_role("listitem").filter(has_text="Somebody who was erased")).to_contain_text("Erased")
    require_accessible(bob)
    bob.context.close()


def _save(page: Page) -> None:
    page.get_by_role("button", name="Save the changes").click()


def _delete(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Delete {name}").click()
    expect(page.get_by_role("button", name="Delete the project")).to_be_disabled()
    page.get_by_label(f"Type “{name}” to go on").fill(name)
    page.get_by_role("button", name="Delete the project").click()
    expect(page.get_by_role("dialog", name=f"{name} is deleted")).to_be_visible()


def _project(owner: Owner) -> dict[str, Any]:
    status, found = owner.server.call("GET", f"/api/v1/projects/{owner.project['id']}", headers=owner.headers)
    assert status == 200, found
    return dict(found)


def _track_days_ago(owner: Owner, days: int, *, count: int) -> None:
    then = clock.now_us() - days * DAY_US
    events = [{"event_type": "view", "user_id": "ann", "timestamp": clock.format_time(then)}] * count
    key = {"X-API-Key": owner.project["api_key"]}
    status, answer = owner.server.call("POST", "/api/v1/track/batch", {"events": events}, key)
    assert (status, answer["accepted"]) == (200, count), answer
