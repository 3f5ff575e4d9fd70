"""What stands at the root: is the service alive, can it work, and the tracking script."""

from __future__ import annotations

from importlib.resources import files

from flask import Blueprint, Response, redirect, send_file, url_for
from werkzeug import Response as AnyResponse

from iafa_api import __version__
from iafa_api.rest.caller import services

blueprint = Blueprint("system", __name__)
TRACKER = files("iafa_api.rest") / "tracker.js"


@blueprint.get("/")
def index() -> AnyResponse:
    """A person who opens the address is shown what can be done here."""
    return redirect(url_for("api-docs.openapi_swagger_ui"))


@blueprint.get("/health")
def health() -> dict[str, str]:
    """Alive: this process answers."""
    return {"status": "ok", "version": __version__}


@blueprint.get("/ready")
def ready() -> dict[str, str]:
    """Ready: metadata and manifest can be read, the buffer takes events. Unavailable, with the reason, if not."""
    services().store.current()
    services().buffer.require_room()
    services().manifest.version()
    return {"status": "ready"}


@blueprint.get("/sdk/iafa.js")
def tracker() -> Response:
    """The tracking script; pages of every origin may load it."""
    response = send_file(str(TRACKER), mimetype="text/javascript", max_age=3600, conditional=True)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
