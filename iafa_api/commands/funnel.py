"""`iafa funnel ID`: the figures of a saved funnel as bars in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from iafa_api.answers.funnels import answer_funnel
from iafa_api.domain.funnel_json import parse_window
from iafa_api.errors import NotFound
from iafa_api.metadata.catalog import Catalog
from iafa_api.services import Services

LONGEST_BAR, SHORTEST_BAR = 40, 8
FIGURES_WIDTH = 48  # of the columns beside name and bar


def print_funnel(
    console: Console,
    services: Services,
    funnel_id: str,
    *,
    start_date: str | None = None,
    end_date: str | None = None,
    window: str | None = None,
) -> None:
    """Ask and print. NotFound for an unknown id, InvalidInput for dates or a window that cannot be read."""
    catalog = Catalog(services.store.current())
    funnel = catalog.find_funnel(funnel_id)
    project = catalog.find_project(funnel.project_id)
    if project is None:
        raise NotFound("The funnel's project is deleted.")
    document = dict(funnel.definition)
    if window:
        asked = parse_window(window)
        document["conversion_window"] = {"value": asked.value, "unit": asked.unit}
    answer = answer_funnel(
        services,
        project,
        document,
        metadata_position=catalog.position,
        funnel=funnel,
        start_date=start_date,
        end_date=end_date,
    )
    allowed = document["conversion_window"]
    limit = f"within {allowed['value']} {allowed['unit']}{'s' * (allowed['value'] > 1)}" if allowed else "no window"
    date_range = answer["date_range"]
    title = Text(funnel.name, style="bold").append(
        f"  {date_range['start']} to {date_range['end']}, {limit}", style="not bold"
    )
    console.print(title)
    table = Table(box=None, show_header=True, header_style="dim")
    for heading in ("Stage", "", "Users", "Of first", "Of previous", "Median time"):
        table.add_column(heading, justify="left" if heading in ("Stage", "") else "right")
    longest_name = max(len(stage["stage_name"]) for stage in answer["stages"])
    width = max(SHORTEST_BAR, min(LONGEST_BAR, console.width - longest_name - FIGURES_WIDTH))
    for stage in answer["stages"]:
        length = round(width * stage["conversion_rate"] / 100)
        bar = Text("█" * length, style="cyan") + Text("·" * (width - length), style="dim")
        table.add_row(
            Text(stage["stage_name"]),
            bar,
            f"{stage['users']:,}",
            f"{stage['conversion_rate']:.2f} %",
            f"{stage['step_conversion_rate']:.2f} %",
            _duration(stage["median_seconds_from_previous"]),
        )
    console.print(table)
    console.print(f"Overall conversion: [bold]{answer['overall_conversion_rate']:.2f} %[/]", highlight=False)


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"
