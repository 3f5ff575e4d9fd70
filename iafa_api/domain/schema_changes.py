"""Whether all properties that passed one schema pass another: what a change of a schema breaks, rule by rule.

Conservative: what is not reported is proven, keyword by keyword, from what the old schema demands at the same place;
what cannot be proven is reported, also where it happens to hold. So a property that the old schema does not speak of
may not be given a type without breaking, for an event could have brought it as anything.

Both schemas are taken as `expand` gives them. Values are told by seven kinds: an integer is a number without fraction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from iafa_api.domain.event_schema import UNEVALUATED, expand
from iafa_api.domain.faults import Path
from iafa_api.domain.schema_values import (
    ALL_KINDS,
    KINDS_OF_TYPE,
    Rules,
    Schema,
    conjuncts,
    kinds_left,
    kinds_named,
    listed_values,
    placed_conjuncts,
    type_names,
)

STEPS_MAX: Final = 5_000  # of one comparison, some 0.2 s: it is made under the lock of the log
TOO_COMPLEX: Final = "Too complex to be compared with what was there."


class Break(NamedTuple):
    """A rule at a place of the new schema that something may fail which passed before."""

    path: Path
    message: str


def find_breaks(old: Rules, new: Rules) -> list[Break]:
    """What of the new schema of an event's properties does not follow from the old one; nothing: it is compatible."""
    proof = _Proof()
    breaks = proof.missing([expand(old)], expand(new), (), frozenset(("object",)))
    if proof.is_exhausted:
        return [Break((), TOO_COMPLEX)]
    return list(dict.fromkeys(breaks))


class _Proof:
    """One comparison. `missing` is what of `new` does not follow from all of `olds` together."""

    def __init__(self) -> None:
        self._steps = 0
        self._texts: dict[int, tuple[Schema, str]] = {}

    @property
    def is_exhausted(self) -> bool:
        return self._steps > STEPS_MAX

    def missing(
        self, olds: Sequence[Schema], new: Schema, path: Path, kinds: frozenset[str] = ALL_KINDS
    ) -> list[Break]:
        """`kinds` are those that a value at this place can be of, whatever `olds` say."""
        return self._missing_beside([], olds, new, path, kinds)

    def _missing_beside(
        self, rules: list[Rules], more: Sequence[Schema], new: Schema, path: Path, kinds: frozenset[str]
    ) -> list[Break]:
        """The same where what `rules` demand is taken apart already."""
        apart = {id(each): each for each in [*rules, *conjuncts(more)]}
        known = list(apart.values())
        kinds &= kinds_left(known)
        if not kinds or any(old is False for old in known):
            return []  # nothing passed before
        if any(self._are_same(old, new) for old in known):
            return []
        olds = [old for old in known if isinstance(old, Mapping)]
        breaks: list[Break] = []
        for place, wanted in placed_conjuncts(new, path):
            breaks += self._missing_of(olds, wanted, place, kinds)
        return breaks

    def _missing_of(self, olds: list[Rules], new: Schema, path: Path, kinds: frozenset[str]) -> list[Break]:
        self._steps += 1
        if self.is_exhausted:
            return [Break(path, TOO_COMPLEX)]
        if new is False:
            return [Break(path, "Allows nothing, and something was allowed.")]
        if new is True or any(self._are_same(old, new) for old in olds):
            return []
        breaks = [each for keyword in new for each in self._missing_keyword(keyword, olds, new, path, kinds)]
        if breaks and self._holds_in_each_case(olds, new, path, kinds):
            return []
        return breaks

    def _missing_keyword(
        self, keyword: str, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]
    ) -> list[Break]:
        concerned, look = _LOOKS[keyword]
        if kinds.isdisjoint(concerned):
            return []
        return list(look(self, olds, new, (*path, keyword), kinds))

    def _holds_in_each_case(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> bool:
        """Whether it follows in every case of an alternative that the old schema has."""
        for place, old in enumerate(olds):
            for keyword in ("anyOf", "oneOf"):
                if keyword in old:
                    left = {name: each for name, each in old.items() if name not in UNEVALUATED | {keyword}}
                    others = [*olds[:place], left, *olds[place + 1 :]]
                    if all(not self._missing_beside(others, [case], new, path, kinds) for case in old[keyword]):
                        return True
        return False

    def _are_same(self, one: Schema, other: Schema) -> bool:
        return self._text(one) == self._text(other)

    def _text(self, schema: Schema) -> str:
        known = self._texts.get(id(schema))
        if known is None or known[0] is not schema:
            known = self._texts[id(schema)] = schema, json.dumps(schema, sort_keys=True)
        return known[1]

    # One method for each keyword or group of them: (olds, new, path of the keyword, kinds) -> breaks.

    def _type(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        if gone := kinds - kinds_named(new["type"]):
            yield Break(path, f"Does not allow any more: {', '.join(sorted(type_names(gone)))}.")

    def _enum(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        wanted = {self._text(each) for each in listed_values(new, path[-1])}
        listed = [listed_values(old, keyword) for old in olds for keyword in ("enum", "const") if keyword in old]
        if not listed:
            yield Break(path, "Allows these values only; any was allowed.")
        elif not any(all(self._text(each) in wanted for each in values) for values in listed):
            gone = [self._text(each) for each in listed[0] if self._text(each) not in wanted]
            yield Break(path, f"Does not allow any more: {', '.join(gone)[:200]}.")

    def _minimum(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        if not any(_is_above(old, new["minimum"]) for old in olds):
            yield Break(path, f"Values below {new['minimum']} were allowed.")

    def _exclusive_minimum(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        if not any(_is_above(old, new["exclusiveMinimum"], strictly=True) for old in olds):
            yield Break(path, f"Values of {new['exclusiveMinimum']} and below were allowed.")

    def _maximum(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        if not any(_is_below(old, new["maximum"]) for old in olds):
            yield Break(path, f"Values above {new['maximum']} were allowed.")

    def _exclusive_maximum(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        if not any(_is_below(old, new["exclusiveMaximum"], strictly=True) for old in olds):
            yield Break(path, f"Values of {new['exclusiveMaximum']} and above were allowed.")

    def _multiple_of(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        wanted = new["multipleOf"]
        for old in olds:
            step = old.get("multipleOf")
            if step == wanted or (isinstance(step, int) and isinstance(wanted, int) and step % wanted == 0):
                return
        yield Break(path, f"Others than multiples of {wanted} were allowed.")

    def _same_only(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        keyword = path[-1]
        if not any(old.get(keyword) == new[keyword] for old in olds):
            yield Break(path, f"A {keyword} that was not demanded; whether all passes that did cannot be told.")

    def _unevaluated(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        if not _is_anything(new[path[-1]]):
            yield Break(path, "Whether all passes that did can be told only where all beside it stays as it was.")

    def _required(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        for name in sorted(set(new["required"]) - _required(olds)):
            yield Break(path, f"A new required property: {name}.")

    def _dependent_required(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        for name, needed in new["dependentRequired"].items():
            known = _required(olds).union(*(old.get("dependentRequired", {}).get(name, ()) for old in olds))
            if gone := sorted(set(needed) - known):
                yield Break((*path, name), f"Newly required beside it: {', '.join(gone)}.")

    def _dependent_schemas(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        for name, wanted in new["dependentSchemas"].items():
            known = [old["dependentSchemas"][name] for old in olds if name in old.get("dependentSchemas", {})]
            yield from self._missing_beside(olds, [*known, {"required": [name]}], wanted, (*path, name), _OBJECTS)

    def _properties(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        for name, wanted in new["properties"].items():
            yield from self.missing([_property(old, name) for old in olds], wanted, (*path, name))

    def _pattern_properties(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        for pattern, wanted in new["patternProperties"].items():
            known = [old["patternProperties"][pattern] for old in olds if pattern in old.get("patternProperties", {})]
            breaks = self.missing(known, wanted, (*path, pattern))
            if breaks and not any(self._have_all_properties(old, wanted, path) for old in olds):
                yield from breaks

    def _have_all_properties(self, old: Rules, wanted: Schema, path: Path) -> bool:
        """Whether whatever property there is follows the wanted schema."""
        each = [*old.get("properties", {}).values(), *old.get("patternProperties", {}).values()]
        return all(not self.missing([one], wanted, path) for one in [*each, old.get("additionalProperties", True)])

    def _additional_properties(
        self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]
    ) -> Iterator[Break]:
        wanted = new["additionalProperties"]
        own = new.get("properties", {})
        named = dict.fromkeys(name for old in olds for name in old.get("properties", {}) if name not in own)
        for name in named:
            if self.missing([_property(old, name) for old in olds], wanted, path):
                yield Break(path, f"The property {name} was allowed as it is not any more.")
        if all(self._missing_of_others(old, new, path) for old in olds or [{}]):
            yield Break(path, "Properties that are not named were allowed as they are not any more.")

    def _missing_of_others(self, old: Rules, new: Rules, path: Path) -> list[Break]:
        """Of the properties that neither schema names."""
        patterns = old.get("patternProperties", {})
        known = [each for pattern, each in patterns.items() if pattern not in new.get("patternProperties", {})]
        wanted = new["additionalProperties"]
        each = [old.get("additionalProperties", True), *known]
        return [one for schema in each for one in self.missing([schema], wanted, path)]

    def _property_names(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        known = [old["propertyNames"] for old in olds if "propertyNames" in old]
        yield from self.missing(known, new["propertyNames"], path, frozenset(("string",)))

    def _items(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        if path[-1] == "items" and "prefixItems" in new:
            return  # they are looked at together, once
        place = path[:-1]
        length = min([int(old["maxItems"]) for old in olds if "maxItems" in old], default=None)  # 2.0 is a size, too
        singled_out = max(len(each.get("prefixItems", ())) for each in [new, *olds])
        for index in range(singled_out if length is None else min(length, singled_out)):
            yield from self.missing(
                [_item(old, index) for old in olds], _item(new, index), _item_path(new, index, place)
            )
        if length is None or length > singled_out:
            wanted = new.get("items", True)
            yield from self.missing([old.get("items", True) for old in olds], wanted, (*place, "items"))

    def _contains(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        least, most = new.get("minContains", 1), new.get("maxContains")
        if least == 0 and most is None:
            return
        for old in olds:
            if "contains" in old and self._are_same(old["contains"], new["contains"]):
                is_enough = old.get("minContains", 1) >= least
                if is_enough and (most is None or old.get("maxContains", most + 1) <= most):
                    return
        yield Break(path, "Lists that do not contain so many of these were allowed.")

    def _unique_items(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        if new["uniqueItems"] and not any(old.get("uniqueItems") or old.get("maxItems", 2) < 2 for old in olds):
            yield Break(path, "Repeated items were allowed.")

    def _at_least(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        keyword = path[-1]
        known = max([old.get(keyword, 0) for old in olds], default=0)
        if keyword == "minProperties":
            known = max(known, len(_required(olds)))
        if new[keyword] > known:
            yield Break(path, f"Was {known}.")

    def _at_most(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        keyword = path[-1]
        known = min([old[keyword] for old in olds if keyword in old], default=None)
        if known is None or new[keyword] < known:
            yield Break(path, "There was no such limit." if known is None else f"Was {known}.")

    def _all_of(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        for place, wanted in enumerate(new["allOf"]):
            yield from self._missing_beside(olds, [], wanted, (*path, str(place)), kinds)

    def _any_of(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        alternatives = [{"type": name} for name in sorted(type_names(kinds))] if len(kinds) > 1 else [True]
        for case in alternatives:
            if all(self._missing_beside(olds, [case], wanted, path, kinds) for wanted in new["anyOf"]):
                yield Break(path, "Something that was allowed may pass none of these.")
                return

    def _one_of(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        if not any("oneOf" in old and self._are_same(old["oneOf"], new["oneOf"]) for old in olds):
            yield Break(path, "Whether all that passed before passes exactly one of these cannot be told.")

    def _not(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        if kinds.isdisjoint(kinds_left(list(conjuncts([new["not"]])))):
            return
        if not any("not" in old and not self.missing([new["not"]], old["not"], path) for old in olds):
            yield Break(path, "What it forbids may have been allowed.")

    def _if(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        same = [old for old in olds if "if" in old and self._are_same(old["if"], new["if"])]
        for keyword, more in (("then", [new["if"]]), ("else", [])):
            if keyword in new:
                known = [old[keyword] for old in same if keyword in old]
                yield from self._missing_beside(olds, [*known, *more], new[keyword], (*path[:-1], keyword), kinds)

    def _nothing(self, olds: list[Rules], new: Rules, path: Path, kinds: frozenset[str]) -> Iterator[Break]:
        """For what has a meaning only together with another keyword, which looks at it."""
        yield from ()


def _required(olds: Sequence[Rules]) -> set[str]:
    return {name for old in olds for name in old.get("required", ())}


def _property(old: Rules, name: str) -> Schema:
    """What is known of a property by one schema; nothing where a pattern may stand for it."""
    if name in old.get("properties", {}):
        return old["properties"][name]
    return True if old.get("patternProperties") else old.get("additionalProperties", True)


def _item(rules: Rules, index: int) -> Schema:
    singled_out = rules.get("prefixItems", ())
    return singled_out[index] if index < len(singled_out) else rules.get("items", True)


def _item_path(new: Rules, index: int, place: Path) -> Path:
    return (*place, "prefixItems", str(index)) if index < len(new.get("prefixItems", ())) else (*place, "items")


def _is_above(old: Rules, limit: float, *, strictly: bool = False) -> bool:
    least, above = old.get("minimum"), old.get("exclusiveMinimum")
    is_least = least is not None and (least > limit if strictly else least >= limit)
    return is_least or (above is not None and above >= limit)


def _is_below(old: Rules, limit: float, *, strictly: bool = False) -> bool:
    most, below = old.get("maximum"), old.get("exclusiveMaximum")
    is_most = most is not None and (most < limit if strictly else most <= limit)
    return is_most or (below is not None and below <= limit)


def _is_anything(schema: Schema) -> bool:
    return schema is True or schema == {}


_Look = Callable[[_Proof, list[Rules], Rules, Path, frozenset[str]], Iterator[Break]]
_NUMBERS = KINDS_OF_TYPE["number"]
_STRINGS, _ARRAYS, _OBJECTS = (KINDS_OF_TYPE[name] for name in ("string", "array", "object"))
# Which kinds of values a keyword speaks of, and what looks at it.
_LOOKS: Final[Mapping[str, tuple[frozenset[str], _Look]]] = {
    "type": (ALL_KINDS, _Proof._type),
    "enum": (ALL_KINDS, _Proof._enum),
    "const": (ALL_KINDS, _Proof._enum),
    "minimum": (_NUMBERS, _Proof._minimum),
    "exclusiveMinimum": (_NUMBERS, _Proof._exclusive_minimum),
    "maximum": (_NUMBERS, _Proof._maximum),
    "exclusiveMaximum": (_NUMBERS, _Proof._exclusive_maximum),
    "multipleOf": (_NUMBERS, _Proof._multiple_of),
    "minLength": (_STRINGS, _Proof._at_least),
    "maxLength": (_STRINGS, _Proof._at_most),
    "pattern": (_STRINGS, _Proof._same_only),
    "format": (_STRINGS, _Proof._same_only),
    "minItems": (_ARRAYS, _Proof._at_least),
    "maxItems": (_ARRAYS, _Proof._at_most),
    "uniqueItems": (_ARRAYS, _Proof._unique_items),
    "prefixItems": (_ARRAYS, _Proof._items),
    "items": (_ARRAYS, _Proof._items),
    "contains": (_ARRAYS, _Proof._contains),
    "minContains": (_ARRAYS, _Proof._nothing),
    "maxContains": (_ARRAYS, _Proof._nothing),
    "unevaluatedItems": (_ARRAYS, _Proof._unevaluated),
    "properties": (_OBJECTS, _Proof._properties),
    "patternProperties": (_OBJECTS, _Proof._pattern_properties),
    "additionalProperties": (_OBJECTS, _Proof._additional_properties),
    "propertyNames": (_OBJECTS, _Proof._property_names),
    "unevaluatedProperties": (_OBJECTS, _Proof._unevaluated),
    "required": (_OBJECTS, _Proof._required),
    "dependentRequired": (_OBJECTS, _Proof._dependent_required),
    "dependentSchemas": (_OBJECTS, _Proof._dependent_schemas),
    "minProperties": (_OBJECTS, _Proof._at_least),
    "maxProperties": (_OBJECTS, _Proof._at_most),
    "allOf": (ALL_KINDS, _Proof._all_of),
    "anyOf": (ALL_KINDS, _Proof._any_of),
    "oneOf": (ALL_KINDS, _Proof._one_of),
    "not": (ALL_KINDS, _Proof._not),
    "if": (ALL_KINDS, _Proof._if),
    "then": (ALL_KINDS, _Proof._nothing),
    "else": (ALL_KINDS, _Proof._nothing),
}
