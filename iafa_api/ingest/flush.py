"""The flush: from the buffer to Parquet, each accepted event exactly once. Rows, then manifest, then unlink.

Promises: one commit moves whole segments from the tail to Parquet (I4); a crash at any step leaves events that count
from where they counted before, and files that nothing names, which `run_sweep` removes (I8); which event of one id
wins does not change by a flush. A damaged segment never stops the flush: what can be read of it is stored, and its
bytes are kept in `damaged/` of the buffer's directory. One flusher at a time; a second one is refused (Conflict).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from iafa_api import clock
from iafa_api.ingest.arrivals import Arrivals, in_order
from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.frames import Frame, UnreadableFrame
from iafa_api.ingest.segments import Pending, Segment
from iafa_api.lake import id_index, layout, parquet
from iafa_api.lake.id_index import BrokenRun, Hashes
from iafa_api.lake.manifest import DataFile, IdRun, Manifest
from iafa_api.lake.writer_lock import hold_writer_lock

SEAL_AHEAD_US = 20_000  # a request is made for a moment ahead, so that nobody passes it without having seen it
SEAL_WAIT_SECONDS = 2.0
LOOK_SECONDS = 0.01
BITE_BYTES = 128 << 20  # of bodies held as Arrow at once; a flush needs about five times this memory


@dataclass(frozen=True, slots=True)
class FlushResult:
    """What a flush did. `damaged` are segments set aside for a person to look at."""

    event_count: int = 0
    duplicate_count: int = 0
    file_count: int = 0
    segment_count: int = 0
    damaged: tuple[str, ...] = ()
    version: int | None = None


@dataclass(slots=True)
class _Project:
    """One project during a flush: what is stored, and what this flush adds."""

    runs: Sequence[IdRun]
    stored: list[Hashes]
    is_broken: bool  # its runs could not be read: `stored` was made from Parquet, and the new run replaces them all
    arrivals: Arrivals = field(default_factory=Arrivals)
    added: list[Hashes] = field(default_factory=list)


def is_due(pending: Pending, now_us: int, *, buffer_size: int, interval_seconds: float) -> bool:
    """Whether so many events wait, or one so long, that a flush should run."""
    if pending.event_count == 0 or pending.oldest_received_at is None:
        return False
    waited_us = now_us - pending.oldest_received_at
    return pending.event_count >= buffer_size or waited_us >= interval_seconds * clock.MICROSECONDS


def plan_flush(segments: Sequence[Segment], last_received_at: Callable[[Segment], int]) -> list[Segment]:
    """The segments that a flush may take: nobody writes them, and nothing that a writer still holds is earlier.

    A live segment's `opened_at` is before everything it holds or will hold. Were a later event with the same id
    flushed before it, the answer to "which came first" would change.
    """
    earliest_live = min([s.header.opened_at for s in segments if s.is_live and s.header], default=None)
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
    expired_before_day: Callable[[str], int | None] = lambda project_id: None,
    bite_bytes: int = BITE_BYTES,
    wait_seconds: float = SEAL_WAIT_SECONDS,
    on_step: Callable[[str], None] = lambda step: None,
) -> FlushResult:
    """Take everything that waits. `on_step` is told each step before it is done."""
    with hold_writer_lock(root):
        segments = _without_flushed(buffer, manifest, buffer.list_segments())
        if any(segment.is_live for segment in segments):
            on_step("seal")
            _seal(buffer, now_us, wait_seconds)
            segments = _without_flushed(buffer, manifest, buffer.list_segments())
        planned = plan_flush(segments, lambda segment: _last_received_at(buffer, segment))
        if not planned:
            return FlushResult()
        return _flush(buffer, manifest, root, planned, expired_before_day, bite_bytes, on_step)


def run_sweep(buffer: Buffer, manifest: Manifest, root: Path, *, grace_us: int, now_us: int | None = None) -> int:
    """Remove what nothing names (I8); to be run before the first flush of a process. Tells how many files went.

    `grace_us`: how long the file of a row that went may still be read (I5): longer than any question takes.
    """
    now = clock.now_us() if now_us is None else now_us
    with hold_writer_lock(root):
        _without_flushed(buffer, manifest, buffer.list_segments())
        removed = buffer.remove_dead_temporaries(now)
        manifest.forget_removed(now - grace_us)
        known = manifest.known_paths()
        for folder in (layout.EVENTS, layout.ID_RUNS):
            for path in (root / folder).rglob("*"):
                if path.is_file() and path.relative_to(root).as_posix() not in known:
                    path.unlink()
                    removed += 1
        return removed


def _flush(
    buffer: Buffer,
    manifest: Manifest,
    root: Path,
    planned: Sequence[Segment],
    expired_before_day: Callable[[str], int | None],
    bite_bytes: int,
    on_step: Callable[[str], None],
) -> FlushResult:
    work = _Work(manifest, root, on_step)
    try:
        for frame in in_order(planned, buffer.read_frames, lambda segment: work.damaged.add(segment.name)):
            work.take(frame)
            if work.waiting_bytes >= bite_bytes:
                work.write_events()
        work.write_events()
        work.write_runs(expired_before_day)
        for name in work.damaged:
            buffer.keep_damaged(name)
    except BaseException:
        work.discard()
        raise
    on_step("commit")
    names = [segment.name for segment in planned]
    version = manifest.commit(
        added_files=work.files, added_runs=work.added_runs, removed_runs=work.removed_runs, segments=names
    )
    for name in names:
        on_step("unlink")
        buffer.remove_segment(name)
    on_step("end")
    return FlushResult(
        event_count=sum(file.row_count for file in work.files),
        duplicate_count=work.duplicate_count,
        file_count=len(work.files),
        segment_count=len(names),
        damaged=tuple(sorted(work.damaged)),
        version=version,
    )


class _Work:
    """What one flush has read and written so far; nothing of it counts before the commit."""

    def __init__(self, manifest: Manifest, root: Path, on_step: Callable[[str], None]) -> None:
        self.files: list[DataFile] = []
        self.added_runs: list[IdRun] = []
        self.removed_runs: list[str] = []
        self.damaged: set[str] = set()
        self.duplicate_count = 0
        self.waiting_bytes = 0
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
        self.waiting_bytes += len(frame.body)

    def write_events(self) -> None:
        """Write what was taken since the last time, without the events whose id is there already."""
        self.waiting_bytes = 0
        for project_id, project in self._projects.items():
            table, hashes, duplicate_count = project.arrivals.take_new([*project.stored, *project.added])
            self.duplicate_count += duplicate_count
            if len(hashes):
                self._on_step("write events")
                self.files += parquet.write_events(self._root, project_id, table)
                project.added.append(id_index.sort_hashes([hashes]))

    def write_runs(self, expired_before_day: Callable[[str], int | None]) -> None:
        """Write a run of the new ids per project, merged with earlier ones where there are too many."""
        for project_id, project in self._projects.items():
            new = id_index.sort_hashes(project.added)
            cut_off = expired_before_day(project_id)
            if project.is_broken:
                taken, merged = list(project.runs), id_index.sort_hashes([*project.stored, new])
            elif len(new):
                taken = id_index.plan_merge(project.runs, len(new), cut_off)
                merged = id_index.merge(self._root, new, taken, cut_off)
            else:
                continue
            self.removed_runs += [run.path for run in taken]
            if len(merged):
                self._on_step("write run")
                self.added_runs.append(id_index.write_run(self._root, project_id, merged))

    def discard(self) -> None:
        """Remove what was written, after a failure before the commit: a full disk must not fill up further."""
        for path in [file.path for file in self.files] + [run.path for run in self.added_runs]:
            (self._root / path).unlink(missing_ok=True)


def _open_project(manifest: Manifest, root: Path, project_id: str) -> _Project:
    runs = manifest.snapshot(project_id, first_day=0, last_day=-1).runs  # of the files none are needed
    try:
        return _Project(runs, id_index.load_runs(root, runs), is_broken=False)
    except BrokenRun:
        files = manifest.snapshot(project_id).files
        return _Project(runs, [id_index.read_hashes(root, files)], is_broken=True)


def _without_flushed(buffer: Buffer, manifest: Manifest, segments: Sequence[Segment]) -> list[Segment]:
    """Unlink the segments that an earlier flush committed and did not come to unlink; the others."""
    flushed = manifest.flushed_among([segment.name for segment in segments])
    for name in flushed:
        buffer.remove_segment(name)
    return [segment for segment in segments if segment.name not in flushed]


def _seal(buffer: Buffer, now_us: Callable[[], int], wait_seconds: float) -> None:
    """Have the writers start new segments, and wait a little until they have; one that does not is left for later."""
    moment = now_us() + SEAL_AHEAD_US
    buffer.request_seal(moment)
    give_up = clock.monotonic() + wait_seconds
    while clock.monotonic() < give_up:
        time.sleep(LOOK_SECONDS)
        live = [segment.header.opened_at for segment in buffer.list_segments() if segment.is_live and segment.header]
        if now_us() >= moment and not any(opened_at < moment for opened_at in live):
            return


def _last_received_at(buffer: Buffer, segment: Segment) -> int:
    if segment.header is None:
        return 0
    if segment.header.synced_length == segment.length:  # sealed in peace: what the header says is the last
        return segment.header.last_received_at
    return max([frame.header.received_at for frame in buffer.read_frames(segment)], default=0)
