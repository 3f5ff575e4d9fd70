"""PostHog's events, of a batch export (NDJSON) or a table (CSV, `properties` as JSON or a column for each)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from iafa_api.ingest.exports.export_row import (
    PAGE_VIEW,
    SCREEN_VIEW,
    Found,
    NotAnEvent,
    Reading,
    event_of,
    object_in,
    type_of,
)
from iafa_api.ingest.exports.joins import same_person

_EVENT_TYPES: Final = {"$pageview": PAGE_VIEW, "$screen": SCREEN_VIEW}
_COLUMN: Final = "properties."
_DIRECT: Final = "$direct"  # what it calls no referrer
_FORMER: Final = {"$identify": "$anon_distinct_id", "$create_alias": "alias", "$merge_dangerously": "alias"}
# What is a field of the event, what becomes a call, and how it came to PostHog: no properties.
_ELSEWHERE: Final = frozenset(
    {
        *("$current_url", "$referrer", "$user_agent", "$raw_user_agent", "$session_id", "$ip", "$device_id"),
        *("$user_id", "$set", "$set_once", "$is_identified", "$process_person_profile", "distinct_id", "token"),
        *("$insert_id", "$time", "$lib_rate_limit_remaining_tokens", "$anon_distinct_id"),
    }
)


def read_row(raw: dict[str, Any], reading: Reading) -> Found:
    properties = _properties(raw)
    timestamp, time_us = reading.time_of(raw.get("timestamp"))
    event_id = reading.id_of(raw, raw.get("uuid"), raw.get("id"))
    name, distinct, device = raw.get("event"), raw.get("distinct_id"), properties.get("$device_id")
    user, visitor = (None, distinct) if _is_visitor(properties, distinct, device) else (distinct, device)
    calls = reading.joins.seen_together(visitor, user, time_us, event_id)
    calls += reading.joins.traits(user, properties.get("$set"), time_us, event_id)
    calls += reading.joins.first_traits(user, properties.get("$set_once"), time_us, event_id)
    if isinstance(name, str) and name in _FORMER:
        return Found(None, time_us, calls + same_person(properties.get(_FORMER[name]), distinct, time_us, event_id))
    referrer = properties.get("$referrer")
    event = event_of(
        event_id,
        type_of(name, _EVENT_TYPES),
        timestamp,
        {key: value for key, value in properties.items() if key not in _ELSEWHERE},
        user_id=user,
        anonymous_id=visitor,
        session_id=properties.get("$session_id"),
        url=properties.get("$current_url"),
        referrer=None if referrer == _DIRECT else referrer,
        user_agent=properties.get("$raw_user_agent") or properties.get("$user_agent"),
        ip_address=properties.get("$ip"),
    )
    return Found(event, time_us, calls)


def _properties(raw: dict[str, Any]) -> dict[str, Any]:
    columns = {
        name.removeprefix(_COLUMN): value for name, value in raw.items() if name.startswith(_COLUMN) and value != ""
    }
    text = raw.get("properties")
    if not isinstance(text, str) or not text:
        return columns | object_in(raw, "properties")
    try:
        found = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        raise NotAnEvent("properties: not a JSON object") from None
    return columns | object_in({"properties": found}, "properties")


def _is_visitor(properties: dict[str, Any], distinct: Any, device: Any) -> bool:
    """Whether the id is that of a browser: it says so itself, or nobody has been identified in it."""
    if distinct is not None and distinct == device:
        return True
    return properties.get("$is_identified") in (False, "false") or properties.get("$process_person_profile") is False
