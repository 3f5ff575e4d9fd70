"""What is wrong with a document, gathered field by field, so that its author reads of every fault at once.

A fault has a path into the document (`("stages", "0", "event_type")`) and a sentence that says what would be right.
"""

from __future__ import annotations

from typing import Any, Final

from iafa_api.errors import InvalidInput

Path = tuple[str, ...]

MISSING: Final = "Missing data for required field."
UNKNOWN: Final = "Unknown field."


class Faults:
    """Gathers faults; `require_none` raises them all as one `InvalidInput`."""

    def __init__(self) -> None:
        self._found: list[tuple[Path, str]] = []

    def add(self, path: Path, message: str) -> None:
        self._found.append((path, message))

    def __bool__(self) -> bool:
        return bool(self._found)

    def require_none(self) -> None:
        if self._found:
            raise InvalidInput(self._found[0][1], errors=nested(self._found))


def refuse(path: Path, message: str) -> InvalidInput:
    """The error for a single fault, to be raised."""
    return InvalidInput(message, errors=nested([(path, message)]))


def nested(found: list[tuple[Path, str]]) -> dict[str, Any]:
    """`{"stages": {"0": {"event_type": ["…"]}}}`; a fault of a whole branch makes way for those inside it."""
    root: dict[str, Any] = {}
    for path, message in sorted(found, key=lambda fault: -len(fault[0])):
        branch = root
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
        leaf = branch.setdefault(path[-1], [])
        if isinstance(leaf, list):
            leaf.append(message)
    return root
