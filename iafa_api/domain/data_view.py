"""What of a project's data a question looks at, where that is not simply all that is known now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from iafa_api.domain.time_range import parse_moment

FIELDS: Final = ("include_archive", "identities_as_of", "include_bots")


@dataclass(frozen=True, slots=True)
class DataView:
    """`with_archive`: the expired events that are kept apart as well. `identities_as_of_us`: who is whom by the calls
    that had arrived by then (microseconds); None: by all. `with_bots`: the events of crawlers as well. `asked` is the
    same as a question says it."""

    with_archive: bool = False
    identities_as_of_us: int | None = None
    with_bots: bool = False
    asked: Mapping[str, Any] = field(default_factory=lambda: {"include_archive": False})


PRESENT: Final = DataView()
EVERY_EVENT: Final = DataView(with_bots=True)


def read_view(document: Mapping[str, Any], timezone: str) -> DataView:
    """The view that a question's body asks for; InvalidInput names the field that is wrong."""
    with_archive = bool(document.get("include_archive"))
    asked: dict[str, Any] = {"include_archive": with_archive}
    with_bots = bool(document.get("include_bots"))
    if with_bots:
        asked["include_bots"] = True
    as_of, as_of_us = document.get("identities_as_of"), None
    if as_of is not None:
        as_of_us = parse_moment(as_of, "identities_as_of", timezone=timezone)
        asked["identities_as_of"] = as_of
    return DataView(with_archive, as_of_us, with_bots, asked)
