"""The metadata as this process knows it, kept level with the log: the one place where state changes.

`current` reads what other processes have appended since (a stat where nothing was) and gives a State that will never
change under its reader. `change` decides under the writer's lock against the newest state, so no two decisions are made
on the same past: what a command checks is still true when its events are written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

from iafa_api.errors import BrokenData
from iafa_api.metadata.events import Cause, NewEvent
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.projections import State, apply
from iafa_api.metadata.snapshots import read_snapshots, write_snapshots

Decide = Callable[[State], Sequence[NewEvent]]


class MetadataStore:
    """State and position over one log. Safe for many threads; each process has its own."""

    def __init__(self, directory: Path, log: Log) -> None:
        self._directory = directory
        self._log = log
        self._mutex = Lock()
        self._state, self._position = self._start()
        self._snapshot_seq = -1

    def current(self) -> State:
        """The state with every change that is in the log now."""
        with self._mutex:
            return self._catch_up()

    def change(self, cause: Cause, decide: Decide) -> State:
        """Append what `decide` says of the newest state; the state after it. An empty decision changes nothing.

        `decide` must be quick and pure: every other writer waits for it. Its errors pass through, nothing is written.
        """
        with self._log.lock():
            with self._mutex:
                state, position = self._catch_up(), self._position
            new = decide(state)
            if not new:
                return state
            self._log.append(position, new, cause)
            return self.current()

    def write_snapshots(self) -> bool:
        """Bring the snapshots level with the log; False where they were. For the scheduler only."""
        with self._mutex:
            state, position = self._catch_up(), self._position
        if position.seq == self._snapshot_seq:
            return False
        write_snapshots(self._directory, state, position)
        self._snapshot_seq = position.seq
        return True

    def _start(self) -> tuple[State, Position]:
        start = read_snapshots(self._directory)
        if start is not None:
            try:
                events, position = self._log.read(start[1])
                return apply(start[0], events), position
            except BrokenData:  # not the log that the snapshot was made from: the log is right
                pass
        events, position = self._log.read(Position())
        return apply(State(), events), position

    def _catch_up(self) -> State:
        if self._log.size() != self._position.offset:
            try:
                events, position = self._log.read(self._position)
            except BrokenData:  # an append was taken back, or the log restored: what we knew is void
                self._state, self._position = self._start()
            else:
                self._state, self._position = apply(self._state, events), position
        return self._state
