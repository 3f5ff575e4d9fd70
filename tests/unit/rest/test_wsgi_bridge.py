"""From RSGI to WSGI and back: the request as PEP 3333 has it, the answer whole or in parts, and nothing left open."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iafa_api import clock
from iafa_api.rest import piped_answer
from iafa_api.rest.wsgi_bridge import WsgiBridge, environ_of
from tests.rsgi_client import Exchange, Headers, Scope, make_request


def bridged(
    application: Any, *, exchange: Exchange | None = None, beside: Callable[[Exchange], Any] | None = None
) -> Any:
    """The exchange, answered by `application`; `beside` runs in a thread of its own, with what the server would do."""

    async def answer() -> Exchange:
        bridge = WsgiBridge(application, asyncio.get_running_loop())
        scope, exchange = make_request("GET", "/", (), b"")
        other = asyncio.to_thread(beside, exchange) if beside else asyncio.sleep(0)
        try:
            await asyncio.gather(bridge.answer(scope, exchange, b""), other)
        finally:
            bridge.close()
        return exchange

    return asyncio.run(asyncio.wait_for(answer(), 20))


def read_parts(exchange: Exchange, then: Callable[[io.FileIO], None] = lambda file: None) -> bytes:
    """What the server does with a path: opens it when it comes to it, reads to its end."""
    while exchange.opened is None:
        clock.sleep(0.001)
    with io.FileIO(exchange.opened) as file:
        then(file)
        exchange.content = file.readall()
    return exchange.content


class Parts:
    """What an application gives, and whether it was closed."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self.taken = 0
        self.is_closed = False
        self.on_close: Callable[[], None] = lambda: None

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            self.taken += 1
            yield part

    def close(self) -> None:
        self.is_closed = True
        self.on_close()


def app_of(parts: Any, headers: Iterable[tuple[str, str]] = (), status: str = "200 OK") -> Any:
    def application(environ: Any, start_response: Any) -> Any:
        start_response(status, list(headers))
        return parts

    return application


def test_the_environ_is_that_of_pep_3333() -> None:
    fields = [
        ("Host", "shop.example"),
        ("Content-Type", "text/plain"),
        ("Content-Length", "3"),
        ("Cookie", "a=1"),
        ("Cookie", "b=2"),
        ("X-Forwarded-For", "1.1.1.1"),
        ("X-Forwarded-For", "2.2.2.2"),
        ("X_Forwarded_For", "6.6.6.6"),
        ("User-Agent", "caf\xe9"),
    ]
    scope = Scope(
        "POST", "/caf\xe9/\u20ac", "q=%C3%A9", Headers(fields), client="[2001:db8::1]:77", server="[::1]:8000"
    )
    environ = environ_of(scope, b"abc")
    assert environ.pop("wsgi.input").read() == b"abc"
    assert {name: value for name, value in environ.items() if not name.startswith("wsgi.")} == {
        "SCRIPT_NAME": "",
        "SERVER_SOFTWARE": "granian",
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/caf\xc3\xa9/\xe2\x82\xac",
        "QUERY_STRING": "q=%C3%A9",
        "SERVER_NAME": "::1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "2001:db8::1",
        "HTTP_HOST": "shop.example",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "3",
        "HTTP_COOKIE": "a=1; b=2",
        "HTTP_X_FORWARDED_FOR": "1.1.1.1,2.2.2.2",
        "HTTP_USER_AGENT": "",
    }
    later = environ_of(Scope("GET", "/", "", Headers([]), http_version="2", authority="shop.example"), b"")
    assert (later["SERVER_PROTOCOL"], later["HTTP_HOST"]) == ("HTTP/2", "shop.example")
    assert environ_of(Scope("GET", "/", "", Headers([]), http_version="1"), b"")["SERVER_PROTOCOL"] == "HTTP/1.0"


@pytest.mark.parametrize(
    ("parts", "headers", "content"),
    [
        ([b"all of it"], [("Content-Length", "9")], b"all of it"),
        ([b"", b"all ", b"", b"of it"], [("content-length", "9")], b"all of it"),
        ([], [("Content-Length", "9")], b""),  # of HEAD
        ([], [], b""),
        ([b"x" * 3_000_000], [("Content-Length", "3000000")], b"x" * 3_000_000),
    ],
)
def test_an_answer_that_is_there_goes_as_a_whole(parts: Any, headers: Any, content: bytes) -> None:
    given = Parts(parts)
    exchange = bridged(app_of(given, headers, "201 Created"))
    assert (exchange.status, exchange.headers, exchange.content) == (201, headers, content)
    assert exchange.opened is None
    assert given.is_closed


def test_an_answer_in_parts_is_read_through_a_pipe() -> None:
    given = Parts([b"", b"first", b"", b"x" * 300_000, b"last"])
    exchange = bridged(app_of(given), beside=read_parts)
    assert exchange.content == b"first" + b"x" * 300_000 + b"last"
    assert given.is_closed
    assert exchange.opened is not None
    assert not Path(exchange.opened).exists(), "both ends are closed"


def test_parts_are_made_no_faster_than_they_are_taken() -> None:
    given = Parts(b"x" * 10_000 for _ in range(1000))
    seen = []

    def slowly(exchange: Exchange) -> None:
        def look(file: io.FileIO) -> None:
            file.read(10)
            clock.sleep(0.3)
            seen.append(given.taken)

        read_parts(exchange, look)

    exchange = bridged(app_of(given), beside=slowly)
    assert seen[0] < 20, "a pipe of 64 KB and one part"
    assert len(exchange.content) == 10_000 * 1000 - 10


def test_a_client_that_goes_away_ends_the_answer() -> None:
    given = Parts(b"x" * 10_000 for _ in range(10**9))

    def leave(exchange: Exchange) -> None:
        while exchange.opened is None:
            clock.sleep(0.001)
        with io.FileIO(exchange.opened) as file:
            file.read(100_000)

    bridged(app_of(given), beside=leave)
    assert given.is_closed
    assert given.taken < 100


def test_a_client_that_goes_away_while_there_is_nothing_to_say_is_noticed_with_the_next_word() -> None:
    has_left = threading.Event()

    def words() -> Iterator[bytes]:
        yield b": open"
        while True:
            has_left.wait(5)
            yield b": nothing new"

    def stay_connected(exchange: Exchange) -> None:
        while exchange.opened is None:
            clock.sleep(0.001)
        with io.FileIO(exchange.opened) as file:
            assert file.read(6) == b": open"
            exchange.leave()
            clock.sleep(0.05)
            has_left.set()
            file.readall()

    given = Parts(words())
    bridged(app_of(given), beside=stay_connected)
    assert given.is_closed
    assert given.taken <= 2


@pytest.mark.parametrize("opens", [False, True])
def test_who_takes_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, opens: bool) -> None:
    for name in ("OPEN_SECONDS", "STALLED_SECONDS", "LOOK_SECONDS"):
        monkeypatch.setattr(piped_answer, name, 0.05)
    given = Parts(b"x" * 10_000 for _ in range(10**9))
    is_over = threading.Event()

    def stall(exchange: Exchange) -> None:
        while exchange.opened is None:
            clock.sleep(0.001)
        if opens:
            with io.FileIO(exchange.opened) as file:
                file.read(1)
                is_over.wait(5)

    def application(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return given

    given.on_close = is_over.set
    bridged(application, beside=stall)
    assert given.is_closed
    assert given.taken < 20


def test_an_error_leaves_nothing_open() -> None:
    def bad(environ: Any, start_response: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bridged(bad)

    def breaks() -> Iterator[bytes]:
        yield b"first"
        raise ZeroDivisionError

    given = Parts(breaks())
    seen: list[bytes] = []
    with pytest.raises(ZeroDivisionError):
        bridged(app_of(given), beside=lambda exchange: seen.append(read_parts(exchange)))
    assert given.is_closed


def test_an_application_may_start_its_answer_with_the_first_part_and_may_have_nothing_to_close() -> None:
    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("500 Oops", [])
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    def late(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        yield b"ok"

    for each in (application, late):
        assert bridged(each).content == b"ok"
