"""The log of a data directory read without touching it: for checks and copies, beside a server or without one.

Promises: no byte is written and no lock is taken; each line is checked against the chain; what is read up to
`synced_end` is never taken back. Opening a `Log` is the other way: it brings the log into order after a crash, makes it
where it is missing, and may write.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from iafa_api.errors import BrokenData
from iafa_api.metadata.events import UNREADABLE, MetadataEvent, read_envelope, verify_envelope
from iafa_api.metadata.log import GENERATION, MARKS_BYTES, SYNCED, Mark, Position
from iafa_api.metadata.projections import State, apply

LOG, MARKS = "log.jsonl", "log.marks"
FOLD_EVENTS = 1000  # folded at once: a fold copies the state's tops, so one by one costs twenty times as much
READ_BYTES = 1 << 20
LAST_LINE_BYTES = 1 << 16  # how far back the start of a line is looked for at a time


def read_mark(directory: Path) -> Mark | None:
    """How far the log is synced, as its writers say; None where they have not said it."""
    try:
        content = (directory / MARKS).read_bytes()
    except FileNotFoundError:
        return None
    if len(content) < MARKS_BYTES:
        return None
    marks = struct.unpack("=3Q", content[:MARKS_BYTES])
    return Mark(marks[GENERATION], marks[SYNCED])


def synced_end(directory: Path) -> int:
    """The byte up to which the log may be read: the synced mark, or the end of the last line where there is none."""
    mark = read_mark(directory)
    size = (directory / LOG).stat().st_size
    if mark is not None and 0 < mark.synced <= size:
        return mark.synced
    return last_line_end(directory / LOG)


def last_line_end(path: Path) -> int:
    """The byte after the last end of a line; 0 where there is none."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        while end > 0:
            start = max(0, end - READ_BYTES)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
    return 0


def read_lines(path: Path, end: int, start: Position | None = None) -> Iterator[tuple[list[dict[str, Any]], Position]]:
    """The envelopes of each append up to byte `end`, as they were written, with the position after them.

    BrokenData names the first event that is not what was written there.
    """
    position = start or Position()
    with path.open("rb", buffering=READ_BYTES) as file:
        file.seek(position.offset)
        while position.offset < end:
            line = file.readline()
            if not line.endswith(b"\n") or position.offset + len(line) > end:
                raise BrokenData(f"The metadata log ends in the middle of a line after event {position.seq}.")
            try:
                envelopes = msgspec.json.decode(line, type=list[dict[str, Any]])
            except UNREADABLE:
                envelopes = []
            if not envelopes:
                raise BrokenData(f"The metadata log is broken after event {position.seq}, at byte {position.offset}.")
            seq, prev = position.seq, position.hash
            for envelope in envelopes:
                seq += 1
                verify_envelope(envelope, seq=seq, prev=prev)
                prev = envelope["hash"]
            position = Position(seq, position.offset + len(line), prev, envelopes[-1]["at"])
            yield envelopes, position


def holds(path: Path, position: Position) -> bool:
    """Whether the line before `position` is the one that it was taken after."""
    if position.offset == 0:
        return position == Position()
    start, line = position.offset, b""
    with path.open("rb") as file:
        while start > 0 and b"\n" not in line[:-1]:
            step = min(start, LAST_LINE_BYTES)
            start -= step
            file.seek(start)
            line = file.read(step) + line
    try:
        last = msgspec.json.decode(line[line.rfind(b"\n", 0, -1) + 1 :], type=list[dict[str, Any]])[-1]
        return line.endswith(b"\n") and (last["seq"], last["hash"]) == (position.seq, position.hash)
    except (*UNREADABLE, IndexError, KeyError):
        return False


def fold_lines(
    lines: Iterable[tuple[list[dict[str, Any]], Position]], state: State | None = None
) -> tuple[State, Position]:
    """The state after these lines, and the position after the last."""
    state, position = state or State(), Position()
    waiting: list[MetadataEvent] = []
    for envelopes, after in lines:
        position = after
        waiting += [read_envelope(envelope) for envelope in envelopes]
        if len(waiting) >= FOLD_EVENTS:
            state, waiting = apply(state, waiting), []
    return apply(state, waiting), position
