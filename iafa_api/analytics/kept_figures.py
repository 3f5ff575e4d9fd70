"""Figures that were computed before, for who asks the same of the same events.

Never stale: kept under the question in full (its definition and cohorts as they are now), the moments it looks at, and
the state of the data: the files, the calls of identities, and how much of what waits is the project's. A figure that
depends on the time of day is kept only where its range is over. In the memory of a worker; the oldest go first.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

KEPT = 256  # answers of one worker; the largest, a breakdown by day over a year, takes a few megabytes
Figures = tuple[dict[str, Any], int]


class KeptFigures:
    """The figures that one worker keeps. Safe for many threads; two that ask at once both compute."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._kept: OrderedDict[Hashable, Figures] = OrderedDict()

    def of(self, question: Mapping[str, Any], state: Hashable, compute: Callable[[], Figures]) -> Figures:
        """Those of the question over data in this state. None must change them."""
        key = (json.dumps(question, sort_keys=True), state)
        with self._mutex:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        figures = compute()
        with self._mutex:
            self._kept[key] = figures
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return figures
