"""Roll-ups of the figures that projects define: counted day by day from the events that there are.

Promises: a day's roll-up has all events of the day up to its version, or is not there. A new definition is filled from
the events that have not expired; one that counts as an earlier one finds what that one left. Killed at any step, a day
is as it was or as it is to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from iafa_api.analytics.metrics import count_figure
from iafa_api.analytics.rolled_up import leave_out
from iafa_api.domain.data_view import PRESENT
from iafa_api.domain.metrics import defined_metric
from iafa_api.domain.rolled_figures import RolledFigure, rolled_figures
from iafa_api.domain.rollups import EVERY, FigureDay, coarsened_figure, grain_of, with_amounts
from iafa_api.lake import parquet
from iafa_api.lake.event_source import EventSource
from iafa_api.lake.layout import DAY_US
from iafa_api.lake.manifest_rollups import StoredFigure, list_pending_days, read_rollup_state, write_figure
from iafa_api.metadata.projections import State
from iafa_api.services import Services

Figures = Mapping[str, Sequence[RolledFigure]]  # by project


def list_figures(state: State) -> Figures:
    """What the projects define, each figure once; also of projects whose deletion may be taken back."""
    found: dict[str, dict[str, RolledFigure]] = {}
    for document in state.documents["metric_definitions"].values():
        for figure in [] if document.get("deleted_at") else rolled_figures(defined_metric(document)):
            found.setdefault(document["project_id"], {})[figure.key] = figure
    return {project_id: tuple(figures.values()) for project_id, figures in found.items()}


def list_pending_figures(services: Services, defined: Figures) -> Iterator[tuple[str, int, RolledFigure]]:
    """The projects and days, the newest first, with the figures whose roll-ups have not seen all of their files."""
    pending = [
        (day, project_id, figure)
        for project_id, figures in defined.items()
        for figure in figures
        if figure.unit is None
        for day in list_pending_days(services.data_dir, project_id, figure.key)
    ]
    for day, project_id, figure in sorted(pending, key=lambda one: -one[0]):
        yield project_id, day, figure


def roll_up_figure(services: Services, project_id: str, day: int, figure: RolledFigure, now_us: int) -> bool:
    """Count what the day's files have and its roll-up has not; whether there was anything.

    Conflict where somebody else does so just now, FileNotFoundError where a file goes.
    """
    root, key = services.data_dir, figure.key
    state = read_rollup_state(root, project_id, day, day, figures=[key], with_events=False)
    stored = state.figures[key].get(day)
    version = stored.version if stored else 0
    files = tuple(file for file in state.files if state.added[file.path] > version)
    if not files or (stored is None and day in state.gone):
        return False
    paths = tuple(root / file.path for file in files)
    source = EventSource(paths, parquet.empty_table(), state.version, {}, files, with_bots=PRESENT.with_bots)
    source, held = leave_out(services.engine, root, source, state.added, {day: version} if version else {})
    before = stored.rollup if stored else FigureDay(grain_of(day, now_us // DAY_US), {}, {})
    is_divided = figure.dimension is not None
    cells, rest = count_figure(
        services.engine,
        source,
        figure,
        held,
        before.cells if is_divided else (EVERY,),
        grain_minutes=before.grain_minutes,
        with_new_values=is_divided and not before.rest,  # else an event of a new value may have been in the rest
    )
    written = StoredFigure(state.version, with_amounts(before, cells, rest))
    write_figure(root, project_id, key, day, version, written)
    return True


def coarsen_figure(services: Services, project_id: str, day: int, key: str) -> None:
    """Conflict where somebody counts the day just now."""
    state = read_rollup_state(services.data_dir, project_id, day, day, figures=[key], with_events=False)
    stored = state.figures[key].get(day)
    if stored is not None:
        written = StoredFigure(stored.version, coarsened_figure(stored.rollup))
        write_figure(services.data_dir, project_id, key, day, stored.version, written)
