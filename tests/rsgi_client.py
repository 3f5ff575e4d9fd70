"""An RSGI server in miniature: one event loop, requests with scope and protocol as granian hands them over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iafa_api.rest.loop_door import LoopDoor

Fields = Sequence[tuple[str, str]]


class Headers:
    """A value that is not plain text can only be asked for by its name."""

    def __init__(self, fields: Fields) -> None:
        self._all = [(name.lower(), value) for name, value in fields]
        self._plain = [(name, value) for name, value in self._all if value.isascii()]

    def __len__(self) -> int:
        return len(set(self))

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._all))

    def items(self) -> list[tuple[str, str]]:
        return list(self._plain)

    def get(self, key: str) -> str | None:
        value = dict(reversed(self._all)).get(key)
        return value if value is not None and value.isascii() else None

    def get_all(self, key: str) -> list[str]:
        return [value for name, value in self._plain if name == key]


@dataclass
class Scope:
    method: str
    path: str
    query_string: str
    headers: Headers
    http_version: str = "1.1"
    scheme: str = "http"
    authority: str | None = None
    client: str = "198.51.100.9:50001"
    server: str = "127.0.0.1:8000"


@dataclass
class Exchange:
    """The protocol of one request. A body of None never comes; one that is shorter than it says is broken off."""

    body: bytes | None = b""
    length: int | None = None
    part_bytes: int = 1 << 16
    was_read: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    content: bytes = b""
    opened: str | None = None
    loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self) -> bytes:
        self.was_read = True
        if self.body is None:
            await asyncio.Event().wait()
        assert self.body is not None
        if self.length is not None and len(self.body) < self.length:
            raise RuntimeError("the stream is gone")
        return self.body[: self.length]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.was_read = True
        if self.body is None:
            await asyncio.Event().wait()
        assert self.body is not None
        body = self.body[: self.length]
        for start in range(0, len(body), self.part_bytes):
            await asyncio.sleep(0)
            yield body[start : start + self.part_bytes]

    async def client_disconnect(self) -> None:
        self.loop = asyncio.get_running_loop()
        await self.gone.wait()

    def leave(self) -> None:
        """The client goes away; told from another thread."""
        while self.loop is None:
            time.sleep(0.001)
        self.loop.call_soon_threadsafe(self.gone.set)

    def _answer(self, status: int, headers: list[tuple[str, str]]) -> None:
        assert not self.status, "one request, one answer"
        assert all(type(name) is type(value) is str for name, value in headers)
        self.status, self.headers = status, headers

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self._answer(status, headers)

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        assert type(body) is bytes
        self._answer(status, headers)
        self.content = body

    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None:
        self._answer(status, headers)
        self.opened = file


class RsgiClient:
    """Serves one application in a loop of its own."""

    def __init__(self, door: LoopDoor) -> None:
        self.door = door
        self.loop = asyncio.new_event_loop()
        door.__rsgi_init__(self.loop)

    def send(self, method: str, address: str, headers: Fields = (), body: bytes | None = b"", **more: Any) -> Exchange:
        """One request, answered."""
        return self.send_all([(method, address, headers, body)], **more)[0]

    def send_all(self, requests: Sequence[tuple[str, str, Fields, bytes | None]], **more: Any) -> list[Exchange]:
        """Many requests at once."""

        async def all_of() -> list[Exchange]:
            exchanges, answers = [], []
            for method, address, headers, body in requests:
                scope, exchange = make_request(method, address, headers, body, **more)
                exchanges.append(exchange)
                answers.append(self.door.__rsgi__(scope, exchange))
            await asyncio.wait_for(asyncio.gather(*answers), 20)
            return exchanges

        return self.loop.run_until_complete(all_of())

    def close(self) -> None:
        self.door.__rsgi_del__(self.loop)
        self.loop.close()


def make_request(
    method: str, address: str, headers: Fields, body: bytes | None, *, part_bytes: int = 1 << 16, **scope: Any
) -> tuple[Scope, Exchange]:
    """As it would come over the wire: with a Content-Length where the headers say nothing of the kind."""
    names = {name.lower(): value for name, value in headers}
    fields = list(headers)
    length: int | None = None
    if "content-length" in names:
        length = int(names["content-length"]) if names["content-length"].isdecimal() else None
    elif "transfer-encoding" not in names and body:
        length = len(body)
        fields.append(("Content-Length", str(length)))
    path, _, query = address.partition("?")
    exchange = Exchange(body, length, part_bytes)
    return Scope(method, path, query, Headers(fields), **scope), exchange


def read_opened(exchange: Exchange) -> bytes:
    """What the server would read from the path that it was told to answer with."""
    assert exchange.opened is not None
    return Path(exchange.opened).read_bytes()
