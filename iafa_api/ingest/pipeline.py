"""The way in: check a request's body, make what is good of it durable, say what was refused and why.

Promises: `check` waits for nothing; `accept` returns only when the accepted events are durable (I1), and with them, in
the same frame, what was refused; one bad event never costs the others; a raw IP address is never stored. The ids it
names are those that the events will have in Parquet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from iafa_api import clock
from iafa_api.domain.project import Project
from iafa_api.domain.tracked_event import TEXT_CUT
from iafa_api.ingest.body import CONTRACT_LIMITS, CheckedBody, Form, Limits, Refusal, check_body
from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.event_body import encode_without_ips
from iafa_api.ingest.frames import FRAME_VERSION, FrameHeader, accepted_places, derive_ids
from iafa_api.ingest.places import Place, nowhere
from iafa_api.ingest.refused_events import keep_refused
from iafa_api.ingest.schema_check import ProjectSchemas, SchemaWarning, check_schemas
from iafa_api.ingest.schema_failures import SchemaFailure
from iafa_api.lake import layout


class Sender(msgspec.Struct, frozen=True):
    """What the edge knows of a request beside its body. `ip_hash` is keyed; the address itself stays at the edge."""

    door: str
    ip_hash: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class ProjectRules:
    """What a project says about its events. `retention_limit_us` is a length of time; None: for ever.

    `timezone` is for what follows from the local time, `url_parameters` may stay in addresses.
    """

    retention_limit_us: int | None = None
    allows_event_type: Callable[[str], bool] | None = None
    timezone: str = "UTC"
    url_parameters: tuple[str, ...] = ()
    schemas: ProjectSchemas | None = None


NO_RULES = ProjectRules()


def rules_of(project: Project, schemas: ProjectSchemas | None = None) -> ProjectRules:
    """What this project says about its events."""
    return ProjectRules(
        retention_limit_us=project.retention_days * layout.DAY_US or None,
        allows_event_type=project.allows_event_type if project.event_types else None,
        timezone=project.timezone,
        url_parameters=project.url_parameters,
        schemas=schemas,
    )


class Accepted(msgspec.Struct):
    """What was found of a request, and the frame that makes it durable: no header where there is nothing to store."""

    checked: CheckedBody
    base_id: bytes
    header: FrameHeader | None = None
    body: bytes = b""
    warnings: Sequence[SchemaWarning] = ()

    @property
    def received_at(self) -> int | None:
        """Since when it is durable; None where it held nothing, and so nothing was stored."""
        return None if self.header is None else self.header.received_at

    @property
    def accepted_count(self) -> int:
        return len(self.checked.events)

    @property
    def refused(self) -> list[Refusal]:
        return self.checked.refused

    @property
    def ids(self) -> list[str]:
        """The ids of the accepted events, in the order of the request: given, or made here."""
        events = self.checked.events
        places = accepted_places(len(events), self.checked.skipped)
        given = [event.id for event in events]
        derived = derive_ids(self.base_id, places) if None in given else [""] * len(given)
        return [own or other for own, other in zip(given, derived, strict=True)]


def check(
    body: bytes,
    form: Form,
    *,
    project_id: str,
    sender: Sender,
    hash_ip: Callable[[str], str],
    locate: Callable[[str], Place] = nowhere,
    project: ProjectRules = NO_RULES,
    limits: Limits = CONTRACT_LIMITS,
    now_us: Callable[[], int] = clock.now_us,
    keeps_refused: bool = True,
    replayed: Sequence[tuple[int, str]] = (),
) -> Accepted:
    """What is to be stored of a request. Raises Malformed, TooLarge, or InvalidInput of the envelope.

    `hash_ip` and `locate` tell what is kept of addresses that events name. `replayed` are the day and id in the
    quarantine of each event of the body: those that are accepted leave it.
    """
    layout.require_project_id(project_id)
    checked = check_body(
        body,
        form,
        now_us=now_us(),
        retention_limit_us=project.retention_limit_us,
        allows_event_type=project.allows_event_type,
        limits=limits,
    )
    base_id = clock.new_mark()
    failed: Sequence[SchemaFailure] = ()
    warnings: Sequence[SchemaWarning] = ()
    if project.schemas is not None:
        checked, failed, warnings = check_schemas(checked, project.schemas, base_id, counts_refused=keeps_refused)
    refused = keep_refused(checked.refused, hash_ip) if keeps_refused else ()
    if not (checked.events or refused or checked.dropped_count):
        return Accepted(checked, base_id)
    stored, stored_form = checked.body, checked.form
    located: Sequence[Place] = ()
    if checked.names_ip:
        at_door = Place(sender.country, sender.region, sender.city)
        located = [at_door if event.ip_address is None else locate(event.ip_address) for event in checked.events]
        stored, stored_form = encode_without_ips(checked.events, hash_ip), "batch"
    places = accepted_places(len(checked.events), checked.skipped)
    header = FrameHeader(
        version=FRAME_VERSION,
        project_id=project_id,
        received_at=0,
        base_id=base_id,
        form=stored_form,
        door=sender.door,
        event_count=len(checked.events),
        skipped=checked.skipped,
        sent_at=checked.sent_at_us,
        ip_hash=sender.ip_hash,
        country=sender.country,
        region=sender.region,
        city=sender.city,
        user_agent=sender.user_agent and sender.user_agent[:TEXT_CUT],
        cut_count=checked.cut_count,
        dropped_count=checked.dropped_count,
        refused=refused,
        replayed=[replayed[place] for place in places] if replayed else (),
        timezone=project.timezone,
        url_parameters=project.url_parameters,
        places=located,
        failed=failed,
    )
    return Accepted(checked, base_id, header, stored, warnings)


def accept(body: bytes, form: Form, *, buffer: Buffer, **rules: Any) -> Accepted:
    """Check as `check` does, which `rules` are for, then store. Raises what it raises, or Unavailable of the buffer."""
    accepted = check(body, form, **rules)
    if accepted.header is not None:
        buffer.append(accepted.header, accepted.body)
    return accepted
