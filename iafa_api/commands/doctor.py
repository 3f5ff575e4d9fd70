"""`iafa doctor`: a line for each thing that was checked, and what to do where it is not right."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from iafa_api.settings import load_settings

if TYPE_CHECKING:
    from iafa_api.upkeep.findings import Patient

COLORS = {"ok": "green", "warn": "yellow", "bad": "red"}


@click.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """Check the data directory, changing nothing; the exit code is 1 where something is bad."""
    from iafa_api import clock
    from iafa_api.upkeep.findings import Patient

    settings = load_settings(overrides={"data_dir": context.obj["data_dir"]})
    patient = Patient(settings.data_dir, clock.now_us(), settings.secret_key, settings.free_disk_bytes)
    sys.exit(1 if examine(patient) else 0)


def examine(patient: Patient) -> bool:
    """Print what each check says; whether something is bad."""
    from iafa_api.upkeep.doctor import list_checks
    from iafa_api.upkeep.findings import Finding

    is_bad = False
    for name, check in list_checks(patient):
        try:
            findings = check()
        except Exception as error:  # noqa: BLE001 - the command line: one check that fails hides no other
            said = str(error) or type(error).__name__
            findings = [Finding(name, "bad", f"could not be checked: {said}", "see what is said above")]
        for finding in findings:
            is_bad |= finding.level == "bad"
            advice = f" → {finding.advice}" if finding.advice else ""
            line = f"{finding.check:<12} {finding.text}{advice}"
            shown = "".join(
                letter if letter.isprintable() else "\ufffd" for letter in line
            )  # file names are not obeyed
            click.echo(f"{click.style(f'{finding.level:<4}', fg=COLORS[finding.level])}  {shown}")
    return is_bad
