"""The log as it was at any moment: states of the past, and the events between two of them.

States share what did not change, so one is kept for about every thousand events; a moment is answered by folding what
lies between. They are made from the log when the past is first asked for, and kept level from then on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from threading import Lock

from iafa_api.metadata.events import MetadataEvent, read_envelope
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.projections import State, apply

KEPT_EVERY_EVENTS = 1000  # as many events are read and folded, at the most, to answer for a moment


@dataclass(frozen=True, slots=True)
class _Kept:
    position: Position
    state: State


class Timeline:
    """The past of one log. Safe for many threads."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._mutex = Lock()
        self._generation = -1
        self._kept: list[_Kept] = []

    def state_at(self, seq: int) -> State:
        """The state after event `seq`; the newest where there are not so many."""
        start = self._kept_before(seq)
        return apply(start.state, takewhile(lambda event: event.seq <= seq, self._events(start.position)))

    def seq_at(self, at: str) -> int:
        """The number of the last event that is not after this time (in the log's own form); 0 before the first."""
        kept = self._level()
        start = kept[max(0, bisect_right(kept, at, key=lambda each: each.position.at) - 1)]
        seq = start.position.seq
        for event in self._events(start.position):
            if event.at > at:
                break
            seq = event.seq
        return seq

    def events(self, after: int = 0, until: int | None = None) -> Iterator[MetadataEvent]:
        """The events after number `after` up to `until`, oldest first."""
        for event in self._events(self._kept_before(after).position):
            if until is not None and event.seq > until:
                return
            if event.seq > after:
                yield event

    def _kept_before(self, seq: int) -> _Kept:
        kept = self._level()
        return kept[bisect_right(kept, seq, key=lambda each: each.position.seq) - 1]

    def _events(self, start: Position) -> Iterator[MetadataEvent]:
        for envelopes, _ in self._log.read_raw(start, self._log.mark().synced):
            yield from (read_envelope(envelope) for envelope in envelopes)

    def _level(self) -> list[_Kept]:
        """What is kept, up to less than `KEPT_EVERY_EVENTS` behind the log."""
        with self._mutex:
            mark = self._log.mark()
            if self._generation != mark.generation or not self._kept:
                self._kept, self._generation = [_Kept(Position(), State())], mark.generation
            last = self._kept[-1]
            waiting: list[MetadataEvent] = []
            kept = list(self._kept)
            for envelopes, position in self._log.read_raw(last.position, mark.synced):
                waiting += [read_envelope(envelope) for envelope in envelopes]
                if len(waiting) >= KEPT_EVERY_EVENTS:
                    last = _Kept(position, apply(last.state, waiting))
                    kept.append(last)
                    waiting = []
            self._kept = kept
            return kept
