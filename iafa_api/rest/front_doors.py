"""How a request of another product's shape goes through the door for events: the same steps, whatever the shape.

Promises: what `take_messages` returns is durable, all of it; where storing fails half way it is Unavailable, and ids
make the repeat harmless; what it refuses as a whole it raises; either way the request is charged once, as many events
as it had messages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from flask import current_app
from flask_smorest.error_handler import ErrorSchema

from iafa_api import clock
from iafa_api.domain.project import Project
from iafa_api.ingest.body import Refusal
from iafa_api.ingest.doors.checking import CheckedMessages, check_messages
from iafa_api.ingest.doors.messages import Message
from iafa_api.ingest.pipeline import Accepted
from iafa_api.rest.blueprints import StrictSchema
from iafa_api.rest.caller import services
from iafa_api.rest.event_door import REPORTED_ERRORS, EventDoor
from iafa_api.rest.metrics import count_events
from iafa_api.rest.tracking import LIMIT_HEADERS, note_arrival


def take_messages(name: str, key: str | None, read: Callable[[Project], Sequence[Message]]) -> CheckedMessages:
    """Take what `read` makes of the body, which is of the door `name`; `key` is asked for first where it is given."""
    arrival = note_arrival("batch")
    arrival.name = name
    if key is not None:
        arrival.key = key
    door = cast(EventDoor, current_app.extensions["iafa_event_door"])
    rooms = services()
    known = door.admit(arrival)
    cost, accepted = 1, list[Accepted]()

    def check(body: bytes) -> Accepted:
        accepted.append(door.check(known, arrival, body))
        return accepted[-1]

    try:
        messages = read(known.project)
        checked = check_messages(
            messages,
            project_id=known.project.id,
            door=name,
            check=check,
            hash_ip=rooms.hash_event_ip,
            now_us=clock.now_us(),
        )
        for header, _ in checked.frames:
            for call in header.identities:
                call.actor = known.actor
        if checked.frames:
            for failure in rooms.buffer.append_group(checked.frames):
                if failure is not None:
                    raise failure
        cost = len(messages)
        count_events(checked.accepted_count, len(checked.refused))
    except BaseException:
        accepted.clear()
        raise
    finally:
        door.charge_cost(known, arrival, cost, accepted)
    if door.is_use_news(known):
        door.record_use(known, arrival)
    return checked


def documented(
    body: Any, answer: type[StrictSchema], status: int, security: Sequence[dict[str, list[str]]], **errors: str
) -> dict[str, Any]:
    """What the document says of a door; `errors` are those that differ, by `status_422` and the like."""
    told = {
        "400": "The body is not JSON, or not gzip as it says",
        "401": "The key is unknown, revoked or not a write key",
        "403": "The project does not allow this origin",
        "408": "The body did not come in time",
        "413": "More than a request may carry",
        "429": "The key's limit is overdrawn; see Retry-After",
        "503": "It cannot be stored now; see Retry-After",
        **{name.removeprefix("status_"): text for name, text in errors.items()},
    }
    types = ("application/json", "text/plain")
    return {
        "security": list(security),
        "parameters": [
            {"in": "header", "name": "Content-Encoding", "schema": {"type": "string", "enum": ["gzip", "identity"]}}
        ],
        "requestBody": {"required": True, "content": {name: {"schema": body} for name in types}},
        "responses": {
            str(status): {
                "description": "Durable",
                "content": {"application/json": {"schema": answer}},
                "headers": LIMIT_HEADERS,
            },
            **{
                code: {"description": text, "content": {"application/json": {"schema": ErrorSchema}}}
                for code, text in told.items()
            },
        },
    }


def told_errors(refused: Sequence[Refusal], their_names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The first of the refused messages, with the fields by the names that the sender knows."""
    return [
        {"index": refusal.index, "id": refusal.id, "errors": with_names(refusal.errors, their_names)}
        for refusal in refused[:REPORTED_ERRORS]
    ]


def with_names(errors: Mapping[str, list[str]], their_names: Mapping[str, str]) -> dict[str, list[str]]:
    """Errors by the names that the sender knows."""
    return {their_names.get(name, name): said for name, said in errors.items()}
