"""What an answer was made of, signed: enough to say later which events, files and definitions it saw."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from iafa_api import __version__
from iafa_api.lake.event_source import EventSource

PURPOSE = b"iafa receipt"  # keeps a receipt's signature from being anything else that the secret signs


def make_receipt(
    question: Mapping[str, Any],
    source: EventSource,
    *,
    metadata_position: int,
    events: int,
    answered_at: str,
    secret: str,
) -> dict[str, Any]:
    """The receipt of one answer: `question` in its JSON form, `events` as the engine counted them in the range."""
    receipt = {
        "question": dict(question),
        "answered_at": answered_at,
        "metadata_position": metadata_position,
        "manifest_version": source.manifest_version,
        "segments": dict(source.segment_lengths),
        "arrivals": dict(source.arrivals),
        "events": events,
        "files": len(source.files),
        "program_version": __version__,
    }
    return receipt | {"signature": _sign(receipt, secret)}


def name_origin(receipt: Mapping[str, Any], origin: Mapping[str, Any], secret: str) -> dict[str, Any]:
    """The same receipt, which also says what its question was saved as."""
    named = {name: value for name, value in receipt.items() if name != "signature"}
    named["question"] = {**receipt["question"], **origin}
    return named | {"signature": _sign(named, secret)}


def is_genuine(receipt: Mapping[str, Any], secret: str) -> bool:
    """Whether this is a receipt that `make_receipt` made with the same secret, unchanged."""
    unsigned = {name: value for name, value in receipt.items() if name != "signature"}
    return hmac.compare_digest(str(receipt.get("signature")).encode(), _sign(unsigned, secret).encode())


def _sign(receipt: Mapping[str, Any], secret: str) -> str:
    key = hmac.digest(secret.encode(), PURPOSE, hashlib.sha256)
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()
