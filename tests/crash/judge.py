"""The judge over processes that are killed: a reader that never stops, and knows what was answered for.

It says what is wrong as sentences. An event may be missing only where the ledger names the file that it was in, and
that file's day is past its time; where the ledger says it was archived, it is in the archive. Nothing is there twice,
nothing comes back, a segment never counts from the buffer and from files, an ordinal is of one person, and what was
refused is in the quarantine once. The sweep removes only what went before `judged_us`: the judge has looked into it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from iafa_api import clock
from iafa_api.domain.data_view import DataView
from iafa_api.ingest.quarantine import QuarantineFilter, read_quarantine
from iafa_api.ingest.tail import read_source
from iafa_api.lake import layout
from iafa_api.lake.manifest_schema import DataFile, ExpiredFile
from tests.crash.world import OTHER_PROJECT, PROJECT, World

NOW_US = clock.parse_time("2026-01-14T00:00:00Z")  # of the expiry: what came in is of days before and after its limit
KEPT_DAYS = 10
MARGIN_US = 3 * clock.MICROSECONDS  # a commit notes its moment before it waits for its turn
SHOWN = 3


@dataclass
class _Project:
    """What is known of one project's events."""

    acknowledged: set[str] = field(default_factory=set)
    earlier: set[str] = field(default_factory=set)  # in an answer before
    gone: set[str] = field(default_factory=set)  # expired, by the ledger
    archived: set[str] = field(default_factory=set)
    ledger: dict[str, ExpiredFile] = field(default_factory=dict)
    persons: dict[int, str] = field(default_factory=dict)
    contents: dict[Path, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What the judge knows in the end, or what it found wrong."""

    faults: tuple[str, ...] = ()
    looks: int = 0
    acknowledged: int = 0
    refused: int = 0
    expired: int = 0
    archived: int = 0
    joined: int = 0


class Judge:
    """Looks at everything again and again, from another process than those that change it."""

    def __init__(self, root: Path, answers: Path) -> None:
        self.judged_us = 0
        self._world = World(root)
        self._answers = answers
        self._offsets: dict[Path, int] = {}
        self._projects = {PROJECT: _Project(), OTHER_PROJECT: _Project()}
        self._refused: set[str] = set()
        self._joined: set[str] = set()
        self._looks = 0
        self._faults: list[str] = []

    def look(self) -> Verdict:
        """Compare everything that was answered for until now with what is there."""
        began = clock.now_us()
        self._read_answers()
        for project_id, project in self._projects.items():
            self._look_at(project_id, project)
        self._look_at_quarantine()
        self._looks += 1
        self.judged_us = began - MARGIN_US
        projects = self._projects.values()
        return Verdict(
            faults=tuple(self._faults),
            looks=self._looks,
            acknowledged=sum(len(project.acknowledged) for project in projects),
            refused=len(self._refused),
            expired=sum(len(project.gone) for project in projects),
            archived=sum(len(project.archived) for project in projects),
            joined=len(self._joined),
        )

    def read_refused(self, project_id: str) -> list[str]:
        """The ids that the refused events of a project brought."""
        world, everything = self._world, QuarantineFilter(0, clock.now_us() + layout.DAY_US)
        entries = read_quarantine(world.buffer, world.manifest, world.root, project_id, everything)
        return [str(entry.event_id) for entry in entries]

    def _look_at(self, project_id: str, project: _Project) -> None:
        acknowledged, gone_before, archived_before = (
            set(project.acknowledged),
            set(project.gone),
            set(project.archived),
        )
        world = self._world
        source = read_source(world.buffer, world.manifest, world.root, project_id, view=DataView(with_archive=True))
        known, project.contents = project.contents, {}
        ids = Counter(source.tail.column("id").to_pylist())
        in_archive: set[str] = set()
        flushed: set[str] = set()
        for path, file in zip(source.files, source.data_files, strict=True):
            content = project.contents[path] = known.get(path) or self._read(path, file, project)
            names, segments = content
            ids.update(names)
            flushed |= segments
            if file.is_archived:
                in_archive.update(names)
        self._read_ledger(project_id, project)
        is_there = set(ids)
        self._say("are there twice", [name for name, count in ids.items() if count > 1])
        self._say("were answered for and are lost", acknowledged - is_there - project.gone)
        self._say("were in an answer and are lost", project.earlier - is_there - project.gone)
        self._say("have expired and are there again", gone_before & is_there)
        self._say("are not in the archive, although the ledger says so", archived_before - in_archive)
        self._say("(segments) count from the buffer and from files", flushed & source.segment_lengths.keys())
        project.earlier = is_there
        if project_id == PROJECT:
            owners = {} if source.owners is None else source.owners.to_pydict()
            linked = dict(zip(owners["anonymous_id"], owners["person"], strict=True)) if owners else {}
            self._say("(visitors) have lost whose they are", [v for v in self._joined if linked.get(v) != f"uof {v}"])

    def _read(self, path: Path, file: DataFile, project: _Project) -> tuple[list[str], frozenset[str]]:
        rows = pq.ParquetFile(path).read(["id", "user_id", "person_ordinal", "segment"]).to_pydict()
        if len(rows["id"]) != file.row_count:
            self._faults.append(f"{file.path} has {len(rows['id'])} rows, and its row says {file.row_count}")
        self._say("are mixed up", [n for n, u in zip(rows["id"], rows["user_id"], strict=True) if u != user_of(n)])
        for ordinal, user in zip(rows["person_ordinal"], rows["user_id"], strict=True):
            if project.persons.setdefault(ordinal, user) != user:
                self._faults.append(f"ordinal {ordinal} is of {user} and of {project.persons[ordinal]}")
        return rows["id"], frozenset(rows["segment"])

    def _read_ledger(self, project_id: str, project: _Project) -> None:
        root = self._world.root
        for line in self._world.manifest.list_expired(project_id):
            if line.path in project.ledger:
                continue
            project.ledger[line.path] = line
            content = (root / line.path).read_bytes()
            rows = pq.ParquetFile(root / line.path).read(["id", "created_at"])
            days = {value // layout.DAY_US for value in rows.column("created_at").cast("int64").to_pylist()}
            names = rows.column("id").to_pylist()
            is_true = len(names) == line.row_count and hashlib.sha256(content).hexdigest() == line.sha256
            is_past = (line.day + 1 + KEPT_DAYS) * layout.DAY_US <= NOW_US
            if not (is_true and is_past and days == {line.day}):
                self._faults.append(f"the ledger's line of {line.path} is not true, or it went before its time")
            self._say("expired twice", set(names) & (project.gone | project.archived))
            (project.archived if line.archived_as else project.gone).update(names)

    def _look_at_quarantine(self) -> None:
        found = Counter(self.read_refused(PROJECT))
        self._say("(refused) are there twice", [name for name, count in found.items() if count > 1])
        self._say("(refused) are lost", self._refused - set(found))

    def _read_answers(self) -> None:
        for path in self._answers.iterdir():
            with path.open("rb") as file:
                file.seek(self._offsets.get(path, 0))
                content = file.read()
            whole = content[: content.rfind(b"\n") + 1]
            self._offsets[path] = self._offsets.get(path, 0) + len(whole)
            for line in whole.splitlines():
                kind, names = json.loads(line)
                if kind == "refused":
                    self._refused.update(names)
                elif kind == "joined":
                    self._joined.update(names)
                else:
                    self._projects[kind].acknowledged.update(names)

    def _say(self, what: str, names: Collection[str]) -> None:
        if names:
            some = ", ".join(sorted(names)[:SHOWN])
            self._faults.append(f"look {self._looks}: {len(names)} {what}: {some}")


def user_of(event_id: str) -> str:
    """Who an event is of: those of a batch are of one person."""
    return f"u{event_id.rpartition('.')[0]}"
