"""Frames of several segments as one sequence in order of arrival, decoded project by project, each id once.

The flush and the tail both go through here, so that a question has the same answer before and after a flush: the
order is (received_at, segment, place), and the first event with an id wins. Not for deciding what counts.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from iafa_api.ingest.frames import SEGMENT_HEADER_BYTES, Frame, decode_frame
from iafa_api.ingest.segments import Segment
from iafa_api.lake import hash_runs, layout, parquet
from iafa_api.lake.columns import Columns
from iafa_api.lake.hash_runs import Hashes

CHUNK_BYTES = 4 << 20  # of bodies decoded before they become Arrow: Python objects take five times an event's bytes
CHUNK_EVENTS = 20_000

ReadFrames = Callable[[Segment], Iterator[Frame]]


@dataclass(slots=True)
class Arrivals:
    """Events of one project in order of arrival, gathered frame by frame."""

    tables: list[Any] = field(default_factory=list)
    hashes: list[Hashes] = field(default_factory=list)
    columns: Columns = field(default_factory=Columns)
    waiting_bytes: int = 0

    def add(self, frame: Frame) -> None:
        """Decode a frame. UnreadableFrame, and nothing added, where it cannot be."""
        decode_frame(frame, self.columns)
        self.waiting_bytes += len(frame.body)
        if self.waiting_bytes >= CHUNK_BYTES or len(self.columns) >= CHUNK_EVENTS:
            self._to_arrow()

    def take_new(self, stored: Sequence[Hashes]) -> tuple[Any, Hashes, int]:
        """The events whose id is neither in `stored` nor on an earlier one, their hashes, and how many were not."""
        self._to_arrow()
        if not self.tables:
            return parquet.empty_table(), hash_runs.empty_hashes(), 0
        table = parquet.concat_tables(self.tables)
        hashes = hash_runs.join_hashes(self.hashes)
        keep = hash_runs.first_occurrences(hashes) & ~hash_runs.contains(stored, hashes)
        self.tables, self.hashes = [], []
        return parquet.keep_rows(table, keep), hashes.take(keep), int(np.count_nonzero(~keep))

    def _to_arrow(self) -> None:
        if len(self.columns):
            days = np.floor_divide(np.array(self.columns.created_at, dtype=np.int64), layout.DAY_US)
            self.hashes.append(hash_runs.hash_texts(self.columns.id, days))
            self.tables.append(parquet.build_table(self.columns))
            self.columns = Columns()
            self.waiting_bytes = 0


def in_order(segments: Iterable[Segment], read: ReadFrames, on_damage: Callable[[Segment], None]) -> Iterator[Frame]:
    """All frames by (received_at, segment). `on_damage` is told of a segment that ends before its synced length.

    A segment is opened only when its time has come: thousands of them need no more files open than overlap in time.
    """
    for _, _, frame in heapq.merge(*[_keyed(segment, read, on_damage) for segment in segments]):
        if frame is not None:
            yield frame


def _keyed(
    segment: Segment, read: ReadFrames, on_damage: Callable[[Segment], None]
) -> Iterator[tuple[int, str, Frame | None]]:
    if segment.header is None:
        on_damage(segment)
        return
    yield segment.header.opened_at, segment.name, None  # before all its frames, and read without opening it
    end = SEGMENT_HEADER_BYTES
    for frame in read(segment):
        end = frame.end
        yield frame.header.received_at, segment.name, frame
    if end < segment.header.synced_length:
        on_damage(segment)
