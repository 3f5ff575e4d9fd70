"""What an event schema may be: JSON Schema, draft 2020-12, in bounds that make checking an event cost little.

What is left out could fetch from elsewhere, recurse without end or take exponential time, or says nothing: `$id` and
anchors, recursive `$ref`, `unevaluated…` inside of another, unknown keywords. Where a keyword's value is wrong, the
engine says (`ingest.schema_engine`). `expand` puts what is referred to in the places that refer to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from iafa_api.domain.faults import Faults, Path
from iafa_api.domain.tracked_event import nests_deeper_than

MODES: Final = ("observe", "warn", "quarantine")
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS_MAX: Final = 500  # of one project
SCHEMA_MAX_BYTES: Final = 64 << 10
DEPTH_MAX: Final = 40  # of the JSON, and of subschemas in each other once every $ref is followed
SUBSCHEMAS_MAX: Final = 1000  # once every $ref is followed
# Of these, those that an event may be held against once for each of its values, with the names and values that they
# list: 100 KB of one item a byte take a second then, in which no other event is taken.
REPEATED_MAX: Final = 100
PATTERNS_MAX: Final = 50
DEFINITION: Final = "#/$defs/"
# Of what may be escaped in a pointer (%20, ~1) there is none: the engine and this module must find the same.
_REF: Final = re.compile(rf"{re.escape(DEFINITION)}([A-Za-z0-9_.-]+)")
# Each takes no more time than the text is long; a test holds the engine to it.
FORMATS: Final = frozenset(
    ("date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uri-reference", "uuid")
)

ONE_SUBSCHEMA: Final = frozenset(
    ("additionalProperties", "propertyNames", "unevaluatedProperties", "items", "contains", "unevaluatedItems")
) | frozenset(("not", "if", "then", "else"))
LISTED_SUBSCHEMAS: Final = frozenset(("prefixItems", "allOf", "anyOf", "oneOf"))
NAMED_SUBSCHEMAS: Final = frozenset(("properties", "patternProperties", "dependentSchemas", "$defs"))
ASSERTIONS: Final = frozenset().union(
    ("type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"),
    ("maxLength", "minLength", "pattern", "format", "maxItems", "minItems", "uniqueItems"),
    ("maxContains", "minContains", "maxProperties", "minProperties", "required", "dependentRequired"),
)
ANNOTATIONS: Final = frozenset(
    ("$schema", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly")
)
KEYWORDS: Final = ONE_SUBSCHEMA | LISTED_SUBSCHEMAS | NAMED_SUBSCHEMAS | ASSERTIONS | ANNOTATIONS | {"$ref"}
UNEVALUATED: Final = frozenset(("unevaluatedProperties", "unevaluatedItems"))
REPEATED: Final = UNEVALUATED | frozenset(
    ("items", "contains", "additionalProperties", "patternProperties", "propertyNames")
)
OWN_PREFIX: Final = "x-"  # of keywords that are the author's own, and mean nothing here


@dataclass(frozen=True, slots=True)
class EventSchema:
    """What the properties of a project's events of one type must be, and what happens where they are not."""

    id: str
    project_id: str
    event_type: str
    schema: Mapping[str, Any]
    mode: str
    version: int


def require_bounds(schema: Mapping[str, Any], at: Path = ("schema",)) -> None:
    """Refuse a schema that is not in bounds. InvalidInput names each place below `at`."""
    faults = Faults()
    if nests_deeper_than(schema, DEPTH_MAX):
        faults.add(at, f"Nested deeper than {DEPTH_MAX} levels.")
    elif len(json.dumps(schema, ensure_ascii=False, separators=(",", ":")).encode()) > SCHEMA_MAX_BYTES:
        faults.add(at, f"Longer than {SCHEMA_MAX_BYTES} bytes.")
    else:
        _Bounds(schema, faults, at).look()
    faults.require_none()


def expand(schema: Mapping[str, Any]) -> Any:
    """The same rules without `$ref`, `$defs` and annotations, of a schema in bounds that the engine accepts."""
    return _expand(schema, schema.get("$defs", {}))


def subschemas(schema: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """What stands in a schema's own keywords as schemas, with the way there; values of a wrong type have none."""
    for keyword, value in schema.items():
        if keyword in ONE_SUBSCHEMA:
            yield (keyword,), value
        elif keyword in LISTED_SUBSCHEMAS and isinstance(value, list):
            yield from (((keyword, str(place)), each) for place, each in enumerate(value))
        elif keyword in NAMED_SUBSCHEMAS and isinstance(value, Mapping):
            yield from (((keyword, name), each) for name, each in value.items())


@dataclass(frozen=True, slots=True)
class _Way:
    """How a walk has come to a subschema: from where, by which `$ref`s, below what."""

    depth: int = 0
    open_refs: tuple[str, ...] = ()
    is_inside: bool = False  # of one with a keyword that looks at its neighbours
    is_repeated: bool = False


class _Bounds:
    """A walk through a schema as the engine walks it: what is referred to is entered again at each place."""

    def __init__(self, root: Mapping[str, Any], faults: Faults, at: Path) -> None:
        self._root = root
        self._faults = faults
        self._at = at
        self._told: set[tuple[Path, str]] = set()
        self._subschema_count = 0
        self._repeated_count = 0
        self._pattern_count = 0

    def look(self) -> None:
        self._look(self._root, (), _Way())
        if self._subschema_count > SUBSCHEMAS_MAX:
            self._tell((), f"More than {SUBSCHEMAS_MAX} subschemas, with each $ref followed.")
        elif self._repeated_count > REPEATED_MAX:
            self._tell((), f"More than {REPEATED_MAX} rules, names and values for every item or property of something.")
        elif self._pattern_count > PATTERNS_MAX:
            self._tell((), f"More than {PATTERNS_MAX} patterns, with each $ref followed.")

    def _look(self, schema: Any, path: Path, way: _Way) -> None:
        self._subschema_count += 1
        self._repeated_count += _weight(schema) if way.is_repeated else 0
        if not isinstance(schema, Mapping) or self._subschema_count > SUBSCHEMAS_MAX:
            return
        if way.depth > DEPTH_MAX:
            self._tell(path, f"Nested deeper than {DEPTH_MAX} levels, with each $ref followed.")
            return
        self._pattern_count += ("pattern" in schema) + len(_named(schema, "patternProperties"))
        for keyword in schema:
            self._look_at_keyword(keyword, schema[keyword], path, way)
        way = replace(way, depth=way.depth + 1, is_inside=way.is_inside or not UNEVALUATED.isdisjoint(schema))
        if "$ref" in schema:
            self._follow(schema["$ref"], path, way)
        for place, inner in subschemas(schema):
            self._look(inner, path + place, replace(way, is_repeated=way.is_repeated or place[0] in REPEATED))

    def _look_at_keyword(self, keyword: str, value: Any, path: Path, way: _Way) -> None:
        if keyword not in KEYWORDS and not keyword.startswith(OWN_PREFIX):
            self._tell((*path, keyword), f"Not a keyword that is known here; your own ones begin with {OWN_PREFIX}")
        elif keyword == "$schema" and value not in (DIALECT, f"{DIALECT}#"):
            self._tell((*path, keyword), f"Must be {DIALECT}, or left out.")
        elif keyword == "$defs" and path:
            self._tell((*path, keyword), "Must stand at the root of the schema.")
        elif keyword == "format" and not (isinstance(value, str) and value in FORMATS):
            self._tell((*path, keyword), f"Must be one of {', '.join(sorted(FORMATS))}.")
        elif keyword in UNEVALUATED and way.is_inside:
            self._tell((*path, keyword), "Must not stand inside of a schema that has such a keyword itself.")

    def _follow(self, ref: Any, path: Path, way: _Way) -> None:
        found = _REF.fullmatch(ref) if isinstance(ref, str) else None
        name = found[1] if found else ""
        if name not in _named(self._root, "$defs") or not found:
            said = (
                f"Must be {DEFINITION}NAME, one of the $defs at the root; a name has letters, digits, and any of _ . -"
            )
            self._tell((*path, "$ref"), said)
        elif name in way.open_refs:
            self._tell((*path, "$ref"), "Must not come back to itself: recursive schemas are not taken.")
        else:
            inner = replace(way, open_refs=(*way.open_refs, name))
            self._look(self._root["$defs"][name], ("$defs", name), inner)

    def _tell(self, path: Path, message: str) -> None:
        if (path, message) not in self._told:
            self._told.add((path, message))
            self._faults.add(self._at + path, message)


def _named(schema: Mapping[str, Any], keyword: str) -> Mapping[str, Any]:
    found = schema.get(keyword)
    return found if isinstance(found, Mapping) else {}


def _weight(schema: Any) -> int:
    """What holding one value against a schema may cost. Among texts it is looked up, others are tried one by one."""
    if not isinstance(schema, Mapping):
        return 1
    required, needed, values = (schema.get(name) for name in ("required", "dependentRequired", "enum"))
    listed = len(required) if isinstance(required, list) else 0
    listed += len(needed) if isinstance(needed, Mapping) else 0
    if isinstance(values, list) and not all(isinstance(each, str) for each in values):
        listed += len(values)
    return 1 + listed


def _expand(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if not isinstance(schema, Mapping):
        return schema
    made: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in ONE_SUBSCHEMA:
            made[keyword] = _expand(value, definitions)
        elif keyword in LISTED_SUBSCHEMAS:
            made[keyword] = [_expand(each, definitions) for each in value]
        elif keyword in NAMED_SUBSCHEMAS and keyword != "$defs":
            made[keyword] = {name: _expand(each, definitions) for name, each in value.items()}
        elif keyword in ASSERTIONS:
            made[keyword] = value
    if "$ref" in schema:
        meant = _expand(definitions[schema["$ref"].removeprefix(DEFINITION)], definitions)
        made["allOf"] = [*made.get("allOf", ()), meant]
    return made
