"""Who is asking, in which request: tokens, roles, and the cause that a change is laid to."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, cast

import structlog
from flask import Flask, Response, current_app, g, request
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token, get_jwt, verify_jwt_in_request

from iafa_api import clock
from iafa_api.domain.account import User, require_role
from iafa_api.domain.project import ApiKey
from iafa_api.errors import NotAllowed, NotOwned, Unavailable
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.events import Actor, Cause
from iafa_api.rest.buckets import Buckets
from iafa_api.rest.errors import answer, error_response
from iafa_api.rest.session_cookies import configure_cookies
from iafa_api.services import Services
from iafa_api.settings import Settings

REQUEST_ID = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}")
SESSION_CLAIM = "sid"
NO_TOKEN = "Sign in: this needs an access token (Authorization: Bearer …)."  # noqa: S105 - what is said without one
NO_CSRF = "A request that is signed in by cookies needs the value of csrf_access_token in the X-CSRF-TOKEN header."
PROBES_PER_MINUTE = 10  # of one user, noted in the access log: with more, somebody with an id could fill the disk
PATH_SHOWN = 200  # characters of it in the access log: the rest is the asker's to choose
log = structlog.get_logger("iafa.rest")
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Caller:
    """The signed-in user, and the metadata at the moment the request came."""

    user: User
    session_id: str
    catalog: Catalog

    @property
    def organization_id(self) -> str:
        return self.user.organization_id


def services() -> Services:
    """The rooms that this application was made with."""
    return cast(Services, current_app.extensions["iafa"])


def signed_in(least: str = "viewer") -> Callable[[View], View]:
    """Let only users through who may do at least this; the view finds them with `caller()`."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            require_signed_in(least)
            return current_app.ensure_sync(view)(*args, **kwargs)

        described = cast(Any, wrapper)
        described._apidoc = deepcopy(getattr(wrapper, "_apidoc", {}))
        described._apidoc.setdefault("manual_doc", {})["security"] = [{"bearer": []}]
        return cast(View, wrapper)

    return decorate


def require_signed_in(least: str = "viewer") -> None:
    """Refuse a request without a good access token, or of a user who may not do this."""
    verify_jwt_in_request()
    try:
        require_role(caller().user.role, least)
    except NotAllowed:
        note_access("access_refused", f"{request.method} {request.path} needs the role {least}")
        raise


def caller() -> Caller:
    """Who was let through by `signed_in`."""
    if "caller" not in g:
        claims = get_jwt()
        catalog = Catalog(services().store.current())
        user = catalog.get_user(claims["sub"])
        g.caller = Caller(user, claims[SESSION_CLAIM], catalog)
    return cast(Caller, g.caller)


def newest_catalog() -> Catalog:
    """The metadata as it is now, after what this request has changed."""
    return Catalog(services().store.current())


def cause(actor_id: str | None = None) -> Cause:
    """What a change in this request is laid to. `actor_id` names the user where no token does yet (sign-in)."""
    if actor_id is None and "caller" in g:
        actor_id = g.caller.user.id
    return Cause(Actor("user", actor_id, _audit_ip_hash()), g.request_id, g.get("attempt"))


def note_key_use(key: ApiKey) -> None:
    """Record that this request's key is in use, now and then."""
    g.key = key
    if services().projects.is_use_news(key):
        record_key_use(services(), key, ip=client_ip(), request_id=g.request_id)


def record_key_use(rooms: Services, key: ApiKey, *, ip: str, request_id: str) -> None:
    """Record that a key is in use; what it was used for is done, whether this can be written or not."""
    cause = Cause(Actor("api_key", key.id, rooms.vault.hash_audit_ip(ip)), request_id)
    with contextlib.suppress(Unavailable):
        rooms.projects.record_key_use(cause, key.id)


def note_access(kind: str, detail: str, *, organization_id: str | None = None, actor_id: str | None = None) -> None:
    """Record a try or a look in the access log, of the signed-in user where nobody else is named."""
    user = g.caller.user if "caller" in g else None
    services().access_log.record(
        kind,
        organization_id=organization_id or (user.organization_id if user else None),
        actor_id=actor_id or (user.id if user else None),
        ip_hash=_audit_ip_hash(),
        request_id=g.request_id,
        detail=detail,
    )


def client_ip() -> str:
    """The address the request came from, through as many proxies as the settings trust."""
    return request.remote_addr or "unknown"


def issue_tokens(user_id: str, session_id: str, refresh_id: str) -> dict[str, Any]:
    """The pair of tokens of a session, as the API answers them."""
    claims = {SESSION_CLAIM: session_id}
    refresh_claims = {**claims, "rid": refresh_id}
    lifetime: timedelta = current_app.config["JWT_ACCESS_TOKEN_EXPIRES"]
    return {
        "access_token": create_access_token(user_id, additional_claims=claims),
        "refresh_token": create_refresh_token(user_id, additional_claims=refresh_claims),
        "token_type": "Bearer",
        "expires_in": int(lifetime.total_seconds()),
    }


def refresh_expiry() -> str:
    """When a refresh token that is made now ends."""
    lifetime: timedelta = current_app.config["JWT_REFRESH_TOKEN_EXPIRES"]
    return clock.format_time(clock.now_us() + int(lifetime.total_seconds()) * clock.MICROSECONDS)


def register_callers(app: Flask, settings: Settings, secret_key: str) -> None:
    """Give every request its id, and teach the token library our sessions and our error shape."""
    app.config.update(
        JWT_SECRET_KEY=secret_key,
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(hours=settings.jwt_expiration_hours),
        JWT_REFRESH_TOKEN_EXPIRES=timedelta(days=settings.refresh_expiration_days),
    )
    app.before_request(_take_request_id)
    app.after_request(_return_request_id)
    app.register_error_handler(NotOwned, _answer_not_owned)
    configure_cookies(app, settings)
    jwt = JWTManager(app)
    jwt.token_in_blocklist_loader(_is_over)
    jwt.unauthorized_loader(lambda reason: _refuse(NO_CSRF if "CSRF" in reason else NO_TOKEN))
    jwt.invalid_token_loader(lambda reason: _refuse("The token is not valid; sign in again."))
    jwt.expired_token_loader(lambda header, claims: _refuse("The token has expired; refresh it or sign in again."))
    jwt.revoked_token_loader(lambda header, claims: _refuse("The session is over; sign in again."))


def _is_over(header: dict[str, Any], claims: dict[str, Any]) -> bool:
    return newest_catalog().is_session_over(str(claims.get(SESSION_CLAIM)), claims["sub"])


def _answer_not_owned(error: NotOwned) -> Response:
    """What is another organisation's is not there for this one: the same 404, and a note, once a minute for a path."""
    asker: User | ApiKey | None = g.caller.user if "caller" in g else g.get("key")
    if asker is not None and _is_probe_news(asker.id):
        detail = f"{request.method} {request.path[:PATH_SHOWN]} is of another organization"
        try:
            note_access("access_refused", detail, organization_id=asker.organization_id, actor_id=asker.id)
        except OSError as refused:  # another answer than 404 would tell the asker what is there
            log.error("disk", detail=str(refused), request_id=g.request_id)
    return answer(error)


def _is_probe_news(asker_id: str) -> bool:
    buckets: Buckets = current_app.extensions["iafa_buckets"]
    # two from a bucket of one: after the first it takes a minute to be above zero again
    is_new_path = not buckets.take(f"probe:{asker_id}:{request.method} {request.path}", 2, per_minute=1)
    return is_new_path and not buckets.take(f"probe:{asker_id}", 1, per_minute=PROBES_PER_MINUTE)


def _refuse(message: str) -> Response:
    response = error_response(401, message)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def request_id_of(given: str) -> str:
    """The id that a request brings, or a new one where it is none."""
    return given if REQUEST_ID.fullmatch(given) else clock.new_id()


def _take_request_id() -> None:
    g.request_id = request_id_of(request.headers.get("X-Request-ID", ""))


def _return_request_id(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id", "")
    return response


def _audit_ip_hash() -> str:
    return services().vault.hash_audit_ip(client_ip())
