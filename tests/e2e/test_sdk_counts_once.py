"""The SDK in a real browser against a running server: whatever happens to page and network, each event counts once.

The page, the API and the road between them have origins of their own. Every test ends with what the API says, an empty
queue in the browser, and no error that reached the page.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from iafa_api.domain.tracking_code import tracking_code
from tests.e2e.processes import Server
from tests.e2e.test_tracker_in_browser import CHROMIUM, needs_chromium, needs_sdk

pytestmark = [needs_chromium, needs_sdk]
PATIENCE_SECONDS = 30
NOT_PASSED = {"connection", "content-length", "date", "transfer-encoding"}
LOADED = "!!(window.iafa && iafa.init)"
PAUSED = """([project, isAnswer]) => localStorage.setItem(
  'iafa.pause.' + project, JSON.stringify({until: Date.now() + 120_000, failures: 8, isAnswer}))"""
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Content-Type, X-API-Key",
    "Access-Control-Expose-Headers": "Retry-After",
}


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass

    def answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        with contextlib.suppress(OSError):  # a page that has gone hears no answer
            self.end_headers()
            self.wfile.write(body)


@contextlib.contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Road:
    """Between browser and API. `faults`: what becomes of the next POSTs: a status, "lost" (it was taken, its answer is
    lost), "cut" (it never arrives), "portal" (a network that wants a sign-in answers in its place), None."""

    def __init__(self, api_port: int) -> None:
        self.faults: list[int | str | None] = []
        self.statuses: list[int] = []
        self.paths: list[str] = []
        road = self

        class Handler(Quiet):
            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                fault = None
                if self.command == "POST":
                    road.paths.append(self.path.partition("?")[0])
                    fault = road.faults.pop(0) if road.faults else None
                if isinstance(fault, int):
                    self.answer(fault, {**CORS, "Retry-After": "1"})
                    return
                self.close_connection = True
                if fault == "cut":
                    return
                if fault == "portal":
                    self.answer(200, {**CORS, "Content-Type": "text/html"}, b"<!doctype html>Sign in")
                    return
                connection = http.client.HTTPConnection("127.0.0.1", api_port, timeout=20)
                try:
                    connection.request(self.command, self.path, body, dict(self.headers))
                    answer = connection.getresponse()
                    content = answer.read()
                finally:
                    connection.close()
                if self.command == "POST":
                    road.statuses.append(answer.status)
                if fault != "lost":
                    headers = {n: v for n, v in answer.getheaders() if n.lower() not in NOT_PASSED}
                    self.answer(answer.status, headers, content)

            do_GET = do_POST = do_OPTIONS = pass_on

        self.handler = Handler


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("sdk") / "data", IAFA_RATE_LIMIT_EVENTS_PER_MINUTE=0)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def owner(api: Server) -> dict[str, str]:
    body = {"email": "ann@example.com", "password": "correct horse", "full_name": "Ann"}
    status, account = api.call("POST", "/api/v1/auth/register", body)
    assert status == 201, account
    return {"Authorization": f"Bearer {account['access_token']}"}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


class Shop:
    """A site with a project of its own, and the visitor's browser with an empty profile."""

    def __init__(self, api: Server, owner: dict[str, str], road_port: int, site_port: int, **fields: Any) -> None:
        self._api, self._owner = api, owner
        status, self.project = api.call("POST", "/api/v1/projects", {"name": "Shop", **fields}, owner)
        assert status == 201, self.project
        self.endpoint = f"http://localhost:{road_port}"
        self.address = f"http://127.0.0.1:{site_port}"
        self.errors: list[str] = []
        self.context: BrowserContext

    def html(self, attributes: str = "data-batch-interval=200", calls: str = "") -> str:
        snippet = tracking_code(self.endpoint, self.project["api_key"]).html
        snippet = snippet.replace("></script>", f" {attributes}></script>")
        return f"<!doctype html><title>Shop</title>{snippet}<script>{calls}</script>"

    def open(self, path: str = "/") -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(self.address + path)
        page.wait_for_function(LOADED)
        return page

    def get(self, path: str) -> Any:
        status, answer = self._api.call("GET", f"/api/v1/projects/{self.project['id']}/{path}", headers=self._owner)
        assert status == 200, answer
        return answer

    def events(self, event_type: str | None = None) -> list[dict[str, Any]]:
        """Those that the API counts, by the visitor's clock."""
        newest_first = self.get("events?page_size=100")
        events = [event for event in newest_first[::-1] if event_type in (None, event["event_type"])]
        return sorted(events, key=lambda event: event["client_timestamp"])

    def steps(self) -> Counter[int]:
        return Counter(int(event["properties"]["n"]) for event in self.events("step"))

    def wait_for_steps(self, wanted: range) -> None:
        """Until each of these `step` events counts once, and none else."""
        wait_until(lambda: len(self.steps()) >= len(wanted), self.steps)
        assert self.steps() == Counter(wanted)


def wait_until(is_done: Callable[[], Any], told: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_done():
        assert time.monotonic() < deadline, told()
        time.sleep(0.1)


def wait_for_empty_queue(page: Page) -> None:
    page.wait_for_function("!Object.keys(localStorage).some(name => name.startsWith('iafa.queue'))")


def track(page: Page, steps: range) -> None:
    page.evaluate("steps => steps.forEach(n => iafa.track('step', {n}))", list(steps))


@pytest.fixture
def road(api: Server) -> Road:
    return Road(api.port)


@pytest.fixture
def make_shop(api: Server, owner: dict[str, str], road: Road, chromium: Browser) -> Iterator[Callable[..., Shop]]:
    with contextlib.ExitStack() as stack:

        def make(attributes: str = "data-batch-interval=200", calls: str = "", **fields: Any) -> Shop:
            class Site(Quiet):
                def do_GET(self) -> None:
                    self.answer(200, {"Content-Type": "text/html"}, shop.html(attributes, calls).encode())

            road_port = stack.enter_context(serving(road.handler))
            shop = Shop(api, owner, road_port, stack.enter_context(serving(Site)), **fields)
            shop.context = chromium.new_context()
            stack.callback(shop.context.close)
            stack.callback(lambda: check_errors(shop))
            return shop

        yield make


def check_errors(shop: Shop) -> None:
    assert shop.errors == []


@pytest.fixture
def shop(make_shop: Callable[..., Shop]) -> Shop:
    return make_shop("data-batch-interval=200 data-auto=off")


def test_every_page_of_a_single_page_application_is_a_view_with_the_campaign_of_the_session(
    make_shop: Callable[..., Shop],
) -> None:
    shop = make_shop()
    page = shop.open("/?utm_source=mail&gclid=7")
    for step in (
        "history.replaceState({}, '', '/')",  # the campaign is taken away: no other page
        "history.pushState({}, '', '/cart')",
        "history.replaceState({}, '', '/cart?q=shoes')",  # the page's own parameters
        "history.replaceState({}, '', '/checkout')",
        "location.hash = 'reviews'",
        "location.hash = '/pay'",
        "iafa.page('Thanks', {plan: 'pro'})",
        "iafa.track('bought')",
    ):
        page.evaluate(step)
    page.go_back()
    page.go_back()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")  # from the browser's cache
    wait_until(lambda: len(shop.events()) >= 8, shop.events)
    wait_for_empty_queue(page)
    seen = [(event["event_type"], event["url"].removeprefix(shop.address)) for event in shop.events()]
    assert seen == [
        ("page_view", "/"),
        ("page_view", "/cart"),
        ("page_view", "/checkout"),
        ("page_view", "/checkout#/pay"),
        ("page_view", "/checkout#/pay"),
        ("bought", "/checkout#/pay"),
        ("page_view", "/checkout#reviews"),
        ("page_view", "/checkout"),
    ]
    assert {(event["context"]["utm_source"], event["context"]["click_id"]) for event in shop.events()} == {
        ("mail", "7")
    }
    assert len({event["session_id"] for event in shop.events()}) == 1
    referrers = [event["referrer"] for event in shop.events()]
    assert referrers[0] is None
    assert [text.removeprefix(shop.address) for text in referrers[1:4]] == ["/", "/cart", "/checkout"]
    assert shop.events()[4]["properties"] == {"title": "Shop", "path": "/checkout", "name": "Thanks", "plan": "pro"}


def test_a_campaign_that_a_router_took_away_before_the_script_was_loaded_is_kept(
    make_shop: Callable[..., Shop],
) -> None:
    shop = make_shop(calls="history.replaceState({}, '', '/home')")
    page = shop.open("/?utm_source=mail")
    page.evaluate("history.pushState({}, '', '/next')")
    wait_until(lambda: len(shop.events()) >= 2, shop.events)
    assert [(event["context"]["utm_source"], event["url"]) for event in shop.events()] == [
        ("mail", shop.address + "/home"),
        ("mail", shop.address + "/next"),
    ]


def test_a_page_that_is_made_ready_for_a_visit_is_viewed_when_it_is_seen(make_shop: Callable[..., Shop]) -> None:
    shop = make_shop(calls="iafa('identify', 'ann')")
    shop.context.add_init_script("Object.defineProperty(document, 'prerendering', {value: true, writable: true})")
    page = shop.open()
    page.wait_for_timeout(500)
    assert shop.events() == []
    page.evaluate("document.prerendering = false; document.dispatchEvent(new Event('prerenderingchange'))")
    wait_until(shop.events, shop.events)
    assert [(event["event_type"], event["user_id"]) for event in shop.events()] == [("page_view", "ann")]


def test_half_an_hour_later_is_another_session_and_a_call_that_waited_says_its_time(shop: Shop) -> None:
    shop.context.clock.install()
    page = shop.open()
    told: list[Any] = []
    page.on("request", lambda request: told.append(request.post_data_json) if "identify" in request.url else None)
    page.evaluate("iafa.identify('ann')")
    track(page, range(1))
    shop.wait_for_steps(range(1))
    shop.context.set_offline(True)
    page.evaluate("iafa.identify('ann', {plan: 'pro'})")
    track(page, range(1, 2))
    page.clock.fast_forward("31:00")
    track(page, range(2, 3))
    shop.context.set_offline(False)
    shop.wait_for_steps(range(3))
    wait_for_empty_queue(page)
    sessions = [event["session_id"] for event in shop.events("step")]
    assert sessions[0] == sessions[1] != sessions[2]
    assert "timestamp" not in told[0]
    assert told[-1]["timestamp"] < shop.events("step")[2]["client_timestamp"]
    assert told[-1]["traits"] == {"plan": "pro"}


def test_offline_events_are_sent_when_the_network_is_back(shop: Shop) -> None:
    page = shop.open()
    track(page, range(3))
    shop.wait_for_steps(range(3))
    shop.context.set_offline(True)
    track(page, range(3, 20))
    page.wait_for_timeout(1500)
    assert len(shop.steps()) == 3
    # As after many failures: not waited for when the network is back, unless it was the server who asked.
    page.evaluate(PAUSED, [shop.project["api_key"][-8:], False])
    shop.context.set_offline(False)
    shop.wait_for_steps(range(20))
    wait_for_empty_queue(page)
    shop.context.set_offline(True)
    page.evaluate(PAUSED, [shop.project["api_key"][-8:], True])
    track(page, range(20, 31))
    shop.context.set_offline(False)
    page.wait_for_timeout(1500)
    assert len(shop.steps()) == 20


def test_the_queue_outlives_reloads_while_answers_are_lost(shop: Shop, road: Road) -> None:
    road.faults = ["lost", "cut", 503]
    page = shop.open()
    for n in range(5):
        track(page, range(4 * n, 4 * n + 4))
        page.wait_for_timeout(300)
        page.reload()
        page.wait_for_function(LOADED)
    shop.wait_for_steps(range(20))
    wait_for_empty_queue(page)
    assert road.faults == []


def test_what_a_tab_did_before_it_was_closed_counts(shop: Shop) -> None:
    page = shop.open()
    track(page, range(5))
    page.close(run_before_unload=True)
    shop.wait_for_steps(range(5))  # by beacon: no page is open any more
    page = shop.open()  # the next one sends it again
    wait_for_empty_queue(page)
    shop.wait_for_steps(range(5))


@pytest.mark.parametrize("has_locks", [True, False])
def test_two_tabs_share_the_queue(make_shop: Callable[..., Shop], road: Road, has_locks: bool) -> None:
    shop = make_shop("data-batch-interval=200 data-auto=off data-batch-size=5")
    if not has_locks:
        shop.context.add_init_script("delete Navigator.prototype.locks; delete Crypto.prototype.randomUUID;")
    road.faults = [None, "lost", 503, None, "lost"]
    first, second = shop.open(), shop.open("/other")
    track(first, range(2))
    second.wait_for_function("!!localStorage['iafa.session']")  # it comes to other processes a moment later
    track(second, range(2, 4))
    for n in range(4, 40, 4):
        track(first, range(n, n + 2))
        track(second, range(n + 2, n + 4))
    second.close()
    shop.wait_for_steps(range(40))
    wait_for_empty_queue(first)
    assert len({(event["anonymous_id"], event["session_id"]) for event in shop.events()}) == 1


def test_a_tab_sends_what_another_left_behind(shop: Shop) -> None:
    first, second = shop.open(), shop.open("/other")
    shop.context.set_offline(True)
    first.evaluate("navigator.sendBeacon = () => false")
    track(first, range(3))
    first.close()
    shop.context.set_offline(False)
    track(second, range(3, 4))
    shop.wait_for_steps(range(4))
    wait_for_empty_queue(second)


@pytest.mark.parametrize(
    "before",
    [
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})",
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
    ],
    ids=["blocked", "full"],
)
def test_without_room_in_storage_memory_does(shop: Shop, road: Road, before: str) -> None:
    shop.context.add_init_script(before)
    road.faults = ["cut", 503]
    page = shop.open()
    track(page, range(12))
    shop.wait_for_steps(range(12))
    track(page, range(12, 14))
    page.close(run_before_unload=True)
    shop.wait_for_steps(range(14))
    assert len({event["anonymous_id"] for event in shop.events()}) == 1


def test_a_server_that_fails_in_every_way_is_sent_each_event_until_it_has_answered(shop: Shop, road: Road) -> None:
    road.faults = [503, "portal", "lost"]
    page = shop.open()
    track(page, range(15))
    shop.wait_for_steps(range(15))
    wait_for_empty_queue(page)
    assert road.faults == []


def test_a_limit_is_waited_for(make_shop: Callable[..., Shop], road: Road) -> None:
    shop = make_shop("data-batch-interval=200 data-auto=off", rate_limit_events_per_minute=60)
    page = shop.open()
    track(page, range(65))
    wait_for_empty_queue(page)
    shop.wait_for_steps(range(65))
    first = len(road.statuses)
    track(page, range(65, 67))
    wait_for_empty_queue(page)
    shop.wait_for_steps(range(67))
    assert road.statuses.count(429) >= 1, road.statuses
    assert set(road.statuses) == {200, 429}
    assert len(road.statuses) - first <= 6, "it does not knock all the time"


def test_who_the_visitor_is_goes_through_the_same_queue(shop: Shop, road: Road) -> None:
    road.faults = [None, "lost"]
    page = shop.open()
    page.evaluate(
        """() => {
        iafa.track('seen');
        iafa('identify', 'ann', {plan: 'pro', gone: 1});
        iafa.identify('ann');
        iafa.track('bought', {amount: 2});
        iafa.group('acme', {size: 3});
        iafa.identify('ann', {gone: null});
        iafa.alias('ann@example.com');
        iafa.track('after');
        iafa.identify(''); iafa.identify(); iafa.alias('x'.repeat(0)); iafa.group(); iafa('nothing'); iafa();
        }"""
    )
    wait_until(lambda: len(shop.events()) >= 4, shop.events)
    wait_for_empty_queue(page)
    assert [(event["event_type"], event["user_id"]) for event in shop.events()] == [
        ("seen", None),
        ("bought", "ann"),
        ("group", "ann"),
        ("after", "ann@example.com"),
    ]
    assert shop.events("group")[0]["properties"] == {"size": "3", "group_id": "acme"}
    [person] = shop.get("persons")
    assert (person["id"], person["event_count"]) == ("ann@example.com", 4), "visitor and both users are one"
    assert shop.get("persons/ann")["traits"] == {"plan": "pro"}
    # In order, the one whose answer was lost twice.
    kinds = [path.removeprefix("/api/v1/") for path in road.paths]
    assert kinds == ["track/batch", "identify", "identify", "track/batch", "identify", "alias", "track/batch"]
    page.reload()
    page.wait_for_function(LOADED)
    page.evaluate("iafa.track('later'); iafa.reset(); iafa.track('another')")
    wait_until(lambda: len(shop.events()) >= 6, shop.events)
    assert [event["user_id"] for event in shop.events()[4:]] == ["ann@example.com", None]
    assert len(shop.get("persons")) == 2


def stored(page: Page) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in page.evaluate("({...localStorage})").items()}


def test_who_opts_out_is_forgotten_until_they_opt_in(make_shop: Callable[..., Shop], road: Road) -> None:
    shop = make_shop()
    page, other = shop.open(), shop.open()
    wait_until(lambda: len(shop.events()) == 2, shop.events)
    road.faults = [503]
    page.evaluate("iafa.identify('ann'); iafa.track('waits')")
    wait_until(lambda: not road.faults, lambda: road.faults)
    page.evaluate("iafa.optOut()")
    assert stored(page) == {"iafa.consent": "out"}
    other.wait_for_function("localStorage['iafa.consent'] === '\"out\"'")
    for tab in (page, other):
        tab.evaluate("iafa.track('hidden'); iafa.identify('ann'); iafa.page(); history.pushState({}, '', '/hidden')")
    page.reload()
    page.wait_for_function(LOADED)
    sent = len(road.paths)
    page.evaluate("iafa.track('hidden')")
    page.wait_for_timeout(700)
    assert stored(page) == {"iafa.consent": "out"}
    assert len(road.paths) == sent
    assert len(shop.events()) == 2
    page.evaluate("iafa.optIn(); iafa.track('back')")
    wait_until(lambda: len(shop.events()) == 4, shop.events)
    assert [event["event_type"] for event in shop.events()[2:]] == ["page_view", "back"]
    visitors = [event["anonymous_id"] for event in shop.events()]
    assert visitors[2] == visitors[3]
    assert visitors[2] not in visitors[:2]
    assert "waits" not in [event["event_type"] for event in shop.events()]


def test_where_consent_is_asked_for_first_nothing_is_kept_before(make_shop: Callable[..., Shop], road: Road) -> None:
    shop = make_shop(
        "data-auto=off", calls="iafa('init', {optedOut: true, batchInterval: 200}); iafa('track', 'early')"
    )
    page = shop.open()
    track(page, range(20))
    page.wait_for_timeout(500)
    assert (stored(page), road.paths) == ({}, [])
    page.evaluate("iafa.optIn()")
    page.reload()
    page.wait_for_function(LOADED)
    track(page, range(20, 22))
    shop.wait_for_steps(range(20, 22))
    assert len(shop.events("early")) == 1, "made when the choice was known"


@pytest.mark.parametrize("wish", ["doNotTrack: '1'", "globalPrivacyControl: true"])
def test_a_browser_that_asks_not_to_be_tracked_is_heard(make_shop: Callable[..., Shop], road: Road, wish: str) -> None:
    shop = make_shop()
    name, value = wish.split(": ")
    shop.context.add_init_script(f"Object.defineProperty(navigator, '{name}', {{get: () => {value}}})")
    page = shop.open()
    track(page, range(20))
    page.evaluate("iafa.optIn(); iafa.identify('ann')")
    page.wait_for_timeout(500)
    page.close(run_before_unload=True)
    page = shop.open()
    assert (stored(page), road.paths, shop.events()) == ({}, [], [])
    willing = make_shop("data-batch-interval=200 data-respect-do-not-track=false")
    willing.context.add_init_script(f"Object.defineProperty(navigator, '{name}', {{get: () => {value}}})")
    willing.open()
    wait_until(lambda: len(willing.events()) == 1, willing.events)
