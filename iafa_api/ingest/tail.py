"""The events of one project at one instant: the Parquet files, and the tail that waits in the buffer.

Promises: each accepted event is in the source exactly once, the newest second included (I4, I7): segments are listed
and read first, the manifest second, and a segment that the manifest names as flushed is dropped again. The tail has
the rows that a flush would write: same decoding, same order, same winner among events of one id. What it was read from
is told by `segment_lengths` (I10).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from iafa_api.domain.data_view import PRESENT, DataView
from iafa_api.ingest.arrivals import Arrivals, in_order
from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.frames import SEGMENT_HEADER_BYTES, Frame, UnreadableFrame
from iafa_api.ingest.identity_log import read_earlier_persons, read_persons
from iafa_api.ingest.segments import Segment
from iafa_api.lake import id_index, parquet
from iafa_api.lake.event_source import EventSource, Seen, Unseen
from iafa_api.lake.hash_runs import BrokenRun, Hashes
from iafa_api.lake.manifest import Manifest, Snapshot
from iafa_api.lake.manifest_schema import IdentityFile


def read_source(
    buffer: Buffer,
    manifest: Manifest,
    root: Path,
    project_id: str,
    *,
    first_day: int | None = None,
    last_day: int | None = None,
    view: DataView = PRESENT,
    seen: Seen | None = None,
    identities_seen: Seen | None = None,
) -> EventSource:
    """What a question about this project may look at; the days are UTC days since 1970-01-01, both included.

    `seen`: no more than an earlier answer saw; `identities_seen`: joined as an earlier answer saw it.
    """
    segments = buffer.list_segments()
    frames, lengths, arrived = _read(buffer, segments, project_id)
    snapshot = manifest.snapshot(
        project_id, first_day=first_day, last_day=last_day, segments=list(lengths), with_archive=view.with_archive
    )
    waiting = [segment for segment in segments if segment.name in lengths and segment.name not in snapshot.flushed]
    arrivals = Arrivals()
    for frame in in_order(waiting, lambda segment: _seen(frames[segment.name], seen), lambda segment: None):
        try:
            arrivals.add(frame)
        except UnreadableFrame:  # the flush leaves it out as well, and keeps its segment for a person to look at
            continue
    calls = [frame for segment in waiting for frame in _seen(frames[segment.name], identities_seen)]
    if identities_seen is None and view.identities_as_of_us is None:
        persons = read_persons(root, project_id, snapshot.identities, calls)
    else:
        unseen = None if identities_seen is None else _unseen(manifest, identities_seen)
        persons = read_earlier_persons(root, snapshot.identities, calls, unseen, view.identities_as_of_us)
    tail, _ = arrivals.take_new(_stored(manifest, root, project_id, snapshot) if waiting else [])
    return EventSource(
        files=tuple(root / file.path for file in snapshot.files),
        tail=parquet.keep_days(tail, first_day, last_day),
        manifest_version=snapshot.version,
        segment_lengths={segment.name: lengths[segment.name] for segment in waiting},
        arrivals={segment.name: arrived[segment.name] for segment in waiting},
        project_id=project_id,
        state=(
            tuple(file.path for file in snapshot.files),
            tuple(file.path for file in snapshot.identities),
            tuple((segment.name, len(frames[segment.name])) for segment in waiting if frames[segment.name]),
        ),
        unseen=None if seen is None else _unseen(manifest, seen),
        data_files=snapshot.files,
        owners=persons.owners,
        aliases=persons.aliases,
        traits=persons.traits,
        with_bots=view.with_bots,
    )


def read_identity_calls(
    buffer: Buffer, manifest: Manifest, project_id: str
) -> tuple[tuple[IdentityFile, ...], list[Frame]]:
    """Where a project's calls stand at one instant: in files, and in frames that no file holds yet."""
    segments = buffer.list_segments()
    frames, lengths, _ = _read(buffer, segments, project_id)
    snapshot = manifest.snapshot(project_id, segments=list(lengths))
    return snapshot.identities, [
        frame for name in lengths if name not in snapshot.flushed for frame in frames[name] if frame.header.identities
    ]


def _seen(frames: list[Frame], seen: Seen | None) -> Iterator[Frame]:
    for frame in frames:
        if seen is None or frame.header.received_at <= seen.arrivals.get(frame.segment, 0):
            yield frame


def _unseen(manifest: Manifest, seen: Seen) -> Unseen:
    return Unseen(manifest.flushed_after(seen.manifest_version), seen.arrivals)


def _read(
    buffer: Buffer, segments: list[Segment], project_id: str
) -> tuple[dict[str, list[Frame]], dict[str, int], dict[str, int]]:
    """Of each segment the project's frames, up to which byte it was read, and when the last of it had arrived."""
    frames: dict[str, list[Frame]] = {}
    lengths: dict[str, int] = {}
    arrived: dict[str, int] = {}
    for segment in segments:
        kept: list[Frame] = []
        end, last = SEGMENT_HEADER_BYTES, 0
        try:
            for frame in buffer.read_frames(segment, project_id=project_id):
                end, last = frame.end, frame.header.received_at
                if frame.header.project_id == project_id:
                    kept.append(frame)
        except FileNotFoundError:  # unlinked since it was listed: the manifest, read later, has its events (I6)
            continue
        frames[segment.name], lengths[segment.name], arrived[segment.name] = kept, end, last
    return frames, lengths, arrived


def _stored(manifest: Manifest, root: Path, project_id: str, snapshot: Snapshot) -> list[Hashes]:
    try:
        return id_index.load_runs(root, snapshot.runs)
    except BrokenRun:  # slow, and right; the next flush writes the run anew
        return [id_index.read_hashes(root, manifest.snapshot(project_id, with_archive=True).files)]
