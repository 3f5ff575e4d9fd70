"""`iafa state --as-of TIME`: the metadata as it was then, as JSON."""

from __future__ import annotations

import json

import click

from iafa_api.settings import load_settings


@click.command()
@click.option("--as-of", required=True, metavar="TIME", help="A time with its offset, or a day (its end).")
@click.option("--timezone", default="UTC", show_default=True, help="Of a day, or of a time without an offset.")
@click.option("--kind", help="One kind of documents alone: funnels, projects, users, …")
@click.option("--id", "subject_id", help="One document alone.")
@click.option("--open", "is_open", is_flag=True, help="Open personal fields; without it they stay sealed.")
@click.pass_context
def state(
    context: click.Context, /, as_of: str, timezone: str, kind: str | None, subject_id: str | None, is_open: bool
) -> None:
    """Print the metadata as it was at a moment."""
    from iafa_api.upkeep.past import state_as_of

    data_dir = load_settings(overrides={"data_dir": context.obj["data_dir"]}).data_dir
    found = state_as_of(data_dir, as_of, timezone=timezone, kind=kind, subject_id=subject_id, is_open=is_open)
    # ASCII: names come from users, and a terminal obeys control characters that JSON may hold as they are
    click.echo(json.dumps(found, indent=1, sort_keys=True))
