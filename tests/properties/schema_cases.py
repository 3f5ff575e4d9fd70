"""Random schemas of small properties, schemas that differ a little from them, and values to try on both."""

from __future__ import annotations

from random import Random
from typing import Any

NAMES = "abc"
TYPES = ("null", "boolean", "string", "integer", "number", "array", "object")
KEYWORDS = (
    *("type", "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "format", "items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    *("contains", "properties", "properties", "patternProperties", "additionalProperties", "required", "required"),
    *("propertyNames", "minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "allOf", "anyOf"),
    *("anyOf", "oneOf", "not", "if", "unevaluatedProperties", "unevaluatedItems"),
)
SUBSCHEMA = ("items", "not", "additionalProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems")
SIZES = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
TEXTS = ("", "a", "b", "ab", "xa", "2026-01-01")


class SchemaCases:
    """Cases of one seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def properties(self) -> dict[str, Any]:
        """Properties of an event."""
        return {name: self.value() for name in NAMES if self._random.random() < 0.6}

    def value(self, depth: int = 2) -> Any:
        choose = self._random
        kind = choose.randrange(9 if depth else 7)
        if kind < 7:
            scalars = (None, choose.random() < 0.5, choose.randrange(-2, 5), choose.choice((0.5, 1.0, 2.5, -1.5)))
            return scalars[kind] if kind < 4 else choose.choice(TEXTS)
        if kind == 7:
            return [self.value(depth - 1) for _ in range(choose.randrange(4))]
        return {name: self.value(depth - 1) for name in NAMES if choose.random() < 0.5}

    def schema(self, depth: int = 3, *keywords: str) -> Any:
        """A schema with these keywords, and some others where none are given."""
        choose = self._random
        if not keywords and choose.random() < 0.08:
            return choose.random() < 0.7
        made: dict[str, Any] = {}
        for keyword in keywords or [choose.choice(KEYWORDS) for _ in range(choose.randrange(1, 4))]:
            made |= self._rule(keyword, depth)
        return made

    def near(self, schema: Any) -> Any:
        """Another schema, much like this one."""
        choose = self._random
        if not isinstance(schema, dict) or choose.random() < 0.12:
            return self.schema(1)
        made = {name: self._near_value(name, value) for name, value in schema.items() if choose.random() > 0.12}
        return made | self._more() if choose.random() < 0.15 else made

    def _more(self) -> dict[str, Any]:
        more = self.schema(1)
        return more if isinstance(more, dict) else {}

    def _near_value(self, keyword: str, value: Any) -> Any:
        choose = self._random
        if keyword in ("properties", "patternProperties", "dependentSchemas"):
            return {
                name: self.near(each) if choose.random() < 0.4 else each
                for name, each in value.items()
                if choose.random() < 0.9
            }
        if choose.random() < 0.6 or keyword in ("const", "dependentRequired", "multipleOf"):
            return value
        if keyword in (*SUBSCHEMA, "contains", "if", "then", "else"):
            return self.near(value)
        if keyword in ("allOf", "anyOf", "oneOf", "prefixItems"):
            return [self.near(each) if choose.random() < 0.5 else each for each in value] + [self.schema(1)][
                : choose.randrange(2)
            ]
        if keyword == "enum":
            return [*value[: choose.randrange(1, len(value) + 1)], *[self.value(1)][: choose.randrange(2)]]
        if keyword == "required":
            return sorted({*value, choose.choice(NAMES)}) if choose.random() < 0.5 else value[1:]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return (
                max(0, value + choose.choice((-1, 1)))
                if keyword in (*SIZES, "minContains", "maxContains")
                else value + 1
            )
        return value

    def _rule(self, keyword: str, depth: int) -> dict[str, Any]:
        choose = self._random
        if keyword == "type":
            return {keyword: choose.choice((choose.choice(TYPES), choose.sample(TYPES, 2), choose.sample(TYPES, 3)))}
        if keyword == "enum":
            return {keyword: [self.value(1) for _ in range(choose.randrange(1, 4))]}
        if keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            return {keyword: choose.choice((-1, 0, 1, 1.5, 2))}
        if keyword in SIZES:
            return {keyword: choose.randrange(3)}
        if keyword in SUBSCHEMA:
            return {keyword: self._inner(depth)}
        if keyword in ("prefixItems", "allOf", "anyOf", "oneOf"):
            return {keyword: [self._inner(depth) for _ in range(choose.randrange(1, 4))]}
        if keyword in ("properties", "dependentSchemas"):
            return {keyword: {name: self._inner(depth) for name in NAMES if choose.random() < 0.6}}
        if keyword in ("contains", "if"):
            words = ("minContains", "maxContains") if keyword == "contains" else ("then", "else")
            more = {word: choose.randrange(3) if keyword == "contains" else self._inner(depth) for word in words}
            return {keyword: self._inner(depth)} | {word: more[word] for word in words if choose.random() < 0.6}
        return {
            "const": lambda: {keyword: self.value(1)},
            "multipleOf": lambda: {keyword: choose.choice((1, 2, 4, 0.5))},
            "pattern": lambda: {keyword: choose.choice(("a", "^b", "^a*$"))},
            "format": lambda: {keyword: "date"},
            "uniqueItems": lambda: {keyword: choose.random() < 0.7},
            "patternProperties": lambda: {keyword: {each: self._inner(depth) for each in ("a", "^[bc]")}},
            "required": lambda: {keyword: [name for name in NAMES if choose.random() < 0.4]},
            "dependentRequired": lambda: {keyword: {choose.choice(NAMES): choose.sample(NAMES, 1)}},
        }[keyword]()

    def _inner(self, depth: int) -> Any:
        if depth:
            return self.schema(depth - 1)
        return self._random.choice((True, {}, {"type": self._random.choice(TYPES)}, False))
