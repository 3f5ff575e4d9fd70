"""`iafa quarantine`: the refused events of a project listed, written to a file, sent through the pipeline again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from iafa_api import clock, durable
from iafa_api.errors import NotFound
from iafa_api.settings import load_settings

if TYPE_CHECKING:  # the command line starts without loading the rooms
    from iafa_api.domain.project import Project
    from iafa_api.services import Services

SHOWN_LETTERS = 200  # of an event in the list; `download` has all of it


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--to", "end_date", help="A day or a time of receipt (UTC), inclusive. Default: now."),
        click.option("--from", "start_date", help="A day or a time of receipt (UTC). Default: all that are kept."),
        click.option("--reason", help="Such as event_type_not_allowed."),
        click.option("--project", "project_id", required=True, help="The id of the project."),
    ):
        command = option(command)
    return command


@click.group()
def quarantine() -> None:
    """Look at the events that were refused, and send them again."""


@quarantine.command("list")
@_filters
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="The newest so many.")
@click.pass_context
def list_refused(context: click.Context, /, project_id: str, limit: int, **asked: str | None) -> None:
    """List the newest refused events with their reasons."""
    from iafa_api.answers.quality import find_refused
    from iafa_api.ingest.quarantine import list_newest

    services, project = _open(context, project_id)
    _note(services, project, "personal_data_read", "the quarantine")
    entries, count = list_newest(find_refused(services, project.id, **asked), 0, limit - 1)
    for entry in entries:
        said = entry.text if entry.text is not None else bytes(entry.event).decode()
        field, messages = next(iter(entry.errors.items()), ("", [""]))
        _echo(f"{entry.received_at}  {entry.id}  {entry.reason} ({field}: {messages[0]})  {said[:SHOWN_LETTERS]}")
    click.echo(f"{len(entries):,} of {count:,} refused events.")


@quarantine.command()
@_filters
@click.option("--output", type=click.Path(path_type=Path), help="A new file. Default: standard output.")
@click.pass_context
def download(context: click.Context, /, project_id: str, output: Path | None, **asked: str | None) -> None:
    """Write the refused events as JSON Lines, oldest day first."""
    from iafa_api.answers.quality import find_refused
    from iafa_api.ingest.quarantine import encode_line

    services, project = _open(context, project_id)
    _note(services, project, "export", "the quarantine")
    lines = map(encode_line, find_refused(services, project.id, **asked))
    if output is None:
        for line in lines:
            click.echo(line, nl=False)
        return
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, durable.FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(lines)
    except BaseException:
        output.unlink()  # half of it would be taken for all
        raise


@quarantine.command()
@_filters
@click.option("--id", "ids", multiple=True, help="One entry alone; may be given again.")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Only say what would become of them.")
@click.pass_context
def replay(
    context: click.Context, /, project_id: str, ids: tuple[str, ...], is_dry_run: bool, **asked: str | None
) -> None:
    """Send refused events again, by the rules that the project has now; twice doubles nothing."""
    from iafa_api.answers.quality import replay_refused

    services, project = _open(context, project_id)
    answer = replay_refused(services, project, ids=ids or None, is_dry_run=is_dry_run, **asked)
    if not is_dry_run:
        _note(services, project, "quarantine_replayed", f"{answer.result.accepted_count} events")
    services.close()
    verb = "would be accepted" if is_dry_run else "accepted"
    click.echo(f"{answer.result.accepted_count:,} {verb}, {answer.result.refused_count:,} refused again.")
    for reason, count in sorted(answer.result.refused.items()):
        _echo(f"  {reason}: {count:,}")
    if answer.has_more:
        click.echo("There are more than one call takes: call it again.")


def _open(context: click.Context, project_id: str) -> tuple[Services, Project]:
    from iafa_api.bootstrap import bootstrap
    from iafa_api.metadata.catalog import Catalog

    services = bootstrap(load_settings(overrides={"data_dir": context.obj["data_dir"]}))
    project = Catalog(services.store.current()).find_project(project_id)
    if project is None:
        raise NotFound(f"There is no project with the id {project_id[:64]!r}.")
    return services, project


def _note(services: Services, project: Project, kind: str, what: str) -> None:
    services.access_log.record(
        kind,
        organization_id=project.organization_id,
        actor_id=None,
        ip_hash=None,
        request_id=clock.new_id(),
        detail=f"{what} of project {project.id}, by the operator at the command line",
    )


def _echo(text: str) -> None:
    # what visitors sent: a terminal obeys control characters
    click.echo("".join(letter if letter.isprintable() else "\ufffd" for letter in text))
