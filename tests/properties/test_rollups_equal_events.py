"""Roll-ups and events never disagree: whatever was flushed, merged, rolled up and expired, in whatever order.

Events of ten days come in any order, some long after they happened, visitors and users are joined, and a definition is
changed. Between questions all that is flushed, compacted, rolled up, coarsened and expired. A figure that is told is
the one of *all* events that were ever accepted (of persons, as they were joined when the events expired); one that is
not told touches a day of which events have expired, and nobody could count it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from iafa_api import clock
from iafa_api.analytics import metrics as analytics_metrics
from iafa_api.answers import metrics as answers
from iafa_api.domain import rollups
from iafa_api.domain.metrics import BUILT_IN, MetricQuestion, find_metric, metric_question
from iafa_api.ingest.flush import run_flush
from iafa_api.ingest.frames import IdentityCall
from iafa_api.ingest.identity_calls import store_call
from iafa_api.ingest.pipeline import Sender, accept
from iafa_api.lake import compaction, expiry
from iafa_api.lake.compaction import run_compaction
from iafa_api.lake.layout import DAY_US
from iafa_api.lake.manifest_rollups import read_rollup_state
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.events import Actor, Cause
from iafa_api.metadata.saved import METRIC_DEFINITION
from iafa_api.services import Services
from iafa_api.upkeep import lake_care, rollup_care
from iafa_api.upkeep.rollup_care import run_rollups
from tests.oracles.identity_oracle import person_of
from tests.oracles.metric_oracle import events_asked_for, is_counted, line, metric_figures

NOW_US = clock.parse_time("2024-11-06T12:00:00Z")  # soon after the clocks of Berlin and New York went back
MINUTE_US = 60_000_000
KEPT_DAYS = 7
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
TYPES = ["view", "pay", "$other"]
# Whole, of few and of many decimals, too large or too fine for decimals, and no numbers.
NUMBERS = ["1", "-3", "8", "0.1", "0.2", "19.99", "-0.30", "1e16", "1e300", "-1e300", "1e-13", "7e-200", "x", "", "1_0"]
DEFINED: list[dict[str, Any]] = [
    {"name": "payments", "event_type": "pay"},
    {"name": "payers", "event_type": "pay", "measure": "users"},
    {"name": "rare", "event_type": None, "filter": {"properties.p": ["a", "v1"]}, "dimensions": ["event_type"]},
    {"name": "rare payers", "event_type": "pay", "filter": {"properties.p": ["a", "v1"]}, "measure": "users"},
    {"name": "visits", "event_type": "view", "measure": "sessions", "dimensions": ["properties.p"]},
    {"name": "revenue", "event_type": "pay", "measure": "sum of properties.n", "dimensions": ["properties.p"]},
    {"name": "price", "event_type": None, "measure": "average of properties.n", "dimensions": ["event_type"]},
    {"name": "changed", "event_type": "view", "measure": "sum of properties.n", "dimensions": ["properties.p"]},
    {"name": "greatest", "event_type": "view", "measure": "max of properties.n"},
    {"name": "new", "event_type": "view", "measure": "first_time_users"},
]
LASTING = ("events", "payments", "rare", "revenue", "price")  # of days that have expired, too


class Story:
    """One project, all that was ever accepted of it, and the questions that are put to it."""

    def __init__(
        self, services: Services, project: Any, definitions: Any, rng: random.Random, now: Callable[[int], None]
    ) -> None:
        self.services, self.project, self.definitions, self.rng = services, project, definitions, rng
        self.events: list[dict[str, Any]] = []
        self._set_now = now
        self.now_us = NOW_US
        now(NOW_US)
        self.calls: list[dict[str, Any]] = []
        self.calls_then: list[list[dict[str, Any]]] = []  # when events expired
        self.told = self.untold = self.kept = self.rolled = self.kept_values = self.cut = 0

    def send(self) -> None:
        rng = self.rng
        sent = []
        for _ in range(rng.randint(1, 25)):
            at = self.now_us - rng.choice([0, 0, 1, 3, 5, 6]) * DAY_US - rng.randint(0, 20 * 60) * MINUTE_US
            event = {
                "event_type": rng.choice(TYPES),
                "user_id": None,
                "anonymous_id": None,
                rng.choice(["user_id", "anonymous_id"]): f"u{rng.randint(0, 3)}",
                "session_id": rng.choice([None, "s1", "s2"]),
                "at": at + rng.choice([0, -1, 30_000_000]),
                "n": rng.choice(NUMBERS),
                "p": rng.choice(["a", "", *(f"v{n}" for n in range(30))]),
                "id": clock.new_id(),
                "user_agent": rng.choice([*[None] * 9, "Googlebot/2.1 (+http://www.google.com/bot.html)"]),
            }
            sent.append(event)
        self.events += [one for one in sent if one["user_agent"] is None]  # what crawlers do is counted nowhere
        body = [
            {
                "id": one["id"],
                "event_type": one["event_type"],
                **{name: one[name] for name in ("user_id", "anonymous_id") if one[name]},
                "timestamp": clock.format_time(one["at"]),
                "properties": {"p": one["p"], "n": one["n"]},
                **{name: one[name] for name in ("session_id", "user_agent") if one[name]},
            }
            for one in [*sent, *rng.sample(sent, 1)]  # one comes twice
        ]
        taken = accept(
            json.dumps({"events": body}).encode(),
            "batch",
            buffer=self.services.buffer,
            project_id=self.project.id,
            sender=Sender("batch"),
            hash_ip=lambda address: address,
        )
        assert taken.accepted_count == len(body)

    def join(self) -> None:
        """A visitor is a user, or two users are one."""
        name = self.rng.choice(["anonymous_id", "anonymous_id", "previous_id"])
        call = {"anonymous_id": None, "previous_id": None, "traits": None, "id": None}
        user, other = self.rng.sample(range(4), 2)
        call |= {"user_id": f"u{user}", "at": self.now_us - self.rng.choice([0, 3, 9]) * DAY_US, name: f"u{other}"}
        self.calls.append(call)
        store_call(IdentityCall(**call), "identify", buffer=self.services.buffer, project_id=self.project.id)

    def redefine(self) -> None:
        """What is kept of what "changed" was before must not be told."""
        (document,) = [one for one in self.definitions if one["name"] == "changed"]
        wanted = self.rng.choice(
            [
                {"event_type": self.rng.choice(TYPES)},
                {"measure": self.rng.choice(["events", "sum of properties.n", "average of properties.n"])},
                {"filter": self.rng.choice([None, {"properties.p": ["a", "v1", "v2"]}, {"user.plan": "pro"}])},
            ]
        )
        saved, cause = self.services.saved(METRIC_DEFINITION), Cause(Actor("system"), "r")
        saved.change(cause, self.project.organization_id, document["id"], None, wanted)
        self.definitions = list_definitions(self.services, self.project)

    def flush(self) -> None:
        run_flush(self.services.buffer, self.services.manifest, self.services.data_dir)

    def compact(self) -> None:
        run_compaction(
            self.services.manifest, self.services.data_dir, free_disk_bytes=1, now_us=self.now_us + 99 * DAY_US
        )

    def roll_up(self) -> None:
        run_rollups(self.services, now_us=self.now_us, keep_days=0)

    def pass_days(self) -> None:
        self.now_us += self.rng.randint(1, 3) * DAY_US
        self._set_now(self.now_us)
        self.calls_then.append(list(self.calls))

        def take_stock(*asked: Any) -> Any:
            counted = rollup_care.take_stock(*asked)
            if self.rng.random() < 0.5:
                self.flush()  # whose files came after the count, and must not go
            return counted

        with mock.patch.object(lake_care, "take_stock", take_stock):
            lake_care.expire(self.services, is_archiving=False, lock_seconds=1.0)

    def ask(self) -> None:
        rng = self.rng
        name = rng.choice(["events", "events", *BUILT_IN, *(one["name"] for one in self.definitions)])
        day = lambda ago: clock.format_time(self.now_us - ago * DAY_US)[:10]  # noqa: E731
        ago = rng.randint(0, 14)
        start, end = day(ago), day(rng.randint(0, ago))
        granularity = rng.choice(find_metric(name, self.definitions).granularities)
        if granularity in ("minute", "five_minutes"):
            end = start
        if rng.random() < 0.3:
            start, end = (
                f"{start}T{rng.choice(['00:00:30', '07:35', '03:00'])}",
                f"{end}T{rng.randint(10, 23)}:59:59.999999",
            )
        asked = {
            "granularity": granularity,
            "timezone": rng.choice([self.project.timezone, *ZONES]),
            "dimension": rng.choice([None, None, "event_type", "properties.p"]),
        }
        if rng.random() < 0.5:  # who was there on days that have expired
            name, start, end = rng.choice(["daily_active_users", "sessions", "payers", "rare payers"]), day(12), day(7)
            asked = {"granularity": "day", "timezone": self.project.timezone, "dimension": None}
        elif rng.random() < 0.5:  # and what by values
            name = rng.choice(["daily_active_users", "visits", "revenue", "rare", "changed"])
            defined = find_metric(name, self.definitions).dimensions or ("event_type",)
            start, end = day(12), day(rng.randint(5, 12))
            asked = {"granularity": "day", "timezone": self.project.timezone, "dimension": rng.choice(defined)}
        metric = find_metric(name, self.definitions)
        question = metric_question(metric, start=start, end=end, now_us=self.now_us, **asked)
        answer = answers.answer_metric(
            self.services, self.project, name, metadata_position=0, start_time=start, end_time=end, **asked
        )
        self.check(question, answer)

    def check(self, question: MetricQuestion, answer: dict[str, Any]) -> None:
        events = self.known_by(self.calls)
        wanted = metric_figures(events, question)
        looks_back = question.metric.kind == "first_time_users"
        days = 0 if looks_back else question.time_range.start_us // DAY_US, question.time_range.end_us // DAY_US
        state = read_rollup_state(self.services.data_dir, self.project.id, *days)
        data = [point["value"] for point in answer["points"]]
        touched = [
            any(looks_back or self._touches(day, period, question) for day in state.gone) for period in question.periods
        ]
        is_of_persons = question.metric.kind == "users"
        then = [events] + [self.known_by(calls) for calls in self.calls_then] if is_of_persons else [events]
        self.check_line(answer, [line(events_asked_for(one, question), question) for one in then], touched, question)
        is_kept = question.metric.kind in ("users", "sessions")
        for told, is_touched in zip(data, touched, strict=True):
            self.told += told is not None
            self.untold += told is None and is_touched
            self.kept += told is not None and is_touched and is_kept
        self.rolled += answer["rolled_up_days"]
        if (
            question.metric.name in LASTING
            and question.granularity in ("hour", "day")
            and "T" not in question.time_range.start
        ):
            assert data == wanted["data"], (question, answer)
        if question.dimension is not None:
            found = [(one["value"], [at["value"] for at in one["points"]], one["total"]) for one in answer["breakdown"]]
            if not any(touched):
                assert found == wanted["breakdown"], question
            self.check_values(answer["breakdown"], then, touched, question)

    def check_values(self, lines: Any, then: Any, touched: list[bool], question: MetricQuestion) -> None:
        """What is told of each value is true, whatever others there are."""
        assert question.dimension is not None
        name = question.dimension.removeprefix("properties.")
        values = [one["value"] for one in lines]
        counted = [[each for each in events_asked_for(one, question) if is_counted(each, question)] for one in then]
        for number, one in enumerate(lines):
            if (
                number == len(lines) - 1 and one["value"] == "$other"
            ):  # or the type of that name, which is no other then
                own = [[each for each in events if (each[name] or "") not in values[:-1]] for events in counted]
            else:
                own = [[each for each in events if (each[name] or "") == one["value"]] for events in counted]
            self.check_line(one, [line(events, question) for events in own], touched, question)
            points = [point["value"] for point, is_touched in zip(one["points"], touched, strict=True) if is_touched]
            self.kept_values += len(points) - points.count(None)
            self.cut += None in points

    @staticmethod
    def check_line(told: Any, wanted: Any, touched: list[bool], question: MetricQuestion) -> None:
        """Each figure is one of `wanted`, the first where nothing has expired; what has may not be told."""
        for place, (point, is_touched) in enumerate(zip(told["points"], touched, strict=True)):
            figures = [one["data"][place] for one in wanted]
            if not is_touched:
                assert point == {"period": question.periods[place].label, "value": figures[0]}, (question, told)
            else:
                assert point["value"] in figures or (point["value"] is None and point["reason"]), (question, told)
        totals = [wanted[0]["total"]] if not any(touched) else [None, *(one["total"] for one in wanted)]
        assert told["total"] in totals, (question, told)

    def known_by(self, calls: Any) -> list[dict[str, Any]]:
        return [{**one, "person": person_of({**one, "created_at": one["at"]}, calls)} for one in self.events]

    @staticmethod
    def _touches(day: int, period: Any, question: MetricQuestion) -> bool:
        asked = question.time_range
        start, end = (
            max(period.start_us, asked.start_us, day * DAY_US),
            min(period.end_us, asked.end_us, (day + 1) * DAY_US),
        )
        return bool(start < end)


@pytest.fixture
def make_story(ann: Any, services: Services, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(compaction, "TIER_WIDTH", 2)
    monkeypatch.setattr(expiry, "GAP_SECONDS", 0.0)
    for module in (rollups, analytics_metrics):
        monkeypatch.setattr(module, "VALUES_KEPT", 2)
    real_now = clock.now_us

    def make(seed: int) -> Story:
        rng = random.Random(seed)
        monkeypatch.setattr(clock, "now_us", real_now)  # for as long as the API is asked for a project
        made = ann.make_project(timezone=rng.choice(ZONES), retention_days=KEPT_DAYS)
        for fields in DEFINED:
            assert ann.post("/metric-definitions", {"project_id": made["id"], **fields}).status_code == 201
        project = Catalog(services.store.current()).get_project(made["organization_id"], made["id"])

        def set_now(now_us: int) -> None:
            shift_us = now_us - real_now()
            monkeypatch.setattr(clock, "now_us", lambda: real_now() + shift_us)

        return Story(services, project, list_definitions(services, project), rng, set_now)

    return make


def list_definitions(services: Services, project: Any) -> list[Any]:
    catalog = Catalog(services.store.current())
    return catalog.list_saved("metric_definitions", project.organization_id, project.id)


def live_through(story: Story, steps: int) -> None:
    for step in (story.send, story.send, story.flush, story.roll_up):
        step()
    often = [story.send, story.send, story.flush, story.roll_up, story.roll_up]
    seldom = [story.compact, story.pass_days, story.join, story.redefine]
    for _ in range(steps):
        story.rng.choice([*often, *seldom, story.pass_days])()
        story.ask()
        story.ask()


def test_what_is_told_is_true_whatever_came_in_between(make_story: Any) -> None:
    tell(make_story, range(4), steps=12)


@pytest.mark.soak
def test_what_is_told_is_true_in_long_stories(make_story: Any) -> None:
    tell(make_story, range(1000, 1100), steps=100)


def tell(make_story: Any, seeds: range, *, steps: int) -> None:
    stories = []
    for seed in seeds:
        stories.append(make_story(seed))
        live_through(stories[-1], steps)
    assert sum(story.rolled for story in stories) > 25, "the roll-ups answer too little"
    assert sum(story.kept for story in stories) > 10, "no persons of expired days are told"
    assert sum(story.kept_values for story in stories) > 25, "no values of expired days are told"
    assert sum(story.cut for story in stories) > 3, "there are never more values than are kept"
    assert sum(story.untold for story in stories) > 20, "too little has expired"
