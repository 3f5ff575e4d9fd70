"""What an id of ours looks like: a UUID in its plain text form, as `clock.new_id` makes them."""

from __future__ import annotations

import re

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_id(text: str) -> bool:
    """Whether the text has the form of an id."""
    return _ID.fullmatch(text) is not None


def require_id(text: str) -> str:
    """The text if it is an id, else ValueError: what becomes part of a path passes through here."""
    if not is_id(text):
        raise ValueError(f"{text!r} is not an id")
    return text
