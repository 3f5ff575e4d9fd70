"""Roll-ups kept: each day's counts follow its files, and outlive them.

Promises: killed at any step, a day is as it was or as it is to be. What is told of a day after its events have expired
was counted from them before they went: `take_stock` does that, and `find_uncounted` names the files that must wait.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from iafa_api import clock
from iafa_api.analytics.metrics import count_local_day, count_minutes
from iafa_api.analytics.rolled_up import leave_out
from iafa_api.domain.data_view import PRESENT
from iafa_api.domain.periods import Calendar, Period, periods_between
from iafa_api.domain.rolled_figures import RolledFigure
from iafa_api.domain.rollups import (
    COARSE_MINUTES,
    MINUTE_DAYS,
    DayRollup,
    coarsened,
    grain_of,
    with_events,
    without_local_days,
)
from iafa_api.domain.time_range import zone_named
from iafa_api.errors import BrokenData, Conflict, QueryTimeout, Unavailable
from iafa_api.ingest.tail import read_source
from iafa_api.lake import parquet
from iafa_api.lake.event_source import EventSource
from iafa_api.lake.layout import DAY_US
from iafa_api.lake.manifest_rollups import (
    RollupState,
    StoredRollup,
    forget_figures,
    forget_rollups,
    forget_stale_figures,
    list_finer,
    list_pending,
    read_rollup_state,
    write_rollups,
)
from iafa_api.lake.manifest_schema import DataFile
from iafa_api.services import Services
from iafa_api.upkeep.figure_care import Figures, coarsen_figure, list_figures, list_pending_figures, roll_up_figure

BUDGET_SECONDS = 20.0  # of one run: other jobs have two cores, too
NOT_COUNTED = "Its events are not in the roll-ups yet."
Day = tuple[str, int]  # a project and a UTC day


@dataclass(slots=True)
class RollupResult:
    """What a run did. `refused` are days that could not be counted, by project and day, with the reason.

    `figure_count` are days of single figures that projects define.
    """

    day_count: int = 0
    figure_count: int = 0
    forgotten_count: int = 0
    refused: dict[Day, str] = field(default_factory=dict)


def run_rollups(
    services: Services,
    *,
    now_us: int,
    keep_days: int,
    deleted: Collection[str] = (),
    budget_seconds: float = BUDGET_SECONDS,
) -> RollupResult:
    """Count what came since the last run, for about so long, the newest days first. `keep_days`: 0 is for ever."""
    result = RollupResult()
    root, today = services.data_dir, now_us // DAY_US
    end = clock.monotonic() + budget_seconds
    for project_id, day in [one for one in list_pending(root) if one[0] not in deleted]:
        if clock.monotonic() > end:
            break
        with _told(result, project_id, day):
            result.day_count += roll_up(services, project_id, day, now_us)
    defined = {key: figures for key, figures in list_figures(services.store.current()).items() if key not in deleted}
    for project_id, day, figure in list_pending_figures(services, defined):
        if clock.monotonic() > end:
            break
        with _told(result, project_id, day):
            result.figure_count += roll_up_figure(services, project_id, day, figure, now_us)
    for project_id, day, key in list_finer(root, today - MINUTE_DAYS, COARSE_MINUTES):
        with suppress(Conflict):  # the next run does it
            _coarsen(services, project_id, day) if key is None else coarsen_figure(services, project_id, day, key)
    result.forgotten_count = forget_figures(root, _keys(defined))
    result.forgotten_count += forget_rollups(root, today - keep_days if keep_days else None, deleted)
    return result


def take_stock(services: Services, files: Sequence[DataFile], zones: Mapping[str, str], now_us: int) -> RollupResult:
    """Before these files go: count their days, and the persons and sessions of the local days and hours of theirs.

    `zones` are the projects' time zones.
    """
    result = RollupResult()
    defined = list_figures(services.store.current())
    for project_id, day in sorted({(file.project_id, file.day) for file in files}):
        for other in (day - 1, day, day + 1):  # a local day has hours of two days of UTC: both are to be counted
            with _told(result, project_id, other):
                result.day_count += roll_up(services, project_id, other, now_us)
        figures = defined.get(project_id, ())
        for figure in figures:
            with _told(result, project_id, day):
                if figure.unit is None:
                    result.figure_count += roll_up_figure(services, project_id, day, figure, now_us)
        distinct = [figure for figure in figures if figure.unit is not None]
        _keep_local_days_told(services, project_id, day, zones[project_id], distinct, result)
        forget_stale_figures(services.data_dir, project_id, day, [figure.key for figure in figures])
    return result


def find_uncounted(services: Services, files: Sequence[DataFile], refused: Mapping[Day, str]) -> dict[str, str]:
    """The files that must not go yet, by path, with the reason: a roll-up has not all of their events."""
    found = {}
    keys = _keys(list_figures(services.store.current()))
    for project_id, day in {(file.project_id, file.day) for file in files}:
        state = read_rollup_state(services.data_dir, project_id, day, day, figures=keys.get(project_id, ()))
        versions = [_version(state, day)]
        for figure in state.figures.values():
            if day in figure:
                versions.append(figure[day].version)
            elif day not in state.gone:  # else there never can be one of all its events
                versions.append(0)
        for path, added in state.added.items():
            if added > min(versions) or (project_id, day) in refused:
                found[path] = refused.get((project_id, day), NOT_COUNTED)
    return {file.path: found[file.path] for file in files if file.path in found}


def roll_up(services: Services, project_id: str, day: int, now_us: int) -> bool:
    """Count what the day's files have and its roll-up has not; whether there was anything.

    Conflict where somebody else does so just now, FileNotFoundError where a file goes.
    """
    root = services.data_dir
    state = read_rollup_state(root, project_id, day - 1, day)
    version = _version(state, day)
    files = tuple(file for file in state.files if file.day == day and state.added[file.path] > version)
    if not files:
        return False
    paths = tuple(root / file.path for file in files)
    source = EventSource(paths, parquet.empty_table(), state.version, {}, files, with_bots=PRESENT.with_bots)
    source, held = leave_out(services.engine, root, source, state.added, {day: version} if version else {})
    counts = count_minutes(services.engine, source, held).get(day, {})
    stored = state.rollups.get(day)
    before = stored.rollup if stored else DayRollup(grain_of(day, now_us // DAY_US), {}, day not in state.gone)
    written = {day: StoredRollup(state.version, with_events(before, counts))}
    if day - 1 in state.rollups:
        written[day - 1] = state.rollups[day - 1]
    if counts:  # whose they are was not known when the persons of these days were counted
        written = {
            at: replace(one, rollup=without_local_days(one.rollup, day * DAY_US, (day + 1) * DAY_US))
            for at, one in written.items()
        }
    write_rollups(root, project_id, {at: _version(state, at) for at in written}, written)
    return True


@contextmanager
def _told(result: RollupResult, project_id: str, day: int) -> Iterator[None]:
    """What cannot be counted is told; what somebody else is at just now the next run does."""
    try:
        yield
    except (Conflict, FileNotFoundError):
        return
    except (BrokenData, QueryTimeout, Unavailable) as error:
        result.refused[project_id, day] = error.message


def _keys(defined: Figures) -> dict[str, list[str]]:
    """Of the figures that have roll-ups of their own, by project."""
    return {key: [figure.key for figure in figures if figure.unit is None] for key, figures in defined.items()}


def _keep_local_days_told(
    services: Services,
    project_id: str,
    day: int,
    timezone: str,
    figures: Sequence[RolledFigure],
    result: RollupResult,
) -> None:
    zone = zone_named(timezone)
    for period in periods_between(Calendar(zone, "day"), day * DAY_US, (day + 1) * DAY_US):
        hours = periods_between(Calendar(zone, "hour"), period.start_us, period.end_us)
        try:
            _keep_local_day(services, project_id, period, hours, figures)
        except (BrokenData, Conflict, FileNotFoundError, QueryTimeout, Unavailable) as error:
            result.refused[project_id, day] = str(error)


def _keep_local_day(
    services: Services, project_id: str, period: Period, hours: Sequence[Period], figures: Sequence[RolledFigure]
) -> None:
    """Count the persons and sessions of a local day and of its hours, where all its events are still there."""
    root = services.data_dir
    days = range(period.start_us // DAY_US, (period.end_us - 1) // DAY_US + 1)
    state = read_rollup_state(root, project_id, days[0], days[-1])
    unread = {day: StoredRollup(state.version, DayRollup(COARSE_MINUTES, {})) for day in days}
    stored = unread | {day: state.rollups[day] for day in days if day in state.rollups}
    known = stored[days[0]].rollup.local_days
    if state.gone or any((one.start_us, one.end_us) == (period.start_us, period.end_us) for one in known):
        return
    if any(file.day not in state.rollups for file in state.files):
        raise Conflict(NOT_COUNTED)
    source = read_source(services.buffer, services.manifest, root, project_id, first_day=days[0], last_day=days[-1])
    counted = [count_local_day(services.engine, source, period, figures)]
    if counted[0].users or counted[0].sessions:
        counted += [count_local_day(services.engine, source, hour, figures) for hour in hours]
    if read_rollup_state(root, project_id, days[0], days[-1]).gone:
        raise Conflict("Events expired while they were counted.")
    for one in counted:  # each in the row of the day that it begins in
        day = one.start_us // DAY_US
        before = stored[day].rollup
        stored[day] = replace(stored[day], rollup=replace(before, local_days=(*before.local_days, one)))
    # What the persons were counted of and what the roll-ups have is one and the same, or nothing is written.
    written = {one.start_us // DAY_US: stored[one.start_us // DAY_US] for one in counted}
    write_rollups(root, project_id, {day: _version(state, day) for day in days}, written)


def _coarsen(services: Services, project_id: str, day: int) -> None:
    state = read_rollup_state(services.data_dir, project_id, day, day)
    stored = state.rollups.get(day)
    if stored is not None:
        written = {day: replace(stored, rollup=coarsened(stored.rollup))}
        write_rollups(services.data_dir, project_id, {day: stored.version}, written)


def _version(state: RollupState, day: int) -> int:
    return state.rollups[day].version if day in state.rollups else 0
