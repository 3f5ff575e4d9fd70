"""/auth: register, sign in and out, refresh, and one's own account."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import current_app
from flask.views import MethodView
from flask_jwt_extended import decode_token, get_jwt_request_location, verify_jwt_in_request
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError

from iafa_api import clock
from iafa_api.domain import account
from iafa_api.domain.account import normalize_email
from iafa_api.domain.names import require_name
from iafa_api.errors import InvalidInput, NotAuthenticated, TooManyRequests
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.buckets import Buckets
from iafa_api.rest.caller import (
    SESSION_CLAIM,
    caller,
    cause,
    client_ip,
    issue_tokens,
    newest_catalog,
    note_access,
    refresh_expiry,
    services,
    signed_in,
)
from iafa_api.rest.session_cookies import clear_cookies, move_to_cookies

blueprint = StrictBlueprint("auth", __name__, url_prefix="/auth", description="Accounts and tokens")

PASSWORD = {"minLength": account.PASSWORD_MIN, "maxLength": account.PASSWORD_MAX}
TOKEN_MAX = 200  # an invitation's token has 80 characters
Name = ma.fields.String(required=True, validate=ma.validate.Length(1, account.NAME_MAX))


class CookiesSchema(StrictSchema):
    cookies = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Keep the tokens in HttpOnly cookies, and out of the answer: for the dashboard."},
    )


class RegisterSchema(StrictSchema):
    email = ma.fields.String(required=True, metadata={"format": "email"})
    password = ma.fields.String(required=True, load_only=True, metadata=PASSWORD)
    full_name = Name
    organization_name = ma.fields.String(allow_none=True, validate=ma.validate.Length(1, account.NAME_MAX))
    invitation = ma.fields.String(
        allow_none=True,
        load_only=True,
        validate=ma.validate.Length(1, TOKEN_MAX),
        metadata={"description": "The token of an invitation: joins the organisation that has invited this address."},
    )


class LoginSchema(StrictSchema):
    email = ma.fields.String(required=True)
    password = ma.fields.String(required=True, load_only=True)


class RefreshSchema(StrictSchema):
    refresh_token = ma.fields.String(metadata={"description": "Or as the bearer token."})


class ProfileSchema(StrictSchema):
    full_name = Name


class PasswordSchema(StrictSchema):
    current_password = ma.fields.String(required=True, load_only=True)
    new_password = ma.fields.String(required=True, load_only=True, metadata=PASSWORD)


class ErasureSchema(StrictSchema):
    password = ma.fields.String(required=True, load_only=True)
    delete_organization = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Needed of the only member: the organisation and its projects go with them."},
    )


class UserSchema(StrictSchema):
    id = ma.fields.String()
    email = ma.fields.String(allow_none=True)
    full_name = ma.fields.String(allow_none=True)
    organization_id = ma.fields.String()
    organization_name = ma.fields.String()
    role = ma.fields.String(validate=ma.validate.OneOf(account.ROLES))
    is_active = ma.fields.Boolean()
    created_at = ma.fields.String()
    updated_at = ma.fields.String()


class TokensSchema(StrictSchema):
    user = ma.fields.Nested(UserSchema)
    access_token = ma.fields.String()
    refresh_token = ma.fields.String()
    token_type = ma.fields.String()
    expires_in = ma.fields.Integer(metadata={"description": "Seconds that the access token is good for."})


@blueprint.route("/register", methods=["POST"])
@blueprint.arguments(RegisterSchema)
@blueprint.arguments(CookiesSchema, location="query")
@blueprint.response(201, TokensSchema)
@blueprint.alt_response(403, description="Registration is by invitation, or the invitation is not good")
@blueprint.alt_response(409, description="The address has an account already")
def register(body: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
    """Make an account, and an organisation that it owns; or, with an invitation, join the one that has invited."""
    _throttle("register", client_ip())
    if body.get("invitation"):
        return _sign_in(_join(body), in_cookies=query["cookies"])
    user_id = clock.new_id()
    services().accounts.register(
        cause(user_id),
        user_id=user_id,
        email=body["email"],
        password=body["password"],
        full_name=require_name(body["full_name"], "full_name"),
        organization_name=body.get("organization_name"),
    )
    return _sign_in(user_id, in_cookies=query["cookies"])


@blueprint.route("/login", methods=["POST"])
@blueprint.arguments(LoginSchema)
@blueprint.arguments(CookiesSchema, location="query")
@blueprint.response(200, TokensSchema)
@blueprint.alt_response(401, description="Address or password is not right")
@blueprint.alt_response(429, description="Too many tries")
def login(body: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
    """Sign in."""
    _throttle("login-ip", client_ip())
    _throttle("login-email", normalize_email(body["email"]))
    try:
        user_id = services().accounts.authenticate(email=body["email"], password=body["password"])
    except NotAuthenticated:
        _note_failed_sign_in(body["email"])
        raise
    return _sign_in(user_id, in_cookies=query["cookies"])


@blueprint.route("/refresh", methods=["POST"])
@blueprint.arguments(RefreshSchema, required=False)
@blueprint.arguments(CookiesSchema, location="query")
@blueprint.response(200, TokensSchema)
@blueprint.alt_response(401, description="The refresh token is spent, expired or not one")
def refresh(body: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
    """Spend a refresh token on a new pair. A second use of it revokes the session."""
    in_cookies = query["cookies"]
    if "refresh_token" in body:
        try:
            claims = decode_token(body["refresh_token"])
        except (PyJWTError, JWTExtendedException):
            raise NotAuthenticated("The refresh token is not valid; sign in again.") from None
        if claims.get("type") != "refresh":
            raise NotAuthenticated("This is not a refresh token.")
    else:
        _, claims = verify_jwt_in_request(refresh=True)  # type: ignore[misc]  # None only where the token is optional
        # What came in a cookie goes into one: no script is to see it.
        in_cookies = in_cookies or get_jwt_request_location() == "cookies"
    session_id, user_id = claims[SESSION_CLAIM], claims["sub"]
    refresh_id = services().accounts.refresh_session(
        cause(user_id), session_id, claims["rid"], expires_at=refresh_expiry()
    )
    return _answer(user_id, session_id, refresh_id, in_cookies=in_cookies)


@blueprint.route("/logout", methods=["POST"])
@signed_in()
@blueprint.response(204)
def logout() -> None:
    """End the session: its access and refresh tokens are worthless at once, for every worker."""
    services().accounts.end_session(cause(), caller().session_id)
    clear_cookies()


@blueprint.route("/me")
class Me(MethodView):
    """One's own account."""

    @signed_in()
    @blueprint.response(200, UserSchema)
    def get(self) -> dict[str, Any]:
        """Who is signed in."""
        return _user(caller().user.id)

    @signed_in()
    @blueprint.arguments(ProfileSchema)
    @blueprint.response(200, UserSchema)
    def patch(self, body: dict[str, Any]) -> dict[str, Any]:
        """Change the name."""
        services().accounts.change_profile(
            cause(), caller().user.id, full_name=require_name(body["full_name"], "full_name")
        )
        return _user(caller().user.id)

    @signed_in()
    @blueprint.arguments(ErasureSchema)
    @blueprint.response(204)
    @blueprint.alt_response(403, description="The password is not right")
    @blueprint.alt_response(409, description="The last owner stays")
    def delete(self, body: dict[str, Any]) -> None:
        """Erase one's account: address and name become unreadable for ever, also in the history."""
        _throttle("password", caller().user.id)
        services().accounts.require_password_of(caller().user.id, body["password"])
        services().members.erase_oneself(cause(), caller().user.id, delete_organization=body["delete_organization"])


@blueprint.route("/password", methods=["POST"])
@signed_in()
@blueprint.arguments(PasswordSchema)
@blueprint.response(204)
def change_password(body: dict[str, Any]) -> None:
    """Change the password; all other sessions end."""
    _throttle("password", caller().user.id)
    services().accounts.change_password(
        cause(), caller().user.id, caller().session_id, current=body["current_password"], new=body["new_password"]
    )


def _join(body: dict[str, Any]) -> str:
    token = body["invitation"]
    if body.get("organization_name"):
        message = "Must be left out with an invitation: the organisation is there."
        raise InvalidInput("The registration cannot be used.", errors={"organization_name": [message]})
    user_id = services().invitations.find(token)
    services().invitations.accept(
        cause(user_id),
        token,
        email=body["email"],
        password=body["password"],
        full_name=require_name(body["full_name"], "full_name"),
    )
    return user_id


def _sign_in(user_id: str, *, in_cookies: bool) -> dict[str, Any]:
    session_id, refresh_id = services().accounts.start_session(cause(user_id), user_id, expires_at=refresh_expiry())
    return _answer(user_id, session_id, refresh_id, in_cookies=in_cookies)


def _answer(user_id: str, session_id: str, refresh_id: str, *, in_cookies: bool) -> dict[str, Any]:
    tokens = {"user": _user(user_id), **issue_tokens(user_id, session_id, refresh_id)}
    return move_to_cookies(tokens) if in_cookies else tokens


def _user(user_id: str) -> dict[str, Any]:
    catalog = newest_catalog()
    user = catalog.get_user(user_id)
    personal = catalog.get_personal_fields(services().vault, user_id)
    return {
        "id": user.id,
        "email": personal.email,
        "full_name": personal.full_name,
        "organization_id": user.organization_id,
        "organization_name": catalog.get_organization_name(user.organization_id),
        "role": user.role,
        "is_active": user.is_active,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }


def _note_failed_sign_in(email: str) -> None:
    """For the organisation whose user was meant; of an address that is nobody's only the operator hears."""
    user_id = services().accounts.find(email)
    user = None if user_id is None else newest_catalog().get_user(user_id)
    note_access(
        "sign_in_failed",
        "with a wrong password" if user else "with an unknown address",
        organization_id=user.organization_id if user else None,
        actor_id=user_id,
    )


def _throttle(what: str, whom: str) -> None:
    buckets: Buckets = current_app.extensions["iafa_buckets"]
    limit = current_app.config["LOGIN_ATTEMPTS_PER_MINUTE"]
    wait = buckets.take(f"{what}:{whom}", 1, per_minute=limit)
    if wait:
        raise TooManyRequests("Too many tries; wait a little.", retry_after_seconds=wait)
