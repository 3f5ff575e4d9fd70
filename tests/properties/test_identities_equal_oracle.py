"""The person and the traits of every event, in SQL, are those that going through the calls one by one gives.

Random calls and events, links that are undone and restored, ties in time, calls that arrive late or twice, chains and
cycles of users, flushed at any moment or not at all, asked in between (what was resolved before is gone on with) or
only at the end; and rules that are wrong on purpose are found out.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.event_sql import Parameters
from iafa_api.domain import identities
from iafa_api.ingest.frames import IdentityCall
from iafa_api.ingest.identity_calls import store_call
from iafa_api.ingest.pipeline import Sender, accept
from iafa_api.ingest.tail import read_source
from iafa_api.lake import parquet_identities
from tests.crash.world import PROJECT, World
from tests.journeys import START
from tests.oracles.identity_oracle import person_of, traits_of

SECOND = 1_000_000


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckdbEngine]:
    made = DuckdbEngine(events_dir=tmp_path_factory.getbasetemp(), memory_bytes=10**9, threads=2, timeout_seconds=60)
    yield made
    made.close()


class Story:
    """What happened in one project, as it is told to the buffer and to the oracle."""

    def __init__(self, seed: int, directory: Path) -> None:
        self.dice = random.Random(seed)
        self.world = World(directory)
        self.calls: list[dict[str, Any]] = []
        self.events: dict[str, dict[str, Any]] = {}
        self.users = [f"u{number}" for number in range(self.dice.choice([2, 4, 8]))]
        self.visitors = [*[f"v{number}" for number in range(self.dice.choice([1, 3, 6]))], "u0"]

    def go_on(self) -> None:
        often = [self.event, self.event, self.identify, self.identify]
        self.dice.choice([*often, self.describe, self.alias, self.change])()

    def event(self) -> None:
        who = {"user_id": self.dice.choice([None, None, *self.users]), "anonymous_id": self.dice.choice(self.visitors)}
        event = {"id": f"e{len(self.events)}", "created_at": self.moment(), **who}
        self.events[event["id"]] = event
        body = {"id": event["id"], "event_type": "x", "timestamp": as_text(event["created_at"]), **who}
        accept(
            json.dumps(body).encode(), "single", buffer=self.world.buffer, project_id=PROJECT, sender=Sender("track"),
            hash_ip=str,
        )  # fmt: skip

    def identify(self) -> None:
        self.call(anonymous_id=self.dice.choice(self.visitors), traits=self.dice.choice([None, None, {"a": "1"}]))

    def describe(self) -> None:
        names = self.dice.sample("abc", self.dice.randint(1, 3))
        self.call(traits={name: self.dice.choice([None, *"123"]) for name in names})

    def alias(self) -> None:
        if self.dice.random() < 0.6:
            self.call(previous_id=self.dice.choice(self.users))

    def change(self) -> None:
        """Take back a link that was said, or put one back."""
        said = [call for call in self.calls if call["anonymous_id"] or call["previous_id"]]
        if said:
            chosen = self.dice.choice(said)
            link = {name: chosen[name] for name in ("user_id", "anonymous_id", "previous_id")}
            change = {"traits": None, "at": None, "id": None, **link, "change": self.dice.choice(["undo", "restore"])}
            self.calls.append(change)
            store_call(IdentityCall(**change), "identity_links", buffer=self.world.buffer, project_id=PROJECT)

    def call(self, **fields: Any) -> None:
        call = {"anonymous_id": None, "previous_id": None, "traits": None, "at": self.moment(), **fields}
        call |= {"user_id": self.dice.choice(self.users), "id": self.dice.choice([None, None, None, "c1", "c2"])}
        if call["user_id"] == call["previous_id"]:
            return
        is_repeat = self.calls and "change" not in self.calls[-1] and self.dice.random() < 0.1
        again = self.calls[-1] if is_repeat else call
        self.calls.append(again)
        store_call(IdentityCall(**again), "identify", buffer=self.world.buffer, project_id=PROJECT)

    def moment(self) -> int:
        return START + self.dice.randint(0, 8) * SECOND

    def require_agreement(self, engine: DuckdbEngine, seed: int) -> None:
        source = read_source(self.world.buffer, self.world.manifest, self.world.root, PROJECT)
        if not self.events:
            return
        with engine.asking(source) as ask:
            parameters = Parameters()
            sql = f"SELECT id, person, traits FROM ({ask.events(parameters)})"
            found = {event: (person, traits) for event, person, traits in ask.run(sql, parameters.values)}
        persons = {event["id"]: person_of(event, self.calls) for event in self.events.values()}
        wanted = {name: (person, traits_of(person, self.calls) or None) for name, person in persons.items()}
        assert found == wanted, f"seed {seed}"


def as_text(time_us: int) -> str:
    return str(np.datetime64(time_us, "us")) + "Z"


def agree(engine: DuckdbEngine, seeds: range, directory: Path) -> None:
    for seed in seeds:
        story = Story(seed, directory / str(seed))
        for _ in range(story.dice.randint(1, 40)):
            story.go_on()
            if story.dice.random() < 0.1:
                story.world.flush(wait_seconds=0.05)
            if story.dice.random() < 0.15:
                story.require_agreement(engine, seed)
        story.require_agreement(engine, seed)
        story.world.buffer.close()


def test_every_event_is_whose_the_calls_say(engine: DuckdbEngine, tmp_path: Path) -> None:
    agree(engine, range(60), tmp_path)


@pytest.mark.soak
def test_every_event_is_whose_the_calls_say_in_a_thousand_stories(engine: DuckdbEngine, tmp_path: Path) -> None:
    agree(engine, range(1000, 2000), tmp_path)


def _first_owner_stays(anonymous: Any, user: Any, at_us: Any) -> identities.Owners:
    owners = _right_owners(anonymous, user, at_us)
    return identities.Owners(*[column[owners.from_us == identities.FOREVER_US] for column in owners])


def _by_arrival(anonymous: Any, user: Any, at_us: Any) -> identities.Owners:
    owners = _right_owners(anonymous, user, np.arange(len(at_us)))
    moved = owners.from_us != identities.FOREVER_US
    owners.from_us[moved] = np.asarray(at_us)[owners.from_us[moved]]
    return owners


def _alias_the_other_way(previous: Any, user: Any, at_us: Any, user_count: int) -> Any:
    return _right_aliases(user, previous, at_us, user_count)


_right_owners = identities.resolve_owners
_right_aliases = identities.resolve_aliases
WRONG = {
    "the first owner stays": (identities, "resolve_owners", _first_owner_stays),
    "owners change as calls arrive": (identities, "resolve_owners", _by_arrival),
    "the previous user speaks": (identities, "resolve_aliases", _alias_the_other_way),
    "nobody is joined with a user": (identities, "resolve_aliases", lambda *asked: np.arange(asked[-1])),
    "the first value of a trait stays": (
        identities,
        "last_written",
        lambda person, trait, at_us: _right_written(person, trait, -at_us),
    ),
    "what was undone counts": (identities, "find_undone", lambda links: []),
    "an undo is for ever": (
        identities,
        "find_undone",
        lambda links: _right_undone([(link, None if change == "restore" else change) for link, change in links]),
    ),
    "what is stored of a visitor is forgotten": (
        parquet_identities,
        "resolve_more",
        lambda stored, known, new: parquet_identities.resolve(new),
    ),
}
_right_undone = identities.find_undone
_right_written = identities.last_written


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_found_out_by_the_same_stories(
    engine: DuckdbEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    module, attribute, wrong = WRONG[name]
    monkeypatch.setattr(module, attribute, wrong)
    with pytest.raises(AssertionError, match="seed"):
        agree(engine, range(60), tmp_path)
