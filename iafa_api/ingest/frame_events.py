"""The one way from frames to events: each body decoded as its frame comes, all of them laid in columns at once.

Promises: what a frame's events are follows from the frame alone, so the tail that a question reads and the Parquet that
the flush writes hold the same events, byte for byte; a frame that cannot be read adds nothing. Columns are made for
many frames together, because a list for each column of each small request costs more than its events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Any, TypeVar

import msgspec

from iafa_api.domain import tracked_event as rules
from iafa_api.ingest import event_body as bodies
from iafa_api.ingest.frames import Frame, FrameHeader, UnreadableFrame, accepted_places, derive_ids
from iafa_api.lake.columns import Columns

MICROSECOND = timedelta(microseconds=1)
PLACE = ("country", "region", "city")
NESTING = frozenset([dict, list])
Value = TypeVar("Value")
_encode_json = msgspec.json.Encoder().encode


class FrameEvents:
    """Events of any frames, in the order in which these are added."""

    def __init__(self) -> None:
        self.waiting_bytes = 0  # of the bodies
        self._frames: list[Frame] = []
        self._events: list[bodies.EventBody] = []
        self._property_counts: list[int] = []
        self._property_keys: list[str] = []
        self._property_values: list[str | None] = []

    def __len__(self) -> int:
        return len(self._events)

    def add(self, frame: Frame) -> None:
        """Decode a frame. UnreadableFrame, and nothing added, where its body is no such body."""
        header = frame.header
        try:
            events, _, _ = bodies.decode_events(frame.body, header.form)
            properties = [event.properties for event in events if event.properties]
            values = _texts([value for pairs in properties for value in pairs.values()])
        except bodies.UNREADABLE as error:
            raise UnreadableFrame(f"A frame of segment {frame.segment} cannot be read: {error}.") from None
        if len(events) != header.event_count:
            raise UnreadableFrame(
                f"A frame of segment {frame.segment} holds {len(events)} events and says {header.event_count}."
            )
        self._frames.append(frame._replace(body=b""))
        self._events += events
        self._property_counts += [len(event.properties) if event.properties else 0 for event in events]
        self._property_keys += chain.from_iterable(properties)
        self._property_values += values
        self.waiting_bytes += len(frame.body)

    def to_columns(self) -> Columns:
        """The columns of all events that were added."""
        events, cut = self._events, rules.TEXT_CUT
        headers = [frame.header for frame in self._frames]
        received_at = self._for_each([header.received_at for header in headers])
        shifts = self._for_each([0 if h.sent_at is None else h.received_at - h.sent_at for h in headers])
        agents = self._for_each([header.user_agent and header.user_agent[:cut] for header in headers])
        ip_hashes = self._for_each([header.ip_hash for header in headers])
        client = _microseconds([event.timestamp for event in events])
        in_segment = [range(frame.place, frame.place + frame.header.event_count) for frame in self._frames]
        return Columns(
            id=self._ids(),
            project_id=self._for_each([header.project_id for header in headers]),
            event_type=[event.event_type for event in events],
            user_id=[event.user_id for event in events],
            anonymous_id=[event.anonymous_id for event in events],
            session_id=[event.session_id for event in events],
            property_counts=self._property_counts,
            property_keys=self._property_keys,
            property_values=self._property_values,
            url=[event.url and event.url[:cut] for event in events],
            referrer=[event.referrer and event.referrer[:cut] for event in events],
            user_agent=[
                agent if event.user_agent is None else event.user_agent[:cut]
                for event, agent in zip(events, agents, strict=True)
            ],
            ip_address=[
                ip_hash if event.ip_address is None else event.ip_address
                for event, ip_hash in zip(events, ip_hashes, strict=True)
            ],
            created_at=[
                received if time_us is None else time_us + shift
                for time_us, shift, received in zip(client, shifts, received_at, strict=True)
            ],
            client_timestamp=client,
            ingested_at=received_at,
            segment=self._for_each([frame.segment for frame in self._frames]),
            place=list(chain.from_iterable(in_segment)),
            **self._surroundings(),
            cut_rows=self._cut_rows() if any(header.cut_count for header in headers) else [],
        )

    def _for_each(self, values: Iterable[Value]) -> list[Value]:
        """A value of each frame, as often as it has events."""
        counts = [frame.header.event_count for frame in self._frames]
        return list(chain.from_iterable(map(repeat, values, counts)))

    def _surroundings(self) -> dict[str, Any]:
        """Where the events come from, and what their project says of what follows from that."""
        headers = [frame.header for frame in self._frames]
        enriched: dict[str, list[str | None]] = {}
        if any(header.places or header.country or header.region or header.city for header in headers):
            places: list[Sequence[str | None]] = []
            for header in headers:
                places += header.places or [(header.country, header.region, header.city)] * header.event_count
            enriched = dict(zip(PLACE, map(list, zip(*places, strict=True)), strict=True))
        return {
            "enriched": enriched,
            "timezone": self._for_each([header.timezone for header in headers]),
            "url_parameters": self._for_each([" ".join(header.url_parameters) for header in headers]),
        }

    def _ids(self) -> list[str]:
        given = [event.id for event in self._events]
        if all(given):  # none is empty: a rule of the body
            return given  # type: ignore[return-value]
        ids: list[str] = []
        for frame in self._frames:
            ids += _ids(frame.header, given[len(ids) : len(ids) + frame.header.event_count])
        return ids

    def _cut_rows(self) -> list[int]:
        cut = rules.TEXT_CUT
        texts = [(event.url, event.referrer, event.user_agent) for event in self._events]
        return [row for row, some in enumerate(texts) if any(text and len(text) > cut for text in some)]


def _ids(header: FrameHeader, given: Sequence[str | None]) -> Sequence[str]:
    if all(given):
        return given  # type: ignore[return-value]
    derived = derive_ids(header.base_id, accepted_places(len(given), header.skipped))
    return [own or other for own, other in zip(given, derived, strict=True)]


def _texts(values: list[Any]) -> list[str | None]:
    """Values of JSON as they are stored: a text as itself, null as none, all else as its JSON.

    RecursionError where one nests too deep.
    """
    places = [place for place, value in enumerate(values) if value.__class__ is not str and value is not None]
    if places:
        others = [values[place] for place in places]
        if NESTING.isdisjoint(map(type, others)):  # numbers and booleans have no comma: one call writes them all
            texts = _encode_json(others).decode()[1:-1].split(",")
        else:
            texts = [_encode_json(value).decode() for value in others]
        for place, text in zip(places, texts, strict=True):
            values[place] = text
    return values


def _microseconds(moments: Sequence[datetime | None]) -> list[int | None]:
    epoch = bodies.EPOCH
    return [None if moment is None else (moment - epoch) // MICROSECOND for moment in moments]
