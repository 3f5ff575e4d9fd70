"""What is over leaves the state: notes of answered attempts after their day, sessions that ended.

The log keeps what it said of them; an event names those that are dropped, and the fold drops just these: when, is
decided once, here, and never by the clock of whoever folds. The events are the system's, one stream an organisation.

So that they are few: an organisation's are dropped together, once the one that is over longest is so for a day or
enough of them are. Nothing is lost by the wait: what is over is asked for its time, whether it is there or not. A key
that comes again after its note was dropped begins the note's stream anew, at version 1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from iafa_api import clock
from iafa_api.metadata.attempts import KEPT_US
from iafa_api.metadata.events import Cause, NewEvent
from iafa_api.metadata.projections import Document, State
from iafa_api.metadata.store import MetadataStore

WAIT_US = 24 * 3600 * clock.MICROSECONDS  # shorter: more events; longer: more in memory that is of no use
EVENT_IDS = 500  # so many make an event without the wait, and none names more: people read them in the audit
RUN_EVENTS = 10  # in one append, which other writers wait for; the rest goes with the next run


def run_prunings(store: MetadataStore, cause: Cause) -> Mapping[str, int]:
    """Drop what is over, as far as it is worth an event: how many of each kind; {} where there was nothing to do."""
    now_us = clock.now_us()
    planned = plan_prunings(store.current(), now_us)
    if not planned:
        return {}
    dropped: Counter[str] = Counter()

    def decide(state: State) -> Sequence[NewEvent]:
        events: list[NewEvent] = []
        versions: dict[str, int] = {}
        for kind, organization_id, ids in planned:
            over = _over(state.documents[kind], kind, now_us, ids)  # one may have been refreshed meanwhile
            if over:
                version = versions.get(organization_id, state.version("prunings", organization_id))
                versions[organization_id] = version + 1
                stream, said = f"pruning-{organization_id}", {"ids": [subject_id for _, subject_id, _ in over]}
                events.append(NewEvent(stream, version, f"{kind}.expired", organization_id, said))
                dropped[kind] += len(over)
        return events

    store.change(cause, decide)
    return dict(dropped)


def plan_prunings(state: State, now_us: int) -> list[tuple[str, str, list[str]]]:
    """What one run drops: the kind, the organisation and the ids for each event, those first that are over longest."""
    batches = []
    for kind, documents in state.documents.items():
        if kind not in _ENDS:
            continue
        long_ago = clock.format_time(now_us - _ENDS[kind].kept_us - WAIT_US)
        owned: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for ended_at, subject_id, organization_id in _over(documents, kind, now_us, documents):
            owned[organization_id].append((ended_at, subject_id))
        for organization_id, ended in owned.items():
            ended.sort()
            for first in range(0, len(ended), EVENT_IDS):
                batch = ended[first : first + EVENT_IDS]
                if len(batch) == EVENT_IDS or batch[0][0] < long_ago:
                    batches.append((batch[0][0], kind, organization_id, [subject_id for _, subject_id in batch]))
    return [(kind, organization_id, ids) for _, kind, organization_id, ids in sorted(batches)[:RUN_EVENTS]]


def _over(documents: Mapping[str, Document], kind: str, now_us: int, ids: Iterable[str]) -> list[tuple[str, str, str]]:
    """When those of `ids` that are over ended, their ids, and their organisations."""
    ends = _ENDS[kind]
    until = clock.format_time(now_us - ends.kept_us)
    found = [(ends.ended_at(documents[each]), each) for each in ids if each in documents]
    return [(at, each, documents[each]["organization_id"]) for at, each in found if at < until]


@dataclass(frozen=True, slots=True)
class _Ends:
    """When a thing of a kind ends, and how long it is of use after that."""

    ended_at: Callable[[Document], str]
    kept_us: int


_ENDS: Mapping[str, _Ends] = {
    "attempts": _Ends(lambda attempt: str(attempt["created_at"]), KEPT_US),
    "sessions": _Ends(lambda session: str(session.get("revoked_at") or session["expires_at"]), 0),
}
