"""Umami's table `website_event`, as CSV or JSON: visitors without names, whose sessions last a month."""

from __future__ import annotations

from typing import Any, Final

from iafa_api.ingest.exports.export_row import PAGE_VIEW, Found, NotAnEvent, Reading, event_of

_VIEW, _CUSTOM = ("1", 1), ("2", 2)
_NULLS: Final = ("", "\\N", "NULL")  # as the databases below it write them
# What is a field of the event, or part of one.
_ELSEWHERE: Final = frozenset(
    {
        *("event_id", "session_id", "visit_id", "distinct_id", "event_type", "event_name", "created_at", "job_id"),
        *("hostname", "url_path", "url_query", "referrer_domain", "referrer_path", "referrer_query", "page_title"),
    }
)


def read_row(raw: dict[str, Any], reading: Reading) -> Found:
    row = {name: value for name, value in raw.items() if value is not None and value not in _NULLS}
    timestamp, time_us = reading.time_of(row.get("created_at"))
    event_id = reading.id_of(raw, row.get("event_id"))
    kind = row.get("event_type")
    if kind in _CUSTOM:
        event_type = row.get("event_name")
    elif kind in _VIEW:
        event_type = PAGE_VIEW
    else:
        raise NotAnEvent("event_type: neither 1 (a view) nor 2 (an event)")
    user, visitor = row.get("distinct_id"), row.get("session_id")
    event = event_of(
        event_id,
        event_type,
        timestamp,
        {**{name: value for name, value in row.items() if name not in _ELSEWHERE}, "title": row.get("page_title")},
        user_id=user,
        anonymous_id=visitor,
        session_id=row.get("visit_id"),
        url=_address(row.get("hostname"), row.get("url_path"), row.get("url_query")),
        referrer=_address(row.get("referrer_domain"), row.get("referrer_path"), row.get("referrer_query")),
    )
    return Found(event, time_us, reading.joins.seen_together(visitor, user, time_us, event_id))


def _address(host: Any, path: Any, query: Any) -> str | None:
    """Their parts as one; a path alone where no host is known."""
    if host is None and path is None:
        return None
    start = "" if host is None else f"https://{host}"
    return f"{start}{path or '/'}" + (f"?{str(query).removeprefix('?')}" if query else "")
