"""What is made of an event beside what its sender said: an ordered list of steps, each of which adds, but the last.

    address     the client's address (through as many proxies as are trusted) becomes a keyed hash, and its place
    user_agent  browser, system, kind of device, and whether it is a crawler
    campaign    utm parameters and click ids of the page's address
    referrer    who sent the visitor, and by which medium
    local_time  hour, weekday and business hours in the project's time zone
    parameters  what else the addresses carry is taken away, but for what the project allows

A step that cannot tell leaves its columns empty, for the reason that stands below. None drops an event: crawlers are
marked, and left out of questions that do not ask for them. The address is gone when the events are here: its step is
taken at the door (`rest.event_door`), the others where frames become rows, so that the tail has what a flush stores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from iafa_api.domain.web_address import Campaign, read_campaign, strip_parameters
from iafa_api.ingest.referrers import Referrer, read_referrer
from iafa_api.ingest.user_agents import Visitor, read_user_agent
from iafa_api.lake.columns import Columns
from iafa_api.lake.parquet_derived import derive, put_column, put_local_times, text_column

ALLOWED = "allowed_parameters"  # a column while the steps are taken: names with blanks between them


class Step(NamedTuple):
    """`run` makes the `outputs` of one row of `inputs`, texts or None; `skipped` is why all of them may be missing."""

    name: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    run: Callable[..., Sequence[str | None]]
    skipped: str


def _strip(url: str | None, referrer: str | None, allowed: str | None) -> tuple[str | None, str | None]:
    names = frozenset((allowed or "").split())
    return strip_parameters(url, names), strip_parameters(referrer, names)


TEXT_STEPS: Final = (
    Step("user_agent", ("user_agent",), Visitor._fields, read_user_agent, "no user agent that is known"),
    Step("campaign", ("url",), Campaign._fields, read_campaign, "no campaign in the address"),
    Step("referrer", ("referrer", "url"), Referrer._fields, read_referrer, "no referrer with a host"),
    Step("parameters", ("url", "referrer", ALLOWED), ("url", "referrer"), _strip, "no address"),
)


def enrich(table: Any, columns: Columns) -> Any:
    """The rows of `lake.parquet.build_table` with all that the steps know of them."""
    for name in ("country", "region", "city"):
        table = put_column(table, name, text_column(getattr(columns, name)))
    table = table.append_column(ALLOWED, text_column(columns.url_parameters))
    for step in TEXT_STEPS:
        table = derive(table, step.inputs, step.outputs, step.run)
    return put_local_times(table.drop_columns([ALLOWED]), columns.timezone)
