"""Who is in a cohort, by its JSON: person by person, event by event, day by day on a calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from iafa_api.domain.filters import matches, parse_filter
from tests.oracles.activity import Event, unit_of


def members(rows: Sequence[Event], definition: Mapping[str, Any], *, timezone: str, now_us: int) -> set[Any]:
    everybody = {unit_of(event, None) for event in rows}
    if "not" in definition:
        return everybody - members(rows, definition["not"], timezone=timezone, now_us=now_us)
    for how, combine in (("all", set.intersection), ("any", set.union)):
        if how in definition:
            return combine(*(members(rows, part, timezone=timezone, now_us=now_us) for part in definition[how]))
    zone = ZoneInfo(timezone)
    today = _day(now_us, zone)
    first, last = definition.get("start_date"), definition.get("end_date", str(today))
    if "last_days" in definition:
        first = str(today - timedelta(days=definition["last_days"] - 1))
    tree = parse_filter(definition.get("filter"))

    def counts(event: Event) -> bool:
        is_then = first is None or first <= str(_day(event["created_at"], zone)) <= max(first, last)
        return definition.get("event_type") in (None, event["event_type"]) and matches(tree, event) and is_then

    did = [unit_of(event, None) for event in rows if counts(event)]
    return {person for person in everybody if did.count(person) >= definition.get("at_least", 1)}


def _day(time_us: int, zone: ZoneInfo) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)).astimezone(zone).date()
