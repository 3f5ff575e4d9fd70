"""Where a visitor is by the word of a proxy, which says it in headers that the settings name.

Only for a server behind proxies that it trusts: anybody else can write such headers, too.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Final

from iafa_api.ingest.places import Place
from iafa_api.settings import Settings

UNKNOWN_COUNTRIES: Final = frozenset({"XX", "ZZ", "T1", "A1", "A2", "AP", "EU"})  # not known, a network, no country
TEXT_MAX: Final = 100
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


class ProxyPlaces:
    """The names of the headers for country, region and city, in lower case; empty ones are not looked at."""

    def __init__(self, country: str, region: str, city: str) -> None:
        self._country, self._region, self._city = country.lower(), region.lower(), city.lower()

    def read(self, header: Callable[[str], str | None]) -> Place | None:
        """The place that the headers of a request tell; None where they tell none."""
        country = ((self._country and header(self._country)) or "").strip().upper()
        place = Place(
            country if _COUNTRY.fullmatch(country) and country not in UNKNOWN_COUNTRIES else None,
            _text(self._region and header(self._region)),
            _text(self._city and header(self._city)),
        )
        return place if any(place) else None


def proxy_places(settings: Settings) -> ProxyPlaces | None:
    """What the settings say; None where no proxy is trusted or none says where a visitor is."""
    names = (settings.country_header, settings.region_header, settings.city_header)
    return ProxyPlaces(*names) if settings.trusted_proxies and any(names) else None


def _text(value: str | None) -> str | None:
    """A header's value, which comes as Latin-1 and is meant as UTF-8."""
    if not value:
        return None
    with contextlib.suppress(UnicodeError):  # it was decoded as what it is, or is no UTF-8
        value = value.encode("latin-1").decode()
    return value.strip()[:TEXT_MAX] or None
