"""A metric's question and its answer: from the roll-ups and the newest events alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from iafa_api import clock
from iafa_api.analytics.metrics import MetricLine, count_metric
from iafa_api.analytics.receipts import make_receipt
from iafa_api.analytics.rolled_up import (
    Reading,
    figure_asked,
    find_local_days,
    find_untold,
    is_by_hour,
    is_rolled_up,
    leave_out,
    plan_reading,
    with_local_days,
)
from iafa_api.answers.cohorts import AskedCohorts, find_cohorts
from iafa_api.answers.snapshots import ask_of_snapshot
from iafa_api.domain.data_view import FIELDS, PRESENT
from iafa_api.domain.metrics import BUILT_IN, EVENTS, UNITS, MetricQuestion, find_metric, metric_question
from iafa_api.domain.project import Project
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
    overall = replace(question, dimension=None)
    asked = [overall] if question.dimension is None else [overall, question]
    figures = {figure.key for figure in map(figure_asked, asked) if figure is not None}
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
        state = read_rollup_state(
            services.data_dir,
            project_id,
            first,
            last,
            figures=figures,
            with_events=any(one.metric.kind in UNITS or is_rolled_up(one) for one in asked),
            by_hour=is_by_hour(question),
        )
        if services.standpoint is not None:
            state = replace(state, rollups={}, figures={key: {} for key in figures})
        if services.standpoint is not None or state.version == source.manifest_version:
            break
    else:
        raise Unavailable("The events change too fast to be read with their roll-ups.", retry_after_seconds=1.0)
    reading, [line], events = _read(services, source, state, overall)
    found = {**_shown(question, line, [line], reading), "rolled_up_days": len(reading.versions)}
    if question.dimension is not None:
        reading, lines, _ = _read(services, source, state, question)
        found["breakdown"] = [{"value": one.value, **_shown(question, one, lines, reading)} for one in lines]
    return source, found, events


def _read(
    services: Services, source: EventSource, state: RollupState, question: MetricQuestion
) -> tuple[Reading, list[MetricLine], int]:
    """What was read from where, the lines, and how many events they are made of."""
    reading = plan_reading(question, state)
    days = find_local_days(question, state, reading.unknown)
    if days:
        newer = Reading({day: stored.version for day, stored in state.rollups.items()})
        counted = replace(question, metric=BUILT_IN[EVENTS], dimension=None)
        [late], _ = _count(services, source, state, counted, newer)
        days = {place: day for place, day in days.items() if late.data[place] == 0}
        reading = with_local_days(reading, days)
    return reading, *_count(services, source, state, question, reading)


def _count(
    services: Services, source: EventSource, state: RollupState, question: MetricQuestion, reading: Reading
) -> tuple[list[MetricLine], int]:
    left, held = leave_out(services.engine, services.data_dir, source, state.added, reading.versions)
    return count_metric(services.engine, left, question, held, reading.rolled)


def _shown(question: MetricQuestion, line: MetricLine, lines: Sequence[MetricLine], reading: Reading) -> dict[str, Any]:
    """A point of each period; one that nobody can tell any more has no value, and a reason. No total of such ones, nor
    of local days that were counted each by itself."""
    untold = find_untold(reading, line, lines)
    points = [
        {"period": period.label, "value": None, "reason": EXPIRED}
        if place in untold
        else {"period": period.label, "value": figure}
        for place, (period, figure) in enumerate(zip(question.periods, line.data, strict=True))
    ]
    return {"points": points, "total": None if untold or reading.apart else line.total}
