"""The chain of upgrades: how stored metadata of any older version becomes today's, applied on every read.

A stored event or snapshot carries its `schema_version`; step n turns version n into n + 1, and nothing is rewritten on
disk for it. A released step never changes (a test holds its hash): a mistake in one is mended by the next. Steps use
the standard library only and never the living code, which will have moved on when they are needed.

A step is a module `mNNNN_what.py` with `upgrade_event(envelope)` and `upgrade_documents(kind, documents)`; both return
what they were given, changed or not. A third step is added by writing it and naming it in STEPS.
"""

from __future__ import annotations

from typing import Any

from migrations_json import m0001_stage_event_type

STEPS = (m0001_stage_event_type,)  # STEPS[n] upgrades version n to n + 1
SCHEMA_VERSION = len(STEPS)


def upgrade_event(envelope: dict[str, Any]) -> dict[str, Any]:
    """An envelope of any version as one of today's. ValueError where it is of a version yet to come."""
    for step in STEPS[require_known(envelope["schema_version"]) :]:
        envelope = step.upgrade_event(envelope)
    return envelope | {"schema_version": SCHEMA_VERSION}


def upgrade_documents(kind: str, schema_version: int, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents of a snapshot (`kind` users, projects, funnels, …) of any version as those of today."""
    for step in STEPS[require_known(schema_version) :]:
        documents = step.upgrade_documents(kind, documents)
    return documents


def require_known(schema_version: object) -> int:
    """The version, or ValueError: data of a newer program must not be read by an older one."""
    if not isinstance(schema_version, int) or not 0 <= schema_version <= SCHEMA_VERSION:
        raise ValueError(f"schema version {schema_version!r} is not one of 0 to {SCHEMA_VERSION}")
    return schema_version
