"""A funnel is built, looked at, and followed from a bar to a person and their reasons."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.dashboard.owner import PHONE, Owner, require_accessible
from tests.e2e.processes import Server


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
    expect(page.get_by_text(re.compile(r"^0% of the last 30 days reach the end"))).to_be_visible()
    page.get_by_role("button", name="Remove this condition").click()
    page.get_by_label("How many").fill("")
    page.get_by_label("How many").press_sequentially("5")  # and not 15: an empty field is no 1
    expect(page.get_by_label("How many")).to_have_value("5")
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
    expect(page.get_by_role("button", name=re.compile("^2 ?paid"))).to_be_visible()  # they are saved
    expect(page.get_by_text("cart")).to_have_count(0)
    status, saved = server.call("GET", f"/api/v1/funnels?project_id={owner.project['id']}", headers=owner.headers)
    assert [stage["event_type"] for stage in saved[0]["stages"]] == ["view", "paid"]
    assert (status, saved[0]["version"], saved[0]["conversion_window"]["value"]) == (200, 2, 5)


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
    expect(page.get_by_role("link", name="bob")).to_be_visible()
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
    expect(page.get_by_role("button", name="Download PNG")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Download CSV|Save as"))).to_have_count(0)  # they know steps only
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
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    page.get_by_role("button", name="Save as a report").click()
    page.get_by_label("Name", exact=True).fill("Purchase by country")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    _, (report,) = server.call("GET", f"/api/v1/reports?project_id={owner.project['id']}", headers=owner.headers)
    assert (report["kind"], report["question"]["start_date"]) == ("funnel", "30d")
    assert report["question"]["breakdown"] == {"properties": ["properties.country"]}
