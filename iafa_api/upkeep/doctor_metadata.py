"""Checks of the metadata: the log and its chain, the snapshots against it, its times, and the keys of its persons.

The log is read once, from its first event to its synced end, and folded on the way; all checks share what that gave.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from iafa_api import clock
from iafa_api.errors import BrokenData, InvalidInput
from iafa_api.metadata.erasures import erased_persons
from iafa_api.metadata.log import Position
from iafa_api.metadata.projections import State
from iafa_api.metadata.proof import CHECKPOINTS_FILE, PUBLIC_FILE, Checkpoint, PublicKey, is_signed_by, parse_checkpoint
from iafa_api.metadata.snapshots import FILES, read_snapshots, snapshot_bytes
from iafa_api.metadata.stored_log import LOG, fold_lines, holds, read_lines, read_mark, synced_end
from iafa_api.metadata.vault import EMAIL_KEY, IP_KEY, PREFIX, Vault
from iafa_api.upkeep.findings import Finding, Patient, some
from migrations_json.chain import SCHEMA_VERSION

LOOKS, LOOK_SECONDS = 5, 0.2  # snapshots are replaced one after the other: a mixture lasts for milliseconds
Lines = Iterator[tuple[list[dict[str, Any]], Position]]
AHEAD_US = 60 * clock.MICROSECONDS  # two clocks of one machine, or a leap second, differ by less


@dataclass(slots=True)
class _Reading:
    """What reading the log gave. `state` is None where it is broken, and `problem` says how."""

    snapshots: tuple[State, Position] | None = None
    at_snapshots: State | None = None
    is_of_log: bool = True
    state: State | None = None
    position: Position = field(default_factory=Position)
    problem: str = ""
    signed: dict[int, Checkpoint | None] = field(default_factory=dict)  # by their line in the file
    hashes: dict[int, str] = field(default_factory=dict)  # of the events that are signed


class MetadataChecks:
    """The checks over one data directory."""

    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        self._directory = patient.data_dir / "metadata"
        self._path = self._directory / LOG

    def check_log(self) -> list[Finding]:
        """Each event in its place, each hash right, nothing torn off."""
        if not self._path.is_file():
            if self._has_traces():
                advice = "put metadata/log.jsonl back from a backup before anything is started"
                return [Finding("log", "bad", "the metadata log is gone", advice)]
            return [Finding("log", "ok", "nothing was ever written")]
        reading = self._reading
        if reading.problem:
            advice = "stop everything, keep this directory as it is, and restore a backup (iafa restore)"
            return [Finding("log", "bad", reading.problem, advice)]
        findings = [Finding("log", "ok", f"{reading.position.seq:,} events, each link of the chain holds")]
        torn = sorted(path.name for path in self._directory.glob("torn/*"))
        if torn:
            text = f"{len(torn)} unfinished lines of crashed writers lie in metadata/torn"
            findings.append(Finding("log", "warn", text, "nobody was answered for them; look at them and delete them"))
        mark = read_mark(self._directory)
        if mark is None or mark.synced > self._path.stat().st_size:
            text = "log.marks does not fit the log"
            findings.append(Finding("log", "warn", text, "the next start makes it anew; do not copy it with a log"))
        return findings

    def check_snapshots(self) -> list[Finding]:
        """The snapshots are the fold of the log up to the position that they name."""
        reading = self._reading
        missing = [name for name in FILES if not (self._directory / f"{name}.json").exists()]
        if missing and reading.position.seq:
            text = f"{', '.join(missing)} not there"
            return [Finding("snapshots", "warn", text, "the scheduler makes them; or iafa replay")]
        if missing:
            return [Finding("snapshots", "ok", "none yet")]
        if not self._path.is_file():
            return [Finding("snapshots", "warn", "not compared, for there is no log", "see the log")]
        if reading.snapshots is None:
            text = "they cannot be read, or are of different moments: each start reads the whole log"
            return [Finding("snapshots", "warn", text, "iafa replay")]
        position = reading.snapshots[1]
        if not reading.is_of_log:
            text = f"they were made after event {position.seq} of a log that is not this one"
            advice = "put the right log.jsonl back; or, to go on with the one that is there, move the snapshots away"
            return [Finding("snapshots", "bad", text, advice)]
        if reading.at_snapshots is None:
            return [Finding("snapshots", "warn", "not compared, for the log cannot be read", "see the log")]
        differing = self._differing(reading.at_snapshots, reading.snapshots)
        if differing:
            text = f"{', '.join(differing)} say other than the log"
            return [Finding("snapshots", "bad", text, "stop the server, iafa replay, start it again")]
        return [Finding("snapshots", "ok", f"as the log says, up to event {position.seq:,}")]

    def check_checkpoints(self) -> list[Finding]:
        """Each is signed with the key of the vault, and the log holds what it signs."""
        reading = self._reading
        if not reading.signed:
            return [Finding("checkpoints", "ok", "none yet")]
        try:
            key = PublicKey((self._patient.data_dir / "vault" / PUBLIC_FILE).read_bytes().decode("ascii", "replace"))
        except (FileNotFoundError, InvalidInput):
            advice = "put the vault of this log back from a backup"
            return [Finding("checkpoints", "bad", f"vault/{PUBLIC_FILE} is missing or no key", advice)]
        advice = "keep this directory as it is, and compare with a backup: iafa audit verify says which event"
        for line, checkpoint in reading.signed.items():
            if checkpoint is None or not is_signed_by(checkpoint, key):
                text = f"line {line} of {CHECKPOINTS_FILE} is not what was signed"
                return [Finding("checkpoints", "bad", text, advice)]
            if not reading.problem and reading.hashes.get(checkpoint.seq) != checkpoint.hash:
                text = f"the log does not hold event {checkpoint.seq} as it was signed: it was cut or rewritten"
                return [Finding("checkpoints", "bad", text, advice)]
        return [Finding("checkpoints", "ok", f"{len(reading.signed):,}, and the log holds what they sign")]

    def check_clock(self) -> list[Finding]:
        """The log's times lie behind the clock: where they do not, the clock is wrong now or was wrong then."""
        at = self._reading.position.at
        if not at:
            return [Finding("clock", "ok", "no event to compare it with")]
        ahead_us = clock.parse_time(at) - self._patient.now_us
        if ahead_us > AHEAD_US:
            text = f"the newest event is {ahead_us / clock.MICROSECONDS:,.0f} s ahead of the clock ({at})"
            advice = "set the clock; until it has caught up, new events get the time of that one"
            return [Finding("clock", "warn", text, advice)]
        return [Finding("clock", "ok", f"the newest event is of {at}")]

    def check_vault(self) -> list[Finding]:
        """Each person's fields can be opened, or the person was erased and cannot be opened any more."""
        directory = self._patient.data_dir / "vault"
        if not self._reading.position.seq and not directory.exists():
            return [Finding("vault", "ok", "nobody registered yet")]
        lost = [name for name in (EMAIL_KEY, IP_KEY) if not (directory / name).is_file()]
        if lost or not (directory / "persons").is_dir():
            text = f"{' and '.join(lost) or 'persons/'} is missing: nobody is found by their address"
            return [Finding("vault", "bad", text, "put the vault of this log back from a backup")]
        if self._reading.state is None:
            return [Finding("vault", "warn", "persons not checked, for the log cannot be read", "see the log")]
        state, vault = self._reading.state, Vault(directory)
        persons = set(vault.list_persons())
        sealed = _sealed_addresses(state)
        without = sealed.keys() - persons - erased_persons(state)
        if without:  # erased since the log was read?
            without -= erased_persons(self._newest(state))
        undead = erased_persons(state) & persons
        wrong = {person for person, token in sealed.items() if person in persons and not _opens(vault, token)}
        findings = []
        for names, text, advice in (
            (without, "persons have no key and were not erased", "put their keys back from a backup of the vault"),
            (wrong, "persons' keys do not open their fields", "put the vault of this log back from a backup"),
        ):
            if names:
                findings.append(Finding("vault", "bad", f"{len(names):,} {text}: {some(names)}", advice))
        if undead:
            text = f"{len(undead):,} erased persons have a key: {some(undead)}"
            findings.append(Finding("vault", "warn", text, "a crash has left it; the next start destroys it"))
        erased = erased_persons(state)
        text = f"{len(sealed.keys() - erased):,} persons can be read, {len(erased):,} are erased"
        return findings or [Finding("vault", "ok", text)]

    @property
    def state(self) -> State | None:
        """What the log says now; None where there is none, or where it is broken."""
        return self._reading.state

    def _has_traces(self) -> bool:
        return any((self._directory / f"{name}.json").exists() for name in FILES) or any(
            (self._patient.data_dir / "vault" / "persons").glob("*.key")
        )

    def _differing(self, folded: State, snapshots: tuple[State, Position]) -> list[str]:
        state, position = snapshots
        if state != folded:
            kinds = [kind for kind, rows in folded.documents.items() if state.documents[kind] != rows]
            return [name for name, held in FILES.items() if set(held) & set(kinds)] or list(FILES)
        differing = []
        for name in FILES:
            content = (self._directory / f"{name}.json").read_bytes()
            said = json.loads(content)
            is_same_moment = said["position"]["seq"] == position.seq and said["schema_version"] == SCHEMA_VERSION
            if is_same_moment and content != snapshot_bytes(name, folded, position):
                differing.append(name)
        return differing

    def _newest(self, state: State) -> State:
        """The state with what was appended since the log was read."""
        end = synced_end(self._directory)
        return fold_lines(read_lines(self._path, end, self._reading.position), state)[0]

    @cached_property
    def _reading(self) -> _Reading:
        reading = _Reading()
        if not self._path.is_file():
            return reading
        for _ in range(LOOKS):
            reading.snapshots = read_snapshots(self._directory)
            if reading.snapshots is not None:
                break
            clock.sleep(LOOK_SECONDS)
        reading.signed = _read_checkpoints(self._directory / CHECKPOINTS_FILE)
        end = synced_end(self._directory)  # after snapshots and checkpoints: they are of what was synced before
        start, state = Position(), State()
        try:
            if reading.snapshots is not None:
                named = reading.snapshots[1]
                reading.is_of_log = named.offset <= end and holds(self._path, named)
                if reading.is_of_log:
                    state, start = fold_lines(_noting(reading, read_lines(self._path, named.offset)))
                    reading.is_of_log = start == named
                    reading.at_snapshots = state
            state, last = fold_lines(_noting(reading, read_lines(self._path, end, start)), state)
            reading.position = last if last.seq else start
            reading.state = state
        except BrokenData as error:
            reading.problem = error.message
        return reading


def _noting(reading: _Reading, lines: Lines) -> Lines:
    """The lines, whose hashes are noted on the way where a checkpoint signs them."""
    wanted = {checkpoint.seq for checkpoint in reading.signed.values() if checkpoint is not None}
    for envelopes, position in lines:
        for envelope in envelopes:
            if envelope["seq"] in wanted:
                reading.hashes[envelope["seq"]] = envelope["hash"]
        yield envelopes, position


def _read_checkpoints(path: Path) -> dict[int, Checkpoint | None]:
    if not path.is_file():
        return {}
    content = path.read_bytes()
    lines = content[: content.rfind(b"\n") + 1].splitlines()  # what a crash has torn is not counted
    return {number: parse_checkpoint(_parse(line)) for number, line in enumerate(lines, 1)}


def _parse(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _sealed_addresses(state: State) -> dict[str, str]:
    """A token of each person who is not erased, by the person's id."""
    documents = [*state.documents["users"].values(), *state.documents["invitations"].values()]
    tokens = [str(document.get("email", "")) for document in documents]
    return {token.split(":")[2]: token for token in tokens if token.startswith(PREFIX)}


def _opens(vault: Vault, token: str) -> bool:
    try:
        vault.unseal("email", token)  # None where the key has gone since: that is no fault
    except (BrokenData, ValueError):
        return False
    return True
