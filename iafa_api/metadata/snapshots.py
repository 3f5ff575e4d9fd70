"""The state as JSON files, so that a start need not replay the whole log, and people can read it.

A snapshot is a cache: any of them may be deleted, the log alone gives the same bytes again (documents sorted by id, no
time of writing). They name the position they stand for and count only together: where they differ, as after a crash
between two renames, the log is replayed from its start. Written by the scheduler, mode 0600.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from iafa_api import durable
from iafa_api.metadata.log import Position
from iafa_api.metadata.projections import Document, State, restore
from migrations_json.chain import SCHEMA_VERSION, require_known, upgrade_documents

# file -> the kinds of documents in it; the first is the one the file is named for
FILES = {
    "users": ("users", "organizations", "invitations", "emails", "sessions", "attempts", "prunings"),
    "projects": ("projects", "api_keys"),
    "funnels": ("funnels",),
    "reports": ("reports", "dashboards", "cohorts", "metric_definitions", "schemas"),
}


def write_snapshots(directory: Path, state: State, position: Position) -> None:
    """Write the files for `state`, which must be the fold of the log up to `position`."""
    for name in FILES:
        durable.replace_file(directory / f"{name}.json", snapshot_bytes(name, state, position))


def snapshot_bytes(name: str, state: State, position: Position) -> bytes:
    """The bytes of one file: of one state at one position there are no others."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "position": asdict(position),
        **{kind: _rows(state, kind) for kind in FILES[name]},
    }
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def read_snapshots(directory: Path) -> tuple[State, Position] | None:
    """The state and its position, or None where the files are missing, unreadable or of different positions."""
    documents: dict[str, Mapping[str, Document]] = {}
    positions = set()
    try:
        for name, kinds in FILES.items():
            content = json.loads((directory / f"{name}.json").read_bytes())
            version = require_known(content["schema_version"])
            positions.add(Position(**content["position"]))
            for kind in kinds:
                rows = upgrade_documents(kind, version, content[kind])
                documents[kind] = {row["id"]: _without_derived(kind, row) for row in rows}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    if len(positions) != 1:
        return None
    position = positions.pop()
    return restore(documents, position.seq), position


def _rows(state: State, kind: str) -> list[dict[str, Any]]:
    rows = [dict(document) for _, document in sorted(state.documents[kind].items())]
    if kind == "projects":
        first_keys: dict[str, str] = {}
        for key in sorted(state.documents["api_keys"].values(), key=lambda key: key["created_at"]):
            if key["kind"] == "write" and not key.get("revoked_at"):
                first_keys.setdefault(key["project_id"], key["hash"])
        rows = [row | {"api_key": first_keys.get(row["id"])} for row in rows]
    return rows


def _without_derived(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not (kind == "projects" and name == "api_key")}
