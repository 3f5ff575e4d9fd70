"""A batch of 1000 events with 1 % bad ones against the same batch all good: processor time of `ingest.body.check_body`.

One bad event has the whole body looked at again, event by event. The ten faults are of the kinds that senders make: a
field of another name, no person, no type, a time without an offset or years ahead, a text too long, a value of another
type.
"""

from __future__ import annotations

import json
from typing import Any

from bench.made_events import EventMaker
from bench.ratios import Row, compare, cpu_of, interleave
from iafa_api import clock
from iafa_api.ingest.body import check_body

EVENTS = 1000
FAULTS: tuple[dict[str, Any], ...] = (
    {"eventType": "page_view"},
    {"user_id": None, "anonymous_id": None},
    {"event_type": None},
    {"timestamp": "2026-01-01T00:00:00"},
    {"timestamp": "2999-01-01T00:00:00Z"},
    {"timestamp": 1_700_000_000},
    {"event_type": "x" * 101},
    {"session_id": 17},
    {"properties": "none"},
    {"user_id": ""},
)


def run(*, quick: bool) -> list[Row]:
    rounds, repeats = (3, 20) if quick else (15, 40)
    good = json.loads(EventMaker().batch(EVENTS))
    every = EVENTS // len(FAULTS)
    mixed = {"events": list(good["events"])}
    for number, fault in enumerate(FAULTS):
        place = every * number + every // 2
        mixed["events"][place] = {**mixed["events"][place], **fault}

    def check(document: dict[str, Any], refused: int) -> float:
        body, now_us = json.dumps(document, separators=(",", ":")).encode(), clock.now_us()
        if len(check_body(body, "batch", now_us=now_us).refused) != refused:
            raise RuntimeError(f"other than {refused} events were refused")

        def work() -> None:
            for _ in range(repeats):
                check_body(body, "batch", now_us=now_us)

        return cpu_of(work) / repeats

    bad, clean = interleave(rounds, lambda: check(mixed, len(FAULTS)), lambda: check(good, 0))
    return [compare("batch of 1000, 1 % bad: CPU to check it", bad, clean, most=3, note="all good")]
