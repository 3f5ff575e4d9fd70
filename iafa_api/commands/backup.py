"""`iafa backup DEST`: a copy of the data directory while everything runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from iafa_api.settings import load_settings


@click.command()
@click.argument("dest", type=click.Path(path_type=Path))
@click.option("--vault-dest", type=click.Path(path_type=Path), help="Where the vault goes, apart from the rest.")
@click.option("--only", type=click.Choice(["metadata", "events"]), help="One part alone.")
@click.option(
    "--like", type=click.Path(path_type=Path), help="An earlier backup: files it holds are linked, not copied."
)
@click.pass_context
def backup(context: click.Context, /, dest: Path, vault_dest: Path | None, only: str | None, like: Path | None) -> None:
    """Copy the data directory to DEST, which must not exist, while the server runs."""
    from iafa_api.metadata.log import Log
    from iafa_api.metadata.stored_log import LOG
    from iafa_api.upkeep.backup import PARTS, run_backup

    data_dir = load_settings(overrides={"data_dir": context.obj["data_dir"]}).data_dir
    if (data_dir / "metadata" / LOG).is_file():
        Log(data_dir / "metadata")  # brings it into order after a crash: where it is synced to is known only then
    made = run_backup(data_dir, dest, vault_dest=vault_dest, parts=[only] if only else PARTS, like=like)
    inventory = made.inventory
    click.echo(f"{made.path}: {len(inventory.files):,} files, {made.byte_count / (1 << 20):,.1f} MB")
    if inventory.position is not None:
        click.echo(f"  metadata up to event {inventory.position.seq:,} ({inventory.position.at or 'none'})")
    if inventory.manifest_version is not None:
        click.echo(f"  events up to version {inventory.manifest_version:,} of the manifest, and what waited beside it")
    click.echo(f"  vault: {made.vault_path or 'in it; whoever has this copy can open the personal fields'}")
    for fault in inventory.faults:
        click.echo(f"  not whole where it was copied from: {fault}", err=True)
    sys.exit(1 if inventory.faults else 0)
