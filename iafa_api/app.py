"""The application, for WSGI and for an event loop: settings and services in, blueprints on."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, g, request
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from iafa_api import clock
from iafa_api.bootstrap import bootstrap
from iafa_api.domain.tracked_event import BODY_MAX_BYTES
from iafa_api.logs import configure_logs
from iafa_api.rest import (
    accounts,
    activity,
    analytics,
    audit,
    catalogue,
    cohorts,
    collect,
    dashboard_files,
    dashboards,
    docs,
    event_schemas,
    events,
    funnels,
    identities,
    identity_links,
    lake,
    members,
    metric_definitions,
    metric_points,
    metrics,
    paths,
    persons,
    projects,
    quality,
    reports,
    segment_calls,
    sessions,
    system,
    tracking,
    trends,
    truth,
    v1_events,
)
from iafa_api.rest.blueprints import StrictApi
from iafa_api.rest.buckets import Buckets
from iafa_api.rest.caller import register_callers
from iafa_api.rest.errors import register_error_handlers
from iafa_api.rest.event_door import EventDoor
from iafa_api.rest.fixed_headers import EXPOSED_HEADERS, HARDENING_HEADERS
from iafa_api.rest.loop_door import LoopDoor
from iafa_api.rest.proxy_places import proxy_places
from iafa_api.rest.refusals import raise_refusal
from iafa_api.services import Services
from iafa_api.settings import Settings, load_settings

ROUTINE = frozenset({"tracking", "identities", "collect", "v1_events", "segment", "system", "docs_assets", "dashboard"})
log = structlog.get_logger("iafa.requests")


def create_app(settings: Settings | None = None, services: Services | None = None) -> Flask:
    """The application. Without arguments it is what the environment says; tests hand in their own."""
    if settings is None:
        settings = load_settings()
        configure_logs(settings.log_level)
    services = services or bootstrap(settings)
    app = Flask(__name__, static_folder=None)
    app.config.update(docs.OPENAPI, MAX_CONTENT_LENGTH=BODY_MAX_BYTES, MAX_FORM_MEMORY_SIZE=None)
    app.config.update(
        LOGIN_ATTEMPTS_PER_MINUTE=settings.login_attempts_per_minute,
        RETENTION_DAYS=settings.retention_days,
        PUBLIC_URL=settings.public_url,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # answers keep the order that the contract shows
    app.url_map.strict_slashes = False
    app.extensions["iafa"] = services
    buckets = app.extensions["iafa_buckets"] = Buckets(services.data_dir / "run" / "buckets")
    app.extensions["iafa_event_door"] = EventDoor(
        services,
        buckets,
        per_minute=settings.rate_limit_events_per_minute,
        per_minute_ip=settings.rate_limit_events_per_minute_ip,
        per_minute_person=settings.rate_limit_events_per_minute_person,
    )
    app.extensions["iafa_proxy_places"] = proxy_places(settings)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    register_callers(app, settings, services.secret_key)
    app.before_request(_start_clock)
    app.before_request(raise_refusal)
    app.after_request(_harden_and_log)
    _allow_other_origins(app, settings)
    api = StrictApi(app)
    register_error_handlers(app)
    for blueprint in (
        accounts.blueprint,
        members.blueprint,
        projects.blueprint,
        funnels.blueprint,
        reports.blueprint,
        dashboards.blueprint,
        cohorts.blueprint,
        metric_definitions.blueprint,
        lake.blueprint,
        tracking.blueprint,
        identities.blueprint,
        identity_links.blueprint,
        persons.blueprint,
        catalogue.blueprint,
        metric_points.blueprint,
        analytics.blueprint,
        activity.blueprint,
        trends.blueprint,
        truth.blueprint,
        sessions.blueprint,
        paths.blueprint,
        audit.blueprint,
        events.blueprint,
        event_schemas.blueprint,
        quality.blueprint,
        system.jobs_blueprint,
    ):
        api.register_blueprint(blueprint, url_prefix="/api/v1" + (blueprint.url_prefix or ""))
    for blueprint in (collect.blueprint, v1_events.blueprint, segment_calls.blueprint):
        api.register_blueprint(blueprint)
    app.register_blueprint(system.blueprint)
    app.register_blueprint(docs.blueprint)
    app.register_blueprint(dashboard_files.blueprint)
    return app


def create_loop_app(settings: Settings | None = None, services: Services | None = None) -> LoopDoor:
    """The same application for an RSGI server, whose event loop takes tracked events itself."""
    if settings is None:
        settings = load_settings()
    app = create_app(settings, services)
    return LoopDoor(
        app.wsgi_app,
        app.extensions["iafa"],
        app.extensions["iafa_event_door"],
        trusted_proxies=settings.trusted_proxies,
        places=app.extensions["iafa_proxy_places"],
    )


def _allow_other_origins(app: Flask, settings: Settings) -> None:
    # Pages of any origin may try to track: which are allowed is the project's to say, once the key is known.
    tracking_headers = ["Content-Type", "Content-Encoding", "X-API-Key"]
    resources: dict[Any, dict[str, Any]] = {
        r"/api/v1/(track(/batch)?|identify|alias)": {
            "origins": "*",
            "methods": ["POST"],
            "allow_headers": tracking_headers,
        },
        r"/(collect|v1/(?!metrics/).*)": {
            "origins": "*",
            "methods": ["GET", "POST"],
            "allow_headers": [*tracking_headers, "Authorization", "X-Retry-Count"],
        },
        r"/sdk/.*": {"origins": "*", "methods": ["GET"]},
    }
    if settings.cors_origins:
        resources[r"/api/v1/.*"] = {"origins": list(settings.cors_origins), "supports_credentials": True}
    CORS(app, resources=resources, expose_headers=list(EXPOSED_HEADERS), max_age=86_400)


def _start_clock() -> None:
    g.started = clock.monotonic()


def _harden_and_log(response: Response) -> Response:
    for name, value in HARDENING_HEADERS.items():
        response.headers.setdefault(name, value)
    seconds = clock.monotonic() - g.get("started", clock.monotonic())
    metrics.count_request(request.blueprint, request.method, response.status_code, seconds)
    is_routine = request.blueprint in ROUTINE and response.status_code < 500
    if not is_routine:  # a line for every tracked event would cost more than tracking it
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            milliseconds=round(seconds * 1000, 1),
            request_id=g.get("request_id"),
        )
    return response
