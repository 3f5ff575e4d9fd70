"""/reports: questions saved with a name, and their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import marshmallow as ma

from iafa_api import clock
from iafa_api.analytics.receipts import name_origin
from iafa_api.answers.activity import answer_lifecycle, answer_retention, answer_stickiness
from iafa_api.answers.metrics import answer_metric
from iafa_api.answers.paths import answer_paths
from iafa_api.answers.sessions import answer_sessions
from iafa_api.answers.trends import answer_trends
from iafa_api.domain.faults import refuse
from iafa_api.domain.filters import filters_in
from iafa_api.domain.project import Project
from iafa_api.domain.report import KINDS, question_about, read_question
from iafa_api.errors import InvalidInput, NotFound
from iafa_api.metadata.saved import REPORT
from iafa_api.rest import activity, analytics, metric_points, paths, sessions, trends
from iafa_api.rest.asker import MAY_ASK, asker
from iafa_api.rest.audit import PastVersionSchema
from iafa_api.rest.blueprints import StrictBlueprint
from iafa_api.rest.caller import caller, services
from iafa_api.rest.question_body import AS_CSV, question_of, shown
from iafa_api.rest.saved import SavedSchema, saved_at, serve
from iafa_api.rest.tables import Rows

blueprint = StrictBlueprint("reports", __name__, url_prefix="/reports", description="Saved questions")
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A kind of question: the schemas of its body and its answer, who answers it, and the answer as a table."""

    body: type[ma.Schema]
    answer: type[ma.Schema]
    ask: Callable[[Project, Body, int], dict[str, Any]]
    rows: Callable[[Mapping[str, Any], Body], Rows]


def _asking(answer: Callable[..., dict[str, Any]]) -> Callable[[Project, Body, int], dict[str, Any]]:
    return lambda project, body, position: answer(services(), project, metadata_position=position, **question_of(body))


def _ask_metric(project: Project, body: Body, position: int) -> dict[str, Any]:
    return answer_metric(services(), project, metadata_position=position, **body)


class MetricBodySchema(metric_points.MetricQuerySchema):
    name = ma.fields.String(required=True)


QUESTIONS: Mapping[str, Question] = {
    "funnel": Question(
        analytics.FunnelBodySchema,
        analytics.FunnelAnswerSchema,
        analytics.ask_funnel,
        lambda found, body: analytics.funnel_rows(found),
    ),
    "retention": Question(
        activity.RetentionBodySchema,
        activity.RetentionAnswerSchema,
        _asking(answer_retention),
        activity.retention_rows,
    ),
    "lifecycle": Question(
        activity.LifecycleBodySchema,
        activity.LifecycleAnswerSchema,
        _asking(answer_lifecycle),
        lambda found, body: activity.lifecycle_rows(found),
    ),
    "stickiness": Question(
        activity.StickinessBodySchema,
        activity.StickinessAnswerSchema,
        _asking(answer_stickiness),
        lambda found, body: activity.stickiness_rows(found),
    ),
    "trends": Question(trends.TrendsBodySchema, trends.TrendsAnswerSchema, _asking(answer_trends), trends.trends_rows),
    "metric": Question(
        MetricBodySchema,
        metric_points.MetricAnswerSchema,
        _ask_metric,
        lambda found, body: metric_points.metric_rows(found),
    ),
    "sessions": Question(
        sessions.SessionsBodySchema,
        sessions.SessionsAnswerSchema,
        _asking(answer_sessions),
        lambda found, body: sessions.sessions_rows(found),
    ),
    "paths": Question(
        paths.PathsBodySchema,
        paths.PathsAnswerSchema,
        _asking(answer_paths),
        lambda found, body: paths.paths_rows(found),
    ),
}


class ReportSchema(SavedSchema):
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    question = ma.fields.Dict(
        required=True,
        metadata={
            "description": "The body of POST /analytics/{kind} without project_id; of a metric its name and the "
            "parameters of GET /metrics/{name}. Replaced whole."
        },
    )


class AnswerQuerySchema(PastVersionSchema):
    start_date = ma.fields.String(metadata={"description": "In place of the question's own."})
    end_date = ma.fields.String(metadata={"description": "In place of the question's own."})
    identities_as_of = ma.fields.String(metadata={"description": "In place of the question's own. Metrics have none."})

    class Meta:
        unknown = ma.RAISE


@blueprint.route("/<report_id>/answer", methods=["GET"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(AnswerQuerySchema, location="query")
@blueprint.response(200, description="What the question answers; its receipt names the report and version")
@blueprint.alt_response(200, **AS_CSV)
def answer(query: dict[str, Any], report_id: str) -> Any:
    """The figures of a report, as it is or was, of its own range or another. May be asked with the read key, too."""
    who = asker()
    report = saved_at(REPORT, query, who.organization_id, who.catalog, report_id)
    if who.only_project not in (None, report["project_id"]):
        raise NotFound(f"There is no report with the id {report_id[:64]!r}.")
    project = who.get_project(report["project_id"])
    question = QUESTIONS[report["kind"]]
    body = question_about(report["kind"], report["question"], query.get("start_date"), query.get("end_date"))
    if "identities_as_of" in query:
        if report["kind"] == "metric":
            raise refuse(("identities_as_of",), "Must be left out: a metric counts persons as is known now.")
        body |= {"identities_as_of": query["identities_as_of"]}
    found = question.ask(project, body, who.catalog.position)
    origin = {"report_id": report["id"], "report_version": report["version"]}
    found["receipt"] = name_origin(found["receipt"], origin, services().secret_key)
    return shown(question.answer().dump(found), lambda found: question.rows(found, body))


def _read_fields(project: Project, body: dict[str, Any]) -> dict[str, Any]:
    """The question in its one stored form, read by its kind as when it is asked."""
    try:
        loaded = QUESTIONS[body["kind"]].body().load(body["question"])
        metrics = caller().catalog.list_saved("metric_definitions", project.organization_id, project.id)
        question = read_question(body["kind"], loaded, project, now_us=clock.now_us(), metrics=metrics)
        services().engine.require_patterns(filters_in(question))
    except ma.ValidationError as refused:
        message = "The question cannot be asked so; see errors."
        raise InvalidInput(message, errors={"question": refused.messages_dict}) from None
    except InvalidInput as refused:
        raise InvalidInput(refused.message, errors={"question": refused.errors}) from None
    return body | {"question": question}


serve(blueprint, REPORT, ReportSchema, _read_fields)
