"""What a tracked event is: the limits of the contract, and the rules that word what is wrong with one.

`find_faults` is the slow and complete form of the rules: it names every fault of one event, for the answer. The fast
form are the Structs in `ingest/event_body.py`. The law between the two: what the fast form accepts has no fault here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

EVENT_TYPE_MAX = 100
ID_MAX = 255
USER_ID_MAX = 255
TEXT_CUT = 500  # url, referrer and user_agent are cut to this many characters, and counted
EVENT_MAX_BYTES = 100 << 10
BATCH_MAX_EVENTS = 10_000
BODY_MAX_BYTES = 10 << 20
DROPPED_MAX = 1_000_000_000  # what one batch may say that its sender had to drop: a sum of such still is a number
NESTING_MAX = 100  # of properties: decoding recurses, and what the API could read the flush must be able to read
FUTURE_LIMIT_US = 24 * 3600 * 1_000_000
# Arrow and DuckDB hold far more, Python's datetime does not: beyond these a timestamp is refused, not clamped.
EARLIEST_US = 0
LATEST_US = 253_402_214_400_000_000  # 9999-12-31T00:00:00Z

CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")
TEXT_LIMITS: Mapping[str, int | None] = {
    "id": ID_MAX,
    "event_type": EVENT_TYPE_MAX,
    "user_id": USER_ID_MAX,
    "anonymous_id": USER_ID_MAX,
    "session_id": ID_MAX,
    "url": None,
    "referrer": None,
    "user_agent": None,
    "ip_address": None,
}
FIELDS = frozenset(TEXT_LIMITS) | {"timestamp", "properties"}
WHOLE_EVENT = "_schema"  # where marshmallow puts what is wrong with the object itself


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one field: a stable reason for counting, and a sentence for the sender."""

    field: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """The moments between which an event's `created_at` is accepted, both included."""

    earliest_us: int
    latest_us: int


def plan_time_limits(now_us: int, retention_limit_us: int | None) -> TimeLimits:
    """From the project's retention limit (a length of time; None: for ever) ago to 24 hours ahead."""
    earliest = EARLIEST_US if retention_limit_us is None else max(EARLIEST_US, now_us - retention_limit_us)
    return TimeLimits(earliest, min(LATEST_US, now_us + FUTURE_LIMIT_US))


def corrected_time(timestamp_us: int | None, sent_at_us: int | None, received_at_us: int) -> int:
    """`created_at`: the client's clock set right by when it says it sent; without a timestamp, the time of receipt."""
    if timestamp_us is None:
        return received_at_us
    return timestamp_us if sent_at_us is None else timestamp_us + received_at_us - sent_at_us


def has_control_character(text: str) -> bool:
    """Whether a text holds a character of Unicode's class Cc."""
    return CONTROL_CHARACTER.search(text) is not None


def nests_deeper_than(value: Any, limit: int) -> bool:
    """Whether objects and arrays stand in each other more than `limit` levels deep (without recursion)."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)


def find_faults(
    value: Any,
    *,
    parse_timestamp: Callable[[str], int],
    limits: TimeLimits,
    sent_at_us: int | None,
    now_us: int,
    allows_event_type: Callable[[str], bool] | None = None,
) -> list[Fault]:
    """Every fault of one event as JSON gave it; an empty list for a good one."""
    if not isinstance(value, dict):
        return [Fault(WHOLE_EVENT, "not_an_object", "Invalid input type.")]
    faults = [Fault(name, "unknown_field", "Unknown field.") for name in value if name not in FIELDS]
    for name, limit in TEXT_LIMITS.items():
        faults += _faults_of_text(name, value.get(name), limit)
    faults += _faults_of_event_type(value.get("event_type"), allows_event_type)
    if value.get("user_id") is None and value.get("anonymous_id") is None:
        faults.append(Fault("user_id", "missing_field", "One of user_id and anonymous_id is required."))
    faults += _faults_of_properties(value.get("properties"))
    return faults + _faults_of_time(value.get("timestamp"), parse_timestamp, limits, sent_at_us, now_us)


def errors_by_field(faults: list[Fault]) -> dict[str, list[str]]:
    """`{"event_type": ["Missing data for required field."]}`."""
    errors: dict[str, list[str]] = {}
    for fault in faults:
        errors.setdefault(fault.field, []).append(fault.message)
    return errors


def _faults_of_text(name: str, text: Any, limit: int | None) -> list[Fault]:
    if text is None:
        return []
    if not isinstance(text, str):
        return [Fault(name, "wrong_type", "Not a valid string.")]
    if limit is not None and not 1 <= len(text) <= limit:
        return [Fault(name, "wrong_length", f"Length must be between 1 and {limit}.")]
    return []


def _faults_of_event_type(text: Any, allows_event_type: Callable[[str], bool] | None) -> list[Fault]:
    if text is None:
        return [Fault("event_type", "missing_field", "Missing data for required field.")]
    if not isinstance(text, str):
        return []
    if has_control_character(text):
        return [Fault("event_type", "control_character", "Control characters are not allowed.")]
    if allows_event_type is not None and not allows_event_type(text):
        return [Fault("event_type", "event_type_not_allowed", "The project does not allow this event type.")]
    return []


def _faults_of_properties(properties: Any) -> list[Fault]:
    if properties is None:
        return []
    if not isinstance(properties, dict):
        return [Fault("properties", "wrong_type", "Not a valid mapping type.")]
    if nests_deeper_than(properties, NESTING_MAX):
        return [Fault("properties", "nested_too_deep", f"Nested deeper than {NESTING_MAX} levels.")]
    return []


def _faults_of_time(
    text: Any, parse_timestamp: Callable[[str], int], limits: TimeLimits, sent_at_us: int | None, now_us: int
) -> list[Fault]:
    if text is None:
        return []
    try:
        moment = parse_timestamp(text)
    except (TypeError, ValueError):
        return [Fault("timestamp", "not_a_moment", "Not a valid moment: ISO 8601 with an offset is.")]
    created_at = corrected_time(moment, sent_at_us, now_us)
    if created_at < limits.earliest_us:
        return [Fault("timestamp", "too_old", "Older than the project keeps events.")]
    if created_at > limits.latest_us:
        return [Fault("timestamp", "too_far_ahead", "More than 24 hours ahead.")]
    return []
