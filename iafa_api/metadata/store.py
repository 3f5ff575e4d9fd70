"""The metadata as this process knows it, kept level with the log: the one place where state changes.

`current` gives the state of all that is durable, with what other processes have appended since (a load from memory
where nothing was): a State never changes under its reader. `change` decides under the writer's lock against the newest
state, so no two decisions are made on the same past; what a command checks is still true when its events are written.
It waits for the disk after it has let go of the lock: those who come together share one sync.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from iafa_api.errors import BrokenData, Repeated
from iafa_api.metadata.attempts import find_answer, plan_note
from iafa_api.metadata.events import Cause, MetadataEvent, NewEvent, read_envelope
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.projections import State, apply, require_in_turn
from iafa_api.metadata.snapshots import FILES, read_snapshots, write_snapshots

Decide = Callable[[State], Sequence[NewEvent]]


@dataclass(frozen=True, slots=True)
class _View:
    """The fold of the log up to a position, as long as its generation lasts."""

    state: State
    position: Position
    generation: int


class MetadataStore:
    """State over one log. Safe for many threads; each process has its own."""

    def __init__(self, directory: Path, log: Log) -> None:
        self._directory = directory
        self._log = log
        self._mutex = Lock()
        self._durable = self._start()
        self._tip = self._durable  # what the last writer of this process knew: it may lie ahead of the disk
        self._snapshot_seq = -1

    def current(self) -> State:
        """The state with every change that is durable now."""
        return (self._level_view() or self._catch_up()).state

    def is_level(self) -> bool:
        """Whether `current` has nothing new to read, and so waits for nothing."""
        return self._level_view() is not None

    def change(self, cause: Cause, decide: Decide) -> State:
        """Append what `decide` says of the newest state; the state after it, once it is durable.

        `decide` must be quick and pure: every other writer waits for it. Its errors pass through, nothing is written.
        StaleVersion where it decides on versions that are not there, Unavailable where the disk refuses, Repeated where
        the cause names an attempt that was answered before.
        """
        with self._log.lock():
            view = self._read_to_tip()
            known = None if cause.attempt is None else find_answer(view.state, cause.attempt)
            new = [] if known is not None else decide(view.state)
            if new and cause.attempt is not None:
                new = [*new, plan_note(view.state, cause.attempt, new)]
            if new:
                require_in_turn(view.state, new)
                envelopes = self._log.seal(view.position, new, cause)
                state = apply(view.state, [read_envelope(envelope) for envelope in envelopes])
                view = _View(state, self._log.write(view.position, envelopes), view.generation)
            self._tip = view
        self._log.sync(view.position.offset, view.generation)
        if known is not None:  # said only now: what it was answered with may have been as new as not to be durable yet
            raise Repeated("This was done before.", stream=known)
        return view.state

    def write_snapshots(self) -> bool:
        """Bring the snapshots level with the log; False where they were. For the scheduler only."""
        view = self._catch_up()
        if view.position.seq == self._snapshot_seq:
            return False
        write_snapshots(self._directory, view.state, view.position)
        self._snapshot_seq = view.position.seq
        return True

    def _level_view(self) -> _View | None:
        mark, view = self._log.mark(), self._durable
        return view if (view.generation, view.position.offset) == (mark.generation, mark.synced) else None

    def _start(self) -> _View:
        mark = self._log.mark()
        start = read_snapshots(self._directory) or (State(), Position())
        if not self._log.holds(start[1]):
            raise BrokenData(
                f"The metadata log does not hold event {start[1].seq}, which the snapshots in {self._directory} were "
                "made after: it was lost, shortened or replaced. Put the right log.jsonl back; or, to go on with the "
                f"one that is there, move the snapshots ({', '.join(f'{name}.json' for name in FILES)}) away."
            )
        return self._forward(_View(*start, mark.generation), mark.synced)

    def _catch_up(self) -> _View:
        """The view of all that is durable."""
        with self._mutex:
            mark = self._log.mark()
            best = self._durable
            tip = self._tip
            if tip.generation == mark.generation and best.position.offset < tip.position.offset <= mark.synced:
                best = tip
            self._durable = self._start() if best.generation != mark.generation else self._forward(best, mark.synced)
            return self._durable

    def _read_to_tip(self) -> _View:
        """The view of all that is written; the log's lock must be held."""
        generation = self._log.mark().generation
        views = [view for view in (self._tip, self._durable) if view.generation == generation]
        known = max(views, key=lambda view: view.position.offset) if views else self._start()
        return self._forward(known, self._log.written)

    def _forward(self, view: _View, limit: int) -> _View:
        if view.position.offset >= limit:
            return view
        position = view.position

        def events() -> Iterator[MetadataEvent]:  # folded as they are read: the log may be longer than memory is free
            nonlocal position
            more: list[MetadataEvent] = []
            for more, offset in self._log.read_appends(view.position, limit):  # noqa: B007 - the last one counts
                yield from more
            if more:
                position = Position.after(more[-1], offset)

        state = apply(view.state, events())
        return _View(state, position, view.generation)
