"""How good a project's data is: what is counted of the events of a UTC day of receipt, and the rates that follow.

Each event that was answered for is in exactly one of accepted, duplicates and rejected. Late, truncated, bots, skewed
and missing are said of accepted ones. Counts are of the day on which the events came in, not of that which they tell
of: they never change afterwards, whatever time zone the project is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LATE_US = 24 * 3600 * 1_000_000  # older than this on arrival: yesterday's figures have been looked at by then
MISSING_FIELDS = ("user_id", "session_id", "url", "referrer", "country", "browser")
SKEW_US = 60 * 1_000_000  # a client's clock that is off by more is wrong, and not only its network slow
# The names under which the manifest keeps the counts: they stay for ever.
ACCEPTED = "accepted"
DUPLICATES = "duplicates"
LATE = "late"
TRUNCATED = "truncated"
BOTS = "bots"
SKEWED = "skewed"
CLIENT_DROPPED = "client_dropped"
OVERFLOW = "quarantine_overflow"
REJECTED = "rejected:"
MISSING = "missing:"
SCHEMA = "schema:"  # then the schema's version and id, the rule, and the event type, which may hold colons


@dataclass(frozen=True, slots=True)
class SchemaFailures:
    """How many events of a type fail a version of its schema, each by the first rule that it breaks."""

    event_type: str
    schema_id: str
    schema_version: int
    rule: str
    events: int


@dataclass(frozen=True, slots=True)
class Quality:
    """The counts of a day, or of several. A rate is None where there is nothing to divide by."""

    accepted: int
    rejected: Mapping[str, int]
    duplicates: int
    late: int
    truncated: int
    bots: int
    skewed: int
    missing: Mapping[str, int]
    dropped: int
    quarantine_overflow: int
    schema_failures: tuple[SchemaFailures, ...] = ()

    @property
    def rejected_count(self) -> int:
        return sum(self.rejected.values())

    @property
    def rates(self) -> dict[str, float | None]:
        """Percentages: what was refused or came twice of all that came; what is late or cut of what was accepted; and
        how much of what happened in the clients was accepted, repeats aside (`capture_rate`)."""
        received = self.accepted + self.duplicates + self.rejected_count
        return {
            "rejection_rate": _rate(self.rejected_count, received),
            "duplicate_rate": _rate(self.duplicates, received),
            "late_rate": _rate(self.late, self.accepted),
            "truncated_rate": _rate(self.truncated, self.accepted),
            "capture_rate": _rate(self.accepted, self.accepted + self.rejected_count + self.dropped),
        }

    @property
    def missing_rates(self) -> dict[str, float | None]:
        """Of how many accepted events, in per cent, each field is missing."""
        return {name: _rate(count, self.accepted) for name, count in self.missing.items()}


def read_quality(counts: Mapping[str, int]) -> Quality:
    """The counts as the manifest keeps them, by their names."""
    rejected = {name.removeprefix(REJECTED): count for name, count in counts.items() if name.startswith(REJECTED)}
    return Quality(
        accepted=counts.get(ACCEPTED, 0),
        rejected=dict(sorted(rejected.items(), key=lambda item: (-item[1], item[0]))),
        duplicates=counts.get(DUPLICATES, 0),
        late=counts.get(LATE, 0),
        truncated=counts.get(TRUNCATED, 0),
        bots=counts.get(BOTS, 0),
        skewed=counts.get(SKEWED, 0),
        missing={name: counts.get(MISSING + name, 0) for name in MISSING_FIELDS},
        dropped=counts.get(CLIENT_DROPPED, 0),
        quarantine_overflow=counts.get(OVERFLOW, 0),
        schema_failures=_read_failures(counts),
    )


def schema_measure(schema_id: str, version: int, event_type: str, rule: str) -> str:
    """The measure under which events are counted that fail a schema."""
    return f"{SCHEMA}{version}:{schema_id}:{rule}:{event_type}"


def by_day(counts: Mapping[tuple[int, str], int], days: Iterable[int]) -> dict[int, Quality]:
    """The quality of each of these days, those without any events included."""
    of_day: dict[int, dict[str, int]] = {day: {} for day in days}
    for (day, measure), count in counts.items():
        of_day.setdefault(day, {})[measure] = count
    return {day: read_quality(measures) for day, measures in sorted(of_day.items())}


def total(counts: Mapping[tuple[int, str], int]) -> Quality:
    """The quality of all days together."""
    summed: Counter[str] = Counter()
    for (_, measure), count in counts.items():
        summed[measure] += count
    return read_quality(summed)


def _read_failures(counts: Mapping[str, int]) -> tuple[SchemaFailures, ...]:
    """The most frequent first."""
    found = []
    for name, count in counts.items():
        if name.startswith(SCHEMA):
            version, schema_id, rule, event_type = name.removeprefix(SCHEMA).split(":", 3)
            found.append(SchemaFailures(event_type, schema_id, int(version), rule, count))
    return tuple(sorted(found, key=lambda each: (-each.events, each.event_type, each.schema_version, each.rule)))


def _rate(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None
