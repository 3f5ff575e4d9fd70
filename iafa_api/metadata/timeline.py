"""The log as it was at any moment: states of the past, the events between two of them, and those of one stream.

States share what did not change, so one is kept for about every hundred events; a moment is answered by folding what
lies between. They, and where the lines of each stream and organisation stand, are made from the log when the past is
first asked for, and kept level from then on by reading only what is new.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from threading import Lock

from iafa_api.metadata.events import MetadataEvent, read_envelope
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.projections import DROPS, FOLDS, KINDS, Document, State, apply, restore

KEPT_EVERY_EVENTS = 100  # as many events are read and folded, at the most, to answer for a moment


@dataclass(slots=True)
class _Past:
    """What is known of the log up to `position`: one for each generation of it, only ever added to."""

    generation: int
    position: Position = field(default_factory=Position)
    state: State = field(default_factory=State)
    kept: list[tuple[Position, State]] = field(default_factory=lambda: [(Position(), State())])
    starts: array[int] = field(default_factory=lambda: array("Q"))  # where each line starts
    streams: defaultdict[str, array[int]] = field(default_factory=lambda: defaultdict(lambda: array("Q")))
    organizations: defaultdict[str | None, array[int]] = field(default_factory=lambda: defaultdict(lambda: array("Q")))


class Timeline:
    """The past of one log. Safe for many threads."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._mutex = Lock()
        self._past = _Past(-1)

    def state_at(self, seq: int) -> State:
        """The state after event `seq`; the newest where there are not so many."""
        kept = self._level().kept
        place = bisect_right(kept, seq, key=lambda each: each[0].seq)
        position, state = kept[place - 1]
        until = kept[place][0].offset if place < len(kept) else None
        return apply(state, takewhile(lambda event: event.seq <= seq, self._events(position, until)))

    def state_of(self, stream: str, at: str) -> State:
        """`state_at(seq_at(at))` with nothing in it but one thing, and the project that it belongs to."""
        documents: dict[str, dict[str, Document]] = {kind: {} for kind in KINDS}
        document = self.document_as_of(stream, at)
        wanted = [(stream, document)]
        if document is not None and "project_id" in document:
            project = f"project-{document['project_id']}"
            wanted.append((project, self.document_as_of(project, at)))
        for name, found in wanted:
            kind, _, subject_id = name.partition("-")
            if found is not None:
                documents[f"{kind}s"][subject_id] = found
        return restore(documents, 0)

    def document_as_of(self, stream: str, at: str) -> Document | None:
        """The thing that a stream is about as it was at this time: `state_at(seq_at(at))` without all the others."""
        past = self._level()
        lines = past.streams.get(stream)
        if not lines:
            return None
        position, state = past.kept[max(0, bisect_right(past.kept, at, key=lambda each: each[0].at) - 1)]
        kind, _, subject_id = stream.partition("-")
        later = lines[bisect_left(lines, bisect_left(past.starts, position.offset)) :]
        document = state.get(f"{kind}s", subject_id)
        for event in self._read_lines(past, later):
            if event.at > at:
                break
            if event.stream == stream:
                _, fold = FOLDS[event.type]
                document = fold(document, event) | {"version": event.version}
            elif event.type in DROPS and stream in _dropped_streams(event):
                document = None
        return document

    def seq_at(self, at: str) -> int:
        """The number of the last event that is not after this time (in the log's own form); 0 before the first."""
        kept = self._level().kept
        place = max(1, bisect_right(kept, at, key=lambda each: each[0].at))
        position, _ = kept[place - 1]
        until = kept[place][0].offset if place < len(kept) else None
        seq = position.seq
        for event in takewhile(lambda event: event.at <= at, self._events(position, until)):
            seq = event.seq
        return seq

    def events(self, after: int = 0, until: int | None = None) -> Iterator[MetadataEvent]:
        """The events after number `after` up to `until`, oldest first."""
        kept = self._level().kept
        position, _ = kept[bisect_right(kept, after, key=lambda each: each[0].seq) - 1]
        for event in self._events(position):
            if until is not None and event.seq > until:
                return
            if event.seq > after:
                yield event

    def events_of_stream(self, stream: str) -> list[MetadataEvent]:
        """The events of one stream, oldest first; none for a stream that there is not."""
        past = self._level()
        lines = past.streams.get(stream, ())
        return [event for event in self._read_lines(past, lines) if event.stream == stream]

    def events_of_organization(self, organization_id: str) -> Iterator[MetadataEvent]:
        """The events of one organisation, newest first."""
        past = self._level()
        lines = past.organizations.get(organization_id, array("Q"))
        for line in reversed(lines):
            events = [event for event in self._read_lines(past, [line]) if event.organization_id == organization_id]
            yield from reversed(events)

    def _events(self, start: Position, until: int | None = None) -> Iterator[MetadataEvent]:
        """The events from `start` on, to byte `until` where one is given: no more is read."""
        for events, _ in self._log.read_appends(start, self._log.mark().synced if until is None else until):
            yield from events

    def _read_lines(self, past: _Past, lines: Iterable[int]) -> Iterator[MetadataEvent]:
        for line in lines:
            end = past.starts[line + 1] if line + 1 < len(past.starts) else past.position.offset
            yield from (read_envelope(envelope) for envelope in self._log.read_line(past.starts[line], end))

    def _level(self) -> _Past:
        with self._mutex:
            mark, past = self._log.mark(), self._past
            if past.generation != mark.generation:
                past = _Past(mark.generation)
            if past.position.offset < mark.synced:
                self._past = _Past(-1)  # where this fails, it is begun anew
                _read_on(past, self._log.read_appends(past.position, mark.synced))
            self._past = past
            return past


def _dropped_streams(event: MetadataEvent) -> set[str]:
    """The streams of the things that leave the state with this event."""
    return {f"{DROPS[event.type].removesuffix('s')}-{each}" for each in event.data["ids"]}


def _read_on(past: _Past, appends: Iterable[tuple[Sequence[MetadataEvent], int]]) -> None:
    waiting: list[MetadataEvent] = []
    start = past.position.offset
    for events, end in appends:
        line = len(past.starts)
        past.starts.append(start)
        start = end
        streams = {event.stream for event in events}
        for event in events:
            if event.type in DROPS:
                streams |= _dropped_streams(event)
        for stream in streams:
            past.streams[stream].append(line)
        for organization_id in {event.organization_id for event in events}:
            past.organizations[organization_id].append(line)
        waiting += events
        if events[-1].seq - past.kept[-1][0].seq >= KEPT_EVERY_EVENTS:
            past.state, past.position = apply(past.state, waiting), Position.after(events[-1], end)
            past.kept.append((past.position, past.state))
            waiting = []
    if waiting:
        past.state, past.position = apply(past.state, waiting), Position.after(waiting[-1], start)
