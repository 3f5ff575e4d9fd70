"""The check of the log as often as people ask: what is read when, and that an edit is found."""

import threading

import pytest

from iafa_api import clock
from iafa_api.metadata import verifier
from iafa_api.metadata.proof import Verification
from iafa_api.metadata.verifier import Verifier
from tests.unit.metadata.test_proof import filled, world  # noqa: F401

READ_SECONDS = 2.0  # what a whole reading takes here


@pytest.fixture
def readings(filled, monkeypatch):  # noqa: F811
    """What was read, and a clock that only reading moves on."""

    class Readings:
        now = 100.0
        log: list[str] = []  # noqa: RUF012

        def start(self):
            survey = filled.proof.survey

            def slow(*args, since=None, **more):
                self.log.append("whole" if since is None else "new")
                self.now += READ_SECONDS if since is None else 0
                return survey(*args, since=since, **more)

            monkeypatch.setattr(filled.proof, "survey", slow)
            monkeypatch.setattr(filled.proof, "now_text", lambda: f"at {self.now:.0f}")
            monkeypatch.setattr(clock, "monotonic", lambda: self.now)
            self.log = []
            return Verifier(filled.proof)

    return Readings()


def edit(filled, seq):  # noqa: F811
    lines = filled.lines()
    lines[seq - 1] = lines[seq - 1].replace(b"req-1", b"req-9")
    filled.write(lines)


def test_a_log_that_is_read_quickly_is_read_whole_each_time(filled):  # noqa: F811
    check = Verifier(filled.proof)
    assert check.verify("a")[0] == Verification(True, 3)
    assert check.verify("b")[0] == Verification(True, 2)
    assert check.verify("nobody")[0] == Verification(True, 0)
    edit(filled, 2)
    found, _ = check.verify("a")
    assert (found.ok, found.events, found.first_bad_seq) == (False, 1, 2)


def test_a_long_log_is_read_whole_now_and_then_and_what_is_new_each_time(filled, readings):  # noqa: F811
    check = readings.start()
    assert check.verify("a") == (Verification(True, 3), "at 100")
    assert check.verify("b") == (Verification(True, 2), "at 100")
    filled.append("a", "b", "a")
    assert check.verify("a") == (Verification(True, 5), "at 100")
    assert check.verify("b") == (Verification(True, 3), "at 100")
    assert readings.log == ["whole", "new", "new", "new"]
    readings.now += verifier.REST * READ_SECONDS
    assert check.verify("a") == (Verification(True, 5), "at 120")
    assert readings.log[4:] == ["whole"]


def test_an_edit_of_old_bytes_is_found_by_the_next_whole_reading(filled, readings):  # noqa: F811
    check = readings.start()
    check.verify("a")
    edit(filled, 2)
    assert check.verify("a") == (Verification(True, 3), "at 100"), "as read_at says"
    readings.now += verifier.REST * READ_SECONDS
    found, read_at = check.verify("a")
    assert (found.first_bad_seq, read_at) == (2, "at 120")
    assert check.verify("b")[0].first_bad_seq == 2, "and told on, without being read each time"
    assert readings.log == ["whole", "new", "whole"]
    readings.now += verifier.REST * READ_SECONDS
    edited = [line.replace(b"req-9", b"req-1") for line in filled.lines()]
    filled.write(edited)
    assert check.verify("a")[0].ok, "somebody has put it right"


def test_an_edit_of_what_is_new_is_found_at_once(filled, readings):  # noqa: F811
    check = readings.start()
    check.verify("a")
    filled.append("a")
    edit(filled, 7)
    found, _ = check.verify("a")
    assert (found.ok, found.events, found.first_bad_seq) == (False, 3, 7)
    assert readings.log == ["whole", "new"]


@pytest.mark.parametrize("damage", ["edited", "gutted", "cut", "emptied"])
def test_a_log_that_no_longer_ends_as_it_did_is_read_whole_at_once(filled, readings, damage):  # noqa: F811
    check = readings.start()
    check.verify("a")
    lines = filled.lines()
    if damage == "edited":
        filled.write([*lines[:-1], lines[-1].replace(b'"hash":"', b'"hash":"0')])
    elif damage == "gutted":
        filled.write([*lines[:-1], b'[{"x":"' + b"x" * (len(lines[-1]) - 11) + b'"}]\n'])
    else:
        filled.write(filled.lines()[: {"cut": 5, "emptied": 0}[damage]])
    found, _ = check.verify("a")
    assert (found.ok, found.first_bad_seq) == (False, {"edited": 6, "gutted": 6, "cut": 6, "emptied": 1}[damage])
    assert readings.log == ["whole", "whole"]
    check.verify("a")
    assert readings.log == ["whole", "whole"]


def test_those_who_ask_at_once_share_a_reading(filled, monkeypatch):  # noqa: F811
    """The first reads; all who came meanwhile are served by one more, as theirs must have begun after they asked."""
    survey, began, go_on = filled.proof.survey, threading.Event(), threading.Event()
    wholes, answers = [], []

    def slow(*args, since=None, **more):
        if since is None:
            wholes.append(1)
            began.set()
            go_on.wait(10)
        return survey(*args, since=since, **more)

    monkeypatch.setattr(filled.proof, "survey", slow)
    check = Verifier(filled.proof)
    threads = [threading.Thread(target=lambda: answers.append(check.verify("a")[0])) for _ in range(8)]
    threads[0].start()
    assert began.wait(10)
    for thread in threads[1:]:
        thread.start()
    clock.sleep(0.1)
    go_on.set()
    for thread in threads:
        thread.join()
    assert answers == [Verification(True, 3)] * 8
    assert len(wholes) == 2
