"""Mixpanel's raw export: `{"event": …, "properties": {"distinct_id": …, "time": …, "$insert_id": …}}` on each line.

`time` counts seconds (or milliseconds) since 1970: in projects from before 2023 those of the project's local clock, so
that its time zone must be named; in newer ones those of UTC.
"""

from __future__ import annotations

from typing import Any, Final

from iafa_api.ingest.exports.export_row import PAGE_VIEW, Found, NotAnEvent, Reading, event_of, object_in, type_of
from iafa_api.ingest.exports.joins import same_person

_DEVICE: Final = "$device:"
_EVENT_TYPES: Final = {"$mp_web_page_view": PAGE_VIEW}
_DIRECT: Final = "$direct"  # what it calls no referrer
# What is a field of the event, and how it came to Mixpanel: no properties.
_ELSEWHERE: Final = frozenset(
    {
        *("$insert_id", "time", "distinct_id", "$user_id", "$device_id", "$distinct_id_before_identity"),
        *("$current_url", "$referrer", "token", "$import", "$mp_api_endpoint", "$mp_api_timestamp_ms"),
        *("mp_processing_time_ms", "mp_sent_by_lib_version"),
    }
)


def read_row(raw: dict[str, Any], reading: Reading) -> Found:
    properties = object_in(raw, "properties")
    timestamp, time_us = reading.time_of(properties.get("time"))
    event_id = reading.id_of(raw, properties.get("$insert_id"))
    name = raw.get("event")
    if name == "$identify":
        calls = same_person(properties.get("$anon_id"), properties.get("$identified_id"), time_us, event_id)
        return Found(None, time_us, calls)
    if name == "$create_alias":
        calls = same_person(properties.get("distinct_id"), properties.get("alias"), time_us, event_id)
        return Found(None, time_us, calls)
    if name == "$merge":
        return Found(None, time_us, _merged(properties.get("$distinct_ids"), time_us, event_id))
    user, visitor = _who(properties)
    calls = reading.joins.seen_together(visitor, user, time_us, event_id)
    referrer = properties.get("$referrer")
    event = event_of(
        event_id,
        type_of(name, _EVENT_TYPES),
        timestamp,
        {key: value for key, value in properties.items() if key not in _ELSEWHERE},
        user_id=user,
        anonymous_id=visitor,
        url=properties.get("$current_url"),
        referrer=None if referrer == _DIRECT else referrer,
    )
    return Found(event, time_us, calls)


def _who(properties: dict[str, Any]) -> tuple[Any, Any]:
    """The user and the visitor."""
    device = properties.get("$device_id")
    distinct = properties.get("distinct_id")
    former = _without_mark(properties.get("$distinct_id_before_identity"))
    is_visitor = isinstance(distinct, str) and (distinct == device or distinct.startswith(_DEVICE))
    user = properties.get("$user_id") or (None if is_visitor else distinct)
    visitor = device or (_without_mark(distinct) if is_visitor else former)
    return user, None if visitor == user else visitor


def _without_mark(value: Any) -> Any:
    return value.removeprefix(_DEVICE) if isinstance(value, str) else value


def _merged(ids: Any, time_us: int, event_id: str) -> list[Any]:
    if not isinstance(ids, list) or len(ids) != 2:
        raise NotAnEvent("$distinct_ids: not two ids")
    return same_person(ids[0], ids[1], time_us, event_id)
