"""Who is let in, who is not, and what they see."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.dashboard.owner import PASSWORD, Owner
from tests.e2e.processes import Server


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
    expect(page.get_by_role("heading", name="No funnel yet")).to_be_visible()
    page.context.clear_cookies(name="iafa_access")
    page.reload()
    expect(page.get_by_role("heading", name="No funnel yet")).to_be_visible()
    names = {cookie["name"] for cookie in page.context.cookies()}
    assert "iafa_access" in names
    assert page.evaluate("document.cookie.includes('iafa_access')") is False
    for _ in range(2):  # whoever leaves in the middle of a refresh does not end the session by it
        page.context.clear_cookies(name="iafa_access")
        with page.expect_request("**/auth/refresh**"):
            page.reload(wait_until="commit")
        page.reload()
        expect(page.get_by_role("heading", name="No funnel yet")).to_be_visible()

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
