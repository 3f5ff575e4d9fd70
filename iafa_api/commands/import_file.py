"""`iafa import FILE`: the rows of a file into the buffer, like any other writer's events, in the file's order.

The ids make it repeatable: a file that is imported again, or whose import was interrupted, doubles nothing. Where the
buffer is at its high-water mark, it waits for the scheduler to make room. It never writes Parquet itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from iafa_api import clock
from iafa_api.domain.project import Project
from iafa_api.domain.tracked_event import BODY_MAX_BYTES, EVENT_MAX_BYTES
from iafa_api.errors import InvalidInput, NotFound, TooLarge, Unavailable
from iafa_api.ingest.doors.messages import Message
from iafa_api.ingest.exports.export_files import ExportReader, Product
from iafa_api.ingest.frames import IdentityCall
from iafa_api.ingest.identity_calls import CHECKS, frame_of_calls
from iafa_api.ingest.import_rows import Format, Row, RowReader
from iafa_api.ingest.pipeline import ProjectRules, Sender, accept
from iafa_api.metadata.catalog import Catalog, read_project
from iafa_api.metadata.events import Actor, Cause
from iafa_api.metadata.projects import PROJECT
from iafa_api.services import Services

BATCH_EVENTS = 1000
BATCH_BYTES = BODY_MAX_BYTES // 2
DAY_US = 86_400 * clock.MICROSECONDS
PROGRESS_ROWS = 1000
Reader = RowReader | ExportReader
Stored = TypeVar("Stored")


@dataclass
class Tally:
    """What became of the rows."""

    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    too_old: int = 0
    calls: int = 0  # that said who is whom, or what is known of somebody
    not_joined: Counter[str] = field(default_factory=Counter)


def run_import(
    console: Console,
    services: Services,
    file: Path,
    *,
    project_id: str,
    mapping: Sequence[str] = (),
    timezone: str | None = None,
    file_format: Format | None = None,
    product: Product | None = None,
    keep_all: bool = False,
    skip_old: bool = False,
) -> Tally:
    """Import a file, or another product's export, and print what became of its rows.

    InvalidInput, before the first row is stored, where the file cannot be understood, or where rows are older than the
    project keeps events and neither `keep_all` nor `skip_old` says what to do with them.
    """
    project = Catalog(services.store.current()).find_project(project_id)
    if project is None:
        raise NotFound(f"There is no project with the id {project_id!r}.")
    reader: Reader
    if product is None:
        reader = RowReader(
            file, project_id=project.id, format=file_format, mapping=_pairs(mapping), timezone=timezone or "UTC"
        )
    elif mapping or file_format:
        raise InvalidInput(f"--map and --format are not for an export of {product}, whose columns are known.")
    else:
        reader = ExportReader(file, product, project_id=project.id, timezone=timezone)
    if keep_all and project.retention_days:
        project = _keep_all(services, project)
    oldest_us = clock.now_us() - project.retention_days * DAY_US if project.retention_days else None
    if oldest_us is not None and not skip_old:
        _require_none_older(console, reader, project, oldest_us)
    tally = Tally()
    _append_all(console, services, project, _rows(console, reader, "Importing"), oldest_us, tally)
    _report(console, file, tally)
    return tally


def append_events(
    console: Console, services: Services, project: Project, events: Sequence[bytes], door: str, rejected: Counter[str]
) -> int:
    """Put events (each the JSON of one) into the buffer, waiting where it is full; how many were accepted.

    What the project makes of its events holds for them; what it refuses of a visitor's does not: a file is history.
    """
    rules = ProjectRules(timezone=project.timezone, url_parameters=project.url_parameters)
    body = b"[" + b",".join(events) + b"]"
    accepted = _once_there_is_room(
        console,
        lambda: accept(
            body,
            "batch",
            buffer=services.buffer,
            project_id=project.id,
            sender=Sender(door=door),
            hash_ip=services.hash_event_ip,
            locate=services.addresses.locate,
            project=rules,
            keeps_refused=False,  # they stand in the file, and are told
        ),
    )
    for refusal_of_one in accepted.refused:
        name, messages = next(iter(refusal_of_one.errors.items()))
        rejected[f"{name}: {messages[0]}"] += 1
    return accepted.accepted_count


def _append_calls(
    console: Console, services: Services, project_id: str, calls: Sequence[Message], tally: Tally
) -> None:
    """Put calls into the buffer, and count what of them could not be taken."""
    taken: list[IdentityCall] = []
    for call in calls:
        try:
            checked = CHECKS[str(call.kind)](msgspec.json.encode(call.fields), clock.now_us())
        except (InvalidInput, TooLarge) as error:
            name, said = next(iter((error.errors or {"call": [error.message]}).items()))
            tally.not_joined[f"{name}: {said[0]}"] += 1
            continue
        tally.not_joined.update(f"{link.field}: {link.reason}" for link in checked.refused)
        if checked.call is not None:
            checked.call.actor = "operator"
            taken.append(checked.call)
    if taken:
        header, body = frame_of_calls(taken, "import", project_id)
        _once_there_is_room(console, lambda: services.buffer.append(header, body))
    tally.calls += len(taken)


def _once_there_is_room(console: Console, store: Callable[[], Stored]) -> Stored:
    has_said_so = False
    while True:
        try:
            return store()
        except Unavailable as refusal:
            if not has_said_so:
                console.print(f"{refusal.message} Waiting. Room is made by the scheduler: is `iafa up` running?")
                has_said_so = True
            clock.sleep(refusal.retry_after_seconds)


def _append_all(
    console: Console,
    services: Services,
    project: Project,
    rows: Iterator[Row],
    oldest_us: int | None,
    tally: Tally,
) -> None:
    encode = msgspec.json.Encoder().encode
    batch: list[bytes] = []
    calls: list[Message] = []
    size = 0

    def append() -> None:
        if batch:
            tally.accepted += append_events(console, services, project, batch, "import", tally.rejected)
        if calls:
            _append_calls(console, services, project.id, calls, tally)

    for row in rows:
        calls += row.calls
        if row.event is None:
            if row.reason is not None:
                tally.rejected[row.reason] += 1
        elif oldest_us is not None and row.time_us < oldest_us:
            tally.too_old += 1
        elif len(encoded := encode(row.event)) > EVENT_MAX_BYTES:
            tally.rejected[f"larger than {EVENT_MAX_BYTES:,} bytes"] += 1
        else:
            batch.append(encoded)
            size += len(encoded)
        if len(batch) >= BATCH_EVENTS or size >= BATCH_BYTES or len(calls) >= BATCH_EVENTS:
            append()
            batch, calls, size = [], [], 0
    append()


def _require_none_older(console: Console, reader: Reader, project: Project, oldest_us: int) -> None:
    old = sum(row.event is not None and row.time_us < oldest_us for row in _rows(console, reader, "Looking at times"))
    if old:
        raise InvalidInput(
            f"{old:,} rows are older than the {project.retention_days} days that the project keeps events "
            "(retention_days). Nothing was imported. Either keep all its events for ever with --keep-all "
            "(sets retention_days to 0), or leave those rows out with --skip-old."
        )


def _keep_all(services: Services, project: Project) -> Project:
    cause = Cause(Actor("operator"), clock.new_id())
    fields = {"retention_days": 0}
    change = services.saved(PROJECT).change
    return read_project(change(cause, project.organization_id, project.id, project.version, fields))


def _rows(console: Console, reader: Reader, what: str) -> Iterator[Row]:
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)
        for number, row in enumerate(reader.rows()):
            if number % PROGRESS_ROWS == 0:
                done, total = reader.progress
                progress.update(task, completed=done, total=total)
            yield row


def _pairs(mapping: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in mapping:
        name, separator, column = text.partition("=")
        if not (name and separator and column):
            raise InvalidInput(f"--map takes NAME=COLUMN, such as user_id=customer; {text!r} is not that.")
        if name in pairs:
            raise InvalidInput(f"--map names {name} twice.")
        pairs[name] = column
    return pairs


def _report(console: Console, file: Path, tally: Tally) -> None:
    console.print(
        f"{file.name}: {tally.accepted:,} events accepted; those that were stored before are not doubled.",
        highlight=False,
        markup=False,
    )
    if tally.too_old:
        console.print(f"  {tally.too_old:,} rows left out as older than the project keeps events", highlight=False)
    if tally.calls:
        console.print(f"  {tally.calls:,} calls say who is whom, or what is known of a user", highlight=False)
    for reason, count in tally.not_joined.most_common():
        console.print(f"  {count:,} of them not taken: {reason}", highlight=False, markup=False)
    for reason, count in tally.rejected.most_common():
        rows = "row" if count == 1 else "rows"
        console.print(f"  {count:,} {rows} rejected: {reason}", highlight=False, markup=False)
