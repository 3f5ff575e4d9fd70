"""The gate of questions: so many run, so many wait, the rest is told to come again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from iafa_api.analytics.query_gate import QueryGate
from iafa_api.errors import Unavailable


def run(gate: QueryGate, project: str, during: Callable[[], object]) -> None:
    with gate.admit(project):
        during()


def hold(pool: ThreadPoolExecutor, gate: QueryGate, project: str, until: threading.Event) -> None:
    """Have a question of a project run until the event, and return when it does."""
    entered = threading.Event()

    def stay() -> None:
        entered.set()
        until.wait(10)

    pool.submit(run, gate, project, stay)
    assert entered.wait(5)


def test_one_project_never_takes_all_slots() -> None:
    gate, done = QueryGate(4, wait_seconds=0.05), threading.Event()
    with ThreadPoolExecutor(8) as pool:
        hold(pool, gate, "a", done)
        hold(pool, gate, "a", done)
        with pytest.raises(Unavailable), gate.admit("a"):
            pass
        hold(pool, gate, "b", done)
        hold(pool, gate, "c", done)
        with pytest.raises(Unavailable), gate.admit("d"):
            pass
        done.set()
    with gate.admit("a"), gate.admit("a"):
        pass


def test_who_waits_comes_in_when_another_leaves() -> None:
    gate, done = QueryGate(1, wait_seconds=5), threading.Event()
    came = threading.Event()
    with ThreadPoolExecutor(4) as pool:
        hold(pool, gate, "a", done)
        waiting = pool.submit(run, gate, "b", came.set)
        assert not came.wait(0.05)
        done.set()
        waiting.result(5)
    assert came.is_set()


def test_more_than_may_wait_are_refused_at_once() -> None:
    gate, done = QueryGate(1, wait_seconds=5), threading.Event()
    with ThreadPoolExecutor(4) as pool:
        hold(pool, gate, "a", done)
        waiting = pool.submit(run, gate, "b", lambda: None)
        while not gate._waiting:
            pass
        with pytest.raises(Unavailable, match="ask again"), gate.admit("c"):
            pass
        done.set()
        waiting.result(5)


def test_a_question_that_fails_leaves_its_slot() -> None:
    gate = QueryGate(1, wait_seconds=0.05)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), gate.admit("a"):
            raise ZeroDivisionError
