"""Items: what people walk through, as the nodes of paths and the ends of sessions show them.

An item is an event's type, its url's path, or the value of a property; a trailing slash is dropped, except the root's.
Those that match one of the groups (`*` stands for any run of characters) are that group; the first that matches wins.
An event without a value, or with the empty text, has no item. `node_of` is what the engine's SQL must agree with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from iafa_api.domain.faults import MISSING, Faults
from iafa_api.domain.filters import is_property
from iafa_api.domain.names import is_one_line

EVENT_TYPE: Final = "event_type"
URL: Final = "url"
GROUPS_MAX: Final = 100
GROUP_LENGTH_MAX: Final = 500
# What stands before the path of a url, and what stands behind it; in the words of RE2, which knows no more than this.
ORIGIN: Final = "^([a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/?#]*"
BEHIND_PATH: Final = r"(?s)[?#].*$"


@dataclass(frozen=True, slots=True)
class Items:
    """Which items are meant: `source` is a column, `properties.NAME` or a trait; `groups` in the order of winning."""

    source: str
    groups: tuple[str, ...] = ()


def read_items(document: Mapping[str, Any], faults: Faults) -> Items:
    """`item` and `path_groups` of a question; what is wrong is added to `faults`."""
    source = document.get("item")
    if source is None:
        faults.add(("item",), MISSING)
    elif not is_property(source):
        faults.add(("item",), "Must be event_type, url, another column, properties.NAME or user.NAME.")
    groups = document.get("path_groups") or []
    if not isinstance(groups, list) or len(groups) > GROUPS_MAX:
        faults.add(("path_groups",), f"Must be a list of at most {GROUPS_MAX} patterns such as /product/*.")
        groups = []
    for place, group in enumerate(groups):
        if not isinstance(group, str) or not 1 <= len(group) <= GROUP_LENGTH_MAX or not is_one_line(group):
            wanted = f"Must be a pattern of 1 to {GROUP_LENGTH_MAX} characters without control characters."
            faults.add(("path_groups", str(place)), wanted)
    return Items(str(source), tuple(map(str, groups)))


def node_of(items: Items, text: str | None) -> str | None:
    """The node of an event whose source has this value; None where there is no item."""
    if text and items.source == URL:
        path = re.sub(BEHIND_PATH, "", re.sub(ORIGIN, "", text))
        text = path or ("/" if re.match(ORIGIN, text) else "")
    if not text:
        return None
    text = without_slash(text)
    return next((group for group in items.groups if _is_in(group, text)), text)


def without_slash(text: str) -> str:
    return text[:-1] if len(text) > 1 and text.endswith("/") else text


def group_pattern(group: str) -> str:
    """A group as a regular expression for the whole of an item, which has lost its trailing slash as well.

    For RE2 alone: Python's own would try every way to share a text out among many stars.
    """
    parts = [re.escape(part) for part in without_slash(group).split("*")]
    return f"(?s){'.*'.join(parts)}"


def _is_in(group: str, text: str) -> bool:
    first, *rest = without_slash(group).split("*")
    if not rest:
        return text == first
    if len(text) < len(first) + len(rest[-1]) or not text.startswith(first) or not text.endswith(rest[-1]):
        return False
    at, end = len(first), len(text) - len(rest[-1])
    for part in rest[:-1]:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True
