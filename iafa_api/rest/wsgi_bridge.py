"""The way from an RSGI server to a WSGI application: any request, in a pool of threads, its body read before.

Promises: an answer that is there as a whole is sent as a whole, any other in parts (`rest.piped_answer`); what the
application gave is closed, however it ends. For Flask: the `write` of PEP 3333's early days is not here.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from iafa_api.rest.loop_threads import LoopThreads
from iafa_api.rest.piped_answer import send_parts
from iafa_api.rest.rsgi import HttpProtocol, Scope

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 16  # they wait for the disk and the query engine, not for the processor
WHOLE_BYTES = 1 << 20  # an answer in parts that says it is no longer than this is sent as a whole
OF_SERVER: WSGIEnvironment = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "granian",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,  # werkzeug's: the body ends where it ends, with Content-Length or without
}
NAMED_OTHERWISE = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class WsgiBridge:
    """One per process, made after any fork."""

    def __init__(self, application: WSGIApplication, loop: asyncio.AbstractEventLoop) -> None:
        self._application = application
        self._loop = loop
        self._threads = LoopThreads(THREADS, loop, "wsgi")

    async def answer(self, scope: Scope, protocol: HttpProtocol, body: bytes, **told: Any) -> None:
        """Have the application answer. `told` goes into its environ, where no client can put anything."""
        await self._threads.run(lambda: self._run(scope, protocol, body, told))

    def close(self) -> None:
        """Wait for the threads."""
        self._threads.close()

    def _run(self, scope: Scope, protocol: HttpProtocol, body: bytes, told: dict[str, Any]) -> None:
        started: list[tuple[int, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [(int(status[:3]), headers)]

        start: StartResponse = start_response
        given = self._application(environ_of(scope, body) | told, start)
        try:
            parts = filter(None, given)
            first = next(parts, b"")
            ((status, headers),) = started
            whole = _whole(_declared_length(headers), first, parts)
            if whole is None:
                send_parts(protocol, self._loop, status, headers, chain([first], parts))
            elif whole:
                protocol.response_bytes(status, headers, whole)
            else:
                protocol.response_empty(status, headers)
        finally:
            close = getattr(given, "close", None)
            if close is not None:
                close()


def environ_of(scope: Scope, body: bytes) -> WSGIEnvironment:
    """The request as PEP 3333 has it. A header whose name has an underscore is left out: it could pass for another."""
    host, _, port = scope.server.rpartition(":")
    environ = OF_SERVER | {
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string.encode().decode("latin-1"),
        "SERVER_NAME": host.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.0" if scope.http_version == "1" else f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": client_address(scope),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
    }
    headers = scope.headers
    for name in headers:
        if "_" not in name:
            named = NAMED_OTHERWISE.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
            environ[named] = ("; " if name == "cookie" else ",").join(headers.get_all(name))
    environ.setdefault("HTTP_HOST", scope.authority or "")
    return environ


def client_address(scope: Scope) -> str:
    """The address that the connection came from."""
    return scope.client.rpartition(":")[0].strip("[]")


def _declared_length(headers: list[tuple[str, str]]) -> int | None:
    return next((int(value) for name, value in headers if name.lower() == "content-length"), None)


def _whole(declared: int | None, first: bytes, parts: Iterator[bytes]) -> bytes | None:
    """All of the answer where it is there, or nearly so; else None, and nothing was taken of `parts`."""
    if not first or (declared is not None and len(first) >= declared):
        return first
    if declared is not None and declared <= WHOLE_BYTES:
        return b"".join([first, *parts])
    return None
