"""Logs of every version that was ever written are read for ever, and it is all one when they are upgraded."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iafa_api.metadata import snapshots
from iafa_api.metadata.events import Actor, MetadataEvent
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.projections import KINDS, State, apply, restore
from iafa_api.metadata.store import MetadataStore
from iafa_api.metadata.stored_log import fold_lines, read_lines
from migrations_json.chain import SCHEMA_VERSION, upgrade_documents, upgrade_event

GOLDEN = Path(__file__).parents[2] / "golden"
NEVER_CHANGED = {
    "log_v0.jsonl": "11608baa11e4ce9e1276c384bd01c9a08261f9eeb195695dad3e0009572ba62d",
    "log_v0.state.json": "6c8d97815864a5bffff0bac1bbaf035e0ba262e94e8183cf5ec7f26325eafbd6",
    "log_v1.jsonl": "f665821a3b4728af309912eedae911e9ed6cf601e6719969a867ec45bcfde0d3",
    "log_v1.state.json": "74b16229528f96499f32f8c62d0211f4880bf9e969de93f3ed5b26f7178812b2",
}
VERSIONS = range(SCHEMA_VERSION + 1)


def lines_of(version):
    path = GOLDEN / f"log_v{version}.jsonl"
    return list(read_lines(path, path.stat().st_size))


def envelopes_of(version):
    return [envelope for envelopes, _ in lines_of(version) for envelope in envelopes]


def as_documents(state):
    return {kind: [dict(row) for _, row in sorted(rows.items())] for kind, rows in state.documents.items()}


def event(envelope):
    """The event as it was written: not upgraded."""
    return MetadataEvent(**{**envelope, "actor": Actor(**envelope["actor"])})


def fold_as_written(envelopes):
    return apply(State(), [event(envelope) for envelope in envelopes])


def upgraded_state(state, version):
    rows = {kind: upgrade_documents(kind, version, as_documents(state)[kind]) for kind in KINDS}
    return restore({kind: {row["id"]: row for row in rows[kind]} for kind in KINDS}, state.seq)


def upgraded(envelopes):
    return [event(upgrade_event(dict(envelope))) for envelope in envelopes]


def test_what_is_golden_is_not_changed_and_each_version_has_some():
    for name, digest in NEVER_CHANGED.items():
        assert hashlib.sha256((GOLDEN / name).read_bytes()).hexdigest() == digest, name
    assert {path.name for path in GOLDEN.glob("*.json*")} == set(NEVER_CHANGED)
    for version in VERSIONS:
        assert {envelope["schema_version"] for envelope in envelopes_of(version)} == {version}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_old_log_is_replayed_to_the_state_that_it_stands_for(version):
    expected = json.loads((GOLDEN / f"log_v{version}.state.json").read_text())
    state, position = fold_lines(lines_of(version))
    assert (position.seq, position.hash) == (expected["seq"], expected["hash"])
    found = as_documents(state)
    assert {kind: found[kind] for kind in expected["documents"]} == expected["documents"]
    assert all(found[kind] == [] for kind in set(found) - set(expected["documents"])), "kinds that came later"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_store_starts_on_an_old_log_and_on_snapshots_of_it(version, tmp_path):
    (tmp_path / "log.jsonl").write_bytes((GOLDEN / f"log_v{version}.jsonl").read_bytes())
    store = MetadataStore(tmp_path, Log(tmp_path))
    state = fold_lines(lines_of(version))[0]
    assert store.current() == state
    store.write_snapshots()
    assert MetadataStore(tmp_path, Log(tmp_path)).current() == state
    assert (tmp_path / "log.jsonl").read_bytes() == (GOLDEN / f"log_v{version}.jsonl").read_bytes()


@pytest.mark.parametrize("version", VERSIONS)
def test_snapshots_of_an_old_version_are_upgraded_when_they_are_read(version, tmp_path, monkeypatch):
    written = fold_as_written(envelopes_of(version))
    monkeypatch.setattr(snapshots, "SCHEMA_VERSION", version)
    snapshots.write_snapshots(tmp_path, written, Position(written.seq, 1, "h", "t"))
    monkeypatch.undo()
    read, _ = snapshots.read_snapshots(tmp_path)
    assert read == fold_lines(lines_of(version))[0]


@pytest.mark.parametrize("version", VERSIONS)
def test_to_upgrade_and_fold_is_to_fold_and_upgrade_after_every_event(version):
    envelopes = envelopes_of(version)
    for count in range(len(envelopes) + 1):
        some = envelopes[:count]
        assert apply(State(), upgraded(some)) == upgraded_state(fold_as_written(some), version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_log_goes_on_after_an_upgrade_from_any_place(version):
    """A snapshot made by the old program, then events that are read by the new one."""
    envelopes = envelopes_of(version)
    whole = apply(State(), upgraded(envelopes))
    for count in range(len(envelopes) + 1):
        snapshot = upgraded_state(fold_as_written(envelopes[:count]), version)
        assert apply(snapshot, upgraded(envelopes[count:])) == whole


ANY_ENVELOPE = envelopes_of(0)[0]
NAMES = st.sampled_from(["", "a", "event", "event_type", "Käse"])
STAGES = st.lists(st.fixed_dictionaries({"name": NAMES, "event": NAMES, "order": st.integers(1, 9)}), max_size=4)
FUNNEL = {"name": NAMES, "is_active": st.booleans(), "stages": STAGES}
PROJECT = {"name": NAMES, "domain": NAMES}
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("funnel.changed"), st.fixed_dictionaries({}, optional=FUNNEL)),
        st.tuples(st.just("funnel.deleted"), st.just({})),
        st.tuples(st.just("project.changed"), st.fixed_dictionaries({}, optional=PROJECT)),
        st.tuples(st.just("project.deleted"), st.just({})),
    ),
    max_size=8,
)


@given(st.fixed_dictionaries(FUNNEL), st.fixed_dictionaries(PROJECT), CHANGES)
def test_of_any_log_of_version_0_too(funnel, project, changes):
    versions = {"funnel": 0, "project": 0}
    envelopes = []
    for seq, (event_type, data) in enumerate([("funnel.created", funnel), ("project.created", project), *changes], 1):
        kind = event_type.partition(".")[0]
        versions[kind] += 1
        envelopes.append(
            ANY_ENVELOPE
            | {"seq": seq, "stream": f"{kind}-x", "version": versions[kind], "type": event_type, "data": data}
        )
    assert apply(State(), upgraded(envelopes)) == upgraded_state(fold_as_written(envelopes), 0)
