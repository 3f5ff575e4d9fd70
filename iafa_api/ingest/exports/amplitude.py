"""Amplitude's export: an event on each line, by device and user; times are UTC, without saying so."""

from __future__ import annotations

from typing import Any, Final

from iafa_api.ingest.exports.export_row import PAGE_VIEW, Found, Reading, event_of, object_in, type_of

_EVENT_TYPES: Final = {"[Amplitude] Page Viewed": PAGE_VIEW}
_CALLS: Final = ("$identify", "$groupidentify")  # say something of a user or group, and are no events
_URL: Final = "[Amplitude] Page Location"
# Columns that become properties under their own names; an event's own property of that name wins.
_KEPT: Final = (
    *("platform", "os_name", "os_version", "device_type", "device_family", "device_brand", "device_manufacturer"),
    *("device_model", "device_carrier", "country", "region", "city", "dma", "language", "version_name", "library"),
    *("location_lat", "location_lng", "groups"),
)
_NO_SESSION: Final = (-1, "-1")


def read_row(raw: dict[str, Any], reading: Reading) -> Found:
    own = object_in(raw, "event_properties")
    timestamp, time_us = reading.time_of(raw.get("event_time"))
    event_id = reading.id_of(raw, raw.get("uuid"), raw.get("$insert_id"), raw.get("insert_id"))
    user, device, session = raw.get("user_id"), raw.get("device_id"), raw.get("session_id")
    calls = reading.joins.seen_together(device, user, time_us, event_id)
    calls += reading.joins.traits(user, object_in(raw, "user_properties"), time_us, event_id)
    name = raw.get("event_type")
    if name in _CALLS:
        return Found(None, time_us, calls)
    kept = {column: raw[column] for column in _KEPT if raw.get(column) not in (None, "", {})}
    event = event_of(
        event_id,
        type_of(name, _EVENT_TYPES),
        timestamp,
        kept | {key: value for key, value in own.items() if key != _URL},
        user_id=user,
        anonymous_id=device,
        session_id=None if session in _NO_SESSION else session,
        url=own.get(_URL),
        ip_address=raw.get("ip_address"),
    )
    return Found(event, time_us, calls)
