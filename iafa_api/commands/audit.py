"""`iafa audit`: the newest event's hash to be noted elsewhere, the log as a file, and the check of such files.

`verify` needs neither a data directory nor settings: it is for whoever was given an export.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from iafa_api import durable
from iafa_api.errors import InvalidInput, NotFound

if TYPE_CHECKING:  # the command line starts without loading the rooms
    from iafa_api.metadata.audit_export import Report
    from iafa_api.metadata.proof import Head, Proof


@click.group()
def audit() -> None:
    """Prove that the metadata log is what it was."""


@audit.command()
@click.pass_context
def head(context: click.Context, /) -> None:
    """Print SEQ:HASH of the newest event.

    Kept where the operator of this machine cannot change it, it proves later what the log was up to now.
    """
    click.echo(str(_open_proof(context).head()))


@audit.command()
@click.option("--organization", "organization_id", help="Its events whole, the others' as hashes. Default: all whole.")
@click.option("--after", type=click.IntRange(0), default=0, help="Only what follows event number N.", metavar="N")
@click.option("--output", type=click.Path(path_type=Path), help="A new file. Default: standard output.")
@click.pass_context
def export(context: click.Context, /, organization_id: str | None, after: int, output: Path | None) -> None:
    """Write the log as NDJSON that `iafa audit verify` can check. Personal fields stay sealed."""
    from iafa_api.metadata.audit_export import export_lines

    lines = export_lines(_open_proof(context), organization_id, after=after)
    if output is None:
        _note_export(context, organization_id, after)
        for line in lines:
            click.echo(line, nl=False)
        return
    # never over a file that is there: it may be the only proof of what this log no longer says
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, durable.FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _note_export(context, organization_id, after)
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        output.unlink()  # half an export would only be refused later
        raise


@audit.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--public-key", "key_file", type=click.Path(path_type=Path), help="PEM, got from the operator earlier.")
@click.option("--head", "noted", metavar="SEQ:HASH", help="What `iafa audit head` printed earlier.")
def verify(files: tuple[Path, ...], key_file: Path | None, noted: str | None) -> None:
    """Check exports of the log; several go on where the one before ends. Exit code 1 where anything is wrong."""
    from iafa_api.metadata.audit_export import check_exports
    from iafa_api.metadata.proof import PublicKey

    key = PublicKey(key_file.read_bytes().decode("ascii", "replace")) if key_file else None
    report = check_exports(files, public_key=key, noted=_parse_head(noted) if noted else None)
    for line in _describe(report, is_key_given=key is not None, noted=noted):
        # much of it stands in the file, which is not to be trusted: control characters are not obeyed
        click.echo("".join(letter if letter.isprintable() else "\ufffd" for letter in line))
    if not report.ok:
        sys.exit(1)


def _describe(report: Report, *, is_key_given: bool, noted: str | None) -> list[str]:
    if not report.ok:
        place = f"{report.file}, line {report.line}" if report.line else str(report.file)
        named = "none is named" if report.first_bad_seq is None else str(report.first_bad_seq)
        return [f"NOT OK  {place}: {report.problem}", f"        First bad event: {named}."]
    whose = f"organisation {report.organization_id}" if report.organization_id else "all organisations"
    lines = [
        f"OK      Events {report.first_seq} to {report.head.seq}, exported for {whose}: {report.whole:,} whole, "
        f"{report.events - report.whole:,} as hashes only; {report.checkpoints:,} checkpoints.",
        f"        Newest event  {report.head}",
        f"        Signed with   {report.fingerprint}, on {report.made_at} by the operator's clock.",
    ]
    if report.first_seq > 1:
        lines.append(f"        Of the events before {report.first_seq}, these files prove nothing.")
    if not is_key_given:
        lines.append(
            "        The key is the file's own: this proves that the file is whole, not who made it. It proves more "
            "with --public-key, a key got earlier."
        )
    if noted is None:
        lines.append(
            "        Whoever holds the signing key could have rewritten the log and signed it anew. That is ruled out "
            "with --head, a head noted earlier, up to there."
        )
    return lines


def _parse_head(text: str) -> Head:
    from iafa_api.metadata.proof import Head

    match = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text.strip())
    if match is None:
        raise InvalidInput("--head takes SEQ:HASH, as `iafa audit head` prints it.")
    return Head(int(match[1]), match[2])


def _open_proof(context: click.Context) -> Proof:
    """The proof of the log in the data directory; the other rooms need not be in order for it."""
    from iafa_api.metadata.log import Log
    from iafa_api.metadata.proof import LOG_FILE, Proof

    data_dir = _data_dir(context)
    if not (data_dir / "metadata" / LOG_FILE).exists():
        raise NotFound(f"There is no metadata log in {data_dir}.")
    return Proof(data_dir / "metadata", data_dir / "vault", Log(data_dir / "metadata"))


def _note_export(context: click.Context, organization_id: str | None, after: int) -> None:
    """Note in the access log what is about to leave the machine; that of all organisations is for the operator only."""
    from iafa_api.metadata.access_log import note_operator

    detail = f"the audit log after event {after}" if after else "the audit log"
    note_operator(_data_dir(context), "export", f"{detail}, by iafa audit export", organization_id=organization_id)


def _data_dir(context: click.Context) -> Path:
    from iafa_api.settings import load_settings

    given: dict[str, Any] = context.obj or {}
    return load_settings(overrides={"data_dir": given.get("data_dir")}).data_dir.resolve()
