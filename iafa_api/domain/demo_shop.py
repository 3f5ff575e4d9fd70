"""A made-up shop to try the program on: the events of any day, as its pages would have sent them.

Promises: a day's events are a function of the date alone, ids included, so that filling in the newest days later adds
those and changes nothing; they are in order of time, lie within their day (UTC) and keep the Tracking API's form.

What can be found in it: people come back; weekends are quiet; the shop grows; phones buy less than desks, visitors from
social networks less than those from e-mail; and on the second Tuesday of each month a release breaks the checkout on
phones from 10:00 to 20:00. There is no chance in it: its only dice are seeded with the date.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Any, Final

from iafa_api.domain.demo_catalogue import PRODUCTS, SEARCHES, SITE, Product
from iafa_api.domain.demo_visitors import LONGEST_RETURN_DAYS, NAMESPACE, SEED, Visitor, pick, visitors_since

# As in `demo_visitors`: to change these is to change days that somebody may have filled in already.
BROKEN_HOURS: Final = (10, 20)
SECONDS_A_DAY: Final = 86_400
PAUSE_SECONDS: Final = 1800  # what parts two sessions

_PAGES: Final = (
    ("/sale", "Sale"),
    ("/new", "New arrivals"),
    ("/blog/brewing-guide", "Brewing guide"),
    ("/about", "Us"),
)
_METHODS: Final = ("card", "paypal", "invoice")
# Shares added up, for `pick`.
_PAGE_LIMITS: Final = tuple(accumulate((40, 32, 20, 8)))
_METHOD_LIMITS: Final = tuple(accumulate((55, 32, 13)))
_SEARCH_LIMITS: Final = tuple(accumulate(range(len(SEARCHES) + 3, 3, -1)))
_PRODUCT_LIMITS: Final = tuple(accumulate(product.popularity for product in PRODUCTS))
_OFFICE_LIMITS: Final = tuple(
    accumulate((2, 1, 1, 1, 1, 2, 4, 8, 14, 20, 24, 24, 20, 22, 24, 23, 21, 18, 15, 15, 16, 14, 9, 4))
)
_PHONE_LIMITS: Final = tuple(
    accumulate((4, 2, 1, 1, 1, 3, 8, 15, 15, 12, 12, 14, 20, 18, 14, 14, 16, 20, 22, 26, 30, 30, 22, 11))
)

DEMO_FUNNELS: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "Purchase",
        "description": "From the first page to the order. The second Tuesday of the month shows what a bug costs.",
        "order": "ordered",
        "conversion_window": {"value": 7, "unit": "day"},
        "stages": [
            {"order": 1, "name": "Page view", "event_type": "page_view", "filter": None},
            {"order": 2, "name": "Product view", "event_type": "product_view", "filter": None},
            {"order": 3, "name": "Add to cart", "event_type": "add_to_cart", "filter": None},
            {"order": 4, "name": "Checkout", "event_type": "checkout_started", "filter": None},
            {"order": 5, "name": "Paid", "event_type": "purchase", "filter": {"properties.status": "completed"}},
        ],
    },
    {
        "name": "Search to purchase",
        "description": "Do those who search find what they buy, in one sitting?",
        "order": "ordered",
        "conversion_window": {"value": 1, "unit": "hour"},
        "stages": [
            {"order": 1, "name": "Search", "event_type": "search", "filter": None},
            {"order": 2, "name": "Product view", "event_type": "product_view", "filter": None},
            {"order": 3, "name": "Add to cart", "event_type": "add_to_cart", "filter": None},
            {"order": 4, "name": "Paid", "event_type": "purchase", "filter": {"properties.status": "completed"}},
        ],
    },
    {
        "name": "Checkout on phones",
        "description": "The steps of one checkout on a phone.",
        "order": "ordered",
        "conversion_window": {"value": 1, "unit": "hour"},
        "stages": [
            {
                "order": 1,
                "name": "Checkout",
                "event_type": "checkout_started",
                "filter": {"properties.device": "mobile"},
            },
            {"order": 2, "name": "Address", "event_type": "shipping_details", "filter": None},
            {"order": 3, "name": "Payment", "event_type": "payment_details", "filter": None},
            {"order": 4, "name": "Paid", "event_type": "purchase", "filter": {"properties.status": "completed"}},
        ],
    },
)


def bad_release_day(year: int, month: int) -> date:
    """The second Tuesday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(1 - first.weekday()) % 7 + 7)


def is_checkout_broken(day: date, second: float, device: str) -> bool:
    """Whether the checkout fails on this device at this second of the day."""
    start, end = BROKEN_HOURS
    return device == "mobile" and start * 3600 <= second < end * 3600 and day == bad_release_day(day.year, day.month)


def events_of_day(day: date) -> Iterator[dict[str, Any]]:
    """Every event of a day, by time, each a new dict in the Tracking API's form."""
    dice = Random(f"{SEED} {day} visits")  # noqa: S311 - as in `demo_visitors`: no secret
    timed: list[tuple[float, dict[str, Any]]] = []
    visits = 0
    for age in range(LONGEST_RETURN_DAYS + 1):
        for visitor in visitors_since(day - timedelta(days=age)).get(age, ()):
            timed += _play_visit(day, age, visitor, dice, f"{day:%Y%m%d}-{visits}")
            visits += 1
    timed.sort(key=lambda event: event[0])  # stable: what happened in one session stays in its order
    for counter, (_, event) in enumerate(timed):
        yield {"id": str(uuid.uuid5(NAMESPACE, f"{day} {counter}")), **event}


def _play_visit(day: date, age: int, visitor: Visitor, dice: Random, name: str) -> list[tuple[float, dict[str, Any]]]:
    """What a visitor does on a day, in one session or in two."""
    makes_account = age == visitor.account_on
    is_known = visitor.account_on is not None and age > visitor.account_on
    session = _Session(day, visitor, dice, name, is_known, age > 0)
    session.play(makes_account)
    if dice.random() < 0.12:
        later = _Session(day, visitor, dice, name + "-2", is_known or makes_account, True)
        if later.second > session.second + PAUSE_SECONDS:
            later.play(makes_account=False)
            return session.events + later.events
    return session.events


class _Session:
    """One visit as it is played: each step notes an event and moves the clock."""

    def __init__(self, day: date, visitor: Visitor, dice: Random, name: str, is_known: bool, is_return: bool) -> None:
        self.events: list[tuple[float, dict[str, Any]]] = []  # with the second of the day
        self._day = day
        self._visitor = visitor
        self._dice = dice
        self._name = name
        self._user_id = visitor.user_id if is_known else None
        hours = _OFFICE_LIMITS if visitor.device.name == "desktop" else _PHONE_LIMITS
        hour = pick(dice, range(24), hours)
        self.second = 3600 * (hour + dice.random() * (0.4 if hour == 23 else 1))  # to be over before midnight
        self._url = SITE + "/"
        self._referrer = SITE + "/account" if is_known and dice.random() < 0.2 else visitor.source.referrer
        # How ready they are to buy, against a first visit by a visitor from a search engine.
        self._readiness = visitor.source.readiness * (1.2 if is_return else 1.0) * (1.25 if is_known else 1.0)
        self._properties: dict[str, Any] = {
            "device": visitor.device.name,
            "browser": visitor.device.browser,
            "country": visitor.country,
            "source": visitor.source.name,
        }

    def play(self, makes_account: bool) -> None:
        """Look around, and perhaps buy; then, if it is to be, make an account."""
        device = self._visitor.device
        self._view_page("/", "Home")
        while self._happens(0.32):
            self._view_page(*pick(self._dice, _PAGES, _PAGE_LIMITS))
        if self._happens(0.34):
            self._search()
        if self._happens(device.looks * min(self._readiness, 1.15)):
            looked_at = self._look_at_products()
            if self._happens(device.fills_cart * self._readiness):
                cart = self._fill_cart(looked_at)
                if self._happens(device.checks_out * self._readiness):
                    self._check_out(cart)
        if makes_account:
            self._make_account()
        elif self._user_id is None and self._happens(0.03):
            self._note("signup_started", 15, {"method": "email"})

    def _view_page(self, path: str, title: str) -> None:
        self._go(path)
        self._note("page_view", 25, {"title": title, "path": path})

    def _search(self) -> None:
        query, results = pick(self._dice, SEARCHES, _SEARCH_LIMITS)
        self._go("/search?q=" + query.replace(" ", "+"))
        self._note("search", 14, {"query": query, "results": results})

    def _look_at_products(self) -> list[Product]:
        products: list[Product] = []
        while not products or (len(products) < 6 and self._happens(0.5)):
            product = pick(self._dice, PRODUCTS, _PRODUCT_LIMITS)
            products.append(product)
            self._go(f"/products/{product.sku}")
            self._note("product_view", 40, _described(product))
        return products

    def _fill_cart(self, looked_at: list[Product]) -> list[tuple[Product, int]]:
        cart: dict[Product, int] = {}
        while not cart or (len(cart) < 3 and self._happens(0.28)):
            product = looked_at[int(self._dice.random() * len(looked_at))]
            quantity = 2 if self._happens(0.12) else 1
            cart[product] = cart.get(product, 0) + quantity
            self._note("add_to_cart", 22, {**_described(product), "quantity": quantity})
        return list(cart.items())

    def _check_out(self, cart: list[tuple[Product, int]]) -> None:
        device = self._visitor.device
        amount = round(sum(product.price * quantity for product, quantity in cart), 2)
        order: dict[str, Any] = {"amount": amount, "currency": "EUR"}
        self._go("/checkout")
        self._note("checkout_started", 45, {**order, "item_count": sum(quantity for _, quantity in cart)})
        if is_checkout_broken(self._day, self.second, device.name):
            # Nobody gets past it while it lasts; most try again.
            for _ in range(2 if self._happens(0.6) else 1):
                self._note("checkout_error", 30, {**order, "message": "Payment form did not load"})
            return
        if not self._happens(min(device.enters_address * self._readiness, 0.95)):
            return
        self._note("shipping_details", 50, {**order, "shipping": "express" if self._happens(0.2) else "standard"})
        if not self._happens(0.88):
            return
        method = pick(self._dice, _METHODS, _METHOD_LIMITS)
        self._note("payment_details", 35, {**order, "payment_method": method})
        order |= {
            "order_id": f"order-{self._name}",
            "payment_method": method,
            "items": [
                {"sku": product.sku, "name": product.name, "price": product.price, "quantity": quantity}
                for product, quantity in cart
            ],
        }
        is_declined = self._happens(0.05)
        if is_declined:
            self._note("purchase", 40, {**order, "status": "failed"})
        if not is_declined or self._happens(0.6):
            self._note("purchase", 20, {**order, "status": "completed"})
            self._view_page("/thanks", "Thank you")

    def _make_account(self) -> None:
        self._go("/signup")
        self._note("signup_started", 30, {"method": "email"})
        # Sent before the page learns who it is, as a page does: from the next event on the visitor is a user.
        self._note("signup_completed", 5, {"method": "email"})
        self._user_id = self._visitor.user_id
        self._view_page("/account", "My account")

    def _happens(self, share: float) -> bool:
        return self._dice.random() < share

    def _go(self, path: str) -> None:
        if self.events:
            self._referrer = self._url
        self._url = SITE + path

    def _note(self, event_type: str, seconds: float, properties: dict[str, Any]) -> None:
        """An event now; then time passes, `seconds` on average."""
        event: dict[str, Any] = {"event_type": event_type}
        if self._user_id is not None:
            event["user_id"] = self._user_id
        event |= {
            "anonymous_id": self._visitor.anonymous_id,
            "session_id": f"session-{self._name}",
            "timestamp": _timestamp(self._day, self.second),
            "properties": {**self._properties, "app_version": _app_version(self._day, self.second), **properties},
            "url": self._url,
            "user_agent": self._visitor.device.user_agent,
        }
        if self._referrer:
            event["referrer"] = self._referrer
        self.events.append((self.second, event))
        self.second = min(self.second + seconds * (0.3 + 1.4 * self._dice.random() ** 1.5), SECONDS_A_DAY - 0.001)


def _described(product: Product) -> dict[str, Any]:
    return {"sku": product.sku, "name": product.name, "category": product.category, "price": product.price}


def _app_version(day: date, second: float) -> str:
    """The release of the month, and its repair: what a breakdown of the bad day shows."""
    release = bad_release_day(day.year, day.month)
    start, end = (hour * 3600 for hour in BROKEN_HOURS)
    if day == release and start <= second < end:
        return f"{day:%y.%m}.0"
    if day > release or (day == release and second >= end):
        return f"{day:%y.%m}.1"
    return f"{day.replace(day=1) - timedelta(days=1):%y.%m}.1"


def _timestamp(day: date, second: float) -> str:
    milliseconds = int(second * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{day}T{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}Z"
