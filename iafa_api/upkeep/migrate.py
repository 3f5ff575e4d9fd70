"""Which stored metadata is of an older schema version, and what each step of the upgrade makes of it.

Promises: the log is never rewritten. Its events are upgraded whenever they are read, and keep their bytes and hashes;
only the snapshots are written anew in today's form, from the log. Planning writes nothing and takes no lock.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iafa_api.errors import BrokenData, NotFound
from iafa_api.metadata.snapshots import FILES
from iafa_api.metadata.stored_log import LOG, read_lines, synced_end
from iafa_api.upkeep.replay import Replay, run_replay
from migrations_json.chain import SCHEMA_VERSION, STEPS, require_known


@dataclass(slots=True)
class StepPlan:
    """What one step does to this log: how many events of each type it changes, and which fields of them."""

    name: str
    version: int  # from this to the next
    event_counts: Counter[str] = field(default_factory=Counter)
    fields: dict[str, set[str]] = field(default_factory=dict)
    document_counts: Counter[str] = field(default_factory=Counter)  # of snapshots, by kind


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """What is stored. `snapshots` has the version of each file, None where it is missing or cannot be read."""

    version_counts: Mapping[int, int]
    snapshots: Mapping[str, int | None]
    steps: tuple[StepPlan, ...]

    @property
    def is_due(self) -> bool:
        """Whether a snapshot is not in today's form."""
        return any(version != SCHEMA_VERSION for version in self.snapshots.values())


def plan_migration(data_dir: Path) -> MigrationPlan:
    """Read all that is stored. BrokenData for a broken log, or one of a newer program; NotFound without one."""
    directory = data_dir / "metadata"
    if not (directory / LOG).is_file():
        raise NotFound(f"{data_dir} holds no metadata log.")
    steps = tuple(StepPlan(step.__name__.rpartition(".")[2], number) for number, step in enumerate(STEPS))
    counts: Counter[int] = Counter()
    for envelopes, _ in read_lines(directory / LOG, synced_end(directory)):
        for envelope in envelopes:
            counts[_note_event(steps, envelope)] += 1
    snapshots = {name: _note_snapshot(steps, directory / f"{name}.json", kinds) for name, kinds in FILES.items()}
    return MigrationPlan(dict(counts), snapshots, steps)


def run_migration(data_dir: Path, plan: MigrationPlan) -> Replay | None:
    """Write the snapshots in today's form; None where they are in it. Conflict where a scheduler runs."""
    return run_replay(data_dir) if plan.is_due else None


def _note_event(steps: tuple[StepPlan, ...], envelope: dict[str, Any]) -> int:
    version = _known(envelope["schema_version"], f"Event {envelope['seq']}")
    for step, plan in zip(STEPS[version:], steps[version:], strict=True):
        after = step.upgrade_event(envelope)
        before_data, data = envelope["data"], after["data"]
        changed = {name for name in {*before_data, *data} if before_data.get(name, _ABSENT) != data.get(name, _ABSENT)}
        if changed:
            plan.event_counts[envelope["type"]] += 1
            plan.fields.setdefault(envelope["type"], set()).update(changed)
        envelope = after
    return version


def _note_snapshot(steps: tuple[StepPlan, ...], path: Path, kinds: tuple[str, ...]) -> int | None:
    try:
        content = json.loads(path.read_bytes())
        version = content["schema_version"]
        documents = {kind: content[kind] for kind in kinds}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    version = _known(version, path.name)
    for step, plan in zip(STEPS[version:], steps[version:], strict=True):
        for kind, rows in documents.items():
            after = step.upgrade_documents(kind, rows)
            plan.document_counts[kind] += sum(row != new for row, new in zip(rows, after, strict=True))
            documents[kind] = after
    return version


def _known(version: object, what: str) -> int:
    try:
        return require_known(version)
    except ValueError as error:
        raise BrokenData(f"{what} was written by a newer program: {error}.") from None


_ABSENT: Any = object()
