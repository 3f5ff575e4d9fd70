"""The flush: from the buffer to Parquet, each accepted event exactly once. Rows, then manifest, then unlink.

Promises: one commit moves whole segments from the tail to Parquet (I4); a crash at any step leaves events that count
from where they counted before, and files that nothing names, which `sweep` removes (I8). Which event of one id wins
does not change by a flush, save where a writer is stuck: the others are not held back for longer than STUCK_SECONDS,
and what they have of its ids may win. Each event still counts once. A damaged segment never stops the flush: what can
be read of it is stored, and its bytes are kept in `damaged/` of the buffer's directory. One flusher at a time: a second
one is refused (Conflict).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from iafa_api import clock
from iafa_api.domain import quality
from iafa_api.ingest.arrivals import Arrivals, in_order
from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.frames import Frame, FrameHeader, UnreadableFrame
from iafa_api.ingest.identity_log import IdentityUpdate
from iafa_api.ingest.quarantine import DEFAULT_LIMITS, QuarantineLimits, QuarantineUpdate
from iafa_api.ingest.segments import Pending, Segment
from iafa_api.lake import layout, parquet
from iafa_api.lake.id_index import IdIndex
from iafa_api.lake.manifest import Manifest, QualityKey
from iafa_api.lake.manifest_schema import DataFile, IdentityFile, QuarantineFile, Stored
from iafa_api.lake.person_index import PersonIndex
from iafa_api.lake.writer_lock import hold_writer_lock

SEAL_AHEAD_US = 20_000  # a request is made for a moment ahead, so that nobody passes it without having seen it
SEAL_WAIT_SECONDS = 2.0
STUCK_SECONDS = 60.0  # less, and a writer that is only slow changes who wins; more, and everybody's events wait longer
LOOK_SECONDS = 0.01
BITE_BYTES = 128 << 20  # of bodies held as Arrow at once; a flush needs about five times this memory


@dataclass(frozen=True, slots=True)
class FlushResult:
    """What a flush did. `damaged` are segments set aside for a person, the writers of `stuck` do not answer."""

    event_count: int = 0
    duplicate_count: int = 0
    refused_count: int = 0
    file_count: int = 0
    segment_count: int = 0
    damaged: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()
    version: int | None = None


@dataclass(slots=True)
class _Project:
    """One project during a flush: what is stored, and what this flush adds."""

    ids: IdIndex
    persons: PersonIndex
    arrivals: Arrivals = field(default_factory=Arrivals)
    counts: Counter[tuple[int, str]] = field(default_factory=Counter)  # by UTC day of receipt and measure
    quarantine: QuarantineUpdate | None = None  # where anything was refused, or replayed
    identities: IdentityUpdate | None = None  # where a call said who is whom


def is_due(pending: Pending, now_us: int, *, buffer_size: int, interval_seconds: float) -> bool:
    """Whether so many events wait, or one so long, that a flush should run."""
    if pending.oldest_received_at is None:
        return False
    waited_us = now_us - pending.oldest_received_at
    return pending.event_count >= buffer_size or waited_us >= interval_seconds * clock.MICROSECONDS


def find_stuck(segments: Sequence[Segment], asked_us: int, now_us: int) -> tuple[str, ...]:
    """The live segments, opened long ago, whose writers did not seal them when that was asked for: stopped, or hung."""
    newest = min(asked_us, now_us - int(STUCK_SECONDS * clock.MICROSECONDS))
    return tuple(s.name for s in segments if s.is_live and s.header and s.header.opened_at < newest)


def plan_flush(
    segments: Sequence[Segment], last_received_at: Callable[[Segment], int], stuck: Collection[str] = ()
) -> list[Segment]:
    """The segments that a flush may take: nobody writes them, and nothing that a writer still holds is earlier.

    A live segment's `opened_at` is before everything it holds or will hold. Were a later event with the same id
    flushed before it, the answer to "which came first" would change. For the `stuck` ones nobody waits.
    """
    waited_for = [s.header.opened_at for s in segments if s.is_live and s.header and s.name not in stuck]
    earliest_live = min(waited_for, default=None)
    return [
        segment
        for segment in segments
        if not segment.is_live and (earliest_live is None or last_received_at(segment) < earliest_live)
    ]


def run_flush(
    buffer: Buffer,
    manifest: Manifest,
    root: Path,
    *,
    now_us: Callable[[], int] = clock.now_us,
    bite_bytes: int = BITE_BYTES,
    quarantine_limits: QuarantineLimits = DEFAULT_LIMITS,
    wait_seconds: float = SEAL_WAIT_SECONDS,
    lock_seconds: float = 0.0,
    on_step: Callable[[str], None] = lambda step: None,
) -> FlushResult:
    """Take everything that waits. `on_step` is told each step before it is done."""
    with hold_writer_lock(root, wait_seconds=lock_seconds):
        segments = unlink_flushed(buffer, manifest)
        stuck: tuple[str, ...] = ()
        if any(segment.is_live for segment in segments):
            on_step("seal")
            asked_us = _seal(buffer, now_us, wait_seconds)
            segments = unlink_flushed(buffer, manifest)
            stuck = find_stuck(segments, asked_us, now_us())
        planned = plan_flush(segments, lambda segment: _last_received_at(buffer, segment), stuck)
        if not planned:
            return FlushResult(stuck=stuck)
        work = _Work(manifest, root, quarantine_limits, on_step)
        return replace(_flush(buffer, manifest, work, planned, bite_bytes, on_step), stuck=stuck)


def unlink_flushed(buffer: Buffer, manifest: Manifest) -> list[Segment]:
    """Unlink the segments that an earlier flush committed and did not come to unlink; the others."""
    segments = buffer.list_segments()
    flushed = manifest.flushed_among([segment.name for segment in segments])
    for name in flushed:
        buffer.remove_segment(name)
    return [segment for segment in segments if segment.name not in flushed]


def _flush(
    buffer: Buffer,
    manifest: Manifest,
    work: _Work,
    planned: Sequence[Segment],
    bite_bytes: int,
    on_step: Callable[[str], None],
) -> FlushResult:
    try:
        for frame in in_order(planned, buffer.read_frames, lambda segment: work.damaged.add(segment.name)):
            work.take(frame)
            if work.waiting_bytes >= bite_bytes:
                work.write_events()
        work.write_events()
        work.write_runs()
        work.write_quarantine()
        work.write_identities()
        for name in work.damaged:
            buffer.keep_damaged(name)
    except BaseException:
        work.discard()
        raise
    version = _commit(manifest, work, [segment.name for segment in planned], on_step)
    for segment in planned:
        on_step("unlink")
        buffer.remove_segment(segment.name)
    on_step("end")
    return FlushResult(
        event_count=sum(file.row_count for file in work.files),
        duplicate_count=work.count(quality.DUPLICATES),
        refused_count=work.count(quality.REJECTED),
        file_count=len(work.files),
        segment_count=len(planned),
        damaged=tuple(sorted(work.damaged)),
        version=version,
    )


class _Work:
    """What one flush has read and written so far; nothing of it counts before the commit."""

    def __init__(
        self, manifest: Manifest, root: Path, quarantine_limits: QuarantineLimits, on_step: Callable[[str], None]
    ) -> None:
        self.files: list[DataFile] = []
        self.added: list[Stored] = []  # beside the files of events
        self.removed: list[Stored] = []
        self.damaged: set[str] = set()
        self.waiting_bytes = 0
        self._quarantine_limits = quarantine_limits
        self._manifest = manifest
        self._root = root
        self._on_step = on_step
        self._projects: dict[str, _Project] = {}

    def take(self, frame: Frame) -> None:
        """Decode a frame; one that cannot be read is left out, and its segment kept aside."""
        project_id = frame.header.project_id
        project = self._projects.get(project_id)
        if project is None:
            if not layout.is_project_id(project_id):
                self.damaged.add(frame.segment)
                return
            project = self._projects[project_id] = _open_project(self._manifest, self._root, project_id)
        try:
            project.arrivals.add(frame)
        except UnreadableFrame:
            self.damaged.add(frame.segment)
        else:
            self._take_refused(project_id, project, frame.header)
            self._take_identities(project_id, project, frame)
        self.waiting_bytes += len(frame.body)

    def write_events(self) -> None:
        """Write what was taken since the last time, without the events whose id is there already."""
        self.waiting_bytes = 0
        for project_id, project in self._projects.items():
            table, hashes = project.arrivals.take_new(project.ids.hashes, project.counts)
            if len(hashes):
                self._on_step("write events")
                self.files += parquet.write_events(self._root, project_id, project.persons.add_ordinals(table))
                project.ids.add(hashes)

    def write_runs(self) -> None:
        """Write a run of the new ids and one of the new persons per project."""
        for project in self._projects.values():
            for index in (project.ids, project.persons):
                self._on_step("write run")
                run, replaced = index.write_new()
                self.added += [run] if run else []
                self.removed += replaced

    def write_quarantine(self) -> None:
        """Write what was refused, without what was replayed, and count it."""
        for project in self._projects.values():
            if project.quarantine is not None:
                self._on_step("write quarantine")
                project.quarantine.write(self.added, self.removed)
                project.counts.update(project.quarantine.counts)

    def write_identities(self) -> None:
        """Write the calls that say who is whom."""
        for project in self._projects.values():
            if project.identities is not None:
                self._on_step("write identities")
                project.identities.write(self.added, self.removed)

    def quality(self) -> dict[QualityKey, int]:
        """The counts of this flush, as the manifest takes them."""
        return {
            (project_id, day, measure): count
            for project_id, project in self._projects.items()
            for (day, measure), count in project.counts.items()
        }

    def count(self, measure: str) -> int:
        """How many there were of one measure, or of all that begin like it."""
        return sum(count for (_, _, name), count in self.quality().items() if name.startswith(measure))

    def discard(self) -> None:
        """Remove what was written, after a failure before the commit: a full disk must not fill up further."""
        for stored in (*self.files, *self.added):
            (self._root / stored.path).unlink(missing_ok=True)

    def _take_refused(self, project_id: str, project: _Project, header: FrameHeader) -> None:
        if not (header.refused or header.replayed):
            return
        if project.quarantine is None:
            files = self._manifest.list_live(QuarantineFile, project_id)
            project.quarantine = QuarantineUpdate(self._root, project_id, files, self._quarantine_limits)
        project.quarantine.take(header)

    def _take_identities(self, project_id: str, project: _Project, frame: Frame) -> None:
        if not frame.header.identities:
            return
        if project.identities is None:
            files = self._manifest.list_live(IdentityFile, project_id)
            project.identities = IdentityUpdate(self._root, project_id, files)
        project.identities.take(frame)


def _open_project(manifest: Manifest, root: Path, project_id: str) -> _Project:
    snapshot = manifest.snapshot(project_id, first_day=0, last_day=-1)  # of the files none are needed yet

    def files() -> tuple[DataFile, ...]:
        return manifest.snapshot(project_id, with_archive=True).files

    return _Project(
        IdIndex(root, project_id, snapshot.runs, files), PersonIndex(root, project_id, snapshot.person_runs, files)
    )


def _commit(manifest: Manifest, work: _Work, names: Sequence[str], on_step: Callable[[str], None]) -> int:
    on_step("commit")
    try:
        return manifest.commit(
            added=[*work.files, *work.added], removed=work.removed, segments=names, quality=work.quality()
        )
    except BaseException:
        if not manifest.flushed_among(names):  # it may have been committed although the answer got lost
            work.discard()
        raise


def _seal(buffer: Buffer, now_us: Callable[[], int], wait_seconds: float) -> int:
    """Have the writers start new segments, and wait a little until they have. Tells the moment that was asked for."""
    moment = now_us() + SEAL_AHEAD_US
    buffer.request_seal(moment)
    give_up = clock.monotonic() + wait_seconds
    while clock.monotonic() < give_up:
        clock.sleep(LOOK_SECONDS)
        live = [segment.header.opened_at for segment in buffer.list_segments() if segment.is_live and segment.header]
        if now_us() >= moment and not any(opened_at < moment for opened_at in live):
            break
    return moment


def _last_received_at(buffer: Buffer, segment: Segment) -> int:
    if segment.header is None:
        return 0
    if segment.header.synced_length == segment.length:  # sealed in peace: what the header says is the last
        return segment.header.last_received_at
    return max([frame.header.received_at for frame in buffer.read_frames(segment)], default=0)
