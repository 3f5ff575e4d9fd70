"""State, snapshots and start: what is read from disk is what the events say, whichever way it is read."""

import json

import pytest

from iafa_api.errors import BrokenData, InvalidInput, Repeated, Unavailable
from iafa_api.metadata.events import Actor, Attempt, Cause, NewEvent, read_envelope
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.projections import FOLDS, KINDS, State, apply
from iafa_api.metadata.store import MetadataStore
from migrations_json import chain, m0001_stage_event_type

CAUSE = Cause(Actor("system"), "r")
STAGES = [{"order": 1, "name": "A", "event_type": "a", "filter": None}]


def open_store(directory):
    return MetadataStore(directory, Log(directory))


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path)
    project = {"name": "P", "domain": None, "allowed_origins": [], "timezone": "UTC", "week_start": "monday"}
    key = {"project_id": "p", "name": "k", "kind": "write", "prefix": "iafa_w", "hash": "h1"}
    funnel = {"project_id": "p", "name": "F", "stages": STAGES, "order": "ordered", "exclusions": []}
    store.change(
        CAUSE,
        lambda state: [
            NewEvent("organization-o", 0, "organization.created", "o", {"name": "Org"}),
            NewEvent("user-u", 0, "user.registered", "o", {"role": "owner"}, {"email": "sealed:1:u:x"}),
            NewEvent("project-p", 0, "project.created", "o", project | {"retention_days": 90}),
            NewEvent("api_key-k", 0, "api_key.created", "o", key),
            NewEvent("funnel-f", 0, "funnel.created", "o", funnel | {"conversion_window": None}),
            NewEvent("funnel-f", 1, "funnel.changed", "o", {"name": "G"}),
        ],
    )
    return store


def test_every_event_type_folds_into_a_known_kind():
    assert {kind for kind, _ in FOLDS.values()} == set(KINDS)


def test_a_change_of_another_process_is_seen_at_the_next_look(store, tmp_path):
    other = open_store(tmp_path)
    other.change(CAUSE, lambda state: [NewEvent("funnel-f", 2, "funnel.changed", "o", {"name": "H"})])
    assert store.current().get("funnels", "f")["name"] == "H"


def test_a_state_does_not_change_under_its_reader(store, tmp_path):
    before = store.current()
    store.change(CAUSE, lambda state: [NewEvent("funnel-f", 2, "funnel.deleted", "o", {})])
    assert "deleted_at" not in before.get("funnels", "f")
    assert "deleted_at" in store.current().get("funnels", "f")


def test_a_start_from_snapshots_equals_a_start_from_the_log(store, tmp_path):
    store.write_snapshots()
    store.change(CAUSE, lambda state: [NewEvent("funnel-f", 2, "funnel.changed", "o", {"name": "after"})])
    from_snapshots = open_store(tmp_path).current()
    for path in tmp_path.glob("*.json"):
        path.unlink()
    assert open_store(tmp_path).current() == from_snapshots == store.current()


def test_snapshots_made_again_have_the_same_bytes(store, tmp_path):
    store.write_snapshots()
    first = {path.name: path.read_bytes() for path in tmp_path.glob("*.json")}
    assert set(first) == {"users.json", "projects.json", "funnels.json", "reports.json"}
    for path in tmp_path.glob("*.json"):
        path.unlink()
    open_store(tmp_path).write_snapshots()
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.json")} == first


def test_snapshots_have_the_shape_that_people_know(store, tmp_path):
    store.write_snapshots()
    users, projects, funnels = (
        json.loads((tmp_path / f"{name}.json").read_text()) for name in ("users", "projects", "funnels")
    )
    assert users["users"][0]["email"].startswith("sealed:")
    assert projects["projects"][0]["api_key"] == "h1"
    assert funnels["funnels"][0]["stages"] == STAGES
    assert users["position"] == projects["position"] == funnels["position"]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.glob("*.json"))


def test_snapshots_are_written_only_when_something_changed(store):
    assert store.write_snapshots() is True
    assert store.write_snapshots() is False


@pytest.mark.parametrize("damage", ["missing", "other position", "not json", "of a newer program"])
def test_damaged_snapshots_are_not_believed(store, tmp_path, damage):
    store.write_snapshots()
    path = tmp_path / "funnels.json"
    content = json.loads(path.read_text())
    content["funnels"][0]["name"] = "WRONG"
    if damage == "missing":
        path.unlink()
    elif damage == "not json":
        path.write_text("{")
    elif damage == "other position":
        path.write_text(json.dumps(content | {"position": content["position"] | {"seq": 2}}))
    else:
        path.write_text(json.dumps(content | {"schema_version": chain.SCHEMA_VERSION + 1}))
    assert open_store(tmp_path).current() == store.current()


@pytest.mark.parametrize("damage", ["lost", "empty", "shortened", "replaced by one as long"])
def test_a_log_that_is_not_the_snapshots_own_stops_the_start(store, tmp_path, damage):
    """Going on with less than the snapshots know would overwrite the last copy of what is missing."""
    store.write_snapshots()
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.json")}
    log = tmp_path / "log.jsonl"
    if damage == "lost":
        log.unlink()
    elif damage == "empty":
        log.write_bytes(b"")
    elif damage == "shortened":
        open_store(tmp_path).change(CAUSE, lambda state: [NewEvent("funnel-f", 2, "funnel.deleted", "o", {})])
        open_store(tmp_path).write_snapshots()
        before = {path.name: path.read_bytes() for path in tmp_path.glob("*.json")}
        log.write_bytes(log.read_bytes().split(b"\n")[0] + b"\n")
    else:
        other = open_store(tmp_path / "other")
        other.change(CAUSE, lambda state: [NewEvent("organization-x", 0, "organization.created", "x", {"name": ""})])
        missing = log.stat().st_size - (tmp_path / "other" / "log.jsonl").stat().st_size
        again = open_store(tmp_path / "again")
        again.change(
            CAUSE, lambda state: [NewEvent("organization-x", 0, "organization.created", "x", {"name": "n" * missing})]
        )
        log.write_bytes((tmp_path / "again" / "log.jsonl").read_bytes())
    with pytest.raises(BrokenData, match=r"log\.jsonl"):
        open_store(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.json")} == before


def test_an_empty_decision_writes_nothing(store, tmp_path):
    size = (tmp_path / "log.jsonl").stat().st_size
    store.change(CAUSE, lambda state: [])
    assert (tmp_path / "log.jsonl").stat().st_size == size


def test_unknown_types_and_versions_out_of_turn_are_refused(tmp_path):
    log = Log(tmp_path)
    for event_type, what in (("funnel.created", "out of turn"), ("funnel.painted", "unknown type")):
        envelopes = log.seal(Position(), [NewEvent("funnel-f", 4, event_type, "o", {})], CAUSE)
        with pytest.raises(BrokenData, match=what):
            apply(State(), [read_envelope(envelope) for envelope in envelopes])


class TestMigrations:
    def test_an_event_of_the_first_draft_reads_as_one_of_today(self):
        old = {
            "type": "funnel.created",
            "schema_version": 0,
            "data": {"name": "F", "stages": [{"name": "A", "event": "a", "order": 1}]},
        }
        new = chain.upgrade_event(old)
        assert new["schema_version"] == chain.SCHEMA_VERSION
        assert new["data"]["stages"] == STAGES
        assert new["data"]["order"] == "ordered"
        assert new["data"]["conversion_window"] is None

    def test_a_change_of_the_name_alone_stays_a_change_of_the_name_alone(self):
        old = {"type": "funnel.changed", "schema_version": 0, "data": {"name": "F"}}
        assert chain.upgrade_event(old)["data"] == {"name": "F"}

    def test_snapshot_documents_take_the_same_way(self):
        old = [{"id": "f", "stages": [{"name": "A", "event": "a", "order": 1}]}]
        assert chain.upgrade_documents("funnels", 0, old)[0]["stages"] == STAGES
        assert chain.upgrade_documents("projects", 0, [{"id": "p"}])[0]["timezone"] == "UTC"
        assert chain.upgrade_documents("users", 0, [{"id": "u"}]) == [{"id": "u"}]

    def test_upgrade_then_fold_equals_fold_then_upgrade(self):
        document = {"name": "F", "stages": [{"name": "A", "event": "a", "order": 1}]}
        event = m0001_stage_event_type.upgrade_event({"type": "funnel.created", "data": document, "schema_version": 0})
        assert event["data"] == m0001_stage_event_type.upgrade_documents("funnels", [document])[0]

    @pytest.mark.parametrize("version", [-1, chain.SCHEMA_VERSION + 1, "1", None])
    def test_a_version_that_is_not_known_is_refused(self, version):
        with pytest.raises(ValueError, match="schema version"):
            chain.upgrade_event({"type": "x", "schema_version": version, "data": {}})


class TestAttempts:
    """A request that is sent again, at the level of the store; what is answered is the edge's to say."""

    ATTEMPT = Cause(Actor("user", "u"), "r", Attempt("a", "body"))

    @staticmethod
    def make(name):
        return lambda state: [NewEvent(f"funnel-{name}", 0, "funnel.created", "o", {"name": name})]

    def test_a_repeat_is_not_decided_and_names_what_was_made(self, store, tmp_path):
        store.change(self.ATTEMPT, self.make("first"))
        for other in (store, open_store(tmp_path)):
            with pytest.raises(Repeated) as repeated:
                other.change(self.ATTEMPT, self.make("second"))
            assert repeated.value.stream == "funnel-first"
        assert store.current().get("funnels", "second") is None

    def test_a_repeat_is_told_of_only_once_that_is_durable(self, store, monkeypatch):
        """It came between the write and the sync of the first, and was sent to look for what no reader could see."""
        sync, waited = store._log.sync, []

        def crash(*_):
            raise Unavailable("not yet", retry_after_seconds=1)

        monkeypatch.setattr(store._log, "sync", crash)
        with pytest.raises(Unavailable):
            store.change(self.ATTEMPT, self.make("first"))
        monkeypatch.setattr(store._log, "sync", lambda *args: (sync(*args), waited.append(store._log.mark().synced)))
        with pytest.raises(Repeated):
            store.change(self.ATTEMPT, self.make("second"))
        assert waited == [store._log.written]
        assert store.current().get("funnels", "first")["name"] == "first"

    def test_another_body_is_refused(self, store):
        store.change(self.ATTEMPT, self.make("first"))
        with pytest.raises(InvalidInput):
            store.change(Cause(Actor("user", "u"), "r", Attempt("a", "other")), self.make("second"))

    def test_a_decision_for_nothing_leaves_no_note(self, store):
        store.change(self.ATTEMPT, lambda state: [])
        assert store.current().get("attempts", "a") is None
