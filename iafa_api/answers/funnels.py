"""A funnel's question and its answer.

Catalog gave the project and the definition; the reader gives the events of one instant, the engine finds who walked how
far, the question's modules make figures of that, and the receipt says what was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from iafa_api import clock
from iafa_api.analytics.funnel_breakdown import break_down
from iafa_api.analytics.funnel_explain import Explained, explain
from iafa_api.analytics.funnel_figures import count_stages, list_behind, measure_times
from iafa_api.analytics.funnel_trend import count_by_period
from iafa_api.analytics.funnel_walks import UnitJourney, Walk, last_moment, read_journeys, walk_all
from iafa_api.analytics.funnels import funnel_table, percent
from iafa_api.analytics.ordered_funnel import count_funnel
from iafa_api.analytics.receipts import make_receipt
from iafa_api.answers.cohorts import AskedCohorts, find_cohorts
from iafa_api.answers.persons import keys_of
from iafa_api.answers.questions import Figures, ask_source, keep_figures
from iafa_api.domain.comparison import change_percent, compared_range
from iafa_api.domain.data_view import DataView, read_view
from iafa_api.domain.faults import refuse
from iafa_api.domain.filters import parse_filter
from iafa_api.domain.funnel import FunnelQuestion, Span
from iafa_api.domain.funnel_json import LEAST_STAGES_ASKED, funnel_from_json, to_json
from iafa_api.domain.funnel_options import FunnelOptions, read_options
from iafa_api.domain.periods import Calendar, Period, periods_between
from iafa_api.domain.project import Project
from iafa_api.domain.time_range import parse_range, zone_named
from iafa_api.errors import NotFound
from iafa_api.lake.event_source import EventSource
from iafa_api.metadata.catalog import SavedFunnel
from iafa_api.services import Services

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as it was read: `previous` is the one it is compared with, `document` goes into the receipt."""

    question: FunnelQuestion
    options: FunnelOptions
    calendar: Calendar
    previous: FunnelQuestion | None
    view: DataView
    cohorts: AskedCohorts
    document: Mapping[str, Any]


def answer_funnel(
    services: Services,
    project: Project,
    document: Mapping[str, Any],
    *,
    metadata_position: int,
    funnel: SavedFunnel | None = None,
    **asked: Any,
) -> dict[str, Any]:
    """The answer of the API to a funnel `document`; `funnel` is the saved one it comes from, if any.

    `asked` are the parameters of the question as the API names them: `start_date`, `end_date`, `timezone`, `filter`,
    those of `domain.data_view` and the options of `domain.funnel_options`. InvalidInput names what is wrong with the
    question; QueryTimeout and Unavailable say to try again.
    """
    read = _read_question(services, project, document, funnel, asked)
    question = read.question
    # Only who waits depends on what time it is, and waits no more when the range is over.
    is_kept = question.definition.window is None or question.time_range.end_us <= question.now_us
    moments = (question.time_range.start_us, question.time_range.end_us)

    def figures_of(source: EventSource) -> Figures:
        return _figures(services, source, read)

    source, (figures, events) = _ask(
        services,
        project.id,
        read,
        lambda source: (
            keep_figures(services, read.document, moments, source, figures_of) if is_kept else figures_of(source)
        ),
    )
    time_range = read.question.time_range
    return {
        "funnel_id": funnel and funnel.id,
        "name": funnel and funnel.name,
        "funnel_version": funnel and funnel.version,
        "date_range": {"start": time_range.start, "end": time_range.end},
        **figures,
        "receipt": make_receipt(
            read.document,
            source,
            metadata_position=metadata_position,
            events=events,
            answered_at=clock.format_time(read.question.now_us),
            secret=services.secret_key,
        ),
    }


def list_funnel_users(
    services: Services,
    project: Project,
    document: Mapping[str, Any],
    *,
    stage: int,
    reached: bool,
    breakdown_value: Sequence[str] | None = None,
    **asked: Any,
) -> list[dict[str, Any]]:
    """Who reached a stage (numbered from 1), or was at the required one before it and not here.

    `breakdown_value` asks for those of one row of the breakdown.
    """
    read = _read_question(services, project, document, None, asked)
    if not 1 <= stage <= len(read.question.definition.stages):
        raise refuse(("stage",), f"Must be the number of a stage, 1 to {len(read.question.definition.stages)}.")

    def behind(source: EventSource) -> list[dict[str, Any]]:
        found = read_journeys(services.engine, source, read.question)
        walks: Sequence[Walk] = walk_all(read.question, found.units, found.require_time)
        if breakdown_value is not None and read.question.breakdown is not None:
            groups = break_down(read.question, read.question.breakdown, found.units, found.require_time)
            walks = next((group.walks for group in groups if list(group.value) == list(breakdown_value)), ())
        return [
            {
                "user_id": shown_unit(one.unit, read.question.count_by),
                "at": clock.format_time(one.at_us),
                "seconds_from_entry": one.seconds_from_entry,
            }
            for one in list_behind(read.question, walks, stage - 1, reached=reached)
        ]

    return _ask(services, project.id, read, behind)[1]


def explain_funnel(
    services: Services, project: Project, document: Mapping[str, Any], *, user_id: str, **asked: Any
) -> dict[str, Any]:
    """Why a person (or what else is counted) counts as they do. NotFound where they have no event in the range."""
    read = _read_question(services, project, document, None, asked)

    def explained(source: EventSource) -> Explained:
        names = keys_of(source, user_id) if read.question.count_by is None else [user_id]
        return explain(services.engine, source, read.question, names)

    _, found = _ask(services, project.id, read, explained)
    if found.unit is None:
        raise NotFound(f"{user_id[:64]!r} has no event in this range.")
    times = found.times or (None,) * len(read.question.definition.stages)
    ids = {event.fills: event.id for event in found.events}
    return {
        "user_id": shown_unit(found.unit, read.question.count_by),
        "counts": found.times is not None,
        "stages": [
            {
                "stage_name": stage.name,
                "order": stage.order,
                "at": None if at_us is None else clock.format_time(at_us),
                "event_id": ids.get(stage.order),
            }
            for stage, at_us in zip(read.question.definition.stages, times, strict=True)
        ],
        "stopped": None if found.reason is None else {"stage": found.stopped_at, "reason": found.reason},
        "events": [
            {
                "id": event.id,
                "event_type": event.event_type,
                "at": clock.format_time(event.at_us),
                "meets": list(event.meets),
                "fills": event.fills,
                "excluded_by": list(event.excluded_by),
            }
            for event in found.events
        ],
    }


def shown_unit(unit: str, count_by: str | None) -> str:
    """A unit as answers name it: persons without the letter that tells users from visitors."""
    return unit[1:] if count_by is None else unit


def _read_question(
    services: Services,
    project: Project,
    document: Mapping[str, Any],
    funnel: SavedFunnel | None,
    asked: Mapping[str, Any],
) -> _Asked:
    definition = funnel_from_json(document, least_stages=LEAST_STAGES_ASKED)
    options = read_options(asked, definition)
    now_us = services.now_us()
    timezone = asked.get("timezone") or project.timezone
    time_range = parse_range(asked.get("start_date"), asked.get("end_date"), timezone=timezone, now_us=now_us)
    question = FunnelQuestion(
        definition,
        time_range,
        parse_filter(asked.get("filter")),
        now_us,
        options.count_by,
        options.completion,
        options.breakdown,
        options.interval,
        options.span,
        options.time_to_convert,
    )
    previous = None
    if options.compare is not None:
        earlier = compared_range(time_range, options.compare, timezone=timezone, now_us=now_us)
        previous = replace(question, time_range=earlier)
    told = {name: value for name, value in asked.items() if value not in (None, False)}
    asked_in_full = {
        "kind": "funnel",
        "project_id": project.id,
        "funnel_id": funnel and funnel.id,
        "funnel_version": funnel and funnel.version,
        "funnel_name": funnel and funnel.name,
        "definition": to_json(definition),
        **told,
        "filter": asked.get("filter"),
        "timezone": timezone,
        "week_start": project.week_start,
        "date_range": {"start": time_range.start, "end": time_range.end},
    }
    # the paths of what is wrong are those of the body
    cohorts = find_cohorts(services, project, {**to_json(definition), **asked_in_full, "definition": 0}, now_us=now_us)
    return _Asked(
        question,
        options,
        Calendar(zone_named(timezone), options.interval or "day", project.week_start),
        previous,
        read_view(asked, timezone),
        cohorts,
        {**asked_in_full, **cohorts.told},
    )


def _ask(
    services: Services, project_id: str, asked: _Asked, answer: Callable[[EventSource], Answer]
) -> tuple[EventSource, Answer]:
    start_us, end_us = _looks_at(asked)
    return ask_source(
        services,
        project_id,
        lambda source: (source, answer(source)),
        start_us=start_us,
        end_us=end_us,
        view=asked.view,
        cohorts=asked.cohorts,
    )


def _looks_at(asked: _Asked) -> tuple[int | None, int | None]:
    """The moments between which events may matter, those of the range it is compared with included."""
    questions = [asked.question] if asked.previous is None else [asked.question, asked.previous]
    looks_back = any(stage.first_time_only for stage in asked.question.definition.stages)
    ends = [last_moment(question) for question in questions]
    end_us = None if None in ends else max(end for end in ends if end is not None)
    return None if looks_back else min(question.time_range.start_us for question in questions), end_us


def _figures(services: Services, source: EventSource, asked: _Asked) -> Figures:
    """The figures of the answer, and how many events the question looked at."""
    figures, events = _figures_of(services, source, asked, asked.question)
    if asked.previous is not None:
        figures["previous"], _ = _figures_of(services, source, asked, asked.previous)
        figures["change_percent"] = _changes(figures, figures["previous"])
    return figures, events


def _figures_of(
    services: Services, source: EventSource, asked: _Asked, question: FunnelQuestion
) -> tuple[dict[str, Any], int]:
    definition = question.definition
    if asked.options.is_plain and definition.is_plain:
        counts = count_funnel(services.engine, source, question)
        return funnel_table(definition, counts.stages), counts.events
    found = read_journeys(services.engine, source, question)
    walks = walk_all(question, found.units, found.require_time)
    figures = funnel_table(definition, count_stages(question, walks))
    periods: tuple[Period, ...] = ()
    if question.interval is not None:
        periods = periods_between(asked.calendar, question.time_range.start_us, question.time_range.end_us)
        figures["trend"] = _trend(question, found.units, periods, found.require_time)
    if question.breakdown is not None:
        figures["breakdown"] = [
            {
                "value": list(group.value),
                **funnel_table(definition, count_stages(question, group.walks)),
                **({"trend": _trend(question, group.units, periods, found.require_time)} if periods else {}),
            }
            for group in break_down(question, question.breakdown, found.units, found.require_time)
        ]
    if question.time_to_convert is not None:
        figures["time_to_convert"] = asdict(measure_times(walks, question.time_to_convert))
    return figures, found.events


def _trend(
    question: FunnelQuestion,
    units: Sequence[UnitJourney],
    periods: Sequence[Period],
    require_time: Callable[[], None],
) -> list[dict[str, Any]]:
    span = question.span or Span(1, len(question.definition.stages))
    counts = count_by_period(question, span, units, [period.start_us for period in periods], require_time)
    return [
        {
            "period": period.label,
            "entered": entered,
            "converted": converted,
            "conversion_rate": percent(converted, entered),
        }
        for period, (entered, converted) in zip(periods, counts, strict=True)
    ]


def _changes(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, float | None]:
    """Of the users of each stage, by its number, and of the whole conversion."""
    stages = zip(now["stages"], before["stages"], strict=True)
    return {
        **{f"stage_{new['order']}": change_percent(new["users"], old["users"]) for new, old in stages},
        "overall_conversion_rate": change_percent(now["overall_conversion_rate"], before["overall_conversion_rate"]),
    }
