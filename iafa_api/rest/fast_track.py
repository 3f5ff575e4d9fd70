"""The way past Flask for /track and /track/batch: what needs none of it, most requests by far, is answered here.

Promises: an answer from here has the status, headers and bytes that Flask's view would give (a test sends both the
same); what is not plain goes to Flask untouched; what the door refuses goes there with the refusal, which the view
raises: every error is worded in one place, and nothing is read, charged or stored twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from iafa_api.domain.tracked_event import BODY_MAX_BYTES
from iafa_api.errors import Malformed
from iafa_api.ingest.body import Form
from iafa_api.rest.caller import request_id_of
from iafa_api.rest.event_door import Arrival, EventDoor
from iafa_api.rest.fixed_headers import EXPOSED_HEADERS, HARDENING_HEADERS
from iafa_api.rest.metrics import count_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORMS: dict[str, Form] = {"/api/v1/track": "single", "/api/v1/track/batch": "batch"}
REFUSAL = "iafa.refusal"  # in the environ, where no client can put it: the Arrival and the exception
KEY_IN_ADDRESS = re.compile(r"api_key=(\w+)", re.ASCII)  # an address that has more in it is Flask's to take apart
LENGTH = re.compile(r"\d{1,9}", re.ASCII)
FIXED_HEADERS = [
    ("Content-Type", "application/json"),
    ("Access-Control-Expose-Headers", ", ".join(EXPOSED_HEADERS)),
    *HARDENING_HEADERS.items(),
]


class FastTrack:
    """A WSGI application in front of another. A proxy's headers must have been applied before it."""

    def __init__(self, inner: WSGIApplication, door: EventDoor) -> None:
        self._inner = inner
        self._door = door

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        arrival = _plan_arrival(environ)
        if arrival is None:
            return self._inner(environ, start_response)
        try:
            answer = self._door.take(arrival, lambda: _read_body(environ))
        except Exception as refusal:  # noqa: BLE001 - the view raises it, also where it is a bug
            environ[REFUSAL] = (arrival, refusal)
            return self._inner(environ, start_response)
        start_response(
            "200 OK",
            [
                *FIXED_HEADERS,
                ("Content-Length", str(len(answer))),
                *_origin_headers(arrival.origin),
                ("X-Request-ID", arrival.request_id),
                *arrival.limit_headers,
            ],
        )
        count_request("tracking", "POST", 200, 0.0)
        return [answer]


def _origin_headers(origin: str | None) -> list[tuple[str, str]]:
    """Which pages may read the answer: any; which may send events, the door has decided."""
    if not origin:
        return [("Access-Control-Allow-Origin", "*")]
    return [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]


def _plan_arrival(environ: WSGIEnvironment) -> Arrival | None:
    """What the door needs to know; None where anything about the request is not plain."""
    form = FORMS.get(environ["PATH_INFO"])
    if (
        form is None
        or environ["REQUEST_METHOD"] != "POST"
        or "HTTP_CONTENT_ENCODING" in environ
        or "HTTP_TRANSFER_ENCODING" in environ
        or not LENGTH.fullmatch(environ.get("CONTENT_LENGTH", ""))
        or int(environ["CONTENT_LENGTH"]) > BODY_MAX_BYTES
    ):
        return None
    key = environ.get("HTTP_X_API_KEY")
    if not key:
        found = KEY_IN_ADDRESS.fullmatch(environ.get("QUERY_STRING", ""))
        if found is None:
            return None
        key = found[1]
    return Arrival(
        form=form,
        key=key,
        origin=environ.get("HTTP_ORIGIN"),
        ip=environ.get("REMOTE_ADDR") or "unknown",
        user_agent=environ.get("HTTP_USER_AGENT"),
        request_id=request_id_of(environ.get("HTTP_X_REQUEST_ID", "")),
    )


def _read_body(environ: WSGIEnvironment) -> bytes:
    length = int(environ["CONTENT_LENGTH"])
    try:
        body: bytes = environ["wsgi.input"].read(length)
    except (OSError, ValueError):  # however the server says that the sender is gone
        body = b""
    if len(body) != length:
        raise Malformed("The body ends before its Content-Length.")
    return body
