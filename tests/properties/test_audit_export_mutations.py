"""Every mutation of an exported log is found: any byte, any event, whoever made the hashes fit again.

An export has one text, so a byte that changes nothing in the meaning (a blank, an escape, 1.0 for 1) is a mutation like
any other, and there is no exception to state. What is not found is written down too: whoever has the signing key, or
is believed to have it, can make a log that is as good as any; only a head that was noted earlier tells them apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from iafa_api.metadata.audit_export import Report, check_exports, export_lines
from iafa_api.metadata.events import GENESIS, Actor, Cause, NewEvent, canonical_json, chain_hash, data_hash
from iafa_api.metadata.log import Log, Position
from iafa_api.metadata.proof import Head, Proof, PublicKey

CAUSE = Cause(Actor("user", "u-1", None), "req-1")
OWNERS = ["a", "b", "a", None, "b", "a", "a", "b"]  # whose the events are; those of "a" are whole in its export
LAST = len(OWNERS)
DATA: dict[str, Any] = {"name": "é\u2028\x00", "ratio": 1.5, "large": 1e22, "count": 2**70, "list": [None, True, {}]}


@dataclass(frozen=True)
class Exported:
    """One log, and what was exported of it: for "a", of all, and for "a" in three parts."""

    directory: Path
    proof: Proof
    key: PublicKey
    own: list[bytes]
    all: list[bytes]
    parts: list[list[bytes]]
    head: Head

    def check(self, *files: list[bytes], key: PublicKey | None = None, noted: Head | None = None) -> Report:
        paths = []
        for number, lines in enumerate(files):
            paths.append(self.directory / f"{number}.ndjson")
            paths[-1].write_bytes(b"".join(lines))
        return check_exports(paths, public_key=key, noted=noted)

    def require_found(self, lines: list[bytes], first_bad_seq: int | None) -> None:
        """The mutation is found with the key and without, and laid to the right event."""
        assert lines not in (self.own, self.all)
        for key in (self.key, None):
            report = self.check(lines, key=key)
            assert (report.ok, report.first_bad_seq) == (False, first_bad_seq), report


def make_proof(directory: Path) -> Iterator[tuple[Proof, int]]:
    """A log that grows by an event at a time, with checkpoints of events 3 and 6."""
    log = Log(directory / "metadata", now=lambda: 1_700_000_000_000_000)
    proof = Proof(directory / "metadata", directory / "vault", log)
    position = Position()
    for seq, owner in enumerate(OWNERS, 1):
        new = NewEvent(f"thing-{seq}", 0, "organization.created", owner, DATA, {"email": f"sealed:1:{seq}:AAAA"})
        with log.lock():
            position = log.write(position, log.seal(position, [new], CAUSE))
        log.sync(position.offset, log.mark().generation)
        if seq in (3, 6):
            assert proof.write_checkpoint()
        yield proof, seq


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    directory = tmp_path_factory.mktemp("exported")
    parts = []
    for proof, seq in make_proof(directory):
        if seq in (2, 5, LAST):
            parts.append(list(export_lines(proof, "a", after={2: 0, 5: 2, LAST: 5}[seq])))
    own, everything = list(export_lines(proof, "a")), list(export_lines(proof))
    return Exported(directory, proof, proof.signing_key().public, own, everything, parts, proof.head())


def test_what_was_not_touched_is_right(exported: Exported) -> None:
    for lines, whole in ((exported.own, OWNERS.count("a")), (exported.all, LAST)):
        for key in (exported.key, None):
            report = exported.check(lines, key=key, noted=exported.head)
            assert report.ok, report
            assert (report.events, report.whole, report.checkpoints, report.head) == (LAST, whole, 2, exported.head)
    report = exported.check(*exported.parts, key=exported.key, noted=exported.head)
    assert report.ok, report
    assert (report.first_seq, report.events, report.whole) == (1, LAST, OWNERS.count("a"))


def test_the_others_are_stubs_that_tell_nothing(exported: Exported) -> None:
    for seq, line in enumerate(exported.own[1:], 1):
        event = json.loads(line)
        if OWNERS[seq - 1] == "a":
            assert event["data"] == DATA
            assert event["sealed"] == {"email": f"sealed:1:{seq}:AAAA"}  # as in the log
        else:
            assert event.keys() == {"seq", "prev", "data_hash", "hash"}


@pytest.mark.parametrize("like", ["1.0", "true"])
def test_a_number_that_only_equals_the_right_one_is_found(exported: Exported, like: str) -> None:
    for lines in (exported.own, exported.all):
        exported.require_found([lines[0], lines[1].replace(b'"seq":1,', f'"seq":{like},'.encode()), *lines[2:]], 1)
    stub = exported.own[2].replace(b'"seq":2}', b'"seq":2.0}')
    exported.require_found([*exported.own[:2], stub, *exported.own[3:]], 2)


@pytest.mark.parametrize("depth", [*range(930, 1000, 2), 100_000])
def test_what_is_nested_too_deep_is_named_and_ends_nothing(exported: Exported, depth: int) -> None:
    """About the interpreter's limit, one step of the check may take what the step before could."""
    deep = b"[" * depth + b"]" * depth
    lines = exported.own
    exported.require_found([lines[0], lines[1].replace(b'"list":[', b'"list":[' + deep + b","), *lines[2:]], 1)
    stub = lines[2].replace(b'"data_hash":"', b'"data_hash":' + deep + b',"x":"')
    exported.require_found([*lines[:2], stub, *lines[3:]], 2)
    header = lines[0].replace(b'"checkpoints":[', b'"checkpoints":[' + deep + b",")
    exported.require_found([header, *lines[1:]], None)


@pytest.mark.parametrize("which", ["own", "all"])
def test_each_flipped_byte_is_found_in_its_event(exported: Exported, which: str) -> None:
    lines = getattr(exported, which)
    for seq, line in enumerate(lines):  # line 0 is the header
        for place, byte in enumerate(line):
            flip = (0x20, 0x01, 0x80)[(place + seq) % 3]  # 0x20 changes the case of a letter, as of hexadecimal digits
            flipped = line[:place] + bytes([byte ^ flip]) + line[place + 1 :]
            report = exported.check([*lines[:seq], flipped, *lines[seq + 1 :]])
            assert (report.ok, report.first_bad_seq) == (False, seq or None), (seq, place)


@given(st.data())
def test_each_replaced_region_is_found_in_the_event_where_it_begins(exported: Exported, data: st.DataObject) -> None:
    whole = b"".join(data.draw(st.sampled_from([exported.own, exported.all])))
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 2000)))
    pieces = st.sampled_from([b" ", b"\n", b"\r\n", b"\t", b"\\u0041", b".0", b"e0", b"\xef\xbb\xbf", b"{}", b"\x00"])
    put = data.draw(st.one_of(st.binary(max_size=20), pieces, st.just(whole[start:end][::-1])))
    changed = whole[:start] + put + whole[end:]
    assume(changed != whole)
    # where the bytes first differ: a replaced region may begin as the one before did
    place = next(
        (n for n, (a, b) in enumerate(zip(whole, changed, strict=False)) if a != b), min(map(len, (whole, changed)))
    )
    seq = whole[:place].count(b"\n")
    report = exported.check([changed], key=exported.key)
    assert (report.ok, report.first_bad_seq) == (False, min(seq, LAST + 1) or None), report


@pytest.mark.parametrize("which", ["own", "all"])
class TestWholeLines:
    """Each event, by its place; the chain finds them without the header, the header without the chain."""

    def test_removed(self, exported: Exported, which: str) -> None:
        lines = getattr(exported, which)
        for seq in range(1, LAST + 1):
            exported.require_found(lines[:seq] + lines[seq + 1 :], seq)

    def test_a_run_removed(self, exported: Exported, which: str) -> None:
        lines = getattr(exported, which)
        for seq in range(1, LAST + 1):
            for end in range(seq + 1, LAST + 2):
                exported.require_found(lines[:seq] + lines[end:], seq)

    def test_duplicated(self, exported: Exported, which: str) -> None:
        lines = getattr(exported, which)
        for seq in range(1, LAST + 1):
            for place in range(1, LAST + 2):
                exported.require_found([*lines[:place], lines[seq], *lines[place:]], place + (place == seq))

    def test_swapped(self, exported: Exported, which: str) -> None:
        lines = getattr(exported, which)
        for first in range(1, LAST + 1):
            for second in range(first + 1, LAST + 1):
                swapped = list(lines)
                swapped[first], swapped[second] = lines[second], lines[first]
                exported.require_found(swapped, first)

    def test_cut_off_at_every_byte(self, exported: Exported, which: str) -> None:
        whole = b"".join(getattr(exported, which))
        for end in range(0, len(whole), 7):
            report = exported.check([whole[:end]])
            assert (report.ok, report.first_bad_seq) == (False, whole[:end].count(b"\n") or None), end

    def test_inserted(self, exported: Exported, which: str) -> None:
        lines = getattr(exported, which)
        for place in range(1, LAST + 2):
            before = GENESIS if place == 1 else json.loads(lines[place - 1])["hash"]
            fits = rehash(event_of(lines[1]), place, before)  # an event made up, in place for the chain before it
            bad = place if place == LAST + 1 else place + 1  # the next then follows something else than it says
            if place in (3, 6):
                bad = place  # there a checkpoint knows another
            exported.require_found([*lines[:place], encode(fits), *lines[place:]], bad)
            for garbage in (
                b"\n",
                b"{}\n",
                b"null\n",
                b"[]\n",
                b"1\n",
                lines[0],
                b"[" * 9000 + b"\n",
                b"1" * 9000 + b"\n",
            ):
                exported.require_found([*lines[:place], garbage, *lines[place:]], place)


def encode(value: Any) -> bytes:
    return canonical_json(value).encode() + b"\n"


def event_of(line: bytes) -> dict[str, Any]:
    return dict(json.loads(line))


def rehash(event: dict[str, Any], seq: int, prev: str) -> dict[str, Any]:
    """The event with a hash that fits in that place."""
    event = event | {"seq": seq, "prev": prev}
    content = event["data_hash"] if "data_hash" in event else data_hash(event)
    return event | {"hash": chain_hash(seq, prev, content)}


def rechain(lines: list[bytes]) -> list[bytes]:
    """Every event numbered and hashed anew, as somebody would who can do all but sign."""
    chained, prev = [lines[0]], GENESIS
    for seq, line in enumerate(lines[1:], 1):
        event = rehash(event_of(line), seq, prev)
        prev = event["hash"]
        chained.append(encode(event))
    return chained


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from places(each, (*path, name))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


VALUES = (None, True, False, 0, 1, 1.0, -0.0, 2**70 + 1, "", "a", GENESIS, [], {}, [1], {"a": 1}, "0" * 128)


@pytest.mark.parametrize("which", ["own", "all"])
def test_each_value_of_each_event_and_of_the_header_is_proven(exported: Exported, which: str) -> None:
    lines = getattr(exported, which)
    for seq, line in enumerate(lines):
        for number, path in enumerate(places(event_of(line))):
            # every value for the fields of the envelope, one for those within
            for new in VALUES if len(path) == 1 else VALUES[number % len(VALUES) :][:1]:
                changed = encode(replaced(event_of(line), path, new))
                if changed != line:
                    exported.require_found([*lines[:seq], changed, *lines[seq + 1 :]], seq or None)


@pytest.mark.parametrize("which", ["own", "all"])
def test_each_field_that_is_left_out_or_added_is_found(exported: Exported, which: str) -> None:
    lines = getattr(exported, which)
    for seq, line in enumerate(lines):
        event = event_of(line)
        fewer = [{key: value for key, value in event.items() if key != name} for name in event]
        for changed in [*fewer, event | {"more": None}]:
            exported.require_found([*lines[:seq], encode(changed), *lines[seq + 1 :]], seq or None)


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda line: line.replace(b",", b", "),
        lambda line: b" " + line,
        lambda line: line.replace(b"\n", b" \n"),
        lambda line: line.replace(b"\n", b"\r\n"),
        lambda line: (
            json.dumps(json.loads(line), sort_keys=True, separators=(",", ":")).replace("a", "\\u0061").encode()
        ),
        lambda line: encode(dict(reversed(json.loads(line).items()))).replace(b"{", b'{"seq":99,', 1),  # a name twice
        lambda line: json.dumps(dict(reversed(json.loads(line).items()))).encode() + b"\n",
        lambda line: line.decode().encode("utf-16"),
        lambda line: b"\xef\xbb\xbf" + line,
    ],
)
def test_another_text_for_the_same_json_counts_as_a_mutation(
    exported: Exported, rewrite: Callable[[bytes], bytes]
) -> None:
    for seq, line in enumerate(exported.all):
        exported.require_found([*exported.all[:seq], rewrite(line), *exported.all[seq + 1 :]], seq or None)


@pytest.mark.parametrize("which", ["own", "all"])
def test_hashes_that_were_made_to_fit_do_not_help_without_the_key(exported: Exported, which: str) -> None:
    lines = getattr(exported, which)
    for seq in range(1, LAST + 1):
        event = event_of(lines[seq])
        changed = event | ({"data_hash": GENESIS} if "data_hash" in event else {"request_id": "req-2"})
        edited = [*lines[:seq], encode(changed), *lines[seq + 1 :]]
        vouches = next((known for known in (3, 6) if known >= seq), LAST)  # a checkpoint, or the end that is signed
        exported.require_found(rechain(edited), vouches)
        exported.require_found(rechain(lines[:seq] + lines[seq + 1 :]), vouches)
        again = rechain([*lines[:seq], lines[seq], *lines[seq:]])
        # a stub or event that comes twice moves what follows: the checkpoints are met by the wrong ones
        exported.require_found(again, next((known for known in (3, 6) if known > seq), LAST + 1))


def test_an_own_event_that_was_made_a_stub_is_missed(exported: Exported) -> None:
    for seq, owner in enumerate(OWNERS, 1):
        if owner == "a":
            event = event_of(exported.own[seq])
            stub = {name: event[name] for name in ("seq", "prev", "hash")} | {"data_hash": data_hash(event)}
            hidden = [*exported.own[:seq], encode(stub), *exported.own[seq + 1 :]]
            exported.require_found(hidden, None)  # every hash is right: it can be counted, not named
            exported.require_found([*exported.all[:seq], encode(stub), *exported.all[seq + 1 :]], seq)


def test_another_organisation_s_event_is_not_let_in(exported: Exported) -> None:
    for seq, owner in enumerate(OWNERS, 1):
        if owner != "a":
            shown = [*exported.own[:seq], exported.all[seq], *exported.own[seq + 1 :]]
            exported.require_found(shown, seq)


def test_files_must_join(exported: Exported) -> None:
    first, second, third = exported.parts
    for files, first_bad_seq in (
        ([first, third], 3),
        ([second, first], 6),
        ([first, first], 3),
        ([first, second, second], 6),
        ([first, exported.own], 3),
        ([first[:-1], second, third], 2),
        ([first, second[:-1], third], 5),
        ([first, second, third[:-1]], LAST),
        ([exported.all, exported.own], None),
    ):
        report = exported.check(*files, key=exported.key)
        assert (report.ok, report.first_bad_seq) == (False, first_bad_seq), report
    later = exported.check(second, third, key=exported.key)
    assert (later.ok, later.first_seq, later.events) == (True, 3, LAST - 2)


def test_who_signs_with_another_key_is_found_by_the_public_key_or_by_a_head(exported: Exported, tmp_path: Path) -> None:
    *_, (forger, _) = make_proof(tmp_path)
    forged = list(export_lines(forger, "a"))
    report = exported.check(forged, key=exported.key)
    assert (report.ok, report.first_bad_seq) == (False, None)
    assert "another key" in str(report.problem)
    changed = json.loads(forged[0])
    changed["public_key"] = exported.key.pem
    assert not exported.check([encode(changed), *forged[1:]], key=exported.key).ok
    assert not exported.check(exported.parts[0], forged).ok
    # the file's own key proves that it is whole, and no more
    assert exported.check(forged).ok


@pytest.mark.parametrize(
    ("change", "first_bad_seq"),
    [
        ({"last_seq": 2}, None),  # a checkpoint of an event beyond the last
        ({"checkpoints": [None]}, None),
        ({"checkpoints": [{"seq": 3, "hash": GENESIS, "at": "", "public_key": "", "signature": ""}]}, None),
        ({"public_key": "nothing"}, None),
        ({"format": "iafa-audit-export/2"}, None),
        ({"first_prev": "1" * 64}, 1),
        ({"first_seq": 2}, 2),
        ({"last_seq": LAST + 1}, LAST + 1),
        ({"last_seq": LAST - 1}, LAST),
        ({"last_hash": GENESIS}, LAST),
        ({"whole_count": LAST + 1}, None),
    ],
)
def test_a_header_that_is_signed_must_still_be_true(
    exported: Exported, change: dict[str, Any], first_bad_seq: int | None
) -> None:
    header = event_of(exported.own[0]) | change
    del header["signature"]
    signed = header | {"signature": exported.proof.signing_key().sign(header)}
    exported.require_found([encode(signed), *exported.own[1:]], first_bad_seq)


def test_the_first_event_of_all_follows_nothing(exported: Exported) -> None:
    none = {"last_seq": 0, "first_prev": "1" * 64, "last_hash": "1" * 64, "whole_count": 0, "checkpoints": []}
    header = event_of(exported.own[0]) | none
    del header["signature"]
    exported.require_found([encode(header | {"signature": exported.proof.signing_key().sign(header)})], 1)


@pytest.mark.parametrize("seq", range(LAST + 1))
def test_a_head_that_was_noted_binds_even_who_has_the_key(exported: Exported, seq: int) -> None:
    hashes = [GENESIS, *(json.loads(line)["hash"] for line in exported.own[1:])]
    assert exported.check(exported.own, noted=Head(seq, hashes[seq])).ok
    assert exported.check(*exported.parts, noted=Head(seq, hashes[seq])).ok
    report = exported.check(exported.own, noted=Head(seq, "1" * 64))
    assert (report.ok, report.first_bad_seq) == (False, seq)
    cut = exported.check(exported.parts[0], noted=Head(seq, hashes[seq]))
    assert (cut.ok, cut.first_bad_seq) == ((True, None) if seq <= 2 else (False, 3))
    later = exported.check(exported.parts[2], noted=Head(seq, hashes[seq]))
    assert (later.ok, later.first_bad_seq) == (seq >= 5, None)
