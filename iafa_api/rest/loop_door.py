"""The RSGI application: tracked events are answered in the server's event loop, all else by Flask in threads.

Promises: an answer from here has the status, headers and bytes that Flask's view would give (a test sends both the
same); what is not plain goes to Flask; what the door refuses goes there with the refusal, which Flask says: every error
is worded in one place, and nothing is read, charged or stored twice. The loop waits for nothing: bodies come in it,
small ones are checked in it, and what may take long or touch the disk is done by threads.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from werkzeug.middleware.proxy_fix import ProxyFix

from iafa_api.domain.tracked_event import BODY_MAX_BYTES
from iafa_api.ingest.body import Form
from iafa_api.ingest.loop_appends import LoopAppends, Outcome
from iafa_api.ingest.pipeline import Accepted
from iafa_api.rest.caller import request_id_of
from iafa_api.rest.content_encoding import IDENTITY, inflate
from iafa_api.rest.event_door import Arrival, EventDoor, KnownKey, Visit, answer
from iafa_api.rest.fixed_headers import EXPOSED_HEADERS, HARDENING_HEADERS
from iafa_api.rest.loop_threads import LoopThreads
from iafa_api.rest.metrics import count_request
from iafa_api.rest.proxy_places import ProxyPlaces
from iafa_api.rest.refusals import REFUSAL
from iafa_api.rest.request_bodies import SMALL_BYTES, RequestBodies
from iafa_api.rest.rsgi import HttpProtocol, Scope
from iafa_api.rest.wsgi_bridge import WsgiBridge, client_address
from iafa_api.services import Services

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

FORMS: dict[str, Form] = {"/api/v1/track": "single", "/api/v1/track/batch": "batch"}
KEY_IN_ADDRESS = re.compile(r"api_key=(\w+)", re.ASCII)  # an address that has more in it is Flask's to take apart
LENGTH = re.compile(r"\d{1,9}", re.ASCII)
DOOR_THREADS = 2  # of its own, so that questions, which may take long, never make events wait
FIXED_HEADERS = [
    ("Content-Type", "application/json"),
    ("Access-Control-Expose-Headers", ", ".join(EXPOSED_HEADERS)),
    *HARDENING_HEADERS.items(),
]


class LoopDoor:
    """For one event loop in one process, which `__rsgi_init__` names. `application` is Flask's, behind its ProxyFix."""

    def __init__(
        self,
        application: WSGIApplication,
        services: Services,
        door: EventDoor,
        *,
        trusted_proxies: int,
        places: ProxyPlaces | None = None,
    ) -> None:
        self._application = application
        self._services = services
        self._door = door
        self._places = places
        self._proxies = ProxyFix(lambda environ, start: (), x_for=trusted_proxies) if trusted_proxies else None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._bodies = RequestBodies(loop)
        self._appends = LoopAppends(self._services.buffer, loop, self._charge)
        self._bridge = WsgiBridge(self._application, loop)
        self._threads = LoopThreads(DOOR_THREADS, loop, "event-door")

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Once every request is answered."""
        self._bridge.close()
        self._threads.close()
        self._appends.close()
        self._services.close()

    async def __rsgi__(self, scope: Scope, protocol: HttpProtocol) -> None:
        planned = self._plan(scope) if scope.method == "POST" else None
        if planned is None:
            await self._pass_on(scope, protocol)
            return
        arrival, length, encoding = planned
        try:
            told = await self._take(arrival, length, encoding, protocol)
        except Exception as refusal:  # noqa: BLE001 - Flask raises it, also where it is a bug
            await self._bridge.answer(scope, protocol, b"", **{REFUSAL: (arrival, refusal)})
            return
        protocol.response_bytes(
            200,
            [
                *FIXED_HEADERS,
                ("Content-Length", str(len(told))),
                *_origin_headers(arrival.origin),
                ("X-Request-ID", arrival.request_id),
                *arrival.limit_headers,
            ],
            told,
        )
        count_request("tracking", "POST", 200, 0.0)

    async def _take(self, arrival: Arrival, length: int, encoding: str, protocol: HttpProtocol) -> bytes:
        """The steps of `EventDoor.take`, each where it keeps nobody waiting."""
        door = self._door
        if door.knows(arrival.key):
            known = door.admit(arrival)
        else:
            known = await self._threads.run(lambda: door.admit(arrival))
        try:
            body = await self._bodies.read(protocol, length)
            if length <= SMALL_BYTES and encoding == IDENTITY:
                accepted = door.check(known, arrival, body)
            else:
                accepted = await self._check_in_thread(known, arrival, body, encoding)
            self._bodies.hold(len(accepted.body))
        except BaseException:
            door.charge(Visit(known, arrival, None))
            raise
        visit = Visit(known, arrival, accepted)
        if accepted.header is None:
            door.charge(visit)
        else:
            try:
                await self._appends.append(accepted.header, accepted.body, visit)
            finally:
                self._bodies.let_go(accepted.body)
        if door.is_use_news(known):
            await self._threads.run(lambda: door.record_use(known, arrival))
        return answer(arrival.form, accepted)

    async def _check_in_thread(self, known: KnownKey, arrival: Arrival, body: bytes, encoding: str) -> Accepted:
        try:
            return await self._threads.run(lambda: self._door.check(known, arrival, inflate(body, encoding)))
        finally:
            self._bodies.let_go(body)

    def _charge(self, decided: Sequence[tuple[Visit, Outcome]]) -> None:
        """Charge for a group: here and not in the loop, where a system call lets another thread go first."""
        self._door.charge(*[visit if outcome is None else visit._replace(accepted=None) for visit, outcome in decided])

    async def _pass_on(self, scope: Scope, protocol: HttpProtocol) -> None:
        """Read the body and have Flask answer."""
        try:
            body = await self._bodies.read(protocol, _declared_length(scope))
        except Exception as refusal:  # noqa: BLE001 - as above
            await self._bridge.answer(scope, protocol, b"", **{REFUSAL: (None, refusal)})
            return
        try:
            await self._bridge.answer(scope, protocol, body)
        finally:
            self._bodies.let_go(body)

    def _plan(self, scope: Scope) -> tuple[Arrival, int, str] | None:
        """What the door needs to know, and the body's length and encoding; None where anything is not plain."""
        form = FORMS.get(scope.path)
        if form is None:
            return None
        fields = scope.headers
        items = fields.items()
        headers = dict(items)
        length = headers.get("content-length", "")
        if (
            not len(fields) == len(items) == len(headers)  # a name that is there twice, or whose value is no text
            or "transfer-encoding" in headers
            or not LENGTH.fullmatch(length)
            or int(length) > BODY_MAX_BYTES
        ):
            return None
        key = headers.get("x-api-key")
        if not key:
            found = KEY_IN_ADDRESS.fullmatch(scope.query_string)
            if found is None:
                return None
            key = found[1]
        ip = client_address(scope)
        if self._proxies is not None:
            environ = {"REMOTE_ADDR": ip, "HTTP_X_FORWARDED_FOR": headers.get("x-forwarded-for", "")}
            self._proxies(environ, _no_response)
            ip = environ["REMOTE_ADDR"]
        arrival = Arrival(
            form=form,
            key=key,
            origin=headers.get("origin"),
            ip=ip or "unknown",
            user_agent=headers.get("user-agent"),
            request_id=request_id_of(headers.get("x-request-id", "")),
            place=None if self._places is None else self._places.read(headers.get),
        )
        return arrival, int(length), headers.get("content-encoding", IDENTITY)


def _no_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
    """What a WSGI application starts its answer with, where none is asked for."""


def _declared_length(scope: Scope) -> int | None:
    """The length of the body; None where it is not said."""
    headers = scope.headers
    length = headers.get("content-length")
    if length is not None:
        return int(length)  # the server lets nothing through that is not a number
    return None if headers.get("transfer-encoding") or scope.http_version == "2" else 0


def _origin_headers(origin: str | None) -> list[tuple[str, str]]:
    """Which pages may read the answer: any; which may send events, the door has decided."""
    if not origin:
        return [("Access-Control-Allow-Origin", "*")]
    return [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
