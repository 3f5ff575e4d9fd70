"""An answer in parts, by a pipe that the server reads: no faster than its client takes it, and no memory in between.

The server's own way of streaming takes whatever it is given and keeps it until the client has it. What it reads from a
path it reads bit by bit, and a pipe has one: /dev/fd/N. Once the server has it open, our own end for reading is closed:
then a client that goes away breaks the pipe.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import select
import sys
import termios
from collections.abc import Iterable
from concurrent.futures import Future

from iafa_api import clock
from iafa_api.rest.rsgi import HttpProtocol

LOOK_SECONDS = 1.0  # how long a client may be gone before a writer who waits for it notices
OPEN_SECONDS = 10.0  # by then the server has begun to read, or never will
STALLED_SECONDS = 60.0  # no thread is lent for longer to a client that takes nothing
HANDSHAKE_SECONDS = 0.001


def send_parts(
    protocol: HttpProtocol,
    loop: asyncio.AbstractEventLoop,
    status: int,
    headers: list[tuple[str, str]],
    parts: Iterable[bytes],
) -> None:
    """Answer with `parts`, the first of which is not empty; ends early where the client goes away or stalls.

    For a thread, which waits for the client; `loop` is the server's.
    """
    gone = asyncio.run_coroutine_threadsafe(_disconnect(protocol), loop)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    is_open = False
    try:
        protocol.response_file(status, headers, f"/dev/fd/{reading}")
        for part in parts:
            _write(writing, part, gone)
            if not is_open:
                _wait_until_read(reading, len(part), gone)
                os.close(reading)
                is_open = True
            if gone.done():
                break
    except BrokenPipeError:
        pass
    finally:
        gone.cancel()
        os.close(writing)
        if not is_open:
            os.close(reading)


async def _disconnect(protocol: HttpProtocol) -> None:
    await protocol.client_disconnect()


def _write(writing: int, part: bytes, gone: Future[None]) -> None:
    """BrokenPipeError where nobody is there who would take it."""
    left = memoryview(part)
    has_room = select.poll()
    has_room.register(writing, select.POLLOUT)
    stalls_at = clock.monotonic() + STALLED_SECONDS
    while left:
        try:
            left = left[os.write(writing, left) :]
            stalls_at = clock.monotonic() + STALLED_SECONDS
        except BlockingIOError:
            if gone.done() or clock.monotonic() > stalls_at:
                raise BrokenPipeError from None
            has_room.poll(LOOK_SECONDS * 1000)


def _wait_until_read(reading: int, size: int, gone: Future[None]) -> None:
    """Until the server has read some of the first `size` bytes, and so has the pipe open; else as `_write`."""
    given_up_at = clock.monotonic() + OPEN_SECONDS
    while _unread_bytes(reading) >= size:
        if gone.done() or clock.monotonic() > given_up_at:
            raise BrokenPipeError
        clock.sleep(HANDSHAKE_SECONDS)


def _unread_bytes(reading: int) -> int:
    return int.from_bytes(fcntl.ioctl(reading, termios.FIONREAD, bytes(4)), sys.byteorder)
