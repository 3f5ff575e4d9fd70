"""What an address of a page says beside the page: the campaign that led there, and what is not to be kept of it.

`read_campaign` finds utm parameters and the click ids of advertisers; `strip_parameters` leaves only those parameters
that a project allows: the others may name a person, or be a key. Addresses are taken as they come; what is no address
has no campaign and is kept up to its first question mark.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from iafa_api.domain.tracked_event import TEXT_CUT

CLICK_IDS: Final = (
    *("gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id", "igshid", "epik"),
    *("rdt_cid", "sccid", "yclid", "irclickid", "mc_eid"),
)
PARAMETERS_READ: Final = 200  # of one address: whoever writes more does not mean a campaign
_CAMPAIGN: Final = re.compile(rf"[?&](?:utm_|(?:{'|'.join(CLICK_IDS)})=)", re.IGNORECASE)
_USERINFO: Final = re.compile(r"(?<=//)[^/?#@]*@")
_HOST: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]+)")


class Campaign(NamedTuple):
    """Each value as it was decoded, cut to what a text may be; None where it is missing or empty."""

    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    click_id: str | None = None
    click_id_type: str | None = None  # the parameter's name, such as gclid


NO_CAMPAIGN: Final = Campaign()
UTM: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


def read_campaign(url: str | None) -> Campaign:
    """The campaign that an address names; of a parameter that comes twice the first one that is not empty counts."""
    if url is None or not may_name_campaign(url):
        return NO_CAMPAIGN
    query = url.partition("#")[0].partition("?")[2]
    try:
        pairs = parse_qsl(query, max_num_fields=PARAMETERS_READ)
    except ValueError:  # more than that
        return NO_CAMPAIGN
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name.lower(), value[:TEXT_CUT])
    click = next((name for name in CLICK_IDS if name in found), None)
    values = {name: found[name] for name in UTM if name in found}
    return Campaign(**values, click_id=None if click is None else found[click], click_id_type=click)


def may_name_campaign(text: str) -> bool:
    """Whether any address in the text can have a campaign: to be asked of many at once, and then of each."""
    return _CAMPAIGN.search(text) is not None


def strip_parameters(url: str | None, allowed: Collection[str] = ()) -> str | None:
    """The address without a password, and without parameters but the allowed ones; those of its fragment likewise."""
    if url is None:
        return None
    address, hash_sign, fragment = _USERINFO.sub("", url).partition("#")
    kept = _strip_query(address, allowed)
    if not hash_sign:
        return kept
    if "?" in fragment:  # a route of a page that draws itself
        fragment = _strip_query(fragment, allowed)
    elif "=" in fragment:
        fragment = "&".join(_allowed_pairs(fragment, allowed))
    return f"{kept}#{fragment}" if fragment else kept


def host_of(url: str | None) -> str | None:
    """The host of an address in lower case, without `www.`; None where there is none."""
    found = None if url is None else _HOST.match(url)
    return None if found is None else found[1].lower().removeprefix("www.")


def _strip_query(text: str, allowed: Collection[str]) -> str:
    path, _, query = text.partition("?")
    kept = "&".join(_allowed_pairs(query, allowed))
    return f"{path}?{kept}" if kept else path


def _allowed_pairs(query: str, allowed: Collection[str]) -> Iterable[str]:
    return [pair for pair in query.split("&") if allowed and unquote_plus(pair.partition("=")[0]) in allowed]
