"""Checkpoints and the check of the live log: what is signed, when, and that a broken log is told and never raised."""

import json
import stat

import pytest

from iafa_api.errors import BrokenData, InvalidInput
from iafa_api.metadata.events import GENESIS, Actor, Cause, NewEvent, canonical_json, chain_hash, data_hash
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.proof import Head, Proof, PublicKey, Verification, run_checkpoint

CAUSE = Cause(Actor("user", "u-1", "ip"), "req-1")
NOW_US = 1_700_000_000_000_000


class World:
    """A log on disk, and what a process that starts anew makes of it."""

    def __init__(self, root):
        self.metadata, self.vault = root / "metadata", root / "vault"
        self.log = Log(self.metadata, now=lambda: NOW_US)
        self.proof = self.open()

    def open(self):
        return Proof(self.metadata, self.vault, self.log, now=lambda: NOW_US)

    def reopen(self):
        """As after a restart: the marks are made anew from the file."""
        self.log = Log(self.metadata, now=lambda: NOW_US)
        return self.open()

    def append(self, *organization_ids):
        events = [
            NewEvent("organization-x", 0, "organization.created", each, {"name": "é"}) for each in organization_ids
        ]
        with self.log.lock():
            position = Position()
            for _, after in self.log.read_raw(position, self.log.written):
                position = after
            after = self.log.write(position, self.log.seal(position, events, CAUSE))
        self.log.sync(after.offset, self.log.mark().generation)
        return after

    @property
    def path(self):
        return self.metadata / "log.jsonl"

    @property
    def checkpoints(self):
        return self.metadata / "checkpoints.jsonl"

    def lines(self):
        return self.path.read_bytes().splitlines(keepends=True)

    def write(self, lines):
        """Change the file in place, as somebody with the rights to it would."""
        self.path.write_bytes(b"".join(lines))

    def rewrite(self, change):
        """Change the events and make every hash fit again."""
        prev, lines = GENESIS, []
        for seq, line in enumerate(self.lines(), 1):
            envelope = change(json.loads(line)[0]) | {"seq": seq, "prev": prev}
            prev = envelope["hash"] = chain_hash(seq, prev, data_hash(envelope))
            lines.append(canonical_json([envelope]).encode() + b"\n")
        self.write(lines)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def filled(world):
    """Events 1 to 6, a line each, with checkpoints of 2 and 4."""
    for number, organization_id in enumerate(["a", "b", "a", None, "b", "a"], 1):
        world.append(organization_id)
        if number in (2, 4):
            world.proof.write_checkpoint()
    return world


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_key_is_made_once_and_only_its_owner_reads_it(world):
    first = world.proof.signing_key().public
    assert world.reopen().signing_key().public.pem == first.pem
    assert mode(world.vault / "audit-signing.key") == 0o600
    assert (world.vault / "audit-signing.pub").read_text() == first.pem
    assert first.pem.startswith("-----BEGIN PUBLIC KEY-----")


def test_a_checkpoint_is_a_line_that_the_public_key_verifies(world):
    after = world.append("a", "b")
    world.proof.write_checkpoint()
    (line,) = world.checkpoints.read_text().splitlines()
    checkpoint = json.loads(line)
    key = PublicKey((world.vault / "audit-signing.pub").read_text())
    signature = checkpoint.pop("signature")
    assert checkpoint.pop("public_key") == key.fingerprint
    assert checkpoint == {"seq": 2, "hash": after.hash, "at": "2023-11-14T22:13:20.000000Z"}
    assert key.verifies(checkpoint, signature)
    for wrong in ({"seq": 3}, {"hash": GENESIS}, {"at": "2023-11-14T22:13:20.000001Z"}):
        assert not key.verifies(checkpoint | wrong, signature)
    for other in (signature.upper(), signature[:-2], "x", signature + "00"):
        assert not key.verifies(checkpoint, other)
    assert mode(world.checkpoints) == 0o600


def test_a_checkpoint_is_written_only_when_the_log_moved(world):
    assert world.proof.write_checkpoint() is None
    world.append("a")
    assert run_checkpoint(world.proof) == {"seq": 1}
    assert run_checkpoint(world.proof) == {}
    assert run_checkpoint(world.reopen()) == {}
    world.append("a")
    assert run_checkpoint(world.proof) == {"seq": 2}
    assert [json.loads(line)["seq"] for line in world.checkpoints.read_text().splitlines()] == [1, 2]


def test_a_line_that_a_crash_has_torn_is_cut_off_by_the_next_checkpoint(filled):
    whole = filled.checkpoints.read_bytes()
    for torn in (b"{", b'{"at":"2023'):
        filled.checkpoints.write_bytes(whole + torn)
        assert filled.proof.verify_log().ok
    assert run_checkpoint(filled.reopen()) == {"seq": 6}
    assert filled.checkpoints.read_bytes().startswith(whole + b'{"at"')
    assert filled.checkpoints.read_bytes().count(b"\n") == 3
    assert filled.proof.verify_log() == Verification(True, 6)


def test_a_whole_log_is_verified_with_the_events_of_who_asks(filled):
    assert filled.proof.verify_log() == Verification(True, 6)
    assert filled.proof.verify_log("a") == Verification(True, 3)
    assert filled.proof.verify_log("nobody") == Verification(True, 0)


def test_an_empty_log_is_whole(world):
    assert world.proof.verify_log() == Verification(True, 0)
    assert world.proof.head() == Head(0, GENESIS)


@pytest.mark.parametrize("seq", range(1, 7))
def test_an_edited_event_is_named(filled, seq):
    lines = filled.lines()
    lines[seq - 1] = lines[seq - 1].replace("é".encode(), b"ee")
    filled.write(lines)
    found = filled.proof.verify_log()
    assert (found.ok, found.events, found.first_bad_seq) == (False, seq - 1, seq)


@pytest.mark.parametrize("seq", range(1, 7))
def test_a_removed_event_is_named(filled, seq):
    lines = filled.lines()
    filled.write(lines[: seq - 1] + lines[seq:])
    found = filled.reopen().verify_log()
    if seq == 6:  # nothing vouches for what came after the newest checkpoint
        assert found == Verification(True, 5)
    else:
        assert (found.ok, found.first_bad_seq) == (False, seq)


def test_a_log_that_is_shorter_than_its_newest_checkpoint_is_broken(filled):
    filled.write(filled.lines()[:3])
    found = filled.reopen().verify_log()
    assert (found.ok, found.events, found.first_bad_seq) == (False, 3, 4)


def test_a_log_that_is_cut_under_a_running_process_is_broken(filled):
    filled.write(filled.lines()[:5])
    assert filled.proof.verify_log().first_bad_seq == 6


@pytest.mark.parametrize(
    "garbage",
    [
        b"\n",
        b"[]\n",
        b"{}\n",
        b"[1]\n",
        b"\xff\n",
        b"[" * 5000 + b"\n",
        b'[{"a":' + b"[" * 5000 + b"\n",
        b'[{"seq":3}]\n',
    ],
)
def test_garbage_is_the_first_bad_event_and_no_exception(filled, garbage):
    lines = filled.lines()
    lines[2] = garbage
    filled.write(lines)
    assert filled.reopen().verify_log().first_bad_seq == 3


@pytest.mark.parametrize("value", ["9" * 5000, *("[" * depth + "]" * depth for depth in range(800, 1000, 3))])
def test_a_value_that_can_be_read_and_not_be_hashed_is_no_exception(filled, value):
    lines = filled.lines()
    lines[2] = lines[2].replace("é".encode(), b"e").replace(b'{"name":"e"}', value.encode())
    filled.write(lines)
    assert filled.reopen().verify_log().first_bad_seq == 3


@pytest.mark.parametrize("text", [b"3.0", b"3e0", b'"3"', b"null"])
def test_the_number_of_an_event_is_an_integer_although_no_hash_is_over_its_text(filled, text):
    lines = filled.lines()
    lines[2] = lines[2].replace(b'"seq":3,', b'"seq":' + text + b",")
    filled.write(lines)
    assert filled.proof.verify_log().first_bad_seq == 3


def test_within_a_line_of_many_events_the_bad_one_is_named(world):
    world.append("a", "b", "c")
    world.write([world.lines()[0].replace(b'"organization_id":"b"', b'"organization_id":"x"')])
    found = world.proof.verify_log()
    assert (found.events, found.first_bad_seq) == (1, 2)


def test_a_log_that_was_rewritten_with_hashes_that_fit_contradicts_its_checkpoint(filled):
    filled.rewrite(lambda envelope: envelope | ({"request_id": "req-2"} if envelope["seq"] == 3 else {}))
    found = filled.reopen().verify_log()
    assert (found.ok, found.first_bad_seq) == (False, 4)
    assert "3 to 4" in found.reason


@pytest.mark.parametrize(
    ("change", "first_bad_seq"),
    [
        (lambda line: line | {"signature": "0" * 128}, 4),
        (lambda line: line | {"hash": GENESIS}, 4),
        (lambda line: line | {"at": "2020-01-01T00:00:00.000000Z"}, 4),
        (lambda line: line | {"seq": 5}, 5),
        (lambda line: line | {"public_key": GENESIS}, 4),
        (lambda line: line | {"seq": 4.0}, 3),
        (lambda line: line | {"seq": 2}, 3),
        (lambda line: line | {"more": 1}, 3),
        (lambda line: [line], 3),
        (lambda line: {}, 3),
    ],
)
def test_a_checkpoint_that_was_touched_is_found(filled, change, first_bad_seq):
    first, second = filled.checkpoints.read_text().splitlines()
    filled.checkpoints.write_text(f"{first}\n{json.dumps(change(json.loads(second)))}\n")
    found = filled.proof.verify_log()
    assert (found.ok, found.events, found.first_bad_seq) == (False, 6, first_bad_seq)


@pytest.mark.parametrize("garbage", [b"not json\n", b"\xff\xfe\n", b"[" * 5000 + b"\n"])
def test_a_checkpoint_that_cannot_be_read_is_found(filled, garbage):
    filled.checkpoints.write_bytes(garbage)
    assert filled.proof.verify_log().first_bad_seq == 1


@pytest.mark.parametrize(("edited", "first_bad_seq"), [(1, 1), (2, 2), (5, 2)])
def test_the_earlier_of_two_faults_is_named(filled, edited, first_bad_seq):
    filled.checkpoints.write_bytes(filled.checkpoints.read_bytes().replace(b'"at":"2', b'"at":"1'))
    lines = filled.lines()
    lines[edited - 1] = lines[edited - 1].replace("é".encode(), b"ee")
    filled.write(lines)
    assert filled.proof.verify_log().first_bad_seq == first_bad_seq


def test_a_broken_log_is_not_signed(filled):
    before = filled.checkpoints.read_bytes()
    lines = filled.lines()
    filled.write([lines[0].replace("é".encode(), b"ee"), *lines[1:]])
    assert "Event 1 " in run_checkpoint(filled.reopen())["damaged"]
    filled.write([*lines[:5], lines[5].replace("é".encode(), b"ee")])
    assert "damaged" in run_checkpoint(filled.proof)  # it has checked up to 4, and goes on from there
    assert filled.checkpoints.read_bytes() == before


def test_a_log_that_was_rewritten_under_a_running_process_is_not_signed(filled):
    filled.rewrite(lambda envelope: envelope | {"request_id": "req-2"})
    assert "rewritten" in run_checkpoint(filled.proof)["damaged"]


def test_a_lost_key_is_not_replaced_while_there_are_checkpoints(filled):
    (filled.vault / "audit-signing.key").unlink()
    assert "audit-signing.key is lost" in run_checkpoint(filled.reopen())["damaged"]
    assert filled.proof.verify_log() == Verification(True, 6)  # the public key is there
    (filled.vault / "audit-signing.pub").unlink()
    assert filled.proof.verify_log().ok is False


def test_a_public_key_of_another_private_key_is_refused(filled, tmp_path):
    other = World(tmp_path / "other").proof.signing_key()
    (filled.vault / "audit-signing.pub").write_text(other.public.pem)
    with pytest.raises(BrokenData, match="does not belong"):
        filled.proof.signing_key()
    assert filled.proof.verify_log().first_bad_seq == 2


def test_what_is_no_key_is_refused(filled):
    (filled.vault / "audit-signing.key").write_text("nothing")
    with pytest.raises(BrokenData, match="not an Ed25519 private key"):
        filled.proof.signing_key()
    with pytest.raises(InvalidInput):
        PublicKey("nothing")


def test_the_head_is_the_newest_event(world):
    for count in (1, 3, 400):  # the last line is longer than what is read at once
        after = world.append(*["a"] * count)
        assert world.proof.head() == Head(after.seq, after.hash)
    assert str(world.proof.head()) == f"404:{after.hash}"


@pytest.mark.parametrize("garbage", [b"nothing", b"[]\n", b"[{}]\n"])
def test_a_head_that_cannot_be_read_is_said(world, garbage):
    end = world.append("a").offset
    world.path.write_bytes(garbage.rjust(end))
    with pytest.raises(BrokenData):
        world.proof.head()
