"""What an RSGI server (granian) hands to its application, as far as it is used here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Protocol


class Headers(Protocol):
    """Fields by name in lower case. Of one whose value is not plain text there is only the name."""

    def __len__(self) -> int:
        """How many different names there are."""

    def __iter__(self) -> Iterator[str]:
        """Each name once."""

    def items(self) -> list[tuple[str, str]]:
        """Every field, a name as often as it was sent."""

    def get(self, key: str) -> str | None:
        """The first value of a name."""

    def get_all(self, key: str) -> list[str]:
        """All values of a name, in order."""


class Scope(Protocol):
    """A request without its body. `path` is decoded, `client` and `server` are HOST:PORT; each attribute is a copy."""

    http_version: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    client: str
    server: str
    headers: Headers


class HttpProtocol(Protocol):
    """The body of a request, and the way of its answer, which may be given from any thread, once."""

    async def __call__(self) -> bytes:
        """The whole body; an error where it ends too early."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body in parts, which end in silence where it ends too early."""

    async def client_disconnect(self) -> None:
        """Returns when the connection is gone."""

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        """Answer without a body."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer with a body that is there."""

    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None:
        """Answer with what can be read at a path, read no faster than the client takes it."""
