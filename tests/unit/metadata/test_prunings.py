"""What is over leaves the state, by events that name it: few, bounded, and the same in every fold."""

import json
import threading

import pytest

from iafa_api import clock
from iafa_api.metadata import prunings, timeline
from iafa_api.metadata.events import Actor, Attempt, Cause, NewEvent
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.projections import State, apply
from iafa_api.metadata.prunings import plan_prunings, run_prunings
from iafa_api.metadata.store import MetadataStore
from iafa_api.metadata.timeline import Timeline
from scheduler.jobs import forget

CAUSE = Cause(Actor("system"), "r")
START_US = 1_700_000_000_000_000
HOUR_US = 3600 * clock.MICROSECONDS


@pytest.fixture
def now(monkeypatch):
    """A clock that stands still until it is set."""

    class Now:
        us = START_US

        def after(self, hours):
            self.us = START_US + hours * HOUR_US

    now = Now()
    monkeypatch.setattr(clock, "now_us", lambda: now.us)
    return now


@pytest.fixture
def log(now, tmp_path):
    return Log(tmp_path, now=lambda: now.us)


@pytest.fixture
def store(log, tmp_path):
    return MetadataStore(tmp_path, log)


def start_session(store, name, hours, organization_id="o"):
    data = {"user_id": "u", "refresh_id": "x", "expires_at": clock.format_time(START_US + hours * HOUR_US)}
    store.change(CAUSE, lambda state: [NewEvent(f"session-{name}", 0, "session.started", organization_id, data)])


def attempt(store, name):
    funnel = NewEvent(f"funnel-{clock.new_id()}", 0, "funnel.created", "o", {"name": "F", "project_id": "p"})
    store.change(Cause(Actor("user", "u"), "r", Attempt(name, "body")), lambda state: [funnel])


def left(store, kind):
    return sorted(store.current().documents[kind])


def test_sessions_and_attempts_that_are_over_for_a_day_are_dropped(store, now):
    start_session(store, "long", 100)
    start_session(store, "short", 1)
    start_session(store, "revoked", 100)
    store.change(CAUSE, lambda state: [NewEvent("session-revoked", 1, "session.revoked", "o", {"reason": "logout"})])
    attempt(store, "a")
    now.after(47)
    assert run_prunings(store, CAUSE) == {"sessions": 2}
    assert (left(store, "sessions"), left(store, "attempts")) == (["long"], ["a"])
    now.after(49)
    assert run_prunings(store, CAUSE) == {"attempts": 1}
    assert left(store, "attempts") == []


def test_where_nothing_is_over_nothing_is_written_nor_locked(store, now, monkeypatch):
    start_session(store, "long", 100)
    monkeypatch.setattr(store, "change", None)
    assert run_prunings(store, CAUSE) == {}


def test_an_organisation_gets_an_event_of_a_kind_a_day_at_most(store, now):
    """Sessions end at every hour; the job runs at every hour."""
    for hour in range(72):
        start_session(store, f"s{hour:02}", hour)
    before = store.current().seq
    for hour in range(96):
        now.after(hour)
        run_prunings(store, CAUSE)
    assert left(store, "sessions") == []
    assert store.current().seq - before <= 4


def test_a_run_is_bounded_and_what_waits_longest_goes_first(store, now, monkeypatch):
    monkeypatch.setattr(prunings, "EVENT_IDS", 2)
    monkeypatch.setattr(prunings, "RUN_EVENTS", 2)
    for number in range(7):
        start_session(store, f"s{number}", number + 1, "oq"[number % 2])
    now.after(8)  # nothing is over for a day: only whole batches
    assert [ids for _, _, ids in plan_prunings(store.current(), now.us)] == [["s0", "s2"], ["s1", "s3"]]
    assert run_prunings(store, CAUSE) == {"sessions": 4}
    assert run_prunings(store, CAUSE) == {"sessions": 2}
    assert run_prunings(store, CAUSE) == {}
    assert left(store, "sessions") == ["s5"]
    now.after(31)
    assert run_prunings(store, CAUSE) == {"sessions": 1}
    assert run_prunings(store, CAUSE) == {}


def test_a_session_that_was_refreshed_meanwhile_stays(store, now, tmp_path, monkeypatch):
    for name in ("a", "b"):
        start_session(store, name, 1)
    now.after(48)
    other, plan = MetadataStore(tmp_path, Log(tmp_path)), prunings.plan_prunings

    def plan_and_lose_the_race(state, now_us):
        planned = plan(state, now_us)
        data = {"refresh_id": "y", "expires_at": clock.format_time(now_us + HOUR_US)}
        other.change(CAUSE, lambda state: [NewEvent("session-a", 1, "session.refreshed", "o", data)])
        return planned

    monkeypatch.setattr(prunings, "plan_prunings", plan_and_lose_the_race)
    assert run_prunings(store, CAUSE) == {"sessions": 1}
    assert left(store, "sessions") == ["a"]


def test_two_who_prune_at_once_drop_each_once(store, now, tmp_path):
    for number in range(20):
        start_session(store, str(number), 1)
    now.after(48)
    counts = []
    stores = [MetadataStore(tmp_path, Log(tmp_path)) for _ in range(4)]
    threads = [threading.Thread(target=lambda s=each: counts.append(run_prunings(s, CAUSE))) for each in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(count.get("sessions", 0) for count in counts) == 20
    assert left(store, "sessions") == []


def test_every_fold_and_moment_agrees_whenever_it_is_made(store, log, now, tmp_path, monkeypatch):
    monkeypatch.setattr(timeline, "KEPT_EVERY_EVENTS", 3)
    for number in range(5):
        start_session(store, str(number), number)
        attempt(store, f"a{number}")
    now.after(30)
    run_prunings(store, CAUSE)
    now.after(60)
    run_prunings(store, CAUSE)
    attempt(store, "a1")  # the key comes again: its note begins anew
    now.after(10_000)  # whoever folds later folds the same
    events, _ = log.read(Position(), log.mark().synced)
    state = apply(State(), events)
    assert state == store.current()
    assert sorted(state.documents["attempts"]) == ["a1"]
    pruning = state.documents["prunings"]["o"]
    assert (pruning["version"], pruning["attempts"], pruning["sessions"]) == (2, 5, 5)
    store.write_snapshots()
    assert MetadataStore(tmp_path, Log(tmp_path)).current() == state
    past = Timeline(log)
    for event in events:
        then = past.state_at(past.seq_at(event.at))
        for kind, prefix in {"sessions": "session", "attempts": "attempt", "prunings": "pruning"}.items():
            for each in [*(str(number) for number in range(5)), *(f"a{number}" for number in range(5)), "o"]:
                assert past.document_as_of(f"{prefix}-{each}", event.at) == then.get(kind, each), (event.seq, each)


def test_snapshots_of_a_program_that_knew_no_such_kind_are_made_anew(store, tmp_path):
    start_session(store, "a", 1)
    store.write_snapshots()
    content = json.loads((tmp_path / "users.json").read_bytes())
    del content["prunings"]
    (tmp_path / "users.json").write_text(json.dumps(content))
    assert MetadataStore(tmp_path, Log(tmp_path)).current() == store.current()


def test_who_is_dropped_is_signed_out_and_the_audit_tells_of_it(ann, services):
    refresh = {"refresh_token": ann.signed_in["refresh_token"]}
    ann.post("/projects", {"name": "P"}, headers={"Idempotency-Key": "k"})
    assert forget(services) == {}
    with pytest.MonkeyPatch.context() as patched:
        later = clock.now_us() + 40 * 86_400 * clock.MICROSECONDS
        patched.setattr(clock, "now_us", lambda: later)
        assert forget(services) == {"attempts": 1, "sessions": 1}
        assert forget(services) == {}
    assert dict(services.store.current().documents["sessions"]) == {}
    for answer in (ann.get("/projects"), ann.post("/auth/refresh", refresh)):
        assert answer.status_code == 401
    ann.token = ann.post("/auth/login", {"email": "ann@example.com", "password": "correct horse"}).json["access_token"]
    again = ann.post("/projects", {"name": "P"}, headers={"Idempotency-Key": "k"})
    assert again.json["api_key"], "the key may be taken anew"
    events = {event["type"]: event for event in ann.get("/audit/events").json}
    for kind in ("attempts", "sessions"):
        event = events[f"{kind}.expired"]
        assert (event["actor"]["kind"], len(event["data"]["ids"])) == ("system", 1)
        assert [change["to"] for change in event["changes"] if change["path"] == kind] == [1]
    assert ann.get("/audit/verify").json["ok"]
    assert "sessions.expired" in ann.get("/audit/export", headers={"Accept": "text/csv"}).text
