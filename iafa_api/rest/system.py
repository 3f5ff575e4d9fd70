"""What an operator asks: is the service alive, can it work, how are its jobs; and the SDK's script."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import marshmallow as ma
from flask import Blueprint, Response, request, send_file

from iafa_api import __version__, clock
from iafa_api.errors import Unavailable
from iafa_api.rest import metrics
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services, signed_in
from iafa_api.upkeep.job_report import read_report, report_to_json

blueprint = Blueprint("system", __name__)
jobs_blueprint = StrictBlueprint("jobs", __name__, url_prefix="/system", description="How the server itself is")
SDK = Path(str(files("iafa_api"))) / "web" / "sdk" / "iafa.js"  # `make sdk` puts it there


class RunSchema(StrictSchema):
    began_at = ma.fields.String()
    ended_at = ma.fields.String(allow_none=True, metadata={"description": "Null where it was interrupted."})
    duration_seconds = ma.fields.Float(allow_none=True)
    result = ma.fields.String(validate=ma.validate.OneOf(["ok", "failed", "interrupted"]))
    changed = ma.fields.Dict(metadata={"description": "Counts of what it did, by name."})
    error = ma.fields.String(allow_none=True)
    is_overdue = ma.fields.Boolean(metadata={"description": "It took longer than it may."})


class JobSchema(StrictSchema):
    id = ma.fields.String()
    trigger = ma.fields.String(metadata={"description": "Such as: every 10 minutes; daily at 03:30 UTC."})
    state = ma.fields.String(validate=ma.validate.OneOf(["never", "idle", "running", "overdue"]))
    running_since = ma.fields.String(allow_none=True)
    last_run = ma.fields.Nested(
        RunSchema,
        allow_none=True,
        metadata={"description": "The last that changed something, failed or was asked for."},
    )
    last_look_at = ma.fields.String(
        allow_none=True, metadata={"description": "When it last looked whether there is something to do."}
    )
    last_success_at = ma.fields.String(allow_none=True)
    next_run_at = ma.fields.String()
    lag_seconds = ma.fields.Float(
        metadata={"description": "How late it is; of the flush, how long the oldest event waits."}
    )
    expected_seconds = ma.fields.Float(metadata={"description": "A run that takes longer is overdue."})
    failed_count = ma.fields.Integer()


class SchedulerSchema(StrictSchema):
    alive = ma.fields.Boolean()
    since = ma.fields.String(allow_none=True)
    seen_at = ma.fields.String(allow_none=True, metadata={"description": "When it last said how things stand."})
    has_standby = ma.fields.Boolean()


class SystemJobsSchema(StrictSchema):
    scheduler = ma.fields.Nested(SchedulerSchema)
    jobs = ma.fields.List(ma.fields.Nested(JobSchema))


@jobs_blueprint.route("/jobs", methods=["GET"])
@signed_in("admin")
@jobs_blueprint.response(200, SystemJobsSchema)
def jobs() -> dict[str, Any]:
    """Tell whether a scheduler runs, and how its jobs are."""
    return report_to_json(read_report(services().data_dir, clock.now_us()))


@blueprint.get("/metrics")
def prometheus() -> Response:
    """Figures for a monitor."""
    return Response(metrics.render(services().data_dir), content_type=metrics.CONTENT_TYPE)


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
def sdk() -> Response:
    """The SDK's script; pages of every origin may load it. Unavailable where it was not built."""
    if not SDK.is_file():
        raise Unavailable("The SDK is not built on this server: its operator runs `make sdk`.", retry_after_seconds=60)
    packed = SDK.with_name(SDK.name + ".gz")
    is_packed = request.accept_encodings.quality("gzip") > 0 and packed.is_file()
    response = send_file(packed if is_packed else SDK, mimetype="text/javascript", max_age=3600, download_name=SDK.name)
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
