"""A session in cookies, for the dashboard: tokens that no script can read, and what proves that a page of ours asks.

The tokens stand in HttpOnly cookies, which the browser sends by itself; so a request that changes something must also
bring the value of a readable cookie in the X-CSRF-TOKEN header, which a page of another site can neither read nor set.
SameSite is Strict: the dashboard's own page asks, wherever the link to it stood.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, after_this_request, current_app, request
from flask_jwt_extended import get_csrf_token, unset_jwt_cookies

from iafa_api.settings import Settings

AUTH_PATH = "/api/v1/auth"
COOKIES: dict[str, Any] = {
    "JWT_TOKEN_LOCATION": ["headers", "cookies"],
    "JWT_ACCESS_COOKIE_NAME": "iafa_access",
    "JWT_REFRESH_COOKIE_NAME": "iafa_refresh",
    "JWT_ACCESS_COOKIE_PATH": "/api/v1",
    "JWT_REFRESH_COOKIE_PATH": AUTH_PATH,
    "JWT_COOKIE_SAMESITE": "Strict",
    "JWT_COOKIE_CSRF_PROTECT": True,
}
KINDS = ("access", "refresh")


def configure_cookies(app: Flask, settings: Settings) -> None:
    """Let the dashboard's requests be signed in by cookies. Behind TLS these are Secure."""
    app.config.update(COOKIES, IAFA_IS_SECURE=settings.public_url.startswith("https://"))


def move_to_cookies(tokens: dict[str, Any]) -> dict[str, Any]:
    """What is left to say of a new session in the answer's body, once its tokens stand in cookies."""
    config = current_app.config
    lifetimes = {kind: config[f"JWT_{kind.upper()}_TOKEN_EXPIRES"] for kind in KINDS}
    is_secure = request.is_secure or config["IAFA_IS_SECURE"]

    @after_this_request
    def set_cookies(response: Response) -> Response:
        for kind in KINDS:
            token = tokens[f"{kind}_token"]
            options = {"max_age": lifetimes[kind], "secure": is_secure, "samesite": "Strict"}
            name, path = config[f"JWT_{kind.upper()}_COOKIE_NAME"], config[f"JWT_{kind.upper()}_COOKIE_PATH"]
            response.set_cookie(name, token, httponly=True, path=path, **options)
            response.set_cookie(f"csrf_{kind}_token", get_csrf_token(token), path="/", **options)
        return response

    return {name: value for name, value in tokens.items() if name in ("user", "expires_in")}


def clear_cookies() -> None:
    """End what this request's browser holds of a session."""

    @after_this_request
    def unset(response: Response) -> Response:
        unset_jwt_cookies(response)
        return response
