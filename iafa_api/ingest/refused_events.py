"""A refused event as it goes into the frame of the request that brought it: what it said, and why it was not taken.

Promises: no IP address of it is kept raw, wherever in it the field stands but in `properties` (those are the sender's
own, as in accepted events); whatever the bytes, there is a text to keep. An event that was larger than may be keeps its
first KB.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard

import msgspec

from iafa_api.domain.tracked_event import NESTING_MAX, nests_deeper_than
from iafa_api.ingest.body import Refusal

IP_FIELD = "ip_address"
CUT_BYTES = 1024  # of an event that is too large
WHOLE_DEPTH = 2 * NESTING_MAX  # nested deeper, it is kept as a text: reading it back must never fail on its depth
_IP_IN_TEXT = re.compile(r'("ip_address"\s*:\s*)("(?:[^"\\]|\\.)*(?:"|\\?\Z)|[^\s,}\]]+)', re.DOTALL)
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)


class RefusedEvent(msgspec.Struct, array_like=True, gc=False):
    """One refused event in a frame's header. Append new fields at the end, with a default; never move one."""

    index: int
    reason: str
    errors: Mapping[str, Sequence[str]]
    text: str  # the event's JSON where `is_whole`, else what there is of it
    is_whole: bool
    byte_count: int  # as it came
    id: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None


def keep_refused(refused: Sequence[Refusal], hash_ip: Callable[[str], str]) -> list[RefusedEvent]:
    """What is kept of the refused events of a request."""
    return [_keep(refusal, hash_ip) for refusal in refused]


def _keep(refusal: Refusal, hash_ip: Callable[[str], str]) -> RefusedEvent:
    raw, value = refusal.raw, refusal.value
    text = None
    if refusal.reason not in ("too_large", "unreadable") and not nests_deeper_than(value, WHOLE_DEPTH):
        text = _text_of_value(raw, value, hash_ip)
    shown = raw[:CUT_BYTES] if refusal.reason == "too_large" else raw
    fields = value if isinstance(value, dict) else {}
    return RefusedEvent(
        index=refusal.index,
        reason=refusal.reason,
        errors=refusal.errors,
        text=_text_of_bytes(shown, hash_ip) if text is None else text,
        is_whole=text is not None,
        byte_count=len(raw),
        id=refusal.id,
        user_id=_text_or_none(fields.get("user_id")),
        anonymous_id=_text_or_none(fields.get("anonymous_id")),
    )


def _text_of_value(raw: bytes, value: Any, hash_ip: Callable[[str], str]) -> str | None:
    try:
        if IP_FIELD.encode() not in raw and b"\\u" not in raw:  # an escape may hide the name
            return raw.decode()
        _hide_ips(value, hash_ip)
        return msgspec.json.encode(value).decode()
    except _UNREADABLE:
        return None


def _hide_ips(value: Any, hash_ip: Callable[[str], str]) -> None:
    """Put keyed hashes in place of addresses, in the value itself."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif _is_object(each):
            if IP_FIELD in each:
                address = each[IP_FIELD]
                each[IP_FIELD] = hash_ip(address) if isinstance(address, str) else None
            waiting += [inner for name, inner in each.items() if each is not value or name != "properties"]


def _text_of_bytes(raw: bytes, hash_ip: Callable[[str], str]) -> str:
    text = raw.decode("utf-8", "replace")
    if "\\u" in text:  # a name that is written in escapes is not found below, and JSON means the same without them
        text = re.sub(r"\\u00([2-7][0-9a-fA-F])", lambda found: _unescaped(found), text)
    return _IP_IN_TEXT.sub(lambda found: found[1] + _hidden(found[2], hash_ip), text)


def _unescaped(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return letter if letter.isalnum() or letter in "_.:" else found[0]


def _hidden(said: str, hash_ip: Callable[[str], str]) -> str:
    return f'"{hash_ip(said[1:-1])}"' if said[0] == said[-1] == '"' and len(said) > 1 else "null"


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)
