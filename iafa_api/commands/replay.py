"""`iafa replay`: the snapshots anew from the log alone."""

from __future__ import annotations

import click

from iafa_api.settings import load_settings


@click.command()
@click.pass_context
def replay(context: click.Context) -> None:
    """Make the snapshots anew from the metadata log; the same log gives the same bytes."""
    from iafa_api.upkeep.replay import run_replay

    result = run_replay(load_settings(overrides={"data_dir": context.obj["data_dir"]}).data_dir)
    count, seconds = result.position.seq, result.seconds
    click.echo(f"{count:,} events in {seconds:.2f} s ({count / max(seconds, 1e-6):,.0f} events/s), each link checked")
    for name in result.made:
        click.echo(f"  {name}.json was not there; it is made")
    for name in result.changed:
        click.echo(f"  {name}.json was of another moment or altered; it is replaced")
    if not result.made and not result.changed:
        click.echo("  the snapshots had these bytes already")
