"""Appends for an event loop, which must not wait for the disk: one thread writes, for all that came meanwhile.

Promises: what `append` gives is done when the request is durable, or has failed as `Buffer.append` fails. A group that
is on its way is stored whatever becomes of who waits for it: nobody's going away breaks what others sent. All but the
thread's own work happens in the loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Generic, TypeVar

from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.frames import FrameHeader

Note = TypeVar("Note")
Outcome = BaseException | None  # of one append: None where it is durable


@dataclass(frozen=True, slots=True)
class _Request(Generic[Note]):
    header: FrameHeader
    body: bytes
    note: Note
    is_decided: asyncio.Future[None]


class LoopAppends(Generic[Note]):
    """The way from one loop into a buffer. Made in the loop's process, after any fork.

    `on_decided` is told in the thread, before anybody else, what came of a group: the notes of its requests, in order.
    """

    def __init__(
        self,
        buffer: Buffer,
        loop: asyncio.AbstractEventLoop,
        on_decided: Callable[[Sequence[tuple[Note, Outcome]]], None],
    ) -> None:
        self._buffer = buffer
        self._loop = loop
        self._on_decided = on_decided
        self._waiting: list[_Request[Note]] = []
        self._is_writing = False
        self._handed: SimpleQueue[list[_Request[Note]]] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="loop-appends", daemon=True)
        self._thread.start()

    def append(self, header: FrameHeader, body: bytes, note: Note) -> asyncio.Future[None]:
        """Make one request durable; done once it is, with an error where it cannot be."""
        is_decided = self._loop.create_future()
        self._waiting.append(_Request(header, body, note, is_decided))
        if not self._is_writing:
            self._is_writing = True
            self._loop.call_soon(self._hand_over)  # and not at once: what else this turn of the loop brings goes along
        return is_decided

    def close(self) -> None:
        """Let the thread end, once it has written what it was given."""
        self._handed.put([])
        self._thread.join()

    def _hand_over(self) -> None:
        group, self._waiting = self._waiting, []
        self._handed.put(group)

    def _work(self) -> None:
        while group := self._handed.get():
            outcomes: list[Outcome]
            try:
                outcomes = self._buffer.append_group([(request.header, request.body) for request in group])
                self._on_decided([(request.note, outcome) for request, outcome in zip(group, outcomes, strict=True)])
            except Exception as error:  # noqa: BLE001 - whoever waits raises it; the thread is for those to come, too
                outcomes = [error] * len(group)
            self._loop.call_soon_threadsafe(self._tell, group, outcomes)

    def _tell(self, group: Sequence[_Request[Note]], outcomes: Sequence[Outcome]) -> None:
        if self._waiting:
            self._hand_over()  # first: the disk works while these are answered
        else:
            self._is_writing = False
        for request, failure in zip(group, outcomes, strict=True):
            if request.is_decided.cancelled():
                continue
            if failure is None:
                request.is_decided.set_result(None)
            else:
                request.is_decided.set_exception(failure)
