"""The events of a body against the schemas of their project: what fails is counted, told to the sender, or refused.

Promises: an event whose type has no schema costs a look into a dict; values are checked as the sender's JSON has them;
what is refused goes to the quarantine like any refused event, and costs no other. `failures` name each failing event
once, by the first rule that it breaks: the flush counts those that turn out to be new.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from iafa_api.domain.event_schema import EventSchema
from iafa_api.domain.tracked_event import TEXT_CUT
from iafa_api.ingest.body import CheckedBody, Refusal
from iafa_api.ingest.event_body import RAW_BATCH, EventBody
from iafa_api.ingest.frames import accepted_places, derive_ids
from iafa_api.ingest.schema_engine import CompiledSchema, SchemaCompiler, errors_of
from iafa_api.ingest.schema_failures import SchemaFailure

REASON: Final = "schema"
WARNINGS_MAX: Final = 100  # told of one request; all are counted
WORDED_MAX: Final = 100  # of one request of which every fault is told; of the others one


@dataclass(frozen=True, slots=True)
class SchemaWarning:
    """An event that was taken although it fails its schema."""

    index: int
    id: str
    errors: dict[str, list[str]]


class SchemaCheck(NamedTuple):
    """A checked body without what its schemas refuse; which events fail; what the sender is told."""

    checked: CheckedBody
    failures: Sequence[SchemaFailure]
    warnings: Sequence[SchemaWarning]


class ProjectSchemas:
    """The schemas of a project as they stood at one moment; each is compiled when the first event of its type comes."""

    def __init__(self, schemas: Iterable[EventSchema], compiler: SchemaCompiler) -> None:
        self._schemas = {schema.event_type: schema for schema in schemas}
        self._compiler = compiler
        self._compiled: dict[str, CompiledSchema] = {}

    def find(self, event_type: str) -> CompiledSchema | None:
        """The schema of an event type, if there is one."""
        found = self._compiled.get(event_type)
        if found is None and (schema := self._schemas.get(event_type)) is not None:
            found = self._compiled[event_type] = self._compiler.compile(schema)
        return found


class _Found:
    """What the check of one body comes upon. Places count the body's events that stay, from 0."""

    def __init__(self) -> None:
        self.refused: dict[int, CompiledSchema] = {}  # by the place before any was refused
        self.warned: list[tuple[int, EventBody, CompiledSchema]] = []  # with the place in the request
        self._places: dict[tuple[str, str], list[int]] = {}
        self._refused_counts: dict[tuple[str, str], int] = {}
        self._schemas: dict[str, EventSchema] = {}

    def take(self, place: int, index: int, event: EventBody, schema: CompiledSchema) -> None:
        properties = event.properties or {}
        key = event.event_type, schema.first_rule(properties)
        self._schemas[event.event_type] = schema.schema
        if schema.schema.mode == "quarantine":
            self.refused[place] = schema
            self._refused_counts[key] = self._refused_counts.get(key, 0) + 1
            return
        self._places.setdefault(key, []).append(place - len(self.refused))
        if schema.schema.mode == "warn" and len(self.warned) < WARNINGS_MAX:
            self.warned.append((index, event, schema))

    def warnings(self, base_id: bytes) -> list[SchemaWarning]:
        derived = derive_ids(base_id, [index for index, _, _ in self.warned])
        return [
            SchemaWarning(index, event.id or event_id, errors_of(schema.faults(event.properties or {})))
            for (index, event, schema), event_id in zip(self.warned, derived, strict=True)
        ]

    def failures(self, *, counts_refused: bool) -> list[SchemaFailure]:
        keys = [*self._places, *(self._refused_counts if counts_refused else ())]
        return [
            SchemaFailure(
                schema_id=self._schemas[event_type].id,
                version=self._schemas[event_type].version,
                event_type=event_type,
                rule=rule,
                places=self._places.get((event_type, rule), ()),
                refused_count=self._refused_counts.get((event_type, rule), 0),
            )
            for event_type, rule in keys
        ]


def check_schemas(
    checked: CheckedBody, schemas: ProjectSchemas, base_id: bytes, *, counts_refused: bool = True
) -> SchemaCheck:
    """Sort the accepted events of a body by the schemas of their types.

    The ids of those that bring none follow from `base_id`. `counts_refused`: what is refused fails for the first time.
    """
    found = _Found()
    indexes = accepted_places(len(checked.events), checked.skipped)
    for place, event in enumerate(checked.events):
        schema = schemas.find(event.event_type)
        if schema is not None and not schema.is_valid(event.properties or {}):
            found.take(place, indexes[place], event, schema)
    left = _without(checked, found.refused, indexes) if found.refused else checked
    return SchemaCheck(left, found.failures(counts_refused=counts_refused), found.warnings(base_id))


def _without(checked: CheckedBody, refused: dict[int, CompiledSchema], indexes: Sequence[int]) -> CheckedBody:
    """The body without the events at these places, which are refused."""
    raws = _raw_events(checked)
    gone = [checked.events[place] for place in refused]
    kept = [event for place, event in enumerate(checked.events) if place not in refused]
    more = [
        Refusal(
            index=indexes[place],
            id=checked.events[place].id,
            raw=raws[place],
            value=msgspec.json.decode(raws[place]),
            reason=REASON,
            errors=errors_of(schema.faults(checked.events[place].properties or {}, is_brief=number >= WORDED_MAX)),
        )
        for number, (place, schema) in enumerate(refused.items())
    ]
    return msgspec.structs.replace(
        checked,
        form="batch",
        body=b"[%b]" % b",".join([raw for place, raw in enumerate(raws) if place not in refused]),
        events=kept,
        refused=sorted([*checked.refused, *more], key=lambda refusal: refusal.index),
        names_ip=any(event.ip_address is not None for event in kept),
        cut_count=checked.cut_count - sum(_count_cut(event) for event in gone),
    )


def _raw_events(checked: CheckedBody) -> list[bytes]:
    """The bytes of each event of a body, in which they are known to be good."""
    if checked.form == "single":
        value = msgspec.json.decode(checked.body)
        value.pop("sent_at", None)  # of the request, not of the event
        return [msgspec.json.encode(value)]
    batch = RAW_BATCH.decode(checked.body)
    return [bytes(raw) for raw in (batch if isinstance(batch, list) else batch.events)]


def _count_cut(event: EventBody) -> int:
    return sum(text is not None and len(text) > TEXT_CUT for text in (event.url, event.referrer, event.user_agent))
