"""Where the lake's files lie, by relative paths under the data directory, and which parts a path may be made of.

Promises: a path is built only of UUIDs that this server made, days, and names made here; anything else raises, so that
no name from outside ever becomes a path.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import PurePosixPath

from iafa_api import clock, durable

EVENTS = "events"
ID_RUNS = "ids"
PERSON_RUNS = "persons"
ARCHIVE = "archive"
QUARANTINE = "quarantine"
IDENTITIES = "identities"
LOST = "lost"
MANIFEST = "manifest.sqlite3"
TEMPORARY_SUFFIX = durable.TEMPORARY_SUFFIX
DAY_US = 86_400 * clock.MICROSECONDS
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_EPOCH = date(1970, 1, 1)


def is_project_id(text: str) -> bool:
    """Whether this has the shape of the ids that the server makes."""
    return UUID.fullmatch(text) is not None


def require_project_id(text: str) -> str:
    """The id itself; ValueError for anything that could not be one, before it gets into a path."""
    if not is_project_id(text):
        raise ValueError(f"{text!r} is no project id")
    return text


def events_path(project_id: str, day: int) -> PurePosixPath:
    """A new name for events of one project and one UTC day (counted from 1970-01-01)."""
    return _day_path(EVENTS, project_id, day)


def archive_path(project_id: str, day: int) -> PurePosixPath:
    """A new name for expired events that are kept apart."""
    return _day_path(ARCHIVE, project_id, day)


def id_run_path(project_id: str) -> PurePosixPath:
    """A new name for a run of a project's id hashes."""
    return PurePosixPath(ID_RUNS) / f"project_{require_project_id(project_id)}" / f"run_{_unique()}.ids"


def person_run_path(project_id: str) -> PurePosixPath:
    """A new name for a run of a project's person hashes."""
    return PurePosixPath(PERSON_RUNS) / f"project_{require_project_id(project_id)}" / f"run_{_unique()}.persons"


def quarantine_path(project_id: str, day: int) -> PurePosixPath:
    """A new name for refused events of one project and one UTC day of receipt."""
    date_of_day = day_to_date(day)
    folder = PurePosixPath(QUARANTINE) / f"project_{require_project_id(project_id)}"
    return folder / f"{date_of_day:%Y}" / f"{date_of_day:%m}" / f"refused_{date_of_day.isoformat()}_{_unique()}.jsonl"


def identities_path(project_id: str) -> PurePosixPath:
    """A new name for calls that say who is whom in a project."""
    return PurePosixPath(IDENTITIES) / f"project_{require_project_id(project_id)}" / f"calls_{_unique()}.parquet"


def day_to_date(day: int) -> date:
    """The calendar day that lies this many days after 1970-01-01."""
    return _EPOCH + timedelta(days=day)


def _day_path(folder: str, project_id: str, day: int) -> PurePosixPath:
    date_of_day = day_to_date(day)
    name = f"events_{date_of_day.isoformat()}_{_unique()}.parquet"
    place = PurePosixPath(folder) / f"project_{require_project_id(project_id)}"
    return place / f"{date_of_day:%Y}" / f"{date_of_day:%m}" / name


def _unique() -> str:
    return clock.new_id().replace("-", "")
