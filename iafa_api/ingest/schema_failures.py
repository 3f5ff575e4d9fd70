"""Which events of a frame fail the schema of their type, as the frame's header says it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from iafa_api.domain.quality import schema_measure


class SchemaFailure(msgspec.Struct, array_like=True, gc=False):
    """The events of a frame that fail one schema by one rule. Append new fields at the end, with a default."""

    schema_id: str
    version: int
    event_type: str
    rule: str  # the keyword of JSON Schema by which each fails first
    places: Sequence[int] = ()  # among the events of the body: they were taken all the same
    refused_count: int = 0  # of those that were not, and so are not in the body

    @property
    def measure(self) -> str:
        """Under which these events are counted."""
        return schema_measure(self.schema_id, self.version, self.event_type, self.rule)
