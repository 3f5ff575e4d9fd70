"""What processes and a data directory look like from outside, sample by sample, and how fast a series grows.

Memory is the anonymous part (RssAnon): mapped files, such as the runs of ids, are the page cache's and grow with the
events by design. Growth is the Theil-Sen slope, the median over all pairs of samples: a merge or a question that is
under way in some samples does not move it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import median

from iafa_api.lake import layout
from iafa_api.lake.manifest_totals import read_totals


@dataclass(frozen=True)
class Vitals:
    """A process at one moment."""

    anonymous_bytes: int
    resident_bytes: int
    descriptors: int


@dataclass(frozen=True)
class Sample:
    """Everything at one moment; `at` in seconds, `processes` by role. `waiting_count` is of accepted events that no
    file holds yet, but for those that nobody was told of yet."""

    at: float
    accepted_count: int
    processes: Mapping[str, Vitals]
    waiting_count: int
    live_files: int
    files_on_disk: int


class Sampler:
    """Takes samples in a thread of its own, from when it is entered until it is left."""

    def __init__(
        self, data_dir: Path, pids: Callable[[], Mapping[str, int]], accepted: Callable[[], int], every: float
    ) -> None:
        self.samples: list[Sample] = []
        self._data_dir, self._pids, self._accepted, self._every = data_dir, pids, accepted, every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Sampler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            self.samples.append(take_sample(self._data_dir, self._pids(), self._accepted()))


def take_sample(data_dir: Path, pids: Mapping[str, int], accepted_count: int) -> Sample:
    """How it is now. A process that has gone meanwhile is left out."""
    live = read_totals(data_dir / layout.MANIFEST)["live"]
    processes = {role: vitals for role, pid in pids.items() if (vitals := read_vitals(pid)) is not None}
    return Sample(
        at=time.monotonic(),
        accepted_count=accepted_count,
        processes=processes,
        waiting_count=accepted_count - live.row_count,
        live_files=live.file_count,
        files_on_disk=sum(len(files) for _, _, files in os.walk(data_dir)),
    )


def read_vitals(pid: int) -> Vitals | None:
    """None where there is no such process any more."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        descriptors = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in status.splitlines())
    if "RssAnon" not in fields:  # dead, and not waited for yet
        return None
    return Vitals(_bytes(fields["RssAnon"]), _bytes(fields["VmRSS"]), descriptors)


def growth(times: Sequence[float], values: Sequence[float]) -> float:
    """How much a series grows from its first sample to its last, along the median slope."""
    slopes = [
        (values[later] - values[earlier]) / (times[later] - times[earlier])
        for earlier, later in combinations(range(len(times)), 2)
    ]
    return median(slopes) * (times[-1] - times[0]) if slopes else 0.0


def second_half(samples: Sequence[Sample]) -> list[Sample]:
    """What the first half was the warm-up for."""
    middle = (samples[0].at + samples[-1].at) / 2
    return [sample for sample in samples if sample.at >= middle]


def _bytes(text: str) -> int:
    return int(text.split()[0]) * 1024
