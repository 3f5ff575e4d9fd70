"""What of a project's data a question looks at, where that is not simply all that is known now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from iafa_api.domain.time_range import parse_moment

FIELDS: Final = ("include_archive", "identities_as_of")


@dataclass(frozen=True, slots=True)
class DataView:
    """`with_archive`: the expired events that are kept apart as well. `identities_as_of_us`: who is whom by the calls
    that had arrived by then (microseconds); None: by all. `asked` is the same as a question says it."""

    with_archive: bool = False
    identities_as_of_us: int | None = None
    asked: Mapping[str, Any] = field(default_factory=lambda: {"include_archive": False})


PRESENT: Final = DataView()


def read_view(document: Mapping[str, Any], timezone: str) -> DataView:
    """The view that a question's body asks for; InvalidInput names the field that is wrong."""
    with_archive = bool(document.get("include_archive"))
    asked: dict[str, Any] = {"include_archive": with_archive}
    as_of = document.get("identities_as_of")
    if as_of is None:
        return DataView(with_archive, None, asked)
    as_of_us = parse_moment(as_of, "identities_as_of", timezone=timezone)
    return DataView(with_archive, as_of_us, {**asked, "identities_as_of": as_of})
