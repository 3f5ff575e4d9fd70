"""Events as plain columns: what the decoding of a frame fills and `lake.parquet` makes an Arrow table of.

One list per column, all of one length; the map of properties is three flat lists (how many pairs each event has, then
all keys, then all values), because that is what Arrow wants and one dict per event is what it does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Columns:
    """Events in order of arrival. Times are microseconds; None is a missing value."""

    id: list[str] = field(default_factory=list)
    project_id: list[str] = field(default_factory=list)
    event_type: list[str] = field(default_factory=list)
    user_id: list[str | None] = field(default_factory=list)
    anonymous_id: list[str | None] = field(default_factory=list)
    session_id: list[str | None] = field(default_factory=list)
    property_counts: list[int] = field(default_factory=list)
    property_keys: list[str] = field(default_factory=list)
    property_values: list[str | None] = field(default_factory=list)
    url: list[str | None] = field(default_factory=list)
    referrer: list[str | None] = field(default_factory=list)
    user_agent: list[str | None] = field(default_factory=list)
    ip_address: list[str | None] = field(default_factory=list)
    created_at: list[int] = field(default_factory=list)
    client_timestamp: list[int | None] = field(default_factory=list)
    ingested_at: list[int] = field(default_factory=list)
    segment: list[str] = field(default_factory=list)
    place: list[int] = field(default_factory=list)
    enriched: dict[str, Any] = field(default_factory=dict)  # by column: texts and None; of none where it is missing
    timezone: list[str] = field(default_factory=list)  # no column: the project's, for what follows from the local time
    url_parameters: list[str] = field(default_factory=list)  # no column: those that stay, a blank between them
    cut_rows: list[int] = field(default_factory=list)  # no column: the rows that hold a text which was cut

    def __len__(self) -> int:
        return len(self.id)
