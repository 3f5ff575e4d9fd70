"""What the brackets of a batch say of all its events at once, without a look at any of them.

Promises bounds that hold whatever stands in the body, texts full of brackets too; where they are too wide to tell, who
asks looks at the events themselves. Not for a body that was not decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from iafa_api.domain import tracked_event as rules
from iafa_api.ingest.event_body import RAW_BATCH, EventBody

EVENT_TYPE_KEY = b'"event_type"'
PIECE_BYTES = 1 << 16  # larger ones are new memory from the system each time, which takes longer than looking


class Outline(NamedTuple):
    """How many opening brackets a batch has to spare, and how far apart they stand.

    The batch has one or two, an event one of its own and one for its properties. What all of them together have beyond
    that is `spare`: more than any single event can nest, and more than can stand in any text. Whatever begins inside of
    the first bracket and holds so many brackets is no longer than the stretches between them, of `gap` bytes at most.
    """

    spare: int
    gap: int

    @property
    def event_bytes(self) -> int:
        """No event is longer."""
        return (self.spare + 2) * self.gap

    @property
    def text_bytes(self) -> int:
        """No text is longer."""
        return (self.spare + 1) * self.gap


NO_OUTLINE = Outline(rules.BODY_MAX_BYTES, rules.BODY_MAX_BYTES)


def outline_of(body: bytes, events: Sequence[EventBody]) -> Outline:
    """The outline of a batch and the events that it was decoded to."""
    text = np.frombuffer(body, np.uint8)
    places = []
    for start in range(0, len(body), PIECE_BYTES):
        is_bracket = text[start : start + PIECE_BYTES] & 0xDF == ord("[")  # without that bit, { is [
        places.append(is_bracket.nonzero()[0] + start)
    at = np.concatenate([*places, [len(body)]])
    needed = (2 if body[at[0]] == ord("{") else 1) + len(events) + len([1 for event in events if event.properties])
    return Outline(len(at) - 1 - needed, int(np.diff(at).max()))


def has_oversize(body: bytes, outline: Outline, event_count: int, event_bytes: int) -> bool:
    """Whether an event of the batch takes more than `event_bytes`: read from the body where nothing cheaper tells."""
    if len(body) <= event_bytes or outline.event_bytes <= event_bytes:
        return False
    if _are_close(body, event_count, event_bytes // 3):
        return False
    batch = RAW_BATCH.decode(body)
    raws = batch if isinstance(batch, list) else batch.events
    return max([len(memoryview(raw)) for raw in raws], default=0) > event_bytes


def _are_close(body: bytes, event_count: int, window: int) -> bool:
    """Whether the body itself shows that no event is longer than three windows: a second decode costs twice this.

    Where nothing is escaped, `"event_type"` with its quotes is a text of its own wherever it stands. Where there are as
    many as events, each has exactly one, its own key. An event of three windows would lie over two whole ones; with one
    in every window, it would have two.
    """
    if b"\\" in body or body.count(EVENT_TYPE_KEY) != event_count:
        return False
    last = len(body) - window
    return all(body.find(EVENT_TYPE_KEY, start, start + window) >= 0 for start in range(0, last + 1, window))
