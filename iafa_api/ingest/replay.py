"""Sending refused events through the pipeline again, after what refused them was changed.

Promises: a replay doubles nothing, however often and by how many it is done: an event keeps its own id, or has the one
it would have had if it had been accepted at first. Those that are accepted leave the quarantine in the flush that
stores them, and are not shown any more from the answer on; the others stay there as they are.

`created_at` is what it would have been: the event's timestamp, set right by the clocks of then, or else the time of the
first receipt. Address and user agent are those of the request of then. A replayed event counts as accepted on the day
of its replay, and stays counted as rejected on the day it came in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from iafa_api import clock
from iafa_api.domain.tracked_event import corrected_time
from iafa_api.ingest.body import Refusal, parse_timestamp
from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.pipeline import ProjectRules, Sender, check
from iafa_api.ingest.quarantine import QuarantinedEvent
from iafa_api.lake import layout

BATCH_EVENTS = 500  # a frame of a size that nobody else waits long for
BATCH_BYTES = 4 << 20
DOOR = "replay"


@dataclass(slots=True)
class Replayed:
    """What became of the events. `refused` counts by reason those that are refused again."""

    accepted_count: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def refused_count(self) -> int:
        return self.refused.total()


def run_replay(
    entries: Iterable[QuarantinedEvent],
    *,
    buffer: Buffer,
    project_id: str,
    project: ProjectRules,
    is_dry_run: bool = False,
    now_us: Callable[[], int] = clock.now_us,
) -> Replayed:
    """Send these through the pipeline, or only say what it would answer. Unavailable of the buffer: those that were
    accepted before stay so, and the same call again does the rest."""
    result = Replayed()
    for batch in _batches(entries, result):
        body = b"[" + b",".join([event for _, event in batch]) + b"]"
        accepted = check(
            body,
            "batch",
            project_id=project_id,
            sender=Sender(DOOR),
            hash_ip=lambda hashed: hashed,  # it was hashed when it came in
            project=project,
            now_us=now_us,
            keeps_refused=False,
            replayed=[(parse_timestamp(entry.received_at) // layout.DAY_US, entry.id) for entry, _ in batch],
        )
        if accepted.header is not None and not is_dry_run:
            buffer.append(accepted.header, accepted.body)
        result.accepted_count += accepted.accepted_count
        _count(result, accepted.refused)
    return result


def prepare(entry: QuarantinedEvent) -> bytes | None:
    """The event as it is sent again; None where it cannot be: what is kept of it is no JSON object."""
    value: Any = msgspec.json.decode(entry.event)
    if not isinstance(value, dict):
        return None
    filled = {
        "id": entry.id,
        "timestamp": entry.received_at,
        "user_agent": entry.user_agent,
        "ip_address": entry.ip_hash,
    }
    value["timestamp"] = _timestamp(value.get("timestamp"), entry)
    for name, filling in filled.items():
        if value.get(name) is None and filling is not None:
            value[name] = filling
    return msgspec.json.encode(value)


def _timestamp(said: Any, entry: QuarantinedEvent) -> Any:
    if said is None or entry.sent_at is None:
        return said
    sent_at_us, received_at_us = parse_timestamp(entry.sent_at), parse_timestamp(entry.received_at)
    try:
        return clock.format_time(corrected_time(parse_timestamp(said), sent_at_us, received_at_us))
    except (ValueError, OverflowError):  # it is refused again, for that
        return said


def _batches(entries: Iterable[QuarantinedEvent], result: Replayed) -> Iterator[list[tuple[QuarantinedEvent, bytes]]]:
    batch: list[tuple[QuarantinedEvent, bytes]] = []
    size = 0
    for entry in entries:
        event = prepare(entry)
        if event is None:
            result.refused[entry.reason] += 1
            continue
        if batch and (len(batch) >= BATCH_EVENTS or size + len(event) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((entry, event))
        size += len(event)
    if batch:
        yield batch


def _count(result: Replayed, refused: Iterable[Refusal]) -> None:
    for refusal in refused:
        result.refused[refusal.reason] += 1
