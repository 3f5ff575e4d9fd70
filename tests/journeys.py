"""A small language for cases: what people did and when, as the rows that the lake keeps.

    journeys("ann: view@0 cart@5m buy{amount=12.5,plan=pro}@9m
              ~x7: view@1h")

One person per line (or `;`): a user, or with `~` an anonymous one. Offsets count from START in us, ms, s, m, h, d and
w. A property without `=` is there and null.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from iafa_api.domain.filters import ENRICHED

START = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
UNITS = {
    "": 1_000_000,
    "us": 1,
    "ms": 1000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
MOMENT = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "project_id", "event_type", "user_id", "anonymous_id", "session_id")),
        ("properties", pa.map_(pa.string(), pa.string())),
        *((name, pa.string()) for name in ("url", "referrer", "user_agent", "ip_address")),
        *((name, MOMENT) for name in ("created_at", "client_timestamp", "ingested_at")),
        ("segment", pa.string()),
        ("place", pa.int64()),
        *((name, pa.string()) for name in ENRICHED),
    ]
)
_EVENT = re.compile(r"([^@{\s]+)(?:\{([^}]*)\})?@(-?\d+)([a-z]*)")


def journeys(text: str, *, start: int = START) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for line in filter(None, (line.strip() for line in re.split("[\n;]", text))):
        name, _, events = line.partition(":")
        person = {"anonymous_id": name[1:]} if name.startswith("~") else {"user_id": name}
        for event_type, properties, offset, unit in _EVENT.findall(events):
            time_us = start + int(offset) * UNITS[unit]
            rows.append(row(event_type, time_us, place=len(rows), properties=_properties(properties), **person))
    return rows


def row(event_type: str, time_us: int, *, place: int = 0, **columns: Any) -> dict[str, Any]:
    """One event with every column of the lake; times are microseconds."""
    return {
        **dict.fromkeys(SCHEMA.names),
        "id": f"e{place}",
        "project_id": "p1",
        "event_type": event_type,
        "properties": {},
        "created_at": time_us,
        "ingested_at": time_us,
        "segment": "s1",
        "place": place,
        **columns,
    }


def table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    listed = list(rows)
    columns = {name: [one[name] for one in listed] for name in SCHEMA.names}
    columns["properties"] = [list(properties.items()) for properties in columns["properties"]]
    return pa.table(columns, schema=SCHEMA)


def write_file(rows: Iterable[Mapping[str, Any]], path: Path) -> Path:
    pq.write_table(table(rows), path, row_group_size=7)
    return path


def _properties(text: str) -> dict[str, str | None]:
    pairs = (part.partition("=") for part in text.split(",") if part)
    return {name: value if equals else None for name, equals, value in pairs}
