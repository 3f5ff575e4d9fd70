"""The log as a file that proves itself: exported as NDJSON, and checked with nothing but the file and a public key.

The first line is a header, signed; then every event of a run of the log, one a line: whole where it is the
organisation's (or all are asked for), else a stub `{seq, prev, data_hash, hash}`, which carries the chain on and tells
nothing of the others. Personal fields stay sealed, as in the log.

There is one text of an export: canonical JSON, lines that end in a single newline. So the check need not ask what a
changed byte means: any other text is a change, also one that a JSON parser would read the same. It holds a line in
memory at a time, and names the first event that is not what was exported.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from iafa_api.errors import BrokenData, InvalidInput
from iafa_api.metadata.events import GENESIS, canonical_json, chain_hash, data_hash
from iafa_api.metadata.proof import Checkpoint, Head, Proof, PublicKey, is_signed_by, parse_checkpoint

FORMAT = "iafa-audit-export/1"
HEADER_CHECKPOINTS = 24  # the newest ones go along; the signature of the header covers the end of the run anyway
MAX_LINE_BYTES = 64 << 20  # a longer line is no event: what a request may carry is 10 MB
TOO_DEEP = "The line is nested deeper than any event: it was touched."
STUB_FIELDS = frozenset({"seq", "prev", "data_hash", "hash"})
_HEADER_TYPES: Mapping[str, tuple[type, ...]] = {
    "format": (str,),
    "organization_id": (str, type(None)),
    "made_at": (str,),
    "first_seq": (int,),
    "last_seq": (int,),
    "first_prev": (str,),
    "last_hash": (str,),
    "whole_count": (int,),
    "checkpoints": (list,),
    "public_key": (str,),
    "signature": (str,),
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a check of exports found. Where it is not `ok`: in which file and line, what, and the first bad event (None
    where no event is to blame, as for a bad header). `events` hold, `whole` of them with what they say."""

    ok: bool
    first_seq: int
    head: Head
    events: int
    whole: int
    checkpoints: int
    organization_id: str | None
    fingerprint: str | None
    made_at: str | None
    problem: str | None = None
    file: Path | None = None
    line: int = 0
    first_bad_seq: int | None = None


@dataclass(frozen=True, slots=True)
class _Header:
    organization_id: str | None
    made_at: str
    first_seq: int
    last_seq: int
    first_prev: str
    last_hash: str
    whole_count: int
    checkpoints: tuple[Checkpoint, ...]
    key: PublicKey


class _Fault(Exception):
    def __init__(self, problem: str, *, line: int = 1, seq: int | None = None) -> None:
        super().__init__(problem)
        self.problem, self.line, self.seq = problem, line, seq


def export_lines(proof: Proof, organization_id: str | None = None, *, after: int = 0) -> Iterator[bytes]:
    """The lines of an export of the events after number `after`, up to the newest durable one; all that can be refused
    is refused before the first. Exports where each goes on after the last event of the one before are checked together.

    BrokenData where the log does not hold (an export of it would prove nothing), InvalidInput where it ends before.
    """
    survey = proof.survey(organization_id, after=after)
    if not survey.verification.ok:
        raise BrokenData(f"The log is not exported, because it is broken. {survey.verification.reason}")
    last = survey.position
    if not 0 <= after <= last.seq:
        raise InvalidInput(f"The log has events 1 to {last.seq}: there is nothing after event {after}.")
    key = proof.signing_key()
    header: dict[str, Any] = {
        "format": FORMAT,
        "organization_id": organization_id,
        "made_at": proof.now_text(),
        "first_seq": after + 1,
        "last_seq": last.seq,
        "first_prev": survey.first_prev,
        "last_hash": last.hash,
        "whole_count": survey.own_count,
        "checkpoints": [asdict(each) for each in survey.checkpoints if each.seq > after][-HEADER_CHECKPOINTS:],
        "public_key": key.public.pem,
    }
    signed = _line(header | {"signature": key.sign(header)})
    return chain([signed], _event_lines(proof, organization_id, after, last.offset))


def check_exports(files: Sequence[Path], *, public_key: PublicKey | None = None, noted: Head | None = None) -> Report:
    """Check exports, each going on where the one before ends, against `public_key` and a head noted earlier.

    Without a public key the one in the first file is believed: that proves less. OSError where a file cannot be read.
    """
    check = _Check(public_key, noted)
    for path in files:
        try:
            with path.open("rb") as file:
                check.read_file(file)
        except _Fault as fault:
            return check.report(fault, path)
    try:
        check.require_noted()
    except _Fault as fault:
        return check.report(fault, files[-1])
    return check.report(None, None)


class _Check:
    """One walk over consecutive exports: what it expects next, and what it has seen."""

    def __init__(self, public_key: PublicKey | None, noted: Head | None) -> None:
        self._key = public_key
        self._noted = noted
        self._is_noted_seen = False
        self._header: _Header | None = None
        self._first_seq = 1
        self._head = Head()
        self._events = self._whole = self._checkpoints = 0

    def read_file(self, file: BinaryIO) -> None:
        """Check one export, from where the one before it ended."""
        lines = _read_lines(file)
        try:
            header = self._read_header(next(lines, b""))
        except RecursionError:
            raise _Fault(f"The header is bad. {TOO_DEEP}") from None
        hashes = {each.seq: each.hash for each in header.checkpoints}
        whole_before = self._whole
        number = 1
        for number, line in enumerate(lines, 2):
            seq = self._head.seq + 1
            if seq > header.last_seq:
                problem = f"Event {header.last_seq} is the last, says the header, and another line follows."
                raise _Fault(problem, line=number, seq=seq)
            try:
                event, is_whole = _require_event(line, self._head, header.organization_id)
            except _Fault as fault:
                raise _Fault(fault.problem, line=number, seq=seq) from None
            except RecursionError:
                raise _Fault(TOO_DEEP, line=number, seq=seq) from None
            if hashes.get(seq, event["hash"]) != event["hash"]:
                problem = f"Event {seq} is another one than the checkpoint of it signed: the log was rewritten."
                raise _Fault(problem, line=number, seq=seq)
            self._head = Head(seq, event["hash"])
            self._require_as_noted(number)
            self._events += 1
            self._whole += is_whole
        self._require_end(header, number, self._whole - whole_before)
        self._checkpoints += len(header.checkpoints)

    def require_noted(self) -> None:
        """Refuse what does not reach the head that was noted."""
        if self._noted is None or self._is_noted_seen:
            return
        if self._noted.seq < self._first_seq:
            raise _Fault(f"Event {self._noted.seq}, the head that was noted, lies before these files.", line=0)
        problem = f"The events end with {self._head.seq}, but {self._noted.seq} was noted as the head: cut off."
        raise _Fault(problem, line=0, seq=self._head.seq + 1)

    def report(self, fault: _Fault | None, file: Path | None) -> Report:
        """What was found so far."""
        header = self._header
        return Report(
            ok=fault is None,
            first_seq=self._first_seq,
            head=self._head,
            events=self._events,
            whole=self._whole,
            checkpoints=self._checkpoints,
            organization_id=header.organization_id if header else None,
            fingerprint=self._key.fingerprint if self._key else None,
            made_at=header.made_at if header else None,
            problem=fault.problem if fault else None,
            file=file,
            line=fault.line if fault else 0,
            first_bad_seq=fault.seq if fault else None,
        )

    def _read_header(self, line: bytes) -> _Header:
        header, key = _require_header(line, self._key)
        if self._header is None:
            self._first_seq = header.first_seq
            self._head = Head(header.first_seq - 1, header.first_prev)
            self._require_as_noted(1)
        elif header.organization_id != self._header.organization_id:
            raise _Fault("This is the export of another organisation than the file before it.")
        elif Head(header.first_seq - 1, header.first_prev) != self._head:
            problem = f"This file does not go on where the one before it ends, with event {self._head.seq}."
            raise _Fault(problem, seq=self._head.seq + 1)
        self._header, self._key = header, key
        return header

    def _require_end(self, header: _Header, number: int, whole: int) -> None:
        seq = self._head.seq
        if seq < header.last_seq:
            problem = f"Cut off after event {seq}: the header says that events to {header.last_seq} follow."
            raise _Fault(problem, line=number, seq=seq + 1)
        if self._head.hash != header.last_hash:
            raise _Fault(f"Event {seq} is another one than the header signed.", line=number, seq=seq)
        if whole != header.whole_count:
            problem = f"{whole} events are whole, the header says {header.whole_count}: some are only hashes now."
            raise _Fault(problem, line=number)

    def _require_as_noted(self, number: int) -> None:
        if self._noted is None or self._head.seq != self._noted.seq:
            return
        if self._head != self._noted:
            problem = f"Event {self._head.seq} is another one than was noted: the log was rewritten."
            raise _Fault(problem, line=number, seq=self._head.seq)
        self._is_noted_seen = True


def _event_lines(proof: Proof, organization_id: str | None, after: int, limit: int) -> Iterator[bytes]:
    for line in proof.read_lines(limit):
        # the standard library reads what it wrote to the last digit, as the check will
        for envelope in json.loads(line):
            if envelope["seq"] <= after:
                continue
            if organization_id is None or envelope["organization_id"] == organization_id:
                yield _line(envelope)
            else:
                stub = {name: envelope[name] for name in ("seq", "prev", "hash")}
                yield _line(stub | {"data_hash": data_hash(envelope)})


def _line(value: Mapping[str, Any]) -> bytes:
    return canonical_json(value).encode() + b"\n"


def _read_lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES):
        yield line


def _require_object(line: bytes) -> dict[str, Any]:
    """The object of a line that is in the one form of an export."""
    if not line.endswith(b"\n"):
        raise _Fault("The line does not end: cut off, or longer than any event.")
    try:
        value = json.loads(line.decode())
        is_canonical = canonical_json(value).encode() + b"\n" == line
    except ValueError:
        raise _Fault("The line is not JSON.") from None
    if not isinstance(value, dict):
        raise _Fault("The line is not an event.")
    if not is_canonical:
        raise _Fault("The line is not in the form in which it was exported: it was touched.")
    return value


def _require_header(line: bytes, key: PublicKey | None) -> tuple[_Header, PublicKey]:
    """The header, signed by `key`, or by its own where none is given; and the key."""
    try:
        fields = _require_object(line)
    except _Fault as fault:
        raise _Fault(f"The header is bad. {fault.problem}") from None
    if fields.get("format") != FORMAT:
        raise _Fault(f"The file does not begin with the header of an export ({FORMAT}).")
    if fields.keys() != _HEADER_TYPES.keys() or any(
        type(fields[name]) not in kinds for name, kinds in _HEADER_TYPES.items()
    ):
        raise _Fault("The header has not the fields of one.")
    try:
        own_key = PublicKey(fields["public_key"])
    except InvalidInput:
        raise _Fault("The header's public key is none.") from None
    if key is not None and own_key.fingerprint != key.fingerprint:
        raise _Fault(f"Signed with another key ({own_key.fingerprint}) than {key.fingerprint}.")
    signature = fields.pop("signature")
    if not own_key.verifies(fields, signature):
        raise _Fault("The header is not what was signed: it was changed, or the file was made by somebody else.")
    checkpoints = tuple(map(parse_checkpoint, fields["checkpoints"]))
    inside = range(fields["first_seq"], fields["last_seq"] + 1)
    known = [each for each in checkpoints if each and each.seq in inside and is_signed_by(each, own_key)]
    if len(known) != len(checkpoints):
        raise _Fault("The header has a checkpoint that the key did not sign, or of an event beyond its last.")
    if fields["first_seq"] == 1 and fields["first_prev"] != GENESIS:
        raise _Fault("The header's first event is the first of all, and follows something.", seq=1)
    names = ("organization_id", "made_at", "first_seq", "last_seq", "first_prev", "last_hash", "whole_count")
    header = _Header(**{name: fields[name] for name in names}, checkpoints=tuple(known), key=own_key)
    return header, key or own_key


def _require_event(line: bytes, before: Head, organization_id: str | None) -> tuple[dict[str, Any], bool]:
    """The event of a line, in its place after `before`; and whether it says more than its hashes."""
    event = _require_object(line)
    seq = before.seq + 1
    is_whole = event.keys() != STUB_FIELDS
    if is_whole:
        content = data_hash(event)
    else:
        content = event["data_hash"] if isinstance(event["data_hash"], str) else ""
        if organization_id is None:
            raise _Fault(f"Event {seq} is hashes only, in an export of all.")
    found = event.get("seq")
    if type(found) is not int or found != seq:
        is_itself = type(found) is int and event.get("hash") == chain_hash(found, str(event.get("prev")), content)
        what = f"event {found} stands here" if is_itself else "this is no event of the log"
        raise _Fault(f"Event {seq} is missing, moved, or something was put before it: {what}.")
    if event.get("prev") != before.hash or event.get("hash") != chain_hash(seq, before.hash, content):
        raise _Fault(f"Event {seq} is not what was written: it was changed, or another was put in its place.")
    if is_whole and organization_id is not None and event.get("organization_id") != organization_id:
        raise _Fault(f"Event {seq} is another organisation's and is not to be seen here.")
    return event, is_whole
