"""The dashboard's files, as they were built; and its one page for every address that nothing else answers.

The program asks the API, so its page needs nothing but what this server sends: the policy below allows nothing else.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory
from werkzeug.exceptions import NotFound as NoSuchRoute

blueprint = Blueprint("dashboard", __name__)
FOLDER = Path(str(files("iafa_api"))) / "web" / "dashboard"  # `make dashboard` puts them there
PAGE = "index.html"
UNHASHED = ("favicon.svg", "theme.js")
YEAR_SECONDS = 31_536_000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
NOT_PAGES = frozenset({"api", "v1", "collect", "sdk", "health", "ready", "metrics", "assets"})
NOT_BUILT = """<!doctype html>
<html lang="en"><title>IAFA</title>
<h1>The dashboard is not built</h1>
<p>The server runs. Its operator builds the dashboard with <code>make dashboard</code>; that needs Node 20 or newer.</p>
<p>The API is described at <a href="/api/v1/docs">/api/v1/docs</a>.</p>
</html>
"""


@blueprint.get("/")
def index() -> Response:
    """The dashboard, or what to run where it was not built."""
    if not (FOLDER / PAGE).is_file():
        return _as_page(Response(NOT_BUILT, mimetype="text/html"))
    return _as_page(_send(PAGE))


@blueprint.get("/assets/<path:name>")
def asset(name: str) -> Response:
    """A file that has its content's hash in its name: it never changes."""
    response = _send(f"assets/{name}")
    response.cache_control.max_age = YEAR_SECONDS
    response.cache_control.public = True
    response.cache_control.immutable = True
    response.cache_control.no_cache = None
    return response


@blueprint.get(f"/<any({', '.join(repr(name) for name in UNHASHED)}):name>")
def unhashed(name: str) -> Response:
    """A file that keeps its name; browsers ask whether it is still the same."""
    return _send(name)


@blueprint.before_app_request
def page_for_its_own_addresses() -> Response | None:
    """A browser that opens an address which no route has gets the dashboard: it knows what to show there."""
    is_wanted = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "")
    if not is_wanted or not isinstance(request.routing_exception, NoSuchRoute):
        return None
    return None if request.path.split("/")[1] in NOT_PAGES else index()


def _send(name: str) -> Response:
    """The file, packed where the build has packed it and the browser takes it."""
    is_packed = request.accept_encodings.quality("gzip") > 0 and (FOLDER / f"{name}.gz").is_file()
    sent = f"{name}.gz" if is_packed else name
    response = send_from_directory(FOLDER, sent, mimetype=_type_of(name), download_name=Path(name).name)
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def _type_of(name: str) -> str | None:
    """Said here, as the system's own table may lack or mistake it, and browsers run no script of another type."""
    return {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}.get(
        Path(name).suffix
    )


def _as_page(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.cache_control.no_cache = True
    return response
