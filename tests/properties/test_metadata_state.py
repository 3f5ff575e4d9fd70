"""Whatever happens to the log, in whatever order: its fold, every living store, and every way to start are one state.

Three stores stand for three processes; what they are compared with is a plain model of names and versions, and a check
of the bytes that knows nothing of the code under test.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from iafa_api.errors import NotFound, StaleVersion, Unavailable
from iafa_api.metadata import projects, saved, timeline
from iafa_api.metadata.events import Actor, Cause, NewEvent, read_envelope
from iafa_api.metadata.log import Log
from iafa_api.metadata.projections import State, apply
from iafa_api.metadata.projects import Projects
from iafa_api.metadata.saved import Saved
from iafa_api.metadata.snapshots import FILES
from iafa_api.metadata.store import MetadataStore
from iafa_api.metadata.timeline import Timeline

CAUSE = Cause(Actor("user", "u", "ip"), "r")
ORGANIZATION = "o"
PROJECT = {"domain": None, "allowed_origins": [], "timezone": "UTC", "week_start": "monday", "retention_days": 90}
FUNNEL = {
    "description": None,
    "is_active": True,
    "order": "ordered",
    "conversion_window": None,
    "stages": [{"order": 1, "name": "A", "event_type": "a", "filter": None}],
    "exclusions": [],
}
TORN = (b'[{"seq":', b"\0\0\0\0", b"not json\n", b"[]\n", b"[{]\n", "ünï".encode()[:2])
SUBJECTS = {"projects": "project", "funnels": "funnel"}

which_process = st.integers(0, 2)
which_subject = st.integers(0, 5)
kinds = st.sampled_from(tuple(SUBJECTS))
names = st.sampled_from(("a", "b", "ünï", "\\ \u2028"))
Documents = dict[str, dict[str, tuple[str, int, bool]]]  # kind -> id -> name, version, whether it is deleted


@dataclass
class Process:
    """What one process has of the metadata."""

    log: Log
    store: MetadataStore
    timeline: Timeline

    @classmethod
    def start(cls, directory: Path) -> Process:
        log = Log(directory)
        return cls(log, MetadataStore(directory, log), Timeline(log))

    def commands(self, kind: str) -> Any:
        return Saved(self.store, projects.PROJECT if kind == "projects" else saved.FUNNEL)


class MetadataMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="iafa-test-"))
        self.directory = self.root / "metadata"
        self.stack = contextlib.ExitStack()
        self.stack.callback(shutil.rmtree, self.root)
        self.stack.enter_context(mock.patch.object(os, "fsync", return_value=None))  # no power is cut here
        self.stack.enter_context(mock.patch.object(timeline, "KEPT_EVERY_EVENTS", 3))
        self.model: Documents = {"projects": {}, "funnels": {}}
        self.moments: dict[int, Documents] = {0: self.copied_model()}
        self.names: dict[str, dict[int, str]] = {}  # id -> version -> the name it had
        self.funnel_projects: dict[str, str] = {}
        self.fault: str | None = None
        self.torn: bytes | None = None
        self.set_aside: list[bytes] = []
        self.older_snapshots: dict[str, bytes] = {}

    @initialize()
    def start(self) -> None:
        self.processes = [Process.start(self.directory) for _ in range(3)]

    def teardown(self) -> None:
        try:
            if hasattr(self, "processes"):
                self.all_agree()
        finally:
            self.stack.close()

    # What is done

    @rule(process=which_process, name=names)
    def create_project(self, process: int, name: str) -> None:
        commands = Projects(self.processes[process].store)
        made = self.attempt(lambda: commands.create(CAUSE, ORGANIZATION, {"name": name, **PROJECT})[0])
        if made is not None:
            self.committed("projects", made.id, name, 1, False)

    @precondition(lambda self: self.alive("projects"))
    @rule(process=which_process, subject=which_subject, name=names)
    def create_funnel(self, process: int, subject: int, name: str) -> None:
        project_id = self.pick(self.alive("projects"), subject)
        funnels = Saved(self.processes[process].store, saved.FUNNEL)
        made = self.attempt(lambda: funnels.create(CAUSE, ORGANIZATION, project_id, {"name": name, **FUNNEL}))
        if made is not None:
            self.committed("funnels", made["id"], name, 1, False)
            self.funnel_projects[made["id"]] = project_id

    @rule(process=which_process, kind=kinds, subject=which_subject, name=names, is_blind=st.booleans())
    def change(self, process: int, kind: str, subject: int, name: str, is_blind: bool) -> None:
        if not self.alive(kind):
            return
        subject_id = self.pick(self.alive(kind), subject)
        before, version, _ = self.model[kind][subject_id]
        commands = self.processes[process].commands(kind)
        expected = None if is_blind else version
        changed = self.attempt(
            lambda: commands.change(CAUSE, ORGANIZATION, subject_id, expected, {"name": name}), writes=name != before
        )
        if changed is not None:
            assert changed["version"] == version + (name != before)
            if name != before:
                self.committed(kind, subject_id, name, version + 1, False)

    @rule(process=which_process, kind=kinds, subject=which_subject)
    def delete(self, process: int, kind: str, subject: int) -> None:
        if not self.alive(kind):
            return
        subject_id = self.pick(self.alive(kind), subject)
        name, version, _ = self.model[kind][subject_id]
        commands = self.processes[process].commands(kind)
        if self.attempt(lambda: [commands.delete(CAUSE, ORGANIZATION, subject_id, version)]):
            self.committed(kind, subject_id, name, version + 1, True)

    @rule(process=which_process, kind=kinds, subject=which_subject)
    def undelete(self, process: int, kind: str, subject: int) -> None:
        deleted = [key for key, (_, _, is_deleted) in self.model[kind].items() if is_deleted]
        if kind == "funnels":  # to answer with the funnel, its project must be alive
            deleted = [key for key in deleted if not self.model["projects"][self.funnel_projects[key]][2]]
        if not deleted:
            return
        subject_id = self.pick(deleted, subject)
        name, version, _ = self.model[kind][subject_id]
        commands = self.processes[process].commands(kind)
        if self.attempt(lambda: commands.undelete(CAUSE, ORGANIZATION, subject_id)):
            self.committed(kind, subject_id, name, version + 1, False)

    @rule(process=which_process, kind=kinds, subject=which_subject, back=st.integers(0, 6))
    def revert(self, process: int, kind: str, subject: int, back: int) -> None:
        if not self.alive(kind):
            return
        subject_id = self.pick(self.alive(kind), subject)
        before, version, _ = self.model[kind][subject_id]
        to_version = max(1, version - back)
        name = self.names[subject_id][to_version]
        moment = max(seq for seq, past in self.moments.items() if past[kind].get(subject_id, "")[1:2] == (to_version,))
        one = self.processes[process]
        to = one.timeline.state_at(moment).documents[kind][subject_id]
        commands = one.commands(kind)
        reverted = self.attempt(
            lambda: commands.revert(CAUSE, ORGANIZATION, subject_id, version, to=to), writes=name != before
        )
        if reverted is not None and name != before:
            self.committed(kind, subject_id, name, version + 1, False)

    @rule(process=which_process, kind=kinds, subject=which_subject, off=st.sampled_from((-1, 1, 7)))
    def change_what_is_at_another_version(self, process: int, kind: str, subject: int, off: int) -> None:
        if not self.alive(kind):
            return
        subject_id = self.pick(self.alive(kind), subject)
        version = self.model[kind][subject_id][1] + off
        one = self.processes[process]
        event = NewEvent(f"{SUBJECTS[kind]}-{subject_id}", version, f"{SUBJECTS[kind]}.changed", ORGANIZATION, {})
        for attempt in (
            lambda: one.commands(kind).change(CAUSE, ORGANIZATION, subject_id, version, {"name": "stale"}),
            lambda: one.commands(kind).delete(CAUSE, ORGANIZATION, subject_id, version),
            lambda: one.store.change(CAUSE, lambda state: [event]),
        ):
            before = self.synced_bytes()
            with pytest.raises(StaleVersion):
                attempt()
            assert self.synced_bytes() == before
        self.note_healing()

    @rule(process=which_process, kind=kinds)
    def change_what_is_not_there(self, process: int, kind: str) -> None:
        before = self.synced_bytes()
        with pytest.raises(NotFound):
            self.processes[process].commands(kind).change(CAUSE, ORGANIZATION, "nobody", None, {"name": "x"})
        assert self.synced_bytes() == before
        self.note_healing()

    # What happens meanwhile

    @rule(fault=st.sampled_from(("fsync", "full disk", "short write")))
    def disk_fails_the_next_command(self, fault: str) -> None:
        self.fault = fault

    @precondition(lambda self: self.torn is None)
    @rule(torn=st.sampled_from(TORN))
    def writer_dies_within_a_line(self, torn: bytes) -> None:
        self.torn = torn
        with (self.directory / "log.jsonl").open("ab") as file:
            file.write(torn)

    @rule(process=which_process)
    def restart(self, process: int) -> None:
        self.processes[process] = Process.start(self.directory)
        self.note_healing()

    @rule()
    def restart_all_without_marks(self) -> None:
        """After a crash of the machine the marks may be anything."""
        (self.directory / "log.marks").unlink()
        self.processes = [Process.start(self.directory) for _ in range(3)]
        self.note_healing()

    @rule(process=which_process)
    def write_snapshots(self, process: int) -> None:
        before = {name: self.snapshot_path(name).read_bytes() for name in FILES if self.snapshot_path(name).exists()}
        if self.processes[process].store.write_snapshots():
            self.older_snapshots |= before

    @rule(name=st.sampled_from(tuple(FILES)), damage=st.sampled_from(("gone", "older", "cut")))
    def damage_a_snapshot(self, name: str, damage: str) -> None:
        path = self.snapshot_path(name)
        if damage == "gone":
            path.unlink(missing_ok=True)
        elif damage == "older" and name in self.older_snapshots:
            path.write_bytes(self.older_snapshots[name])
        elif damage == "cut" and path.exists():
            path.write_bytes(path.read_bytes()[:-3])

    # What must be true

    @rule(process=which_process)
    def look(self, process: int) -> None:
        state = self.processes[process].store.current()
        assert summary(state) == self.model
        assert state == self.folded()

    @rule(process=which_process, places=st.lists(st.floats(0, 1), min_size=1, max_size=4))
    def ask_for_moments(self, process: int, places: list[float]) -> None:
        newest = max(self.moments)
        for place in places:
            seq = round(place * newest)
            state = self.processes[process].timeline.state_at(seq)
            assert state == self.folded(seq)
            if seq in self.moments:
                assert summary(state) == self.moments[seq]
            if seq:
                one = self.processes[process].timeline
                at = self.envelopes()[seq - 1]["at"]
                state = one.state_at(one.seq_at(at))
                assert state == self.folded(sum(envelope["at"] <= at for envelope in self.envelopes()))
                for kind, prefix in SUBJECTS.items():
                    for key in (*self.model[kind], "nobody"):
                        assert one.document_as_of(f"{prefix}-{key}", at) == state.documents[kind].get(key)

    @rule()
    def all_agree(self) -> None:
        state = self.folded()
        assert summary(state) == self.model
        for process in self.processes:
            assert process.store.current() == state
            assert process.timeline.state_at(len(self.envelopes())) == state
        with tempfile.TemporaryDirectory(dir=self.root) as copies:  # so that a torn tail stays for the next writer
            from_snapshots, from_log = Path(copies) / "snapshots", Path(copies) / "log"
            shutil.copytree(self.directory, from_snapshots)
            from_log.mkdir()
            shutil.copy(self.directory / "log.jsonl", from_log)
            for copy in (from_snapshots, from_log):
                assert Process.start(copy).store.current() == state

    @invariant()
    def the_log_is_one_unbroken_order(self) -> None:
        if not hasattr(self, "processes"):
            return
        prev, versions = "0" * 64, {}
        for place, envelope in enumerate(self.envelopes(), start=1):
            assert envelope["seq"] == place
            assert envelope["version"] == versions.get(envelope["stream"], 0) + 1
            versions[envelope["stream"]] = envelope["version"]
            content = {name: value for name, value in envelope.items() if name not in ("seq", "prev", "hash")}
            assert envelope["prev"] == prev
            prev = sha256({"seq": place, "prev": prev, "data_hash": sha256(content)})
            assert envelope["hash"] == prev
        assert max(self.moments) == len(self.envelopes())
        rest = (self.directory / "log.jsonl").read_bytes()[len(self.synced_bytes()) :]
        assert rest == (self.torn or b"")
        assert sorted(self.set_aside) == sorted(path.read_bytes() for path in (self.directory / "torn").glob("*"))

    # How it is done

    def attempt(self, command: Callable[[], Any], *, writes: bool = True) -> Any:
        """What the command returns; None where the disk failed it: then nothing may be left of it."""
        fault, self.fault = self.fault, None
        before, is_torn = self.synced_bytes(), self.torn is not None
        try:
            with failing(fault):
                done = command()
        except Unavailable:
            assert fault is not None
            assert writes or is_torn
            assert self.synced_bytes() == before
            self.note_healing()
            return None
        assert fault is None or not writes, "the command was acknowledged on a disk that failed"
        assert (self.synced_bytes() != before) == writes
        self.note_healing()
        return done

    def committed(self, kind: str, subject_id: str, name: str, version: int, is_deleted: bool) -> None:
        self.model[kind][subject_id] = (name, version, is_deleted)
        self.names.setdefault(subject_id, {})[version] = name
        self.moments[len(self.envelopes())] = self.copied_model()

    def note_healing(self) -> None:
        if self.torn is not None and (self.directory / "log.jsonl").stat().st_size == len(self.synced_bytes()):
            self.set_aside.append(self.torn)
            self.torn = None

    def alive(self, kind: str) -> list[str]:
        """Things that commands find: not deleted, nor of a project that is."""
        projects = [key for key, (_, _, is_deleted) in self.model["projects"].items() if not is_deleted]
        if kind == "projects":
            return projects
        owned = self.model["funnels"].items()
        return [key for key, (_, _, is_deleted) in owned if not is_deleted and self.funnel_projects[key] in projects]

    def pick(self, subjects: list[str], number: int) -> str:
        return subjects[number % len(subjects)]

    def copied_model(self) -> Documents:
        return {kind: dict(documents) for kind, documents in self.model.items()}

    def snapshot_path(self, name: str) -> Path:
        return self.directory / f"{name}.json"

    def synced_bytes(self) -> bytes:
        return (self.directory / "log.jsonl").read_bytes()[: self.processes[0].log.mark().synced]

    def envelopes(self) -> list[dict[str, Any]]:
        return [envelope for line in self.synced_bytes().split(b"\n")[:-1] for envelope in json.loads(line)]

    def folded(self, until: int | None = None) -> State:
        """The state by one event after the other, from the bytes on the disk."""
        state = State()
        for envelope in self.envelopes()[:until]:
            state = apply(state, [read_envelope(envelope)])
        return state


@contextlib.contextmanager
def failing(fault: str | None) -> Iterator[None]:
    real = os.write

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    patches = {
        None: contextlib.nullcontext(),
        "fsync": mock.patch.object(os, "fsync", fail),
        "full disk": mock.patch.object(os, "write", fail),
        "short write": mock.patch.object(os, "write", lambda file, data: real(file, data[: -(-len(data) // 2)])),
    }
    with patches[fault]:
        yield


def summary(state: State) -> Documents:
    return {
        kind: {
            key: (document["name"], document["version"], "deleted_at" in document)
            for key, document in state.documents[kind].items()
        }
        for kind in SUBJECTS
    }


def sha256(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


TestMetadata = MetadataMachine.TestCase
TestMetadata.settings = settings(max_examples=60, stateful_step_count=50)
