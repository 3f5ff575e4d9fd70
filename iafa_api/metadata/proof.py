"""Proof that the metadata log is what it was: signed checkpoints, and the check of the live log against them.

A checkpoint signs (Ed25519) the number and hash of one event and, the hashes being chained, of all before it. They
stand in `checkpoints.jsonl`, one a line, only ever appended and synced; the key is made once and lies in the vault.
Promised: nothing is signed that contradicts an earlier checkpoint or that this process has not checked from the first
event on; a broken log is told as the first event that is not vouched for, never as an exception.

Not promised: that whoever holds the key has not rewritten all and signed it anew (docs/audit_proof.md says what helps).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from iafa_api import clock, durable
from iafa_api.errors import BrokenData, InvalidInput
from iafa_api.metadata.events import GENESIS, UNREADABLE, canonical_json, verify_envelope
from iafa_api.metadata.log import Log, Position

KEY_FILE, PUBLIC_FILE = "audit-signing.key", "audit-signing.pub"  # in the vault, PEM
LOG_FILE, CHECKPOINTS_FILE = "log.jsonl", "checkpoints.jsonl"
CHECKPOINT_SECONDS = 3600  # what was changed since the newest checkpoint is vouched for by nothing but the chain
LAST_LINE_BYTES = 1 << 16  # how far back the start of the last line is looked for at a time
_CHECKPOINT_TYPES = {"seq": int, "hash": str, "at": str, "public_key": str, "signature": str}


@dataclass(frozen=True, slots=True)
class Head:
    """The newest event: what to note elsewhere. Its text form is SEQ:HASH."""

    seq: int = 0
    hash: str = GENESIS

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signature over event `seq`; `public_key` is the fingerprint of the key that it is checked with."""

    seq: int
    hash: str
    at: str
    public_key: str
    signature: str

    def signed(self) -> dict[str, Any]:
        """What the signature is over."""
        return {"seq": self.seq, "hash": self.hash, "at": self.at}


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check found: `events` are those that hold, of the organisation that was asked for, or all. The first bad
    event is the first that is not what it was, or for which a checkpoint vouches and that is not there."""

    ok: bool
    events: int
    first_bad_seq: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """A check with what an export must know of the log: of the events after a given one, `first_prev` is the hash
    before the first, `own_count` how many of them are the organisation's; `counts` is how many events that hold are
    whose."""

    verification: Verification
    position: Position
    first_prev: str
    own_count: int
    checkpoints: tuple[Checkpoint, ...]
    counts: Mapping[str, int] = field(default_factory=Counter)


class PublicKey:
    """What signatures are checked with. InvalidInput where `pem` is not an Ed25519 public key."""

    def __init__(self, pem: str) -> None:
        try:
            key: object = serialization.load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise InvalidInput("This is not an Ed25519 public key in PEM.")
        self._key = key
        self.pem = pem
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.fingerprint = hashlib.sha256(der).hexdigest()

    def verifies(self, content: Mapping[str, Any], signature: str) -> bool:
        """Whether the signature (lower-case hexadecimal, no other form) is this key's, over this content."""
        try:
            raw = bytes.fromhex(signature)
            self._key.verify(raw, canonical_json(content).encode())
        except (ValueError, InvalidSignature):
            return False
        return raw.hex() == signature


class SigningKey:
    """The key that signs. BrokenData where `pem` is not one."""

    def __init__(self, pem: bytes) -> None:
        try:
            key: object = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise BrokenData(f"{KEY_FILE} in the vault is not an Ed25519 private key: put the right one back.")
        self._key = key
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.public = PublicKey(public.decode())

    def sign(self, content: Mapping[str, Any]) -> str:
        """The signature over the canonical JSON of `content`."""
        return self._key.sign(canonical_json(content).encode()).hex()


class Proof:
    """Checkpoints and checks of one log. Any process may check and export; one, the scheduler, writes checkpoints."""

    def __init__(self, metadata_dir: Path, vault_dir: Path, log: Log, *, now: Callable[[], int] = clock.now_us) -> None:
        self._metadata_dir = metadata_dir
        self._vault_dir = vault_dir
        self._log = log
        self._now = now
        self._signed_seq = 0
        self._checked: Position | None = None  # how far this process knows the log to be whole

    def now_text(self) -> str:
        """The time, in the log's form."""
        return clock.format_time(self._now())

    def head(self) -> Head:
        """The newest durable event, as it says of itself. BrokenData where the last line cannot be read."""
        end = self._log.mark().synced
        if end == 0:
            return Head()
        envelopes = _parse(_last_line(self._metadata_dir / LOG_FILE, end))
        try:
            if envelopes and type(envelopes[-1]["seq"]) is int:
                return Head(envelopes[-1]["seq"], str(envelopes[-1]["hash"]))
        except KeyError:
            pass
        raise BrokenData("The last line of the metadata log cannot be read.")

    def signing_key(self) -> SigningKey:
        """The key, made where there never was one. BrokenData where checkpoints exist whose key is gone: a new one
        would hide that they cannot be checked any more."""
        path = self._vault_dir / KEY_FILE
        if not path.exists() and self._has_checkpoints():
            raise BrokenData(
                f"{path} is lost: put the vault of this log back; or, to go on with a new key, move {CHECKPOINTS_FILE}"
                f" and {PUBLIC_FILE} away and keep them."
            )
        raw = clock.new_secret()
        made = Ed25519PrivateKey.from_private_bytes(raw).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        key = SigningKey(durable.read_or_create(path, made))
        public_path = self._vault_dir / PUBLIC_FILE
        if durable.read_or_create(public_path, key.public.pem.encode()) != key.public.pem.encode():
            raise BrokenData(f"{public_path} does not belong to {KEY_FILE} beside it: put the right one back.")
        return key

    def write_checkpoint(self) -> Checkpoint | None:
        """Sign the newest event; None where the log has not moved since. For the scheduler only.

        BrokenData, and nothing is signed, where the log does not hold or contradicts an earlier checkpoint.
        """
        key = self.signing_key()
        if self._checked is None or not self._log.holds(self._checked):
            survey = self.survey()
            if not survey.verification.ok:
                raise BrokenData(f"No checkpoint is signed. {survey.verification.reason}")
            self._checked = survey.position
            self._signed_seq = survey.checkpoints[-1].seq if survey.checkpoints else 0
        for _, position in self._log.read_raw(self._checked, self._log.mark().synced):
            self._checked = position
        if self._checked.seq == self._signed_seq:
            return None
        content: dict[str, Any] = {"seq": self._checked.seq, "hash": self._checked.hash, "at": self.now_text()}
        checkpoint = Checkpoint(**content, public_key=key.public.fingerprint, signature=key.sign(content))
        _append_line(self._metadata_dir / CHECKPOINTS_FILE, canonical_json(asdict(checkpoint)).encode() + b"\n")
        self._signed_seq = checkpoint.seq
        return checkpoint

    def verify_log(self, organization_id: str | None = None) -> Verification:
        """Check the whole log as it lies on the disk now: the chain, and every checkpoint. Reads all of it."""
        return self.survey(organization_id).verification

    def goes_on(self, since: Survey) -> bool:
        """Whether the log still has the line that a survey ended with, or has a longer one with it."""
        return self._log.holds(since.position)

    def survey(self, organization_id: str | None = None, *, after: int = 0, since: Survey | None = None) -> Survey:
        """Check the whole log; and tell what an export of the events after number `after` must know.

        With `since`, a survey that was right and that the log goes on from, only the events after it are read, each
        checked against the one before; what the checkpoints say of them is left to the next survey of all.
        """
        limit = self._log.mark().synced
        checkpoints, bad_checkpoint = self._read_checkpoints() if since is None else (list(since.checkpoints), None)
        hashes = {checkpoint.seq: checkpoint.hash for checkpoint in checkpoints}
        start = since.position if since else Position()
        seq, prev, first_prev, vouched = start.seq, start.hash, GENESIS, 0
        events, own_count = start.seq, 0
        counts = Counter(since.counts if since else {})
        fault: tuple[int, str] | None = None
        for envelope in _read_envelopes(self._metadata_dir / LOG_FILE, limit, start.offset):
            if envelope is None or not _is_in_place(envelope, seq + 1, prev):
                fault = seq + 1, f"Event {seq + 1} is not what was written there, or is missing."
                break
            seq, prev = seq + 1, envelope["hash"]
            if hashes.get(seq, prev) != prev:
                fault = seq, f"The log was rewritten: of events {vouched + 1} to {seq}, the checkpoint knows others."
                break
            vouched = seq if seq in hashes else vouched
            whose = envelope.get("organization_id")
            if isinstance(whose, str):
                counts[whose] += 1
            events += 1
            own_count += organization_id in (None, whose) and seq > after
            first_prev = prev if seq == after else first_prev
        if fault is None and checkpoints and checkpoints[-1].seq > seq:
            fault = seq + 1, f"The log ends with event {seq}, and there is a checkpoint of event {checkpoints[-1].seq}."
        fault = min((each for each in (fault, bad_checkpoint) if each), default=None)
        own = events if organization_id is None else counts[organization_id]
        verification = Verification(fault is None, own, *(fault or ()))
        return Survey(verification, Position(seq, limit, prev), first_prev, own_count, tuple(checkpoints), counts)

    def read_lines(self, limit: int) -> Iterator[bytes]:
        """The lines of the log as they lie there, up to byte `limit` (a `Survey`'s)."""
        return _read_lines(self._metadata_dir / LOG_FILE, limit)

    def _read_checkpoints(self) -> tuple[list[Checkpoint], tuple[int, str] | None]:
        """The checkpoints up to the first bad one, and that one: the event it stands for, and what is wrong."""
        if not self._has_checkpoints():
            return [], None
        try:
            key = PublicKey((self._vault_dir / PUBLIC_FILE).read_bytes().decode("ascii", "replace"))
        except (FileNotFoundError, InvalidInput):
            return [], (1, f"The checkpoints cannot be checked: {PUBLIC_FILE} is missing in the vault, or is no key.")
        checkpoints: list[Checkpoint] = []
        path = self._metadata_dir / CHECKPOINTS_FILE
        for number, line in enumerate(_read_lines(path, path.stat().st_size), 1):
            if not line.endswith(b"\n"):  # torn by a crash, so never acknowledged; the next one to write cuts it off
                break
            newest = checkpoints[-1].seq if checkpoints else 0
            checkpoint = parse_checkpoint(_parse_value(line))
            if checkpoint is None or checkpoint.seq <= newest:
                return checkpoints, (newest + 1, f"Line {number} of {CHECKPOINTS_FILE} is not a checkpoint.")
            if not is_signed_by(checkpoint, key):
                return checkpoints, (checkpoint.seq, f"The checkpoint of event {checkpoint.seq} is not the key's.")
            checkpoints.append(checkpoint)
        return checkpoints, None

    def _has_checkpoints(self) -> bool:
        path = self._metadata_dir / CHECKPOINTS_FILE
        return path.exists() and path.stat().st_size > 0


def run_checkpoint(proof: Proof) -> Mapping[str, Any]:
    """The scheduler's job: sign the newest event. A log that does not hold is for a person to look at."""
    try:
        checkpoint = proof.write_checkpoint()
    except BrokenData as error:
        return {"damaged": error.message}
    return {} if checkpoint is None else {"seq": checkpoint.seq}


def parse_checkpoint(value: object) -> Checkpoint | None:
    """The checkpoint that a JSON value is, or None. Whether it is signed is `is_signed_by`'s to say."""
    if not isinstance(value, dict) or value.keys() != _CHECKPOINT_TYPES.keys():
        return None
    if any(type(value[name]) is not kind for name, kind in _CHECKPOINT_TYPES.items()):
        return None
    return Checkpoint(**value)


def is_signed_by(checkpoint: Checkpoint, key: PublicKey) -> bool:
    """Whether the key made this checkpoint."""
    is_of_key = checkpoint.public_key == key.fingerprint
    return is_of_key and key.verifies(checkpoint.signed(), checkpoint.signature)


def _is_in_place(envelope: Mapping[str, Any], seq: int, prev: str) -> bool:
    try:
        verify_envelope(envelope, seq=seq, prev=prev)
    except BrokenData:
        return False
    return True


def _read_envelopes(path: Path, limit: int, read: int) -> Iterator[Mapping[str, Any] | None]:
    """The envelopes of the log from byte `read` on, unchecked; None, and no more, where a line is not what the log
    writes."""
    for line in _read_lines(path, limit, read):
        envelopes = _parse(line)
        if not envelopes:
            yield None
            return
        read += len(line)
        yield from envelopes
    if read < limit:
        yield None


def _read_lines(path: Path, limit: int, start: int = 0) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < limit and (line := file.readline(limit - start)):
            start += len(line)
            yield line


def _parse(line: bytes) -> list[dict[str, Any]] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        return msgspec.json.decode(line, type=list[dict[str, Any]])
    except UNREADABLE:
        return None


def _parse_value(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _last_line(path: Path, end: int) -> bytes:
    """The line that ends at byte `end`."""
    start, line = end, b""
    with path.open("rb") as file:
        while start > 0 and b"\n" not in line[:-1]:
            step = min(start, LAST_LINE_BYTES)
            start -= step
            file.seek(start)
            line = file.read(step) + line
    return line[line.rfind(b"\n", 0, -1) + 1 :]


def _append_line(path: Path, line: bytes) -> None:
    """Append, durably; what a crash has left of an earlier line is cut off first."""
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, durable.FILE_MODE)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            os.ftruncate(descriptor, size - len(_last_line(path, size)))
        if os.write(descriptor, line) != len(line):
            raise OSError("A checkpoint could not be written whole.")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        durable.sync_directory(path.parent)
