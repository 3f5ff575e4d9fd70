"""flask-smorest as this API uses it: strict JSON in, one error shape out, versions as entity tags.

A versioned resource carries `ETag: "<version>"`, its stream's version. flask-smorest documents the headers and answers
428; which version a change was meant for is read here, and whether it is still that one is decided under the log's
lock, where it cannot change any more.
"""

from __future__ import annotations

import re
from typing import Any

import marshmallow as ma
import msgspec
from flask import request
from flask_smorest import Api, Blueprint
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from iafa_api.domain.tracked_event import BODY_MAX_BYTES
from iafa_api.errors import Malformed, StaleVersion, TooLarge, VersionRequired

_TAG = re.compile(r"(\d{1,18})(?:[-;:](?:gzip|br|zstd|deflate))?")  # proxies that compress mark the tag so


class StrictSchema(ma.Schema):
    """A JSON object with these fields and no others. Read-only fields may be sent and are not looked at."""

    class Meta:
        unknown = ma.RAISE

    @ma.pre_load
    def drop_read_only(self, data: Any, **_: Any) -> Any:
        """What GET gave can be sent back as it is."""
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if name not in self.dump_fields or name in self.load_fields}


class StrictParser(FlaskParser):
    """Reads bodies as JSON in the sense of RFC 8259: no NaN, no lone surrogates, and only where it says JSON."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": None}  # noqa: RUF012  (as it is there)

    def load_json(self, req: Any, schema: ma.Schema) -> Any:
        """The body's value; `missing` where there is none."""
        body = read_body(BODY_MAX_BYTES)
        if not body:
            return ma.missing
        if not req.is_json:
            raise UnsupportedMediaType("Send JSON, with the header Content-Type: application/json.")
        return read_json(body)


class StrictBlueprint(Blueprint):
    """A blueprint with the strict parser, and with versions as entity tags where `etag` decorates a view."""

    ARGUMENTS_PARSER = StrictParser()
    METHODS_NEEDING_CHECK_ETAG = ["PUT", "PATCH"]  # noqa: RUF012  (as flask-smorest has it); DELETE honours it only

    @staticmethod
    def _generate_etag(etag_data: Any, extra_data: Any = None) -> str:
        """The version in place of flask-smorest's hash, so that a client can build the tag."""
        return str(etag_data["version"] if isinstance(etag_data, dict) else etag_data)

    def require_version(self, version: int) -> int | None:
        """What `match_version` says; VersionRequired where there is no If-Match."""
        self.check_etag(version)
        if not request.if_match:
            raise VersionRequired("Say which version you change, with the header If-Match.")
        return match_version(version)

    def check_etag(self, etag_data: Any, etag_schema: Any = None) -> None:
        """Tell flask-smorest that the tag was looked at; `match_version` does the looking."""
        from flask_smorest.etag import _get_etag_ctx  # its own mark, which it warns about where it is missing

        _get_etag_ctx()["etag_checked"] = True


def match_version(version: int) -> int | None:
    """`version` where If-Match names it, strongly or weakly; None where there is no If-Match, or any will do (`*`)."""
    tags = request.if_match
    if not tags or tags.star_tag:
        return None
    named = {found[1] for tag in tags.as_set(include_weak=True) if (found := _TAG.fullmatch(tag or ""))}
    if str(version) not in named:
        raise StaleVersion(f"This is at version {version} now: read it again.")
    return version


def read_body(limit: int) -> bytes:
    """The body; TooLarge past `limit` bytes. A body without Content-Length is not cut in silence, either."""
    if request.content_length is not None:
        return request.get_data(cache=False)  # werkzeug has compared the header with the limit
    stream = request.environ["wsgi.input"] if request.environ.get("wsgi.input_terminated") else request.stream
    parts: list[bytes] = []
    size = 0
    while size <= limit and (part := stream.read(limit + 1 - size)):
        parts.append(part)
        size += len(part)
    if size > limit:
        raise TooLarge(f"A request may carry at most {limit} bytes.")
    return b"".join(parts)


def read_json(body: bytes) -> Any:
    """The value of a JSON text, or Malformed with the place where it stops being one."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"The body is not valid JSON: {error}.") from None


class StrictApi(Api):
    """Errors of every kind in the one shape `{code, status, message, errors?}`."""

    def handle_http_exception(self, error: HTTPException) -> tuple[dict[str, Any], int, dict[str, str]]:
        """An error of the framework's in our shape."""
        payload, code, headers = super().handle_http_exception(error)
        said = "The request is not valid; see errors." if "errors" in payload else error.description or error.name
        payload.setdefault("message", said)
        return payload, code, {**dict(error.get_headers()[1:]), **(headers or {})}
