"""How good a project's data is, day by day, and what was refused of it: shown, handed out, sent again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from iafa_api import clock
from iafa_api.domain.faults import refuse
from iafa_api.domain.project import Project
from iafa_api.domain.quality import Quality, by_day, total
from iafa_api.domain.time_range import TimeRange, parse_range
from iafa_api.ingest.pipeline import rules_of
from iafa_api.ingest.quarantine import QuarantinedEvent, QuarantineFilter, read_quarantine
from iafa_api.ingest.replay import Replayed, run_replay
from iafa_api.ingest.schema_check import ProjectSchemas
from iafa_api.ingest.schema_engine import SchemaCompiler
from iafa_api.lake import layout
from iafa_api.metadata.event_schemas import list_schemas
from iafa_api.services import Services

DAYS_MAX = 400  # of one answer: a year and a month
REPLAY_MAX = 10_000  # events of one call, which all are in memory


@dataclass(frozen=True, slots=True)
class QualityAnswer:
    """The quality by UTC day of receipt (since 1970-01-01). All that came in before `complete_until_us` is counted."""

    range: TimeRange
    days: dict[int, Quality]
    total: Quality
    complete_until_us: int


def answer_quality(
    services: Services, project_id: str, *, start_date: str | None = None, end_date: str | None = None
) -> QualityAnswer:
    """The counts of these days (UTC), which the flush has made; InvalidInput for more than DAYS_MAX."""
    asked = parse_range(start_date, end_date, timezone="UTC", now_us=clock.now_us())
    first, last = asked.start_us // layout.DAY_US, (asked.end_us - 1) // layout.DAY_US
    if last - first >= DAYS_MAX:
        raise refuse(("end_date",), f"Must lie at most {DAYS_MAX} days after start_date.")
    # In this order (I7): what is flushed in between is counted, and still not promised.
    now = clock.now_us()
    segments = services.buffer.list_segments()
    opened_at = {segment.name: segment.header.opened_at for segment in segments if segment.header}
    flushed = services.manifest.flushed_among(list(opened_at))
    counts = services.manifest.read_quality(project_id, first, last)
    waiting = [moment for name, moment in opened_at.items() if name not in flushed]
    return QualityAnswer(asked, by_day(counts, range(first, last + 1)), total(counts), min([now, *waiting]))


def find_refused(
    services: Services,
    project_id: str,
    *,
    start_date: str | None = None,
    end_date: str | None = None,
    reason: str | None = None,
    ids: Collection[str] | None = None,
) -> Iterator[QuarantinedEvent]:
    """The refused events that are meant, by when they came in (UTC days or times; default: all that are kept)."""
    wanted = _filter(start_date, end_date, reason=reason, ids=ids)
    return read_quarantine(services.buffer, services.manifest, services.data_dir, project_id, wanted)


@dataclass(frozen=True, slots=True)
class ReplayAnswer:
    """What a replay did, or would do. `has_more`: there are others that are meant, beyond what one call takes."""

    result: Replayed
    has_more: bool


def replay_refused(
    services: Services,
    project: Project,
    *,
    start_date: str | None = None,
    end_date: str | None = None,
    reason: str | None = None,
    ids: Collection[str] | None = None,
    is_dry_run: bool = False,
) -> ReplayAnswer:
    """Send the refused events that are meant through the pipeline again, by the rules that the project has now."""
    found = find_refused(services, project.id, start_date=start_date, end_date=end_date, reason=reason, ids=ids)
    entries = list(islice(found, REPLAY_MAX + 1))
    schemas = ProjectSchemas(list_schemas(services.store.current(), project.id), SchemaCompiler())
    result = run_replay(
        entries[:REPLAY_MAX],
        buffer=services.buffer,
        project_id=project.id,
        project=rules_of(project, schemas),
        is_dry_run=is_dry_run,
    )
    return ReplayAnswer(result, len(entries) > REPLAY_MAX)


def _filter(
    start_date: str | None, end_date: str | None, *, reason: str | None, ids: Collection[str] | None
) -> QuarantineFilter:
    now = clock.now_us()
    asked = parse_range(start_date, end_date, timezone="UTC", now_us=now)
    ends = QuarantineFilter(asked.start_us, asked.end_us, reason, None if ids is None else frozenset(ids))
    return replace(ends, start_us=0) if start_date is None else ends
