"""What every question about a project's events has in common: the events of one instant, its figures, and its receipt.

Most are of a `Kind`: how a document is read, what is counted, and which events that looks at. The days of those come
from moments in microseconds; None is "whatever there is".
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from iafa_api import clock
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.receipts import make_receipt
from iafa_api.answers.cohorts import NO_COHORTS, AskedCohorts, find_cohorts
from iafa_api.answers.snapshots import ask_of_snapshot
from iafa_api.domain.data_view import FIELDS, PRESENT, DataView, read_view
from iafa_api.domain.project import Project
from iafa_api.ingest.tail import read_source
from iafa_api.lake import layout
from iafa_api.lake.event_source import EventSource
from iafa_api.services import Services

Answer = TypeVar("Answer")
Figures = tuple[dict[str, Any], int]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of question. `read` makes a value of a document (its `asked` is the document in full); `figures` are those
    of the value over a source; `looks_at` are the moments between which its events lie.

    `has_range`: the question has a `time_range`, which the answer shows. `is_timeless`: as of `answer_question`.
    """

    name: str
    read: Callable[..., Any]
    figures: Callable[[DuckdbEngine, EventSource, Any], Figures]
    looks_at: Callable[[Any], tuple[int | None, int | None]]
    has_range: bool = True
    is_timeless: bool = False

    def answer(
        self,
        services: Services,
        project: Project,
        document: Mapping[str, Any],
        *,
        metadata_position: int,
        timezone: str | None = None,
    ) -> dict[str, Any]:
        """The answer of the API. InvalidInput names what is wrong with the document; QueryTimeout and Unavailable say
        to try again."""
        now_us = services.now_us()
        timezone = timezone or project.timezone
        document, view = part_view(document, timezone)
        question = self.read(document, timezone=timezone, week_start=project.week_start, now_us=now_us)
        start_us, end_us = self.looks_at(question)
        answer = answer_question(
            services,
            project,
            {"kind": self.name, **question.asked, "timezone": timezone, **view.asked},
            lambda source: self.figures(services.engine, source, question),
            start_us=start_us,
            end_us=end_us,
            metadata_position=metadata_position,
            now_us=now_us,
            view=view,
            is_timeless=self.is_timeless,
        )
        if not self.has_range:
            return answer
        return {"date_range": {"start": question.time_range.start, "end": question.time_range.end}, **answer}


def part_view(document: Mapping[str, Any], timezone: str) -> tuple[dict[str, Any], DataView]:
    """The question itself, and the view of the data that its document asks for beside it."""
    question = {name: value for name, value in document.items() if name not in FIELDS}
    return question, read_view(document, timezone)


def answer_question(
    services: Services,
    project: Project,
    asked: Mapping[str, Any],
    figures: Callable[[EventSource], Figures],
    *,
    start_us: int | None,
    end_us: int | None,
    metadata_position: int,
    now_us: int,
    view: DataView = PRESENT,
    is_timeless: bool = False,
) -> dict[str, Any]:
    """The answer of the API: the figures, and a receipt that names the question `asked` and what was seen.

    `figures` also says how many events it looked at; they lie in [`start_us`, `end_us`). `is_timeless`: it is of no
    matter what time it is.
    """
    cohorts = find_cohorts(services, project, asked, now_us=now_us)
    question = {"project_id": project.id, "week_start": project.week_start, **asked, **cohorts.told}
    is_kept = is_timeless or (end_us is not None and end_us <= now_us)
    source, (found, events) = ask_source(
        services,
        project.id,
        lambda source: (
            source,
            keep_figures(services, question, (start_us, end_us), source, figures) if is_kept else figures(source),
        ),
        start_us=start_us,
        end_us=end_us,
        view=view,
        cohorts=cohorts,
    )
    receipt = make_receipt(
        question,
        source,
        metadata_position=metadata_position,
        events=events,
        answered_at=clock.format_time(now_us),
        secret=services.secret_key,
    )
    return {**found, "receipt": receipt}


def keep_figures(
    services: Services,
    question: Mapping[str, Any],
    moments: Hashable,
    source: EventSource,
    figures: Callable[[EventSource], Figures],
) -> Figures:
    """The figures, as they were found before where question, moments and data are the same."""
    if services.standpoint is not None:
        return figures(source)
    return services.kept_figures.of(question, (moments, source.state), lambda: figures(source))


def ask_source(
    services: Services,
    project_id: str,
    answer: Callable[[EventSource], Answer],
    *,
    start_us: int | None,
    end_us: int | None,
    view: DataView = PRESENT,
    cohorts: AskedCohorts = NO_COHORTS,
) -> Answer:
    """What `answer` makes of the events of one instant, whose filters may name these cohorts."""
    start_us, end_us = cohorts.widen(start_us, end_us)

    def ask() -> Answer:
        source = read_source(
            services.buffer,
            services.manifest,
            services.data_dir,
            project_id,
            first_day=None if start_us is None else start_us // layout.DAY_US,
            last_day=None if end_us is None else (end_us - 1) // layout.DAY_US,
            view=view,
            **services.seen(),
        )
        return answer(cohorts.beside(source))

    return ask_of_snapshot(ask)
