"""The check of the log as often as people ask for it: what it costs is bounded, and the answer says what was read.

A log that is read quickly is read whole for each question. A long one is read whole at most a tenth of a process's
time; in between, the events that came since are checked against the last one that was, and whether that one is still
there. So an edit of old bytes is found by the next whole reading, and `read_at` says when the last one began. Those
who ask while the log is being read share the next reading, whichever organisation they ask for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock

from iafa_api import clock
from iafa_api.metadata.proof import Proof, Survey, Verification

QUICK_SECONDS = 0.2  # a log that is read in this time (some 20,000 events) is always read whole
REST = 9  # times as long as the last whole reading took, no other begins: less costs more, more finds an edit later


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is known of the log: what the whole reading at `read_at` found, with what came since."""

    survey: Survey
    read_at: str
    began: float
    ended: float

    def is_fresh(self, asked: float) -> bool:
        """Whether it says as much as another whole reading would, or another is not due."""
        took = self.ended - self.began
        return self.began >= asked or (took > QUICK_SECONDS and clock.monotonic() < self.ended + REST * took)


class Verifier:
    """The check of one log for one process. Safe for many threads."""

    def __init__(self, proof: Proof) -> None:
        self._proof = proof
        self._mutex = Lock()
        self._reading: _Reading | None = None

    def verify(self, organization_id: str) -> tuple[Verification, str]:
        """What holds, of the organisation's events; and when the whole log was last read, from its first event on."""
        asked = clock.monotonic()
        with self._mutex:
            reading = self._reading
            if reading is None or not reading.is_fresh(asked):
                reading = self._read()
            elif reading.survey.verification.ok:  # else: what is broken is told until the next whole reading
                if self._proof.goes_on(reading.survey):
                    reading = replace(reading, survey=self._proof.survey(since=reading.survey))
                else:
                    reading = self._read()
            self._reading = reading
        own = reading.survey.counts.get(organization_id, 0)
        return replace(reading.survey.verification, events=own), reading.read_at

    def _read(self) -> _Reading:
        read_at, began = self._proof.now_text(), clock.monotonic()
        survey = self._proof.survey()
        return _Reading(survey, read_at, began, clock.monotonic())
