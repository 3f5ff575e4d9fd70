"""Bodies of requests, read in the event loop: whoever sends slowly holds no thread, and not for ever.

Promises: of a body no more is read than BODY_MAX_BYTES and a part, for no longer than BODY_SECONDS; the large bodies
that are being read or answered are HELD_BYTES together at most, and those that come on top are refused.
"""

from __future__ import annotations

import asyncio
from typing import Any

from iafa_api.domain.tracked_event import BODY_MAX_BYTES
from iafa_api.errors import Malformed, SenderTooSlow, Unavailable
from iafa_api.rest.rsgi import HttpProtocol

BODY_SECONDS = 60.0  # the largest body at 1.4 Mbit/s
WATCH_SECONDS = 1.0  # how often it is looked at; a timer for each body would cost more than looking at all of them
SMALL_BYTES = 64 << 10  # as many of these as there are connections (some hundred) are held without counting them
AT_ONCE_BYTES = 1 << 20  # counted as held before it comes, which is cheaper; a larger one as it comes
HELD_BYTES = 128 << 20  # a dozen of the largest
RETRY_AFTER_SECONDS = 5.0


class RequestBodies:
    """The bodies that one loop reads."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._deadlines: dict[asyncio.Task[Any], float] = {}
        self._is_watching = False
        self._held_bytes = 0

    async def read(self, protocol: HttpProtocol, length: int | None) -> bytes:
        """The body, for the running task; `length` is its Content-Length, None for one in chunks.

        What is larger than allowed is for the view to refuse: it comes empty where its length says so, else with more
        bytes than allowed. Malformed for one that ends too early, SenderTooSlow, or Unavailable past HELD_BYTES.
        `let_go` of it, if it came, when it is answered.
        """
        if length == 0 or (length is not None and length > BODY_MAX_BYTES):
            return b""
        task = asyncio.current_task(self._loop)
        assert task is not None
        self._deadlines[task] = self._loop.time() + BODY_SECONDS
        if not self._is_watching:
            self._is_watching = True
            self._loop.call_later(WATCH_SECONDS, self._watch)
        try:
            if length is not None and length <= SMALL_BYTES:
                return await protocol()
            if length is not None and length <= AT_ONCE_BYTES:
                return await self._read_at_once(protocol, length)
            return await self._read_parts(protocol, length)
        except asyncio.CancelledError:
            if self._loop.time() < self._deadlines[task]:
                raise
            task.uncancel()
            raise SenderTooSlow(f"The body must come within {BODY_SECONDS:.0f} seconds.") from None
        except RuntimeError:  # however the server says that the sender is gone
            raise _ends_too_early() from None
        finally:
            del self._deadlines[task]

    def hold(self, size: int) -> None:
        """Count what became of a body, too, until `let_go` of it; Unavailable past HELD_BYTES."""
        if size > SMALL_BYTES:
            if self._held_bytes + size > HELD_BYTES:
                raise _too_many()
            self._held_bytes += size

    def let_go(self, body: bytes) -> None:
        """Its bytes are not held any longer."""
        if len(body) > SMALL_BYTES:
            self._held_bytes -= len(body)

    async def _read_at_once(self, protocol: HttpProtocol, length: int) -> bytes:
        self.hold(length)
        try:
            return await protocol()
        except BaseException:
            self._held_bytes -= length
            raise

    async def _read_parts(self, protocol: HttpProtocol, length: int | None) -> bytes:
        parts: list[bytes] = []
        size = 0
        try:
            async for part in protocol:
                parts.append(part)
                size += len(part)
                self._held_bytes += len(part)
                if self._held_bytes > HELD_BYTES:
                    raise _too_many()
                if size > BODY_MAX_BYTES:
                    break
            if length is not None and size != length:
                raise _ends_too_early()
        except BaseException:
            self._held_bytes -= size
            raise
        if size <= SMALL_BYTES:
            self._held_bytes -= size
        return b"".join(parts)

    def _watch(self) -> None:
        """Give up what takes too long; again soon, as long as there is anything to read."""
        now = self._loop.time()
        for task, deadline in self._deadlines.items():
            if deadline <= now:
                task.cancel()
        self._is_watching = bool(self._deadlines)
        if self._is_watching:
            self._loop.call_later(WATCH_SECONDS, self._watch)


def _too_many() -> Unavailable:
    return Unavailable("Too many large requests come at once.", retry_after_seconds=RETRY_AFTER_SECONDS)


def _ends_too_early() -> Malformed:
    return Malformed("The body ends before its Content-Length.")
