"""From errors to answers: one table, error type to status, and one shape for all of them.

`{"code": 422, "status": "Unprocessable Entity", "message": "…", "errors": {"json": {…}}}`. What nobody foresaw is a 500
that says no more than its request id; the trace goes to the log.
"""

from __future__ import annotations

import errno
import http
import math
from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from iafa_api import errors

STATUS: dict[type[errors.IafaError], int] = {
    errors.Malformed: 400,
    errors.NotAuthenticated: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.NotOwned: 404,
    errors.SenderTooSlow: 408,
    errors.Conflict: 409,
    errors.StaleVersion: 412,
    errors.TooLarge: 413,
    errors.InvalidInput: 422,
    errors.VersionRequired: 428,
    errors.TooManyRequests: 429,
    errors.BrokenData: 500,
    errors.Unavailable: 503,
    errors.QueryTimeout: 503,
}
DISK_REFUSES = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
log = structlog.get_logger("iafa.rest")


def error_response(status: int, message: str, details: dict[str, Any] | None = None) -> Response:
    """An error as JSON."""
    body: dict[str, Any] = {"code": status, "status": http.HTTPStatus(status).phrase, "message": message}
    if details:
        body["errors"] = details
    response = jsonify(body)
    response.status_code = status
    return response


def answer(error: errors.IafaError) -> Response:
    """One of our own errors as the answer that the table gives it."""
    status = STATUS.get(type(error), 500)
    if status == 500:
        log.error("broken data", detail=error.message, request_id=g.get("request_id"))
        return error_response(500, "The stored data contradicts itself; the operator finds more in the log.")
    details = None
    if error.errors:
        details = {"query" if request.method in ("GET", "HEAD") else "json": error.errors}
    response = error_response(status, error.message, details)
    if isinstance(error, errors.TryLater):
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_seconds)))
    if isinstance(error, errors.NotAuthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def register_error_handlers(app: Flask) -> None:
    """Answer our own errors, and whatever is left, in the one shape (flask-smorest does so for the framework's)."""
    app.register_error_handler(errors.IafaError, answer)
    app.register_error_handler(Exception, _answer_unforeseen)


def _answer_unforeseen(error: Exception) -> Response | HTTPException:
    if isinstance(error, HTTPException):  # flask-smorest's own handler has answered those it knows
        return error
    if isinstance(error, OSError) and error.errno in DISK_REFUSES:
        log.error("disk", detail=str(error), request_id=g.get("request_id"))
        return answer(errors.Unavailable("The disk does not take it now.", retry_after_seconds=30))
    log.error("unforeseen", exc_info=error, request_id=g.get("request_id"), path=request.path)
    return error_response(500, f"Something went wrong here. Its mark in the log is {g.get('request_id')}.")
