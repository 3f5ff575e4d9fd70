"""One table of settings, and the only reader of the environment.

A value is taken from the first of these that has it: the environment, `.env` in the working directory, `.env` in the
data directory, `config/app_config.json` in the data directory, the default. Names are `IAFA_…` everywhere, in
`app_config.json` also in lower case without the prefix. An unknown `IAFA_…` name is refused: a misspelt setting that
is silently ignored is found out on the day it mattered.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from iafa_api.errors import SettingsError

PREFIX = "IAFA_"
SECRET_MIN = 32  # RFC 7518, 3.2: a key for HS256 is at least as long as its hash
READ_BY_TESTS = frozenset({"IAFA_TEST_DATA"})


@dataclass(frozen=True)
class Settings:
    """What the program was told, checked. Made by `load_settings`; tests may construct it as they need it."""

    data_dir: Path = Path("data")
    secret_key: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    registration: str = "open"
    retention_days: int = 90
    event_buffer_size: int = 100
    event_flush_interval: int = 60
    buffer_high_water_bytes: int = 2 << 30
    free_disk_bytes: int = 512 << 20
    quarantine_events: int = 10_000
    quarantine_bytes: int = 20 << 20
    rate_limit_events_per_minute: int = 1000
    rate_limit_events_per_minute_ip: int = 100
    rate_limit_events_per_minute_person: int = 0
    login_attempts_per_minute: int = 10
    jwt_expiration_hours: int = 24
    refresh_expiration_days: int = 30
    password_cost: int = 12
    cors_origins: tuple[str, ...] = ()
    public_url: str = ""
    trusted_proxies: int = 0
    geo_database: str = ""
    country_header: str = ""
    region_header: str = ""
    city_header: str = ""
    ip_rotation_days: int = 1
    query_timeout: int = 30
    query_memory: int = 1 << 30
    query_threads: int = 2
    query_at_once: int = 4
    query_rows: int = 5_000_000
    expiry_at: str = "03:30"
    expired_events: str = "delete"
    rollup_days: int = 0
    second_scheduler: str = "refuse"
    backup_dir: str = ""
    backup_vault_dir: str = ""
    log_level: str = "info"


@dataclass(frozen=True)
class SettingRow:
    """One row of the table: how a field of `Settings` is written and what it does."""

    field: str
    parse: Callable[[str], Any]
    shape: str
    description: str
    is_secret: bool = False

    @property
    def name(self) -> str:
        return PREFIX + self.field.upper()


@dataclass(frozen=True)
class SettingValue:
    """A setting as it stands and where that came from (`environment`, a file's name, `default`)."""

    row: SettingRow
    value: Any
    source: str


def _whole(low: int, high: int | None = None) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text)
        if number < low or (high is not None and number > high):
            raise ValueError(text)
        return number

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return parse


def _time_of_day(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError(text)
    return text


def _size(text: str) -> int:
    units = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}
    number, unit = text.strip(), 1
    for suffix, factor in units.items():
        if number.upper().endswith(suffix):
            number, unit = number[: -len(suffix)], factor
    size = int(float(number) * unit)
    if size < 0:
        raise ValueError(text)
    return size


def _size_above_zero(text: str) -> int:
    if (size := _size(text)) == 0:
        raise ValueError(text)
    return size


def _secret(text: str) -> str:
    if len(text) < SECRET_MIN:
        raise ValueError(text)
    return text


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


SIZE = "a size: bytes, or with KB, MB, GB"
TABLE = (
    SettingRow("data_dir", Path, "a path", "Where everything is kept: events, metadata, keys."),
    SettingRow(
        "secret_key",
        _secret,
        f"text, {SECRET_MIN} characters or more",
        "Signs the access tokens; where it is not given, one is made and kept in the data directory.",
        is_secret=True,
    ),
    SettingRow("host", str, "an address", "The address the API listens on."),
    SettingRow("port", _whole(1, 65_535), "1 to 65535", "The port the API listens on."),
    SettingRow("workers", _whole(1, 64), "1 to 64", "Processes that serve the API."),
    SettingRow(
        "registration",
        _one_of("open", "invite"),
        "open or invite",
        "Whether anybody may register; with `invite` only the first account of all and who is invited.",
    ),
    SettingRow("retention_days", _whole(0), "0 or more", "Days a new project keeps its events; 0: for ever."),
    SettingRow("event_buffer_size", _whole(1), "1 or more", "A flush is due when this many events wait."),
    SettingRow(
        "event_flush_interval", _whole(1), "seconds, 1 or more", "A flush is due when the oldest event waits this long."
    ),
    SettingRow(
        "buffer_high_water_bytes", _size_above_zero, SIZE, "Past this many bytes that wait, tracking answers 503."
    ),
    SettingRow("free_disk_bytes", _size, SIZE, "With less free disk than this, tracking answers 503; 0: no limit."),
    SettingRow(
        "quarantine_events",
        _whole(0),
        "0 or more",
        "Refused events kept of one project and day, the rest is only counted; 0: none.",
    ),
    SettingRow("quarantine_bytes", _size, SIZE, "The same in bytes; reading a day takes this much memory."),
    SettingRow(
        "rate_limit_events_per_minute",
        _whole(0),
        "0 or more",
        "Events a minute that one key may send, where its project says nothing else; 0: no limit.",
    ),
    SettingRow(
        "rate_limit_events_per_minute_ip",
        _whole(0),
        "0 or more",
        "Tracking requests a minute from one address that names no valid key; 0: no limit.",
    ),
    SettingRow(
        "rate_limit_events_per_minute_person",
        _whole(0),
        "0 or more",
        "Events a minute of one person (user_id, else anonymous_id) of a project; 0: no limit.",
    ),
    SettingRow(
        "login_attempts_per_minute",
        _whole(0),
        "0 or more",
        "Sign-ins a minute for one address of either kind (e-mail, IP); 0: no limit.",
    ),
    SettingRow("jwt_expiration_hours", _whole(1), "hours, 1 or more", "How long an access token is good for."),
    SettingRow("refresh_expiration_days", _whole(1), "days, 1 or more", "How long a refresh token is good for."),
    SettingRow(
        "password_cost", _whole(4, 16), "4 to 16", "The bcrypt cost; below 10 only where passwords guard nothing."
    ),
    SettingRow("cors_origins", _list, "a comma list of origins", "Other origins that may use the API from a browser."),
    SettingRow("public_url", str, "a URL", "How browsers reach this server; default: as the request came."),
    SettingRow("trusted_proxies", _whole(0, 8), "0 to 8", "Proxies in front whose X-Forwarded-For is believed."),
    SettingRow(
        "geo_database", str, "a path", "A data base in MaxMind's format: countries, regions and cities of addresses."
    ),
    SettingRow(
        "country_header",
        str,
        "a header's name",
        "Where the proxy says the country; with trusted_proxies only.",
    ),
    SettingRow("region_header", str, "a header's name", "Where the proxy says the region; likewise."),
    SettingRow("city_header", str, "a header's name", "Where the proxy says the city; likewise."),
    SettingRow(
        "ip_rotation_days",
        _whole(0),
        "0 or more",
        "Days until an address has another hash; 0: for ever.",
    ),
    SettingRow("query_timeout", _whole(1), "seconds, 1 or more", "A question that takes longer is ended."),
    SettingRow("query_memory", _size_above_zero, SIZE, "Memory that the questions of one worker may use."),
    SettingRow("query_threads", _whole(1, 64), "1 to 64", "Threads that the questions of one worker may use."),
    SettingRow("expiry_at", _time_of_day, "HH:MM, UTC", "When events past their days are removed, each day."),
    SettingRow(
        "expired_events",
        _one_of("delete", "archive"),
        "delete or archive",
        "What becomes of them: `archive` keeps them in `archive/`, smaller, for questions that ask for it.",
    ),
    SettingRow(
        "rollup_days",
        _whole(0),
        "0 or more",
        "Days that roll-ups, which metrics are answered from, outlive expired events; 0: for ever.",
    ),
    SettingRow(
        "second_scheduler",
        _one_of("refuse", "standby"),
        "refuse or standby",
        "What a scheduler does where one runs already: `standby` waits and takes over when that one is gone.",
    ),
    SettingRow(
        "query_at_once", _whole(1, 64), "1 to 64", "Questions that one worker answers at once; half of one project."
    ),
    SettingRow("query_rows", _whole(1000), "1000 or more", "Events that one question may have to look at one by one."),
    SettingRow(
        "backup_dir", str, "a path", "Where the scheduler keeps backups, hourly and daily, for 30 days; default: none."
    ),
    SettingRow("backup_vault_dir", str, "a path", "Where their vaults go, apart; default: `vault` in that directory."),
    SettingRow("log_level", _one_of("debug", "info", "warning", "error"), "a level", "What is logged, at the least."),
)
BY_NAME = {row.name: row for row in TABLE}
DEFAULTS = {field.name: field.default for field in fields(Settings)}


def load_settings(
    environment: Mapping[str, str] | None = None, *, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """The settings as they stand. `overrides` are values from the command line, by field; None means not given.

    Raises SettingsError for an unknown name or a value that is not of its shape, saying which and where.
    """
    values = {entry.row.field: entry.value for entry in describe_settings(environment, overrides=overrides)}
    return Settings(**values)


def describe_settings(
    environment: Mapping[str, str] | None = None, *, overrides: Mapping[str, Any] | None = None
) -> list[SettingValue]:
    """Every setting with its value and source, in the table's order."""
    environment = os.environ if environment is None else environment
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    sources = [("environment", _known(environment, "the environment")), _dotenv(Path(".env"))]
    data_dir = Path(given.get("data_dir") or _first(sources, "IAFA_DATA_DIR") or Settings.data_dir)
    if data_dir.resolve() != Path.cwd():
        sources.append(_dotenv(data_dir / ".env"))
    sources.append(_app_config(data_dir / "config" / "app_config.json"))
    described = []
    for row in TABLE:
        if row.field in given:
            described.append(SettingValue(row, given[row.field], "command line"))
            continue
        value, source = DEFAULTS[row.field], "default"
        for name, content in sources:
            if row.name in content:
                value, source = _parse(row, content[row.name], name), name
                break
        described.append(SettingValue(row, value, source))
    return described


def _first(sources: list[tuple[str, dict[str, str]]], name: str) -> str | None:
    return next((content[name] for _, content in sources if name in content), None)


def _parse(row: SettingRow, text: str, source: str) -> Any:
    try:
        return row.parse(text)
    except ValueError:
        shown = "the value given" if row.is_secret else repr(text)
        raise SettingsError(f"{row.name} (from {source}) must be {row.shape}; {shown} is not.") from None


def _known(content: Mapping[str, str | None], place: str) -> dict[str, str]:
    found = {name: value or "" for name, value in content.items() if name.startswith(PREFIX)}
    unknown = sorted(set(found) - set(BY_NAME) - READ_BY_TESTS)
    if unknown:
        raise SettingsError(
            f"{place} has settings that do not exist: {', '.join(unknown)}. `iafa settings` lists those that do."
        )
    return {name: value for name, value in found.items() if name in BY_NAME}


def _dotenv(path: Path) -> tuple[str, dict[str, str]]:
    return str(path), _known(dotenv_values(path) if path.is_file() else {}, str(path))


def _app_config(path: Path) -> tuple[str, dict[str, str]]:
    if not path.is_file():
        return str(path), {}
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise SettingsError(f"{path} is not JSON: {error}.") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path} must hold one JSON object of settings.")
    named = {
        name if name.startswith(PREFIX) else PREFIX + name.upper(): (
            ",".join(map(str, value)) if isinstance(value, list) else str(value)
        )
        for name, value in content.items()
    }
    return str(path), _known(named, str(path))
