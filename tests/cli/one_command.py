"""One command of `iafa` alone, over a data directory."""

from __future__ import annotations

from pathlib import Path

import click
from click.testing import CliRunner, Result


def invoke(command: click.Command, data_dir: Path, *arguments: str) -> Result:
    """Run it as `iafa --data-dir DIR COMMAND …` does; what it raises is raised here."""

    @click.group()
    @click.pass_context
    def main(context: click.Context) -> None:
        context.obj = {"data_dir": data_dir}

    main.add_command(command)
    return CliRunner().invoke(main, [command.name or "", *arguments], catch_exceptions=False)
