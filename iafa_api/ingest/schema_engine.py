"""The one engine for JSON Schema: a schema compiled, and what it says of an event's properties.

Promises: nothing is ever fetched; a pattern takes time in proportion to the text (no look-around, no back-references);
what is said of a value is bounded in length and never shows the value. Not for which schemas are taken: that is
`domain.event_schema`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from threading import Lock
from typing import Any, Final, NamedTuple

import jsonschema_rs

from iafa_api.domain.event_schema import EventSchema, expand, subschemas
from iafa_api.domain.faults import Path, refuse

PROPERTIES: Final = "properties"  # where an event has what its schema is about
PLACES_MAX: Final = 10  # of one event that are named
TEXT_MAX: Final = 200  # characters of a place, and of what is said of it
PATTERN_BYTES: Final = 1 << 20  # that one compiled pattern may take
# The engine words every fault of a value before it gives the first, each against every alternative: 100 KB of one
# value for each byte would take minutes. Beyond so many pairs of a value and a subschema, the first fault must do.
PAIRS_MAX: Final = 5000
COMPILED_MAX: Final = 2000  # kept of one process
_HINTS: Final = {
    "type": "Must be array, boolean, integer, null, number, object or string, or a list of such.",
    "pattern": "Must be a regular expression without look-around and back-references, and not too large.",
    "patternProperties": "Must be regular expressions without look-around and back-references, and not too large.",
}
_KIND: Final = jsonschema_rs.ValidationErrorKind


class SchemaFault(NamedTuple):
    """What is wrong with an event's properties at one place; `rule` is the keyword that says so."""

    place: str
    rule: str
    message: str


class CompiledSchema:
    """A schema that can be asked. For any number of threads."""

    def __init__(self, schema: EventSchema, validator: jsonschema_rs.Draft202012Validator) -> None:
        self.schema = schema
        self.is_valid = validator.is_valid  # a method of its own would cost as much as the check
        self._validator = validator
        self._values_max: int | None = None  # of properties of which every fault is worded; counted when one fails

    def first_rule(self, properties: Mapping[str, Any]) -> str:
        """The rule by which properties fail that are not valid: one of several, the same for the same."""
        return str(self._first(properties).kind.name)

    def faults(self, properties: Mapping[str, Any], *, is_brief: bool = False) -> list[SchemaFault]:
        """What is wrong with properties that are not valid: PLACES_MAX at most, one where they are very large, or where
        it is to be brief."""
        if self._values_max is None:
            self._values_max = PAIRS_MAX // _count_subschemas(expand(self.schema.schema))
        is_one_enough = is_brief or _has_more_values(properties, self._values_max)
        errors = [self._first(properties)] if is_one_enough else self._validator.iter_errors(properties)
        return list(islice((fault for error in errors for fault in _faults(error)), PLACES_MAX))

    def _first(self, properties: Mapping[str, Any]) -> jsonschema_rs.ValidationError:
        try:
            self._validator.validate(properties)
        except jsonschema_rs.ValidationError as error:
            return error
        raise ValueError("the properties are valid")


class SchemaCompiler:
    """Compiles each schema once, however often it is asked for: what was compiled is kept while it is in use."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[int, tuple[Mapping[str, Any], jsonschema_rs.Draft202012Validator]] = {}

    def compile(self, schema: EventSchema) -> CompiledSchema:
        """Told by the document itself: a change of the mode alone leaves it, a change of the schema makes another."""
        document = schema.schema
        kept = self._kept.get(id(document))
        if kept is None or kept[0] is not document:
            kept = document, make_validator(document)
            with self._lock:
                while len(self._kept) >= COMPILED_MAX:
                    del self._kept[next(iter(self._kept))]
                self._kept[id(document)] = kept
        return CompiledSchema(schema, kept[1])


def make_validator(schema: Mapping[str, Any], at: Path = ("schema",)) -> jsonschema_rs.Draft202012Validator:
    """InvalidInput names the place below `at` where the schema is none."""
    try:
        return jsonschema_rs.Draft202012Validator(
            dict(schema),
            validate_formats=True,
            ignore_unknown_formats=False,
            offline=True,
            mask="The value",
            pattern_options=jsonschema_rs.RegexOptions(size_limit=PATTERN_BYTES, dfa_size_limit=PATTERN_BYTES),
        )
    except jsonschema_rs.ValidationError as error:
        place = tuple(str(each) for each in error.instance_path)
        hint = next(
            (_HINTS[name] for name in reversed(place) if name in _HINTS), f"Not valid: {error.message[:TEXT_MAX]}."
        )
        raise refuse(at + place, hint) from None


def errors_of(faults: Sequence[SchemaFault]) -> dict[str, list[str]]:
    """`{"properties.amount": ["…"]}`."""
    errors: dict[str, list[str]] = {}
    for fault in faults:
        errors.setdefault(fault.place, []).append(fault.message)
    return errors


def _faults(error: jsonschema_rs.ValidationError) -> Iterator[SchemaFault]:
    kind, rule = error.kind, str(error.kind.name)
    if isinstance(kind, _KIND.Required):
        yield SchemaFault(_place([*error.instance_path, kind.property]), rule, "Missing data for required field.")
    elif isinstance(kind, _KIND.AdditionalProperties | _KIND.UnevaluatedProperties):
        for name in kind.unexpected[:PLACES_MAX]:
            yield SchemaFault(_place([*error.instance_path, name]), rule, "Unknown field.")
    elif isinstance(kind, _KIND.FalseSchema):
        yield SchemaFault(_place(error.instance_path), rule, "Nothing is allowed here.")
    else:
        yield SchemaFault(_place(error.instance_path), rule, f"{error.message[:TEXT_MAX]}.")


def _place(path: Sequence[str | int]) -> str:
    return ".".join([PROPERTIES, *map(str, path)])[:TEXT_MAX]


def _count_subschemas(schema: Any) -> int:
    if not isinstance(schema, Mapping):
        return 1
    return 1 + sum(_count_subschemas(inner) for _, inner in subschemas(schema))


def _has_more_values(value: Any, limit: int) -> bool:
    waiting = [value]
    count = 0
    while waiting:
        count += 1
        if count + len(waiting) > limit:
            return True
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return False
