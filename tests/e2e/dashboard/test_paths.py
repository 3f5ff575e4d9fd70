"""Paths are looked at step by step: a node's figures, from it on, to another, and as a list."""

from __future__ import annotations

import base64
import re

from playwright.sync_api import Page, expect

from tests.e2e.dashboard.owner import PHONE, Owner, require_accessible
from tests.e2e.processes import Server

RIBBON = (180, 197, 214)  # the first chart colour at 30 % over the page's own, both light
COLOURS = """async (encoded) => {
    const bytes = Uint8Array.from(atob(encoded), one => one.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes]));
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const {data} = canvas.getImageData(0, 0, image.width, image.height);
    const found = new Map();
    for (let at = 0; at < data.length; at += 4) {
        const colour = data.slice(at, at + 3).join();
        found.set(colour, (found.get(colour) ?? 0) + 1);
    }
    return [...found].filter(([, count]) => count > 2000).map(([colour]) => colour.split(",").map(Number));
}"""


def test_from_a_node_on_to_another(server: Server, page: Page) -> None:
    owner = Owner(server, "ann@paths.example")
    owner.track("ann view cart paid; bob view cart; cat view search cart paid; dan view; eve search")
    owner.sign_in(page, f"/projects/{owner.project['id']}/paths")
    expect(page.get_by_text("walks; 40.0% end after their first step")).to_be_visible()
    picture = page.get_by_role("region", name="Paths, step by step")
    expect(picture.get_by_role("button", name="Step 1: view")).to_contain_text(
        re.compile("4 walks · 80%.*25% left here")
    )
    picture.get_by_role("button", name="Step 2: cart").press("Enter")
    facts = page.get_by_role("region", name="Step 2: cart")
    expect(facts.get_by_role("heading", name="cart")).to_be_focused()
    expect(facts).to_contain_text("2 walks (40.0% of all) of 2 people · 50.0% went on · 50.0% left")
    expect(facts).to_contain_text(re.compile(r"Came from2 view \(1 s\)Went on to1 paid \(1 s\)"))
    require_accessible(page)
    page.keyboard.press("Escape")
    expect(picture.get_by_role("button", name="Step 2: cart")).to_be_focused()

    picture.get_by_role("button", name="Step 2: cart").click()
    page.get_by_role("button", name="Start here").click()
    expect(page.get_by_label("Starts with")).to_have_value("cart")
    expect(picture.get_by_role("button", name="Step 1: cart")).to_contain_text(
        re.compile("3 walks · 100%.*33% left here")
    )
    expect(picture.get_by_role("button")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    colours = page.evaluate(COLOURS, base64.b64encode(download.value.path().read_bytes()).decode())
    assert any(max(abs(a - b) for a, b in zip(colour, RIBBON, strict=True)) < 4 for colour in colours), colours
    page.go_back()
    expect(page.get_by_label("Starts with")).to_have_value("")
    page.get_by_label("Ends with").fill("paid")
    expect(picture.get_by_role("button", name="Step 4: paid")).to_contain_text("1 walk · 50%")
    page.get_by_text("More options").click()
    page.get_by_label("Not these events").fill("search")
    page.keyboard.press("Enter")
    expect(picture.get_by_role("button", name="Step 3: paid")).to_contain_text("2 walks · 100%")
    page.get_by_label("Taken together as one step").fill("c*t")
    page.keyboard.press("Enter")
    expect(picture.get_by_role("button", name="Step 2: c*t")).to_be_visible()

    link = page.url
    page.goto("about:blank")
    page.goto(link)  # the link is the report
    page.get_by_text("Figures as a table").click()
    expect(page.get_by_role("row", name=re.compile(r"2 c\*t → 3 paid 2 2 100% 1 s"))).to_be_visible()
    expect(page.get_by_role("button", name="Take out search")).to_be_visible()
    page.get_by_label("A step is").select_option("url")
    expect(page.get_by_role("heading", name="Nobody walked here")).to_be_visible()
    page.get_by_label("A step is").select_option("properties.country")
    expect(picture.get_by_text("DE")).to_be_visible()
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    require_accessible(page)
    page.get_by_role("button", name="Save as a report").click()
    page.get_by_label("Name", exact=True).fill("Countries")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    _, (report,) = server.call("GET", f"/api/v1/reports?project_id={owner.project['id']}", headers=owner.headers)
    assert (report["kind"], report["question"]["item"]) == ("paths", "properties.country")
    assert report["question"]["path_groups"] == ["c*t"]
