"""A funnel's question and its answer.

Catalog gave the project and the definition; the reader gives the events of one instant, the engine counts, the
question's module makes rates of the counts, and the receipt says what was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iafa_api import clock
from iafa_api.analytics.funnels import funnel_table, require_answerable
from iafa_api.analytics.ordered_funnel import count_funnel
from iafa_api.analytics.receipts import make_receipt
from iafa_api.answers.snapshots import ask_of_snapshot
from iafa_api.domain.filters import parse_filter
from iafa_api.domain.funnel import FunnelCounts, FunnelQuestion
from iafa_api.domain.funnel_json import LEAST_STAGES_ASKED, funnel_from_json, to_json
from iafa_api.domain.project import Project
from iafa_api.domain.time_range import parse_range
from iafa_api.ingest.tail import read_source
from iafa_api.lake import layout
from iafa_api.lake.event_source import EventSource
from iafa_api.metadata.catalog import SavedFunnel
from iafa_api.services import Services


def answer_funnel(
    services: Services,
    project: Project,
    document: Mapping[str, Any],
    *,
    metadata_position: int,
    funnel: SavedFunnel | None = None,
    start_date: str | None = None,
    end_date: str | None = None,
    timezone: str | None = None,
    filter: Any = None,
    include_archive: bool = False,
) -> dict[str, Any]:
    """The answer of the API to a funnel `document`; `funnel` is the saved one it comes from, if any.

    InvalidInput names what is wrong with the question; QueryTimeout and Unavailable say to try again.
    """
    definition = funnel_from_json(document, least_stages=LEAST_STAGES_ASKED)
    require_answerable(definition)
    now_us = clock.now_us()
    timezone = timezone or project.timezone
    time_range = parse_range(start_date, end_date, timezone=timezone, now_us=now_us)
    question = FunnelQuestion(definition, time_range, parse_filter(filter), now_us)
    source, counts = _count(services, project.id, question, with_archive=include_archive)
    date_range = {"start": time_range.start, "end": time_range.end}
    asked = {
        "kind": "funnel",
        "project_id": project.id,
        "funnel_id": funnel and funnel.id,
        "funnel_version": funnel and funnel.version,
        "definition": to_json(definition),
        "filter": filter,
        "timezone": timezone,
        "date_range": date_range,
        **({"include_archive": True} if include_archive else {}),
    }
    return {
        "funnel_id": funnel and funnel.id,
        "name": funnel and funnel.name,
        "funnel_version": funnel and funnel.version,
        "date_range": date_range,
        **funnel_table(definition, counts),
        "receipt": make_receipt(
            asked,
            source,
            metadata_position=metadata_position,
            events=counts.events,
            answered_at=clock.format_time(now_us),
            secret=services.secret_key,
        ),
    }


def _count(
    services: Services, project_id: str, question: FunnelQuestion, *, with_archive: bool
) -> tuple[EventSource, FunnelCounts]:
    days = (question.time_range.start_us // layout.DAY_US, (question.time_range.end_us - 1) // layout.DAY_US)

    def ask() -> tuple[EventSource, FunnelCounts]:
        source = read_source(
            services.buffer,
            services.manifest,
            services.data_dir,
            project_id,
            first_day=days[0],
            last_day=days[1],
            with_archive=with_archive,
        )
        return source, count_funnel(services.engine, source, question)

    return ask_of_snapshot(ask)
