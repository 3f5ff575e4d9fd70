"""The door for visitors' events: key, origin, limit, then the pipeline. Knows nothing of who opened it.

Promises: what `take` returns is the answer, and means that the events are durable; what it refuses it raises, worded
for the sender; either way the request is charged once, and `arrival.standing` says what is left. `take` is one thread's
way from `admit` to `answer`; who must not wait takes the same steps one by one (`rest.loop_door`), so the two cannot
differ in a rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii
from typing import NamedTuple, TypeVar

from iafa_api.domain.project import ApiKey, Project
from iafa_api.errors import InvalidInput, NotAllowed, NotAuthenticated, TooManyRequests
from iafa_api.ingest.body import Form
from iafa_api.ingest.pipeline import Accepted, ProjectRules, Sender, check, rules_of
from iafa_api.ingest.places import Place
from iafa_api.ingest.schema_check import ProjectSchemas
from iafa_api.ingest.schema_engine import SchemaCompiler
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.event_schemas import list_schemas
from iafa_api.metadata.projections import State
from iafa_api.rest.buckets import Buckets, Standing
from iafa_api.rest.caller import record_key_use
from iafa_api.rest.metrics import count_events
from iafa_api.rest.person_limits import Charge, PersonLimits
from iafa_api.services import Services

Taken = TypeVar("Taken")
REPORTED_ERRORS = 100  # an all-bad batch must not be answered with more bytes than it came in


@dataclass(slots=True)
class Arrival:
    """A request at the door: what is asked of it beside its body, and, once it was charged, where its limit stands."""

    form: Form
    key: str
    origin: str | None
    ip: str
    user_agent: str | None
    request_id: str
    standing: Standing | None = None
    name: str | None = None  # of the door, where the form does not say it
    place: Place | None = None  # by the word of a trusted proxy

    @property
    def limit_headers(self) -> list[tuple[str, str]]:
        """The header fields of the limit that was looked at, if there was one."""
        return [] if self.standing is None else self.standing.headers


class KnownKey(NamedTuple):
    """A write key that works, with what is asked at the door about its project."""

    key: ApiKey
    project: Project
    rules: ProjectRules
    bucket: str
    per_minute: int

    @property
    def actor(self) -> str:
        """Who a call comes from, as the log of identities says it."""
        return f"key:{self.key.id}"


class Visit(NamedTuple):
    """A request that was let in, and what came of it: None where nothing did."""

    known: KnownKey
    arrival: Arrival
    accepted: Accepted | None


@dataclass(frozen=True, slots=True)
class _KnownKeys:
    """The keys that were asked for while the metadata stood so: a lookup costs more than all else at the door."""

    state: State
    by_text: dict[str, KnownKey] = field(default_factory=dict)


class EventDoor:
    """One per process; for any number of threads. Limits are events a minute of a key whose project has none of its
    own, and of a person; requests of an address."""

    def __init__(
        self,
        services: Services,
        buckets: Buckets,
        *,
        per_minute: int,
        per_minute_ip: int,
        per_minute_person: int = 0,
    ) -> None:
        self._services = services
        self._buckets = buckets
        self._per_minute = per_minute
        self._per_minute_ip = per_minute_ip
        self._persons = PersonLimits(buckets, per_minute_person)
        self._known = _KnownKeys(services.store.current())
        self._compiler = SchemaCompiler()

    def take(self, arrival: Arrival, read_body: Callable[[], bytes]) -> bytes:
        """Make the events durable; the answer as JSON. An IafaError where the whole request is refused."""
        known = self.admit(arrival)
        accepted: Accepted | None = None
        try:
            checked = self.check(known, arrival, read_body())
            if checked.header is not None:
                self._services.buffer.append(checked.header, checked.body)
            accepted = checked
        finally:
            self.charge(Visit(known, arrival, accepted))
        if self.is_use_news(known):
            self.record_use(known, arrival)
        return answer(arrival.form, accepted)

    def take_call(self, arrival: Arrival, store: Callable[[KnownKey], Taken]) -> Taken:
        """Let in what is no event and costs as much as one: what `store` makes of it, which reads the body."""
        known = self.admit(arrival)
        try:
            taken = store(known)
        finally:
            self.charge_cost(known, arrival, 1)
        if self.is_use_news(known):
            self.record_use(known, arrival)
        return taken

    def admit(self, arrival: Arrival) -> KnownKey:
        """The key that opens, once its origin and its limit were looked at. An IafaError where it does not."""
        known = self._require_key(arrival)
        if not known.project.allows_origin(arrival.origin):
            raise NotAllowed("The project does not allow events from this origin.")
        self._require_credit(arrival, known.bucket, known.per_minute)
        return known

    def knows(self, key: str) -> bool:
        """Whether `admit` finds this key in memory, and waits for nothing: neither for the metadata nor for schemas."""
        store, known = self._services.store, self._known
        return store.is_level() and known.state is store.current() and key in known.by_text

    def check(self, known: KnownKey, arrival: Arrival, body: bytes) -> Accepted:
        """What is to be stored of the body, by the project's rules; raises what the pipeline raises, and
        TooManyRequests where there are too many events of one person."""
        address = self._services.addresses.read(arrival.ip)
        place = arrival.place or address.place
        found = check(
            body,
            arrival.form,
            project_id=known.project.id,
            sender=Sender(
                door=arrival.name or ("track" if arrival.form == "single" else "batch"),
                ip_hash=address.ip_hash,
                country=place.country,
                region=place.region,
                city=place.city,
                user_agent=arrival.user_agent,
            ),
            hash_ip=self._services.hash_event_ip,
            locate=self._services.addresses.locate,
            project=known.rules,
        )
        self._persons.require(known.project.id, found.checked.events)
        return found

    def charge(self, *visits: Visit) -> None:
        """Charge each for what was made durable, or for a request that nothing came of."""
        charges: list[Charge] = []
        of_persons: list[Charge] = []
        for visit in visits:
            cost = 1
            if visit.accepted is not None:
                cost = visit.accepted.accepted_count + len(visit.accepted.refused)
                count_events(visit.accepted.accepted_count, len(visit.accepted.refused))
                of_persons += self._persons.charges(visit.known.project.id, visit.accepted.checked.events)
            charges.append((visit.known.bucket, cost, visit.known.per_minute))
        standings = self._buckets.charge_all([*charges, *of_persons])
        for visit, standing in zip(visits, standings[: len(visits)], strict=True):
            visit.arrival.standing = standing

    def charge_cost(self, known: KnownKey, arrival: Arrival, cost: int, accepted: Sequence[Accepted] = ()) -> None:
        """Charge as for so many events, and the persons of those that were accepted."""
        of_persons = [
            charge for one in accepted for charge in self._persons.charges(known.project.id, one.checked.events)
        ]
        arrival.standing, *_ = self._buckets.charge_all([(known.bucket, cost, known.per_minute), *of_persons])

    def is_use_news(self, known: KnownKey) -> bool:
        """Whether `record_use` is due, which waits for the disk. Who is told so must call it."""
        return self._services.projects.is_use_news(known.key)

    def record_use(self, known: KnownKey, arrival: Arrival) -> None:
        """Record that the key is in use."""
        record_key_use(self._services, known.key, ip=arrival.ip, request_id=arrival.request_id)

    def _require_key(self, arrival: Arrival) -> KnownKey:
        state = self._services.store.current()
        keys = self._known
        if keys.state is not state:
            keys = self._known = _KnownKeys(state)
        known = keys.by_text.get(arrival.key) or self._find_key(state, arrival.key)
        if known is None:
            bucket = f"address:{arrival.ip}"
            self._require_credit(arrival, bucket, self._per_minute_ip)
            arrival.standing = self._buckets.charge(bucket, 1, per_minute=self._per_minute_ip)
            raise NotAuthenticated("The API key is not a write key that works.")
        keys.by_text[arrival.key] = known
        return known

    def _require_credit(self, arrival: Arrival, bucket: str, per_minute: int) -> None:
        arrival.standing = self._buckets.look(bucket, per_minute=per_minute)
        if wait := arrival.standing.wait_seconds:
            raise TooManyRequests("Too many events; wait a little.", retry_after_seconds=wait)

    def _find_key(self, state: State, text: str) -> KnownKey | None:
        found = Catalog(state).find_key(text)
        if found is None or found[0].kind != "write":
            return None
        key, project = found
        schemas = list_schemas(state, project.id)
        rules = rules_of(project, ProjectSchemas(schemas, self._compiler) if schemas else None)
        own = project.rate_limit_events_per_minute
        return KnownKey(key, project, rules, f"key:{key.id}", self._per_minute if own is None else own)


def answer(form: Form, accepted: Accepted) -> bytes:
    """What the sender is told of a request that was taken, as JSON; InvalidInput where no event of it was good."""
    return _single_answer(accepted) if form == "single" else _batch_answer(accepted)


def _single_answer(accepted: Accepted) -> bytes:
    if accepted.refused:
        raise InvalidInput("The event is not valid; see errors.", errors=accepted.refused[0].errors)
    if accepted.warnings:
        return _encode({"status": "accepted", "id": accepted.ids[0], **_warnings(accepted)})
    return f'{{"status":"accepted","id":{encode_basestring_ascii(accepted.ids[0])}}}\n'.encode()


def _batch_answer(accepted: Accepted) -> bytes:
    refused = accepted.refused[:REPORTED_ERRORS]
    if accepted.refused and not accepted.accepted_count:
        by_index = {str(refusal.index): refusal.errors for refusal in refused}
        raise InvalidInput("No event of the batch is valid; see errors.", errors={"events": by_index})
    errors = [{"index": refusal.index, "id": refusal.id, "errors": refusal.errors} for refusal in refused]
    told = {"accepted": accepted.accepted_count, "rejected": len(accepted.refused), "errors": errors}
    return _encode({**told, **_warnings(accepted)})


def _warnings(accepted: Accepted) -> dict[str, list[dict[str, object]]]:
    """What there is to say of events that were taken; nothing where that is nothing."""
    told = [{"index": each.index, "id": each.id, "errors": each.errors} for each in accepted.warnings]
    return {"warnings": told} if told else {}


def _encode(told: dict[str, object]) -> bytes:
    return f"{json.dumps(told, separators=(',', ':'))}\n".encode()
