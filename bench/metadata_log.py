"""A metadata log of 20,000 events: a start by full replay against one from snapshots, and a look when nothing changed.

The log is what some years of a busy organisation leave: sign-ins above all, keys in use, funnels changed, projects,
people. A look is `MetadataStore.current()`, which every request does; its peer is the one `os.stat` that it cannot do
without. Processor time throughout.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from bench.ratios import Row, compare, cpu_of, interleave, rate, ratio_of, seconds
from iafa_api import clock
from iafa_api.metadata.events import GENESIS, Actor, Cause, NewEvent, canonical_json, seal_envelope
from iafa_api.metadata.log import Log
from iafa_api.metadata.store import MetadataStore

STAGES = [
    {"order": order, "name": name, "event_type": name, "filter": {"properties.plan": "team"}}
    for order, name in enumerate(("page_view", "product_view", "add_to_cart", "checkout_started", "purchase"), start=1)
]
SEALED = "A" * 120  # about the length of a sealed field


def run(*, quick: bool) -> list[Row]:
    rounds, count, looks = (2, 3000, 20_000) if quick else (5, 20_000, 100_000)
    with tempfile.TemporaryDirectory(prefix="iafa-bench-") as directory:
        bare, kept = Path(directory) / "bare", Path(directory) / "kept"
        for folder in (bare, kept):
            write_log(folder, count)
        MetadataStore(kept, Log(kept)).write_snapshots()
        for folder in (bare, kept):
            if MetadataStore(folder, Log(folder)).current().seq != count:
                raise RuntimeError(f"the log in {folder.name} is not read to its end")
        replay, start = interleave(
            rounds,
            lambda: cpu_of(lambda: MetadataStore(bare, Log(bare))),
            lambda: cpu_of(lambda: MetadataStore(kept, Log(kept))),
        )
        store, path = MetadataStore(bare, Log(bare)), bare / "log.jsonl"

        def look() -> None:
            for _ in range(looks):
                store.current()

        def stat() -> None:
            for _ in range(looks):
                os.stat(path)  # noqa: PTH116 - the call itself, without the cost of a Path's method

        current, stated = interleave(rounds * 2, lambda: cpu_of(look) / looks, lambda: cpu_of(stat) / looks)
    by_replay, from_snapshots = median(replay), median(start)
    return [
        Row(
            f"start over {count:,} metadata events, from snapshots",
            f"{seconds(from_snapshots)} ({rate(count / from_snapshots)})",
            f"{seconds(by_replay)} ({rate(count / by_replay)}) full replay",
            ratio_of(start, replay),
        ),
        compare("a look at metadata when nothing changed", current, stated, note="os.stat"),
    ]


def write_log(directory: Path, count: int) -> None:
    """A log of `count` events in the form that `Log.append` writes, without waiting for the disk at each."""
    directory.mkdir()
    cause = Cause(Actor("user", clock.new_id(), "0" * 32), clock.new_id())
    seq, prev, started = 0, GENESIS, clock.now_us() - count * clock.MICROSECONDS
    with (directory / "log.jsonl").open("w", encoding="utf-8") as file:
        for append in appends():
            envelopes, at = [], clock.format_time(started + seq * clock.MICROSECONDS)
            for event in append[: count - seq]:
                seq += 1
                envelope = seal_envelope(event, cause, seq=seq, at=at, prev=prev)
                prev = envelope["hash"]
                envelopes.append(envelope)
            file.write(canonical_json(envelopes) + "\n")
            if seq == count:
                return


def appends() -> Iterator[list[NewEvent]]:
    """Changes for ever: the events of one append at a time. The same ones each time."""
    dice = random.Random(5)
    versions: dict[str, int] = {}
    people: list[str] = []
    sessions: list[str] = []
    keys: list[str] = []
    funnels: list[str] = []
    organization_id = _id(dice)

    def event(stream: str, kind: str, data: dict[str, Any], sealed: dict[str, str] | None = None) -> NewEvent:
        before = versions.get(stream, 0)
        versions[stream] = before + 1
        return NewEvent(stream, before, kind, organization_id, data, sealed or {})

    yield [event(f"organization-{organization_id}", "organization.created", {"name": "Bench"})]
    while True:
        roll = dice.random()
        if not people or roll < 0.01:
            people.append(_id(dice))
            sealed = {"email": SEALED, "full_name": SEALED, "password_hash": SEALED}
            user = {"role": "editor", "is_active": True}
            yield [
                event(f"email-{f'{dice.getrandbits(256):064x}'}", "email.claimed", {"user_id": people[-1]}),
                event(f"user-{people[-1]}", "user.registered", user, sealed),
            ]
        elif not keys or roll < 0.02:
            project_id = _id(dice)
            keys.append(_id(dice))
            key = {"project_id": project_id, "name": "Default", "kind": "write", "prefix": "iafa_w_0000000"}
            fields = {"name": "Shop", "domain": "shop.example", "timezone": "Europe/Berlin", "retention_days": 90}
            yield [
                event(f"project-{project_id}", "project.created", fields),
                event(f"api_key-{keys[-1]}", "api_key.created", {**key, "hash": f"{dice.getrandbits(256):064x}"}),
            ]
        elif not funnels or roll < 0.05:
            funnels.append(_id(dice))
            fields = {"project_id": _id(dice), "name": "Purchase", "description": None, "is_active": True}
            yield [event(f"funnel-{funnels[-1]}", "funnel.created", {**fields, "definition": definition(dice)})]
        elif roll < 0.15:
            yield [event(f"funnel-{dice.choice(funnels)}", "funnel.changed", {"definition": definition(dice)})]
        elif roll < 0.40:
            yield [event(f"api_key-{dice.choice(keys)}", "api_key.used", {})]
        elif not sessions or roll < 0.60:
            sessions.append(_id(dice))
            data = {"user_id": dice.choice(people), "refresh_id": _id(dice), "expires_at": "2026-12-31T00:00:00Z"}
            yield [event(f"session-{sessions[-1]}", "session.started", data)]
        elif roll < 0.90:
            data = {"refresh_id": _id(dice), "expires_at": "2026-12-31T00:00:00Z"}
            yield [event(f"session-{dice.choice(sessions)}", "session.refreshed", data)]
        else:
            ended = sessions.pop(dice.randrange(len(sessions)))
            yield [event(f"session-{ended}", "session.revoked", {"reason": "logout"})]


def _id(dice: random.Random) -> str:
    return str(UUID(int=dice.getrandbits(128), version=4))


def definition(dice: random.Random) -> dict[str, Any]:
    """What a funnel is defined by."""
    window = {"value": dice.randrange(1, 30), "unit": "day"}
    return {"stages": STAGES, "order": "ordered", "conversion_window": window, "exclusions": []}
