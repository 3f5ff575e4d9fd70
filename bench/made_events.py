"""Made-up events as a browser's tracker would send them: JSON bodies, the same for ours and for the peers."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Sequence
from typing import Any

import orjson

from iafa_api import clock

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
TYPES = ("page_view", "product_view", "add_to_cart", "checkout_started", "purchase", "search", "sign_up")
TYPE_WEIGHTS = (50, 20, 8, 4, 2, 12, 4)
SPREAD_SECONDS = 3600
PEOPLE = 20_000
MARK = b"<number>"  # as long as the number that takes its place, so that a request keeps its length


class EventMaker:
    """Events of the hour before `now_us`; the same seed and moment give the same events."""

    def __init__(self, seed: int = 1, now_us: int | None = None) -> None:
        self._dice = random.Random(seed)
        self._now_us = clock.now_us() if now_us is None else now_us

    def event(self) -> dict[str, Any]:
        """One event of about 450 bytes as JSON."""
        dice = self._dice
        person = dice.randrange(PEOPLE)
        event_type = dice.choices(TYPES, TYPE_WEIGHTS)[0]
        product = dice.randrange(500)
        time_us = self._now_us - dice.randrange(SPREAD_SECONDS * clock.MICROSECONDS)
        return {
            "id": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
            "event_type": event_type,
            "user_id" if person % 3 else "anonymous_id": f"person-{person:06}",
            "session_id": f"visit-{person:06}-{time_us // (1800 * clock.MICROSECONDS)}",
            "timestamp": clock.format_time(time_us),
            "properties": {
                "product_id": f"p-{product}",
                "category": f"category {product % 20}",
                "price": round(dice.uniform(5, 250), 2),
                "quantity": dice.randrange(1, 4),
                "is_member": person % 5 == 0,
            },
            "url": f"https://shop.example/products/{product}?ref={dice.randrange(100)}",
            "referrer": "https://search.example/",
        }

    def marked_event(self) -> dict[str, Any]:
        """An event whose id is only whole once `number` has put a number into it."""
        event = self.event()
        return {**event, "id": MARK.decode() + event["id"][len(MARK) :]}

    def single(self) -> bytes:
        """The body of a request with one event."""
        return json.dumps(self.event(), separators=(",", ":")).encode()

    def batch(self, count: int) -> bytes:
        """The body of a request with `count` events."""
        events = [self.event() for _ in range(count)]
        return json.dumps({"events": events}, separators=(",", ":")).encode()


def number(text: bytes, value: int) -> bytes:
    """The text with other ids for each value: what is sent again must not be taken for a repeat."""
    return text.replace(MARK, b"%08x" % value)


def read_all(bodies: Sequence[bytes]) -> None:
    """What reading the bodies costs at the least: `orjson.loads` of each, let go of at once."""
    for body in bodies:
        orjson.loads(body)
