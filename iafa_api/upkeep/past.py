"""The state of the metadata at a moment, as plain JSON values for a person at the command line.

Promises: what is shown is the fold of the log up to that moment. Personal fields are shown as they are stored, sealed,
unless they are asked for open; those of an erased person read `erased`. What is opened is noted in the access log
before it is shown, for each organisation whose it is. Not for the API, which has the catalog.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iafa_api import clock
from iafa_api.domain.time_range import parse_moment
from iafa_api.errors import BrokenData, InvalidInput, NotFound
from iafa_api.metadata.access_log import note_operator
from iafa_api.metadata.log import Log
from iafa_api.metadata.stored_log import LOG
from iafa_api.metadata.timeline import Timeline
from iafa_api.metadata.vault import ERASED, PREFIX, Vault


def state_as_of(
    data_dir: Path,
    as_of: str,
    *,
    timezone: str = "UTC",
    kind: str | None = None,
    subject_id: str | None = None,
    is_open: bool = False,
) -> dict[str, Any]:
    """The documents by kind. InvalidInput for what is no time or kind, NotFound where there is no such document."""
    moment = clock.format_time(parse_moment(as_of, "as_of", timezone=timezone))
    if not (data_dir / "metadata" / LOG).is_file():
        raise NotFound(f"{data_dir} holds no metadata log.")
    timeline = Timeline(Log(data_dir / "metadata"))
    seq = timeline.seq_at(moment)
    documents = timeline.state_at(seq).documents
    if kind is not None and kind not in documents:
        raise InvalidInput(f"There is no kind {kind!r}.", errors={"kind": [f"One of {', '.join(documents)}."]})
    kinds = documents if kind is None else {kind: documents[kind]}
    shown = {
        name: [dict(document) for key, document in sorted(rows.items()) if subject_id in (None, key)]
        for name, rows in kinds.items()
    }
    if subject_id is not None:
        shown = {name: rows for name, rows in shown.items() if rows}
        if not shown:
            raise NotFound(f"There was no {kind or 'document'} {subject_id!r} at {moment}.")
    if is_open:
        vault = Vault(data_dir / "vault", is_new=False)
        _note_opened(data_dir, moment, shown)
        shown = {name: [_opened(vault, row) for row in rows] for name, rows in shown.items()}
    return {"as_of": moment, "position": seq, "documents": shown}


def _note_opened(data_dir: Path, moment: str, shown: Mapping[str, list[dict[str, Any]]]) -> None:
    """In the access log: whose personal fields are about to be shown."""
    sealed = [row for rows in shown.values() for row in rows if any(map(_is_sealed, row.values()))]
    for organization_id, count in sorted(Counter(row["organization_id"] for row in sealed).items()):
        detail = f"personal fields of {count} documents as of {moment}, by iafa state --open"
        note_operator(data_dir, "personal_data_read", detail, organization_id=organization_id)


def _is_sealed(value: object) -> bool:
    return isinstance(value, str) and value.startswith(PREFIX)


def _opened(vault: Vault, document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _opened_field(vault, name, value) for name, value in document.items()}


def _opened_field(vault: Vault, name: str, value: Any) -> Any:
    if not _is_sealed(value):
        return value
    try:
        text = vault.unseal(name, value)
    except (BrokenData, ValueError):  # a name that somebody has made up to look like a token is only a name
        return value
    return ERASED if text is None else text
