"""What a stored property may have been when it was sent: properties are kept as texts, and two values can have one.

A text is kept as it is, null as null, anything else as its JSON (`frame_events`). Backwards: null was null. A text that
is, letter for letter, the JSON that would be written for a number, a boolean, a list or an object was that value, or
was the text; nobody can tell any more. Every other text was the text: `1.50`, `TRUE`, `"a"`, `null`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

FIRST_LETTERS: Final = frozenset("-0123456789tf[{")  # of the JSON of what is no text and not null
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def read_value(text: str | None) -> Any:
    """The value where it can be one, else the text."""
    if not text or text[0] not in FIRST_LETTERS:
        return text
    try:
        value = _decode(text)
        return value if _encode(value).decode() == text else text
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return text


def read_values(properties: Mapping[str, str | None]) -> tuple[dict[str, Any], list[str]]:
    """The properties as `read_value` has them, and the names of those that may have been texts as well."""
    values = {name: read_value(text) for name, text in properties.items()}
    return values, [name for name, text in properties.items() if values[name] is not text]
