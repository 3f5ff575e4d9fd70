"""What the door would have said of a stored event, had its schema been there: passes, fails, or nobody can tell.

The law, which a test holds it to: an event that the door refuses fails or is undecided here, one that it takes passes
or is undecided, whatever it was sent as. It is undecided where `stored_values` leaves two readings of a property, and
one of them passes and the other does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, Literal

from iafa_api.domain.event_schema import ANNOTATIONS
from iafa_api.ingest.schema_engine import PROPERTIES, CompiledSchema, SchemaFault, make_validator
from iafa_api.ingest.stored_values import read_values

Outcome = Literal["passes", "fails", "undecided"]
READINGS_MAX: Final = 64  # of one event that are tried, where a schema lets one property depend on another's value
# With these alone at its root, a schema asks of each property by itself, whatever the values of the others are.
PRESENCE: Final = frozenset(("required", "minProperties", "maxProperties", "dependentRequired"))
BY_PROPERTY: Final = PRESENCE.union(
    ("type", "properties", "patternProperties", "additionalProperties", "propertyNames", "$defs"), ANNOTATIONS
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`faults` of what fails; `ambiguous` names the properties whose reading decides, as far as one alone does."""

    outcome: Outcome
    faults: Sequence[SchemaFault] = ()
    ambiguous: Sequence[str] = ()


PASSES: Final = Verdict("passes")


class StoredCheck:
    """Judges stored events by one schema."""

    def __init__(self, schema: CompiledSchema) -> None:
        self._schema = schema
        rules = schema.schema.schema
        self._alone: Callable[[Any], bool] | None = None  # whether one property is as it should be
        if BY_PROPERTY.issuperset(rules):
            self._alone = make_validator({name: rules[name] for name in rules if name not in PRESENCE}).is_valid

    def judge(self, properties: Mapping[str, str | None]) -> Verdict:
        """What is to be said of an event with these properties, as they are stored."""
        values, ambiguous = read_values(properties)
        is_valid = self._schema.is_valid
        if not ambiguous:
            return PASSES if is_valid(values) else self._fails(values)
        texts = {**values, **{name: properties[name] for name in ambiguous}}
        outcomes = {is_valid(values), is_valid(texts)}
        if len(outcomes) == 1:
            outcomes = self._other_outcomes(values, texts, ambiguous, outcomes.pop())
        if outcomes == {True}:
            return PASSES
        if outcomes == {False}:
            return self._fails(values)
        return Verdict("undecided", ambiguous=self._deciding(values, texts, ambiguous))

    def _fails(self, values: Mapping[str, Any]) -> Verdict:
        return Verdict("fails", self._schema.faults(values))

    def _other_outcomes(
        self, values: Mapping[str, Any], texts: Mapping[str, Any], ambiguous: Sequence[str], is_valid: bool
    ) -> set[bool]:
        """What may come of all readings, where all values and all texts both come to `is_valid`."""
        if self._alone is not None:
            if is_valid:  # each property passes by either reading
                return {True}
            better = {name: values[name] if self._alone({name: values[name]}) else texts[name] for name in ambiguous}
            return {False, self._schema.is_valid({**values, **better})}
        if 1 << len(ambiguous) > READINGS_MAX:
            return {True, False}
        readings = product(*[(values[name], texts[name]) for name in ambiguous])
        return {self._schema.is_valid({**values, **dict(zip(ambiguous, each, strict=True))}) for each in readings}

    def _deciding(self, values: Mapping[str, Any], texts: Mapping[str, Any], ambiguous: Sequence[str]) -> list[str]:
        """The properties that pass by one reading and not by the other, the rest being as it is."""
        rest = values if self._alone is None else {}
        ask = self._alone or self._schema.is_valid
        return [
            f"{PROPERTIES}.{name}"
            for name in ambiguous
            if ask({**rest, name: values[name]}) != ask({**rest, name: texts[name]})
        ]
