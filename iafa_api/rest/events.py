"""/projects/{id}/events: single events as they are stored, the newest first, one by its id, and as they arrive."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import marshmallow as ma
from flask import Response, request
from flask_smorest.pagination import PaginationParameters

from iafa_api import clock
from iafa_api.answers.events import find_event, list_events_since, list_newest_events
from iafa_api.domain.stored_event import Arrival, StoredEvent
from iafa_api.errors import InvalidInput, NotFound, Unavailable
from iafa_api.metadata.catalog import Catalog
from iafa_api.rest.asker import MAY_ASK, asker
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services
from iafa_api.services import Services

blueprint = StrictBlueprint("events", __name__, url_prefix="/projects", description="Single events as they are stored")
DEEPEST = 10_000  # how far back the list goes: every page sorts all that lies before it
STREAMS_AT_ONCE = 4  # of one worker: each holds one of its 16 threads
LIFE_SECONDS = 300.0  # a browser opens a stream again by itself, and goes on where it was
LOOK_SECONDS = 1.0
SILENCE_SECONDS = (
    15.0  # a proxy may cut what says nothing for a minute, and a reader that is gone is noticed by writing
)
OVERLAP_US = 5 * clock.MICROSECONDS  # workers sync side by side: an event may come into view after a later one
RESUME_US = 600 * clock.MICROSECONDS  # how far back a stream goes on; who was away for longer lists the events instead
_streams = threading.BoundedSemaphore(STREAMS_AT_ONCE)


class StoredInSchema(StrictSchema):
    file = ma.fields.String(allow_none=True, metadata={"description": "null while it waits in its segment."})
    segment = ma.fields.String(metadata={"description": "The part of the buffer that it came in by."})


class StoredEventSchema(StrictSchema):
    id = ma.fields.String()
    event_type = ma.fields.String()
    user_id = ma.fields.String(allow_none=True)
    anonymous_id = ma.fields.String(allow_none=True)
    session_id = ma.fields.String(allow_none=True)
    properties = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(allow_none=True))
    url = ma.fields.String(allow_none=True)
    referrer = ma.fields.String(allow_none=True)
    user_agent = ma.fields.String(allow_none=True)
    ip_hash = ma.fields.String(allow_none=True, metadata={"description": "A keyed hash; the address is not kept."})
    created_at = ma.fields.String()
    client_timestamp = ma.fields.String(allow_none=True, metadata={"description": "As the sender gave it."})
    context = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(),
        metadata={"description": "What was made of it: country, browser, utm_source, is_bot and the like, as known."},
    )
    accepted_at = ma.fields.String(metadata={"description": "When it was made durable, and its sender answered."})
    stored_in = ma.fields.Nested(StoredInSchema)


@blueprint.route("/<project_id>/events", methods=["GET"])
@blueprint.doc(security=MAY_ASK)
@blueprint.response(200, StoredEventSchema(many=True))
@blueprint.paginate()
def list_events(pagination_parameters: PaginationParameters, project_id: str) -> list[dict[str, Any]]:
    """The events of a project in the order of their arrival, newest first, those of the last second included."""
    who = asker()
    project = who.get_project(project_id)
    offset, limit = pagination_parameters.first_item, pagination_parameters.page_size
    require_depth(pagination_parameters)
    who.note_personal_read(project.id, "newest events")
    events, count = list_newest_events(services(), project.id, offset=offset, limit=limit)
    pagination_parameters.item_count = min(count, DEEPEST // limit * limit)
    return [shown_event(event) for event in events]


@blueprint.route("/<project_id>/events/<path:event_id>", methods=["GET"])
@blueprint.doc(security=MAY_ASK)
@blueprint.response(200, StoredEventSchema)
def get_event(project_id: str, event_id: str) -> dict[str, Any]:
    """One event: what it says, when it was accepted, and which file or segment holds it."""
    who = asker()
    project = who.get_project(project_id)
    event = find_event(services(), project.id, event_id)
    if event is None:
        raise NotFound(f"The project has no event with the id {event_id[:64]!r}.")
    who.note_personal_read(project.id, "an event by its id")
    return shown_event(event)


def require_depth(asked: PaginationParameters) -> None:
    """InvalidInput for a page behind the list's end."""
    if asked.first_item + asked.page_size > DEEPEST:
        pages = DEEPEST // asked.page_size
        raise InvalidInput(
            f"The list ends after {DEEPEST:,} events.",
            errors={"page": [f"Must be at most {pages} for this page_size."]},
        )


@blueprint.route("/<project_id>/live-events", methods=["GET"])
@blueprint.doc(
    security=MAY_ASK,
    parameters=[{"in": "header", "name": "Last-Event-ID", "schema": {"type": "string"}}],
    responses={"200": {"description": "Server-sent events", "content": {"text/event-stream": {}}}},
)
def stream_events(project_id: str) -> Response:
    """Events as they arrive: server-sent events whose data is an event as in the list.

    It ends after five minutes; a client that reconnects with `Last-Event-ID` misses nothing of the last ten.
    """
    who = asker()
    project = who.get_project(project_id)
    last = _parse_arrival(request.headers.get("Last-Event-ID"))
    if not _streams.acquire(blocking=False):
        raise Unavailable("Too many live views are open on this server.", retry_after_seconds=10.0)
    who.note_personal_read(project.id, "live events")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    told = _follow(services(), project.id, last, who.may_still_ask)
    response = Response(told, mimetype="text/event-stream", headers=headers)
    response.call_on_close(_streams.release)
    return response


def _follow(
    services: Services, project_id: str, last: Arrival | None, may_still_ask: Callable[[str, Catalog], bool]
) -> Iterator[str]:
    """What arrives after `last`, or from now on, for LIFE_SECONDS, or until the asker is let in no more."""
    now_us = clock.now_us()
    since_us = now_us if last is None else max(last.ingested_at, now_us - RESUME_US)
    told = {event.arrival for event in _since(services, project_id, since_us) if last is None or event.arrival <= last}
    started = spoke = clock.monotonic()
    yield ": open\n\n"
    while clock.monotonic() - started < LIFE_SECONDS:
        events = _since(services, project_id, since_us)
        if not may_still_ask(project_id, Catalog(services.store.current())):  # after the look: nothing newer is told
            return
        for event in events:
            if event.arrival not in told:
                yield f"id: {_arrival_text(event.arrival)}\ndata: {json.dumps(shown_event(event))}\n\n"
                spoke = clock.monotonic()
        told = {event.arrival for event in events}
        since_us = max(since_us, clock.now_us() - OVERLAP_US)
        if clock.monotonic() - spoke > SILENCE_SECONDS:
            yield ": nothing new\n\n"
            spoke = clock.monotonic()
        clock.sleep(LOOK_SECONDS)


def _since(services: Services, project_id: str, since_us: int) -> list[StoredEvent]:
    return list_events_since(services, project_id, since_us - OVERLAP_US)


def _arrival_text(arrival: Arrival) -> str:
    return f"{arrival.ingested_at}.{arrival.segment}.{arrival.place}"


def _parse_arrival(text: str | None) -> Arrival | None:
    try:
        ingested_at, segment, place = (text or "").split(".")
        return Arrival(int(ingested_at), segment, int(place))
    except ValueError:  # none, or another server's: from now on
        return None


def shown_event(event: StoredEvent) -> dict[str, Any]:
    """What `StoredEventSchema` says of an event."""
    return {
        "id": event.id,
        "event_type": event.event_type,
        "user_id": event.user_id,
        "anonymous_id": event.anonymous_id,
        "session_id": event.session_id,
        "properties": event.properties,
        "url": event.url,
        "referrer": event.referrer,
        "user_agent": event.user_agent,
        "ip_hash": event.ip_hash,
        "created_at": clock.format_time(event.created_at),
        "client_timestamp": None if event.client_timestamp is None else clock.format_time(event.client_timestamp),
        "context": event.context,
        "accepted_at": clock.format_time(event.arrival.ingested_at),
        "stored_in": {"file": event.file, "segment": event.arrival.segment},
    }
