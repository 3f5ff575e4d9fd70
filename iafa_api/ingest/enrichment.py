"""What is made of an event beside what its sender said: an ordered list of steps, each of which adds, but the last.

    address     the client's address (through as many proxies as are trusted) becomes a keyed hash, and its place
    user_agent  browser, system, kind of device, and whether it is a crawler; empty without an agent that is known
    campaign    utm parameters and click ids of the page's address; empty where it has none
    referrer    who sent the visitor, and by which medium; empty without a referrer that has a host
    local_time  hour, weekday and business hours in the project's time zone
    parameters  what else the addresses carry is taken away, but for what the project allows

A step that cannot tell leaves its columns empty. None drops an event: crawlers are marked, and left out of questions
that do not ask for them. The address is gone when the events are here: its step is taken at the door
(`rest.event_door`), the others where frames become rows, so that the tail has what a flush stores.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Final, TypeVar

from iafa_api.domain.web_address import Campaign, host_of, may_name_campaign, read_campaign, strip_parameters
from iafa_api.ingest.referrers import Referrer, read_referrer
from iafa_api.ingest.user_agents import Visitor, read_user_agent
from iafa_api.lake.columns import Columns
from iafa_api.lake.parquet_local_time import local_times

Key = TypeVar("Key", bound=Hashable)


def enrich(columns: Columns) -> None:
    """Take all steps that follow the door's."""
    for step in STEPS:
        step(columns)


def _user_agent(columns: Columns) -> None:
    _spread(columns, Visitor._fields, read_user_agent, columns.user_agent)


def _campaign(columns: Columns) -> None:
    if may_name_campaign("\n".join([url for url in columns.url if url])):  # of most chunks, no address does
        _spread(columns, Campaign._fields, read_campaign, columns.url)


def _referrer(columns: Columns) -> None:
    _spread(columns, Referrer._fields, read_referrer, columns.referrer)
    hosts = {text: host_of(text) for text in set(columns.referrer)}
    for row, (referrer, url) in enumerate(zip(columns.referrer, columns.url, strict=True)):
        host = hosts[referrer]
        if host is not None and url is not None and host in url and host == host_of(url):
            columns.enriched["referrer_source"][row] = host
            columns.enriched["referrer_medium"][row] = "internal"


def _local_time(columns: Columns) -> None:
    columns.enriched |= local_times(columns.created_at, columns.timezone)


def _parameters(columns: Columns) -> None:
    if any(columns.url_parameters):
        allowed = [frozenset(names.split()) for names in columns.url_parameters]
        columns.url = list(map(strip_parameters, columns.url, allowed))
        columns.referrer = list(map(strip_parameters, columns.referrer, allowed))
    else:
        columns.url = _stripped(columns.url)
        columns.referrer = _stripped(columns.referrer)


STEPS: Final = (_user_agent, _campaign, _referrer, _local_time, _parameters)


def _stripped(urls: Sequence[str | None]) -> list[str | None]:
    """`strip_parameters` without exceptions: most addresses have nothing but a query."""
    return [
        url if url is None else strip_parameters(url) if "#" in url or "@" in url else url.partition("?")[0]
        for url in urls
    ]


def _spread(
    columns: Columns, names: Sequence[str], run: Callable[[Key], Sequence[str | None]], keys: Sequence[Key]
) -> None:
    """What `run` makes of each key, by name of the column; it is called once for each distinct key."""
    found = {key: run(key) for key in set(keys)}
    for place, name in enumerate(names):
        if any([values[place] is not None for values in found.values()]):  # noqa: C419 - a list is faster here
            columns.enriched[name] = [found[key][place] for key in keys]
