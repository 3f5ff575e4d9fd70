"""What every command on a versioned thing asks: is it the version that was meant, and what would really change?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iafa_api.errors import StaleVersion
from iafa_api.metadata.projections import Document


def require_version(document: Document, version: int | None) -> None:
    """Refuse a change that was decided on another version. None asks for none in particular."""
    if version is not None and document["version"] != version:
        raise StaleVersion(f"This is at version {document['version']} now, not {version}: read it again.")


def changed_fields(document: Document, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that differ from what is there: an event says what changed, and nothing else."""
    return {name: value for name, value in fields.items() if document.get(name) != value}
