"""What there is to ask about in a project: for whoever chooses event types, properties and values from lists."""

from __future__ import annotations

from typing import Any

from iafa_api import clock
from iafa_api.analytics.catalogue import read_catalogue
from iafa_api.answers.questions import ask_source
from iafa_api.domain.catalogue import Catalogue, CatalogueQuestion
from iafa_api.domain.data_view import read_view
from iafa_api.domain.project import Project
from iafa_api.domain.time_range import TimeRange, parse_range
from iafa_api.services import Services


def list_catalogue(
    services: Services,
    project: Project,
    *,
    start_date: str | None = None,
    end_date: str | None = None,
    timezone: str | None = None,
    event_type: str | None = None,
    search: str = "",
    **seen: Any,
) -> tuple[TimeRange, Catalogue]:
    """What the events of these local days hold, the newest ones included; `seen` as `domain.data_view` has it.

    InvalidInput names what is wrong.
    """
    zone = timezone or project.timezone
    time_range = parse_range(start_date, end_date, timezone=zone, now_us=clock.now_us())
    question = CatalogueQuestion(time_range, event_type, search)
    found = ask_source(
        services,
        project.id,
        lambda source: read_catalogue(services.engine, source, question),
        start_us=time_range.start_us,
        end_us=time_range.end_us,
        view=read_view(seen, zone),
    )
    return time_range, found
