"""The OpenAPI document's frame, and the files of its page, served by the application itself."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, send_from_directory

from iafa_api import __version__

ASSETS_URL = "/api/v1/docs/assets/"
OPENAPI: dict[str, Any] = {
    "API_TITLE": "IAFA",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/api/v1",
    "OPENAPI_JSON_PATH": "openapi.json",
    "OPENAPI_SWAGGER_UI_PATH": "docs",
    "OPENAPI_SWAGGER_UI_URL": ASSETS_URL,
    "OPENAPI_SWAGGER_UI_CONFIG": {"persistAuthorization": True, "validatorUrl": None},
    "API_SPEC_OPTIONS": {
        "info": {
            "description": "Product analytics that a team runs itself: events in, funnels out, every change on record.",
            "x-program-version": __version__,
        },
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "writeKeyAsUser": {"type": "http", "scheme": "basic", "description": "The user; no password."},
                "apiKeyInAddress": {"type": "apiKey", "in": "query", "name": "api_key"},
            }
        },
    },
}

blueprint = Blueprint("docs_assets", __name__)


@blueprint.get(ASSETS_URL + "<path:name>")
def asset(name: str) -> Response:
    """A file of Swagger UI, as its package brings it."""
    return send_from_directory(str(files("flask_swagger_ui") / "dist"), name, max_age=86_400)
