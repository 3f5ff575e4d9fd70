"""0 to 1: a funnel's stage names its event as `event_type`, has a `filter`, and the funnel says its order and window.

Version 0 are the documents of the first, file-only draft of the product: stages `{name, event, order}` and nothing
else, projects without origins, time zone, week start and retention.
"""

from __future__ import annotations

from typing import Any


def upgrade_event(envelope: dict[str, Any]) -> dict[str, Any]:
    """Funnel and project events get the fields that came with version 1."""
    data = envelope["data"]
    if envelope["type"] in ("funnel.created", "funnel.changed"):
        data = _funnel(data, complete=envelope["type"] == "funnel.created")
    elif envelope["type"] == "project.created":
        data = _project(data)
    return {**envelope, "data": data, "schema_version": 1}


def upgrade_documents(kind: str, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same for the documents of a snapshot."""
    if kind == "funnels":
        return [_funnel(document, complete=True) for document in documents]
    if kind == "projects":
        return [_project(document) for document in documents]
    return documents


def _funnel(document: dict[str, Any], *, complete: bool) -> dict[str, Any]:
    added: dict[str, Any] = {"order": "ordered", "conversion_window": None, "exclusions": []} if complete else {}
    upgraded = {**added, **document}
    if "stages" in upgraded:
        upgraded["stages"] = [_stage(stage) for stage in upgraded["stages"]]
    return upgraded


def _stage(stage: dict[str, Any]) -> dict[str, Any]:
    upgraded = {"filter": None, **stage}
    if "event" in upgraded:
        event = upgraded.pop("event")
        upgraded.setdefault("event_type", event)
    return upgraded


def _project(document: dict[str, Any]) -> dict[str, Any]:
    return {"allowed_origins": [], "timezone": "UTC", "week_start": "monday", "retention_days": 90, **document}
