"""Where a visitor came from: the source and the medium of a referrer, by Matomo's lists (`referrer_lists/`).

Media: `search`, `social`, `ai` (assistants) and `referral` (any other host); `internal`, for the page's own host,
follows from two addresses, and is `enrichment`'s to say. Both are missing without a referrer that has a host.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, Final, NamedTuple

import yaml

from iafa_api.domain.web_address import host_of

SECOND_LEVELS: Final = frozenset({"com", "org", "net", "co", "it", "edu"})  # before a country's own: co.uk
HOSTS_KEPT: Final = 10_000  # per process: the same ones come again
COUNTRY: Final = "{}"


class Referrer(NamedTuple):
    """Such as Google and search; a host itself where no list knows it."""

    referrer_source: str | None = None
    referrer_medium: str | None = None


NO_REFERRER: Final = Referrer()


def read_referrer(referrer: str | None) -> Referrer:
    """Who sent the visitor, as far as the referrer alone can tell: who sends to its own host is `internal`."""
    host = host_of(referrer)
    return NO_REFERRER if host is None else _read_host(host)


@functools.lru_cache(HOSTS_KEPT)
def _read_host(host: str) -> Referrer:
    lists = _lists()
    for name in _domains(host):
        if name in lists.assistants:  # some of them are in the list of search engines, too
            return Referrer(lists.assistants[name], "ai")
    for name in _engine_names(host):
        if name in lists.engines:
            return Referrer(lists.engines[name], "search")
    for name in _domains(host):
        if name in lists.networks:
            return Referrer(lists.networks[name], "social")
    return Referrer(host, "referral")


class _Lists(NamedTuple):
    """Names by address: of engines a whole host, with {} in place of a country; of others a domain, for all hosts
    below it."""

    engines: Mapping[str, str]
    networks: Mapping[str, str]
    assistants: Mapping[str, str]


@functools.cache
def _lists() -> _Lists:
    engines = {
        address.removeprefix("www."): name
        for name, entries in _read("SearchEngines.yml").items()
        for entry in entries
        for address in entry["urls"]
        if "/" not in address
    }
    return _Lists(engines, _read_domains("Socials.yml"), _read_domains("AIAssistants.yml"))


def _read_domains(file: str) -> Mapping[str, str]:
    return {address: name for name, addresses in _read(file).items() for address in addresses if "/" not in address}


def _read(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load((resources.files(__package__) / "referrer_lists" / name).read_bytes())
    return found


def _engine_names(host: str) -> Iterator[str]:
    """The host as the list may have it: itself, or with its country left out at either end."""
    yield host
    labels = host.split(".")
    end = 2 if len(labels) > 2 and labels[-2] in SECOND_LEVELS else 1
    yield ".".join([*labels[:-end], COUNTRY])
    if len(labels) > 2:
        yield ".".join([COUNTRY, *labels[1:]])


def _domains(host: str) -> Iterator[str]:
    labels = host.split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])
