"""A metric's question and its answer: from the roll-ups and the newest events alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from iafa_api import clock
from iafa_api.analytics.metrics import MetricLine, count_metric
from iafa_api.analytics.receipts import make_receipt
from iafa_api.analytics.rolled_up import Reading, find_local_days, leave_out, plan_reading
from iafa_api.analytics.trends import Figure
from iafa_api.answers.cohorts import AskedCohorts, find_cohorts
from iafa_api.answers.snapshots import ask_of_snapshot
from iafa_api.domain.data_view import FIELDS, PRESENT
from iafa_api.domain.metrics import BUILT_IN, EVENTS, MetricQuestion, find_metric, metric_question
from iafa_api.domain.project import Project
from iafa_api.domain.rollups import EVERY
from iafa_api.errors import Unavailable
from iafa_api.ingest.tail import read_source
from iafa_api.lake.event_source import EventSource
from iafa_api.lake.layout import DAY_US
from iafa_api.lake.manifest_rollups import RollupState, read_rollup_state
from iafa_api.metadata.catalog import Catalog
from iafa_api.services import Services

TRIES = 20  # a commit between the events and the roll-ups makes them those of two moments; one comes in a second or so
LAST_DAY = 1 << 40  # after all days
EXPIRED = "Events of this period have expired, and this figure was not kept of them."


def answer_metric(
    services: Services,
    project: Project,
    name: str,
    *,
    metadata_position: int,
    granularity: str | None = None,
    start_time: str | None = None,
    end_time: str | None = None,
    dimension: str | None = None,
    timezone: str | None = None,
    definition: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The answer of the API to a metric's name. NotFound for an unknown one, InvalidInput for what else is wrong.

    `definition`: what the metric was for an earlier answer, in place of what it is now.
    """
    now_us = services.now_us()
    timezone = timezone or project.timezone
    catalog = Catalog(services.store.current())
    saved = catalog.list_saved("metric_definitions", project.organization_id, project.id)
    metric = find_metric(name, saved if definition is None else [{"name": name, **definition}])
    question = metric_question(
        metric,
        granularity=granularity,
        start=start_time,
        end=end_time,
        dimension=dimension,
        timezone=timezone,
        now_us=now_us,
    )
    asked = {
        "metric": name,
        "project_id": project.id,
        "granularity": question.granularity,
        "dimension": dimension,
        "timezone": timezone,
        "start_time": question.time_range.start,
        "end_time": question.time_range.end,
    }
    definition = metric.definition or {}
    cohorts = find_cohorts(services, project, {"filter": definition.get("filter")}, now_us=now_us)
    source, found, events = ask_of_snapshot(lambda: _ask(services, project.id, question, cohorts))
    return {
        **asked,
        "unit": definition.get("unit"),
        **found,
        "receipt": make_receipt(
            {
                "kind": "metric",
                **asked,
                "definition": metric.definition,
                "week_start": project.week_start,
                **cohorts.told,
            },
            source,
            metadata_position=metadata_position,
            events=events,
            answered_at=clock.format_time(now_us),
            secret=services.secret_key,
        ),
    }


def answer_metric_again(
    services: Services,
    project: Project,
    document: Mapping[str, Any],
    *,
    metadata_position: int,
) -> dict[str, Any]:
    """The answer to the question of a receipt. Of events alone: what roll-ups had at an earlier moment nobody knows."""
    parameters = {key: value for key, value in document.items() if key not in ("metric", *FIELDS)}
    return answer_metric(services, project, document["metric"], metadata_position=metadata_position, **parameters)


def _ask(
    services: Services, project_id: str, question: MetricQuestion, cohorts: AskedCohorts
) -> tuple[EventSource, dict[str, Any], int]:
    """The events of one moment, the figures, and how many events they are made of."""
    looks_back = question.metric.kind == "first_time_users"
    start_us, end_us = cohorts.widen(None if looks_back else question.time_range.start_us, question.time_range.end_us)
    first = 0 if start_us is None else start_us // DAY_US
    last = LAST_DAY if end_us is None else (end_us - 1) // DAY_US
    for _ in range(TRIES):
        source = cohorts.beside(
            read_source(
                services.buffer,
                services.manifest,
                services.data_dir,
                project_id,
                first_day=first,
                last_day=last,
                view=PRESENT,
                **services.seen(),
            )
        )
        state = read_rollup_state(services.data_dir, project_id, first, last)
        if services.standpoint is not None:
            state = replace(state, rollups={})
        if services.standpoint is not None or state.version == source.manifest_version:
            break
    else:
        raise Unavailable("The events change too fast to be read with their roll-ups.", retry_after_seconds=1.0)
    overall = replace(question, dimension=None)
    reading = plan_reading(overall, state)
    [line], events = _count(services, source, state, overall, reading)
    kept = _kept_figures(services, source, state, overall, reading)
    figures = {
        "points": _points(question, [kept.get(place, figure) for place, figure in enumerate(line.data)], reading, kept),
        "total": None if reading.unknown else line.total,
        "rolled_up_days": len(reading.versions),
    }
    if question.dimension is not None:
        reading = plan_reading(question, state)
        lines, _ = _count(services, source, state, question, reading)
        figures["breakdown"] = [
            {
                "value": one.value,
                "points": _points(question, one.data, reading, {}),
                "total": None if reading.unknown else one.total,
            }
            for one in lines
        ]
    return source, figures, events


def _count(
    services: Services, source: EventSource, state: RollupState, question: MetricQuestion, reading: Reading
) -> tuple[list[MetricLine], int]:
    left, held = leave_out(services.engine, services.data_dir, source, state.added, reading.versions)
    return count_metric(services.engine, left, question, held, reading.cells)


def _kept_figures(
    services: Services, source: EventSource, state: RollupState, question: MetricQuestion, reading: Reading
) -> dict[int, int]:
    """What was counted of local days before their events expired, by the place of the period, where it still holds."""
    days = find_local_days(question, state, reading.unknown)
    if not days:
        return {}
    versions = {day: stored.version for day, stored in state.rollups.items()}
    newer = Reading(versions, {}, frozenset())
    [late], _ = _count(services, source, state, replace(question, metric=BUILT_IN[EVENTS]), newer)
    counted = {place: one.users if question.metric.kind == "users" else one.sessions for place, one in days.items()}
    event_type = question.metric.events.event_type or EVERY
    return {place: figures.get(event_type, 0) for place, figures in counted.items() if late.data[place] == 0}


def _points(
    question: MetricQuestion, data: Sequence[Figure], reading: Reading, kept: Collection[int]
) -> list[dict[str, Any]]:
    """A point of each period; one that nobody can tell any more has no value, and a reason."""
    return [
        {"period": period.label, "value": None, "reason": EXPIRED}
        if place in reading.unknown and place not in kept
        else {"period": period.label, "value": figure}
        for place, (period, figure) in enumerate(zip(question.periods, data, strict=True))
    ]
