"""`iafa restore SRC`: a new data directory from a backup, checked before and after."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.argument("src", type=click.Path(path_type=Path, exists=True))
@click.option("--data-dir", "new_dir", type=click.Path(path_type=Path), help="Where to; missing or empty.")
@click.option("--to-position", type=click.IntRange(0), help="The metadata after this event.")
@click.option("--as-of", metavar="TIME", help="The metadata at a time with its offset, or at a day's end.")
@click.option("--timezone", default="UTC", show_default=True, help="Of a day, or of a time without an offset.")
@click.option("--events-src", type=click.Path(path_type=Path, exists=True), help="A backup to take the events from.")
@click.option("--vault-src", type=click.Path(path_type=Path, exists=True), help="Where the vault's copy lies.")
@click.option(
    "--erasures-from",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="A newer backup, data directory or log: who was erased there stays erased.",
)
@click.pass_context
def restore(
    context: click.Context,
    /,
    src: Path,
    new_dir: Path | None,
    to_position: int | None,
    as_of: str | None,
    timezone: str,
    events_src: Path | None,
    vault_src: Path | None,
    erasures_from: tuple[Path, ...],
) -> None:
    """Make a data directory from the backup SRC, or from the newest in a directory of backups."""
    from iafa_api import clock
    from iafa_api.commands.doctor import examine
    from iafa_api.domain.time_range import parse_moment
    from iafa_api.errors import InvalidInput
    from iafa_api.upkeep.findings import Patient
    from iafa_api.upkeep.restore import find_sources, run_restore

    data_dir = new_dir or context.obj["data_dir"]
    if data_dir is None:  # never the one of the settings: that is the one that is in use
        raise InvalidInput("Say where to with --data-dir.")
    if to_position is not None and as_of is not None:
        raise InvalidInput("Either --to-position or --as-of, not both.")
    sources = find_sources(src, events_src=events_src, vault_src=vault_src)
    result = run_restore(
        sources,
        data_dir,
        to_position=to_position,
        as_of_us=None if as_of is None else parse_moment(as_of, "as_of", timezone=timezone),
        erasures_from=erasures_from,
    )
    click.echo(f"{data_dir}: {result.file_count:,} files, each as it was copied")
    click.echo(f"  metadata up to event {result.position.seq:,}; {result.cut:,} later ones are left out")
    if result.erased_again:
        click.echo(f"  {len(result.erased_again):,} persons who were erased since are erased again")
    for place in result.unread:
        click.echo(f"  {place} is damaged: who was erased by its time is not known from it", err=True)
    if sources.events is None and not (data_dir / "manifest.sqlite3").exists():
        click.echo("  no events: none are in this backup; see --events-src")
    sys.exit(1 if examine(Patient(data_dir, clock.now_us())) else 0)
