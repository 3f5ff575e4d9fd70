"""`iafa lake`: the stored events as files, and what the scheduler does with them, done now.

Works beside a running server: a lock keeps two from replacing files at once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from iafa_api.settings import Settings, load_settings

if TYPE_CHECKING:  # the command line starts without loading the rooms
    from iafa_api.lake.manifest_schema import DataFile
    from iafa_api.services import Services

LOCK_SECONDS = 240.0  # the scheduler's own merge may be on its way
MEGABYTE = 1 << 20


@click.group()
def lake() -> None:
    """Look at the files of events, merge them, remove what has expired."""


@lake.command()
@click.pass_context
def compact(context: click.Context, /) -> None:
    """Merge small files and split large ones until nothing is left to do."""
    from iafa_api.upkeep import lake_care

    settings, services = _open(context)
    refused: dict[str, str] = {}
    while True:
        result = lake_care.compact(services, free_disk_bytes=settings.free_disk_bytes, lock_seconds=LOCK_SECONDS)
        refused |= result.refused
        if result.merge_count:
            click.echo(f"{result.removed_count:,} files → {result.added_count:,}, {result.row_count:,} events")
        else:
            break
    if result.waiting_count:
        click.echo(f"{result.waiting_count:,} merges wait: the disk has no room for them.", err=True)
    _complain(refused)
    sys.exit(1 if refused or result.waiting_count else 0)


@lake.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.pass_context
def expire(context: click.Context, /, *, dry_run: bool) -> None:
    """Remove events past their project's days, and what deleted projects have left."""
    from iafa_api import clock
    from iafa_api.lake import layout
    from iafa_api.lake.expiry import plan_expiry
    from iafa_api.lake.manifest_schema import DataFile
    from iafa_api.upkeep import lake_care

    settings, services = _open(context)
    if dry_run:
        now_us = clock.now_us()
        retentions = lake_care.list_retentions(services.store.current(), now_us)
        planned = plan_expiry(services.manifest.list_live(DataFile), retentions, now_us)
        for file, rule in planned:
            day = layout.day_to_date(file.day)
            click.echo(f"{day}  {file.row_count:>12,} events  project {file.project_id}: {rule}")
        click.echo(f"{len(planned):,} files would go.")
        return
    result = lake_care.expire(services, is_archiving=settings.expired_events == "archive", lock_seconds=LOCK_SECONDS)
    kept = f", {result.archived_count:,} of them to the archive" if result.archived_count else ""
    click.echo(f"{result.file_count:,} files with {result.row_count:,} events went{kept}.")
    _complain(result.refused)
    sys.exit(1 if result.refused else 0)


@lake.command()
@click.argument("project_id", required=False)
@click.pass_context
def rebuild(context: click.Context, /, project_id: str | None) -> None:
    """Make the known ids and persons of a project, or of all, anew from its events."""
    from iafa_api.lake.rebuild import run_rebuild

    _, services = _open(context)
    result = run_rebuild(services.manifest, services.data_dir, project_id, lock_seconds=LOCK_SECONDS)
    click.echo(f"{result.project_count:,} projects: {result.id_count:,} ids, {result.person_count:,} persons")


@lake.command()
@click.argument("project_id")
@click.pass_context
def files(context: click.Context, /, project_id: str) -> None:
    """Show how many files and events a project has on each day."""
    from iafa_api.lake import layout

    _, services = _open(context)
    by_day: dict[tuple[int, bool], list[DataFile]] = {}
    for file in services.manifest.snapshot(project_id, with_archive=True).files:
        by_day.setdefault((file.day, bool(file.is_archived)), []).append(file)
    rows = [
        (
            layout.day_to_date(day),
            len(found),
            f"{sum(file.row_count for file in found):,}",
            f"{sum(file.byte_count for file in found) / MEGABYTE:,.1f}",
            "archived" if is_archived else "",
        )
        for (day, is_archived), found in sorted(by_day.items())
    ]
    _print(("day", "files", "events", "MB", ""), rows)


@lake.command()
@click.argument("project_id")
@click.pass_context
def expired(context: click.Context, /, project_id: str) -> None:
    """Show the ledger of a project's events that went, newest first."""
    from iafa_api import clock
    from iafa_api.lake import layout

    _, services = _open(context)
    lines = services.manifest.list_expired(project_id)
    _print(
        ("went", "day", "events", "rule", "sha256", "archived as"),
        [
            (
                clock.format_time(line.expired_at)[:19],
                layout.day_to_date(line.day),
                f"{line.row_count:,}",
                line.rule,
                line.sha256 or "(was missing)",
                line.archived_as or "",
            )
            for line in lines
        ],
    )


def _open(context: click.Context) -> tuple[Settings, Services]:
    from iafa_api.bootstrap import bootstrap

    settings = load_settings(overrides={"data_dir": context.obj["data_dir"]})
    services = bootstrap(settings)
    context.call_on_close(services.close)
    return settings, services


def _complain(refused: Mapping[str, str]) -> None:
    for path, reason in sorted(refused.items()):
        click.echo(f"left as it is: {path}: {reason}", err=True)


def _print(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    lines = [headings, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
