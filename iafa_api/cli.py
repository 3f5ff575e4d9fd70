"""The `iafa` command: run the service, look at it, fill it. Works on the data directory itself, not over HTTP."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from iafa_api import __version__, clock
from iafa_api.commands.audit import audit
from iafa_api.commands.backup import backup
from iafa_api.commands.doctor import doctor
from iafa_api.commands.lake import lake
from iafa_api.commands.migrate import migrate
from iafa_api.commands.quarantine import quarantine
from iafa_api.commands.replay import replay
from iafa_api.commands.restore import restore
from iafa_api.commands.state import state
from iafa_api.errors import IafaError
from iafa_api.settings import PREFIX, TABLE, Settings, describe_settings, load_settings
from iafa_api.supervisor import run_together, watch_lifeline

console = Console(emoji=False)
SCHEDULER_START_SECONDS = 10.0  # it comes up beside the API; before that it is not missed
LIFELINE = click.option("--lifeline", type=int, hidden=True, help="A pipe whose end means: stop.")


class Commands(click.Group):
    """Errors that a person can cause are one line on standard error, not a trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OSError as error:
            click.echo(f"iafa: {error.strerror or error}{f': {error.filename}' if error.filename else ''}", err=True)
            sys.exit(1)
        except IafaError as error:
            said = [f"iafa: {error.message}", *(f"  {line}" for line in _error_lines(error.errors or {}))]
            for line in said:  # some of it is the user's own text: neither markup nor control characters are obeyed
                click.echo("".join(letter if letter.isprintable() else "\ufffd" for letter in line), err=True)
            sys.exit(1)


@click.group(cls=Commands)
@click.version_option(__version__)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where everything is kept (IAFA_DATA_DIR).")
@click.pass_context
def main(context: click.Context, /, data_dir: Path | None) -> None:
    """Product analytics that a team runs itself."""
    context.obj = {"data_dir": data_dir}


def _data_dir_option(command: Any) -> Any:
    return click.option(
        "--data-dir", "own_data_dir", type=click.Path(path_type=Path), help="Where everything is kept (IAFA_DATA_DIR)."
    )(command)


def _overrides(context: click.Context, **given: Any) -> dict[str, Any]:
    own = given.pop("own_data_dir", None)
    return {"data_dir": own or context.obj["data_dir"], **given}


@main.command()
@click.option("--host", help="The address to listen on (IAFA_HOST).")
@click.option("--port", type=click.IntRange(1, 65_535), help="The port to listen on (IAFA_PORT).")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that serve the API (IAFA_WORKERS).")
@_data_dir_option
@click.pass_context
def up(context: click.Context, /, **given: Any) -> None:
    """Run the API and the scheduler; Ctrl-C stops both."""
    overrides = _overrides(context, **given)
    settings = load_settings(overrides=overrides)
    _require_startable(settings)
    command = [sys.executable, "-m", "iafa_api.cli"]
    ending = run_together(
        {"api": [*command, "api"], "scheduler": [*command, "scheduler"]},
        environment=_environment(overrides),
        on_start=lambda: _say_where(settings),
    )
    if ending.signal_name:
        click.echo(f"iafa: stopped on {ending.signal_name}.", err=True)
    for name, code in ending.unasked.items():
        click.echo(f"iafa: the {name} ended with exit code {code}; everything was stopped.", err=True)
    if not ending.is_clean:
        click.echo("iafa: not everything stopped in time, the rest was killed.", err=True)
    sys.exit(1 if ending.unasked or not ending.is_clean else 0)


@main.command()
@click.option("--host", help="The address to listen on (IAFA_HOST).")
@click.option("--port", type=click.IntRange(1, 65_535), help="The port to listen on (IAFA_PORT).")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that serve the API (IAFA_WORKERS).")
@_data_dir_option
@LIFELINE
@click.pass_context
def api(context: click.Context, /, lifeline: int | None, **given: Any) -> None:
    """Run the API alone."""
    from iafa_api.server import make_metrics_directory, serve

    overrides = _overrides(context, **given)
    settings = load_settings(overrides=overrides)
    os.environ.update(_environment(overrides))  # granian's workers are new processes: they read it again
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(make_metrics_directory(settings))
    watch_lifeline(lifeline)
    serve(settings)


@main.command()
@click.option("--standby", is_flag=True, help="Where one runs, wait and take over when it is gone.")
@_data_dir_option
@LIFELINE
@click.pass_context
def scheduler(context: click.Context, /, lifeline: int | None, standby: bool, **given: Any) -> None:
    """Run the scheduler alone."""
    from scheduler.__main__ import run_scheduler

    watch_lifeline(lifeline)
    settings = load_settings(overrides=_overrides(context, **given))
    run_scheduler(settings, is_standby=standby or settings.second_scheduler == "standby")


@main.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="As the API gives it.")
@click.pass_context
def jobs(context: click.Context, /, as_json: bool) -> None:
    """List the scheduler's jobs, or run one now."""
    from iafa_api.commands.jobs import print_jobs

    if context.invoked_subcommand is None:
        print_jobs(console, _settings(context).data_dir, as_json=as_json)


@jobs.command("run")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="As the API gives it.")
@click.pass_context
def run_job_now(context: click.Context, /, name: str, as_json: bool) -> None:
    """Run a job now and wait for its end: in the scheduler, or in its place where none runs."""
    from iafa_api.commands.jobs import run_job
    from scheduler.__main__ import run_job_alone

    settings = _settings(context)
    alone = partial(run_job_alone, settings)
    sys.exit(0 if run_job(console, settings.data_dir, name, run_alone=alone, as_json=as_json) else 1)


@main.command()
@click.pass_context
def settings(context: click.Context) -> None:
    """List every setting with its value and where that comes from."""
    table = Table(box=None, header_style="bold")
    table.add_column("Setting", no_wrap=True, min_width=max(len(row.name) for row in TABLE))
    for heading in ("Value", "From", "Meaning"):
        table.add_column(heading, overflow="fold")
    for entry in describe_settings(overrides=_overrides(context)):
        shown = ", ".join(entry.value) if isinstance(entry.value, tuple) else str(entry.value)
        if entry.row.is_secret:
            shown = "(set)" if shown else "(kept in the data directory)"
        table.add_row(entry.row.name, shown, entry.source, entry.row.description)
    console.print(table)


@main.command()
@click.argument("funnel_id")
@click.option("--from", "start_date", help="First day, in the project's time zone. Default: 30 days.")
@click.option("--to", "end_date", help="Last day.")
@click.option("--window", help="Conversion window, such as 7d, in place of the funnel's own.")
@click.pass_context
def funnel(context: click.Context, /, funnel_id: str, **asked: str | None) -> None:
    """Print a funnel as bars."""
    from iafa_api.bootstrap import bootstrap
    from iafa_api.commands.funnel import print_funnel

    print_funnel(console, bootstrap(_settings(context)), funnel_id, **asked)


@main.command()
@click.option("--email", default="demo@iafa.example", show_default=True, help="The account that owns the demo.")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="Days of events.")
@click.pass_context
def demo(context: click.Context, /, email: str, days: int) -> None:
    """Fill a demo project with a believable shop, and print its sign-in."""
    from iafa_api.bootstrap import bootstrap
    from iafa_api.commands.demo import run_demo

    run_demo(console, bootstrap(_settings(context)), email=email, days=days)


@main.command()
@click.option("--to", required=True, help="The moment to go back to: a time with an offset, or a day (its end, UTC).")
@click.option("--stream", "streams", multiple=True, required=True, help="funnel-ID, project-ID, funnel-* or project-*.")
@click.option("--dry-run", is_flag=True, help="Only print what would change.")
@click.pass_context
def revert(context: click.Context, /, **given: Any) -> None:
    """Give projects and what is saved in them back what they were; each change is a new event."""
    from iafa_api.bootstrap import bootstrap
    from iafa_api.commands.revert import run_revert

    run_revert(console, bootstrap(_settings(context)), **given)


for command in (audit, backup, doctor, lake, migrate, quarantine, replay, restore, state):
    main.add_command(command)


@main.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--project", "project_id", required=True, help="The id of the project.")
@click.option(
    "--from",
    "product",
    type=click.Choice(["mixpanel", "amplitude", "posthog", "umami"]),
    help="An export of this product, in gzip or a zip as well.",
)
@click.option("--map", "mapping", multiple=True, metavar="NAME=COLUMN", help="Which column is which: user_id=customer.")
@click.option("--timezone", help="Of times without an offset (of Mixpanel's project before 2023). Default: UTC.")
@click.option("--format", "file_format", type=click.Choice(["csv", "ndjson", "parquet"]), help="Default: by the name.")
@click.option("--keep-all", is_flag=True, help="Keep the project's events for ever (sets retention_days to 0).")
@click.option("--skip-old", is_flag=True, help="Leave out rows older than the project keeps events.")
@click.pass_context
def import_file(context: click.Context, /, file: Path, **given: Any) -> None:
    """Import events from a CSV, NDJSON or Parquet file, or an export; doing it again doubles nothing."""
    from iafa_api.bootstrap import bootstrap
    from iafa_api.commands.import_file import run_import

    run_import(console, bootstrap(_settings(context)), file, **given)


def _settings(context: click.Context) -> Settings:
    return load_settings(overrides=_overrides(context))


def _environment(overrides: Mapping[str, Any]) -> dict[str, str]:
    """The environment for a child: what the command line said goes on as if it had stood there."""
    said = {PREFIX + name.upper(): str(value) for name, value in overrides.items() if value is not None}
    return {**os.environ, **said}


def _require_startable(settings: Settings) -> None:
    """Find out what is wrong in this process, where it can be said in a line, and not in each of those to come."""
    from iafa_api.bootstrap import bootstrap
    from iafa_api.server import listen_address
    from scheduler.__main__ import require_no_other_scheduler

    listen_address(settings.host, settings.port)
    if settings.second_scheduler == "refuse":
        require_no_other_scheduler(settings.data_dir)
    bootstrap(settings).close()


def _say_where(settings: Settings) -> None:
    from iafa_api.server import wait_for_answer, web_address
    from iafa_api.upkeep.job_report import list_complaints
    from iafa_api.upkeep.presence import wait_for

    reason = wait_for_answer(settings)
    if reason is None:
        return
    address = web_address(settings)
    console.print()
    console.print(f"  IAFA {__version__} runs at  [bold]{address}[/]", highlight=False)
    console.print(f"  API, to read and try    {address}/api/v1/docs", highlight=False)
    console.print(
        "  To sign in              `iafa demo` makes an account with a filled project, or register:", soft_wrap=True
    )
    console.print(
        f"    curl -X POST {address}/api/v1/auth/register -H 'Content-Type: application/json' \\\n"
        '      -d \'{"email": "you@example.com", "password": "at least 8 characters", "full_name": "You"}\'',
        highlight=False,
        soft_wrap=True,
    )
    console.print(f"  Data                    {settings.data_dir.resolve()}", highlight=False, soft_wrap=True)
    if reason:
        console.print(f"  [red]Not ready yet[/]           {reason}", highlight=False)
    wait_for(settings.data_dir, "scheduler", seconds=SCHEDULER_START_SECONDS)
    for complaint in list_complaints(settings.data_dir, clock.now_us()):
        console.print("  [red]Jobs[/]                   ", Text(complaint), highlight=False, soft_wrap=True)
    console.print()


def _error_lines(errors: Mapping[str, Any], path: str = "") -> list[str]:
    lines: list[str] = []
    for name, value in errors.items():
        place = f"{path}.{name}" if path else name
        if isinstance(value, Mapping):
            lines += _error_lines(value, place)
        else:
            lines += [f"{place}: {message}" for message in value]
    return lines


if __name__ == "__main__":
    main()
