"""A question over the events of one instant, asked again where a compaction takes a file away under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from iafa_api.errors import BrokenData

TRIES = 3  # a file may go between the manifest and the read; the next snapshot has not it
Answer = TypeVar("Answer")


def ask_of_snapshot(ask: Callable[[], Answer]) -> Answer:
    """What `ask` answers, which takes its own snapshot. BrokenData where files that are named are gone for good."""
    for _ in range(TRIES):
        try:
            return ask()
        except FileNotFoundError as error:
            missing = error
    raise BrokenData(f"The manifest names files that are not there: {missing}")
