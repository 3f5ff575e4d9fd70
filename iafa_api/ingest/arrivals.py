"""Frames of several segments as one sequence in order of arrival, decoded project by project, each id once.

The flush and the tail both go through here, so that a question has the same answer before and after a flush: the
order is (received_at, segment, place), and the first event with an id wins. Not for deciding what counts.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from iafa_api.domain import quality
from iafa_api.ingest.enrichment import enrich
from iafa_api.ingest.frame_events import FrameEvents
from iafa_api.ingest.frames import SEGMENT_HEADER_BYTES, Frame
from iafa_api.ingest.schema_failures import SchemaFailure
from iafa_api.ingest.segments import Segment
from iafa_api.lake import hash_runs, layout, parquet, parquet_quality
from iafa_api.lake.hash_runs import Hashes

CHUNK_BYTES = 1 << 20  # of bodies decoded before they become Arrow: more, and their texts do not stay in the cache
CHUNK_EVENTS = 2000

ReadFrames = Callable[[Segment], Iterator[Frame]]


@dataclass(slots=True)
class Arrivals:
    """Events of one project in order of arrival, gathered frame by frame."""

    tables: list[Any] = field(default_factory=list)
    hashes: list[Hashes] = field(default_factory=list)
    waiting: FrameEvents = field(default_factory=FrameEvents)
    row_count: int = 0
    cut_rows: list[int] = field(default_factory=list)
    drops: list[tuple[int, int, int, int]] = field(default_factory=list)  # rows of a batch (start, end), day, how many
    failed: list[tuple[int, int, SchemaFailure]] = field(default_factory=list)  # first row of the frame, and day

    def add(self, frame: Frame) -> None:
        """Decode a frame. UnreadableFrame, and nothing added, where it cannot be."""
        self.waiting.add(frame)
        header, start = frame.header, self.row_count
        self.row_count += header.event_count
        day = header.received_at // layout.DAY_US
        if header.dropped_count:
            self.drops.append((start, self.row_count, day, header.dropped_count))
        self.failed += [(start, day, failure) for failure in header.failed]
        if self.waiting.waiting_bytes >= CHUNK_BYTES or len(self.waiting) >= CHUNK_EVENTS:
            self._to_arrow()

    def take_new(self, stored: Sequence[Hashes], counts: Counter[tuple[int, str]] | None = None) -> tuple[Any, Hashes]:
        """The events whose id is neither in `stored` nor on an earlier one, and their hashes.

        What came is added to `counts`, by UTC day of receipt and measure.
        """
        self._to_arrow()
        if self.tables:
            table = parquet.concat_tables(self.tables)
            hashes = hash_runs.join_hashes(self.hashes)
            keep = hash_runs.first_occurrences(hashes) & ~hash_runs.contains(stored, hashes)
        else:
            table, hashes, keep = parquet.empty_table(), hash_runs.empty_hashes(), np.zeros(0, dtype=bool)
        if counts is not None:
            counts.update(parquet_quality.count_rows(table, keep, self.cut_rows))
            for start, end, day, dropped_count in self.drops:
                if start == end or keep[start:end].any():  # a batch that comes again must not be counted again
                    counts[day, quality.CLIENT_DROPPED] += dropped_count
            for start, day, failure in self.failed:
                new = int(keep[[start + place for place in failure.places]].sum()) if failure.places else 0
                if failed_count := new + failure.refused_count:
                    counts[day, failure.measure] += failed_count
        self.tables, self.hashes, self.cut_rows, self.drops, self.failed, self.row_count = [], [], [], [], [], 0
        return parquet.keep_rows(table, keep), hashes.take(keep)

    def _to_arrow(self) -> None:
        if len(self.waiting):
            columns = self.waiting.to_columns()
            enrich(columns)
            first = self.row_count - len(columns)
            self.cut_rows += [first + row for row in columns.cut_rows]
            days = np.floor_divide(np.array(columns.created_at, dtype=np.int64), layout.DAY_US)
            self.hashes.append(hash_runs.hash_texts(columns.id, days))
            self.tables.append(parquet.build_table(columns))
            self.waiting = FrameEvents()


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
