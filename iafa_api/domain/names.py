"""What may stand as a name: text that can be shown on one line, in a page, a terminal or a file."""

from __future__ import annotations

import unicodedata

from iafa_api.errors import InvalidInput


def is_one_line(text: str) -> bool:
    """Whether no character of it moves the cursor or is half a character (Unicode classes Cc and Cs)."""
    return not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text)


def require_name(text: str, field: str = "name") -> str:
    """The name, if there is something to see in it and it is one line; its length is the schema's to bound."""
    if not text.strip() or not is_one_line(text):
        message = "Must be a text without control characters."
        raise InvalidInput(f"The {field} cannot be used.", errors={field: [message]})
    return text
