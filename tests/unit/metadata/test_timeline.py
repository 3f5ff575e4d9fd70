"""Any moment of the log: the state as it was then is the fold of the events up to it."""

import pytest

from iafa_api.metadata import timeline
from iafa_api.metadata.events import Actor, Cause, NewEvent
from iafa_api.metadata.log import Log
from iafa_api.metadata.projections import State, apply
from iafa_api.metadata.store import MetadataStore
from iafa_api.metadata.timeline import Timeline

CAUSE = Cause(Actor("system"), "r")


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setattr(timeline, "KEPT_EVERY_EVENTS", 4)
    times = iter(range(1_700_000_000_000_000, 1_800_000_000_000_000, 1_000_000))
    log = Log(tmp_path, now=lambda: next(times))
    store = MetadataStore(tmp_path, log)
    for number in range(5):
        data = {"project_id": "p", "name": "F"}
        store.change(
            CAUSE,
            lambda state, n=number, d=data: [
                NewEvent(f"organization-{n}", 0, "organization.created", str(n), {"name": "o"}),
                NewEvent(f"funnel-{n}", 0, "funnel.created", str(n), d),
                NewEvent(f"funnel-{n}", 1, "funnel.changed", str(n), {"name": "G"}),
            ],
        )
    return log


def folded(log, seq):
    events, _ = log.read(timeline.Position(), log.mark().synced)
    return apply(State(), [event for event in events if event.seq <= seq])


def test_every_moment_is_the_fold_up_to_it(log):
    line = Timeline(log)
    for seq in [*range(16), 7, 0, 15, 99]:
        assert line.state_at(seq) == folded(log, seq), seq


def test_a_time_is_found_to_the_event(log):
    line = Timeline(log)
    events = list(line.events())
    assert line.seq_at("2000") == 0
    assert line.seq_at("2999") == 15
    for event in events:
        last = max(other.seq for other in events if other.at == event.at)
        assert line.seq_at(event.at) == last


def test_events_between_two_numbers_come_in_order(log):
    line = Timeline(log)
    assert [event.seq for event in line.events()] == list(range(1, 16))
    assert [event.seq for event in line.events(5, 9)] == [6, 7, 8, 9]
    assert list(line.events(15)) == []


def test_the_events_of_a_stream_and_of_an_organisation(log):
    line = Timeline(log)
    assert [(event.seq, event.version) for event in line.events_of_stream("funnel-2")] == [(8, 1), (9, 2)]
    assert [event.seq for event in line.events_of_organization("2")] == [9, 8, 7]
    assert line.events_of_stream("funnel-9") == list(line.events_of_organization("9")) == []


def test_what_is_appended_later_is_seen(log, tmp_path):
    line = Timeline(log)
    assert line.state_at(99).seq == 15
    MetadataStore(tmp_path, log).change(
        CAUSE, lambda state: [NewEvent("organization-x", 0, "organization.created", "x", {"name": "o"})]
    )
    assert line.state_at(99).seq == 16
    assert line.state_at(15).seq == 15
