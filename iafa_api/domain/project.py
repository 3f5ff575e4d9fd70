"""What events belong to: projects and the keys that write to and read from them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from iafa_api.domain.time_range import zone_named
from iafa_api.domain.tracked_event import EVENT_TYPE_MAX, has_control_character
from iafa_api.errors import InvalidInput

NAME_MAX = 200
DOMAIN_MAX = 253  # RFC 1035
ORIGINS_MAX = 100
RETENTION_DAYS_MAX = 36_500
RATE_LIMIT_MAX = 1_000_000_000  # events a minute: what nobody reaches, and a bucket still counts exactly
EVENT_TYPES_MAX = 200  # looked through for each event that is tracked
URL_PARAMETERS_MAX = 50
WILDCARDS_MAX = 10  # in one pattern: matching takes its length times the text's at the worst, never more
KEY_KINDS = ("write", "read")
KEY_PREFIX_LENGTH = 14  # what is shown of a key for ever: enough to tell two apart, far too little to guess the rest
WEEK_STARTS = ("monday", "sunday")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?", re.IGNORECASE)
_ORIGIN = re.compile(r"(https?)://(\*\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:\d{1,5})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Project:
    """A place that events are counted in. `retention_days` 0 keeps them for ever; no `allowed_origins` allows all,
    no `event_types` as well. `rate_limit_events_per_minute` is each key's: None is the server's own, 0 is no limit.
    `url_parameters` stay in the addresses of its events, all others are taken away."""

    id: str
    organization_id: str
    name: str
    domain: str | None
    allowed_origins: tuple[str, ...]
    timezone: str
    week_start: str
    retention_days: int
    event_types: tuple[str, ...]
    rate_limit_events_per_minute: int | None
    url_parameters: tuple[str, ...]
    created_at: str
    updated_at: str
    version: int

    def allows_origin(self, origin: str | None) -> bool:
        """Whether a page of this origin may send events; a request without an origin is not from a page."""
        if origin is None or not self.allowed_origins:
            return True
        return any(_origin_matches(pattern, origin) for pattern in self.allowed_origins)

    def allows_event_type(self, event_type: str) -> bool:
        """Whether an event of this type may be stored."""
        allowed = self.event_types
        return not allowed or event_type in allowed or any(matches(pattern, event_type) for pattern in allowed)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a project; only the hash of its secret is kept."""

    id: str
    project_id: str
    organization_id: str
    name: str
    kind: str
    prefix: str
    created_at: str
    last_used_at: str | None


def make_key(kind: str, secret: bytes) -> str:
    """The text of a key: what it is for stands in it, so that a leaked one is recognised."""
    return f"iafa_{'w' if kind == 'write' else 'r'}_{secret.hex()}"


def hash_key(key: str) -> str:
    """What is kept of a key. 256 random bits need no slow hash."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def require_timezone(timezone: str) -> str:
    """An IANA name, or InvalidInput."""
    zone_named(timezone)
    return timezone


def require_domain(domain: str | None) -> str | None:
    """A host name (with a port, if need be), or InvalidInput."""
    if domain is not None and (len(domain) > DOMAIN_MAX or not _DOMAIN.fullmatch(domain)):
        raise InvalidInput("The domain is not valid.", errors={"domain": ["Must be a host name, such as example.com."]})
    return domain


def require_origins(origins: list[str]) -> list[str]:
    """Origins as `https://shop.example.com`, or with every subdomain `https://*.example.com`."""
    errors = {
        str(index): ["Must be an origin, such as https://shop.example.com or https://*.example.com."]
        for index, origin in enumerate(origins)
        if not _ORIGIN.fullmatch(origin) or _origin_parts(origin.replace("*.", "", 1)) is None
    }
    if len(origins) > ORIGINS_MAX:
        raise InvalidInput("Too many origins.", errors={"allowed_origins": [f"At most {ORIGINS_MAX} origins."]})
    if errors:
        raise InvalidInput("An origin is not valid.", errors={"allowed_origins": errors})
    return [origin.lower() for origin in origins]


def require_event_types(event_types: list[str]) -> list[str]:
    """Names of event types, or patterns in which `*` stands for any characters, as `checkout.*`; each once."""
    if len(event_types) > EVENT_TYPES_MAX:
        said = f"At most {EVENT_TYPES_MAX} event types; a pattern such as checkout.* stands for many."
        raise InvalidInput("Too many event types.", errors={"event_types": [said]})
    wanted = f"Must have 1 to {EVENT_TYPE_MAX} characters, no control characters, and at most {WILDCARDS_MAX} stars."
    errors = {
        str(index): [wanted]
        for index, text in enumerate(event_types)
        if not 1 <= len(text) <= EVENT_TYPE_MAX or has_control_character(text) or text.count("*") > WILDCARDS_MAX
    }
    if errors:
        raise InvalidInput("An event type is not valid.", errors={"event_types": errors})
    return list(dict.fromkeys(event_types))


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text is the pattern's, where `*` stands for any characters, none included."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    last = rest.pop()
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    place, end = len(first), len(text) - len(last)
    for part in rest:  # the leftmost place for each leaves the most for the others
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def _origin_matches(pattern: str, origin: str) -> bool:
    allowed, asked = _origin_parts(pattern.replace("*.", "", 1)), _origin_parts(origin)
    if allowed is None or asked is None:
        return False
    if "*." not in pattern:
        return allowed == asked
    return (allowed[0], allowed[2]) == (asked[0], asked[2]) and asked[1].endswith("." + allowed[1])


def _origin_parts(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what is no origin, such as the `null` of a page from a file."""
    try:
        parts = urlsplit(origin.lower())
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
