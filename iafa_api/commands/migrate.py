"""`iafa migrate`: what is stored in older forms, and the snapshots in today's."""

from __future__ import annotations

import click

from iafa_api.settings import load_settings


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what is stored and what each step makes of it; write nothing.")
@click.pass_context
def migrate(context: click.Context, /, dry_run: bool) -> None:
    """Bring the snapshots into today's form. The log keeps its bytes: events are upgraded whenever they are read."""
    from iafa_api.upkeep.migrate import plan_migration, run_migration
    from migrations_json.chain import SCHEMA_VERSION

    data_dir = load_settings(overrides={"data_dir": context.obj["data_dir"]}).data_dir
    plan = plan_migration(data_dir)
    for version, count in sorted(plan.version_counts.items()):
        read_as = "" if version == SCHEMA_VERSION else f", read as version {SCHEMA_VERSION}"
        click.echo(f"{count:,} events of version {version}{read_as}")
    for name, found in plan.snapshots.items():
        click.echo(f"{name}.json: {'missing or unreadable' if found is None else f'version {found}'}")
    for step in plan.steps:
        if not step.event_counts and not any(step.document_counts.values()):
            continue
        click.echo(f"{step.name} (version {step.version} to {step.version + 1}):")
        for event_type, count in sorted(step.event_counts.items()):
            click.echo(f"  {count:,} × {event_type}: {', '.join(sorted(step.fields[event_type]))}")
        for kind, count in sorted(step.document_counts.items()):
            if count:
                click.echo(f"  {count:,} {kind} in a snapshot")
    if dry_run:
        click.echo("Nothing was written." if plan.is_due else "Nothing was written, and nothing has to be.")
        return
    written = run_migration(data_dir, plan)
    click.echo("The snapshots are up to date." if written is None else "The snapshots are written anew.")
