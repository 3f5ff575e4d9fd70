"""Every event that was answered for is counted once: as accepted, as a duplicate or as rejected, whatever was sent."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iafa_api.ingest.pipeline import NO_RULES, Sender, accept
from iafa_api.ingest.quarantine import QuarantineFilter, QuarantineLimits, read_quarantine
from iafa_api.ingest.replay import run_replay
from tests.crash.world import OTHER_PROJECT, PROJECT, World

EVERYTHING = QuarantineFilter(0, 253_402_214_400_000_000)
LIMITS = QuarantineLimits(event_count=4, byte_count=1500)
event = st.one_of(
    st.builds(lambda name: {"event_type": "a", "user_id": "u", "id": name}, st.sampled_from("abcd")),
    st.just({"event_type": "a", "anonymous_id": "v", "url": "x" * 501}),
    st.just({"event_type": "a"}),
    st.just({"event_type": "a", "user_id": "u", "unknown": "x" * 400}),
    st.integers(0, 9),
)
send = st.tuples(
    st.just("send"), st.integers(0, 1), st.sampled_from([PROJECT, OTHER_PROJECT]), st.lists(event, max_size=5)
)
step = st.one_of(send, send, send, st.tuples(st.just("flush"), st.just(0)), st.tuples(st.just("replay"), st.just(0)))


def put(world: World, project_id: str, events: list[Any]) -> None:
    accept(
        json.dumps(events).encode(),
        "batch",
        buffer=world.buffer,
        project_id=project_id,
        sender=Sender("batch"),
        hash_ip=lambda address: address,
    )


def refused(world: World, project_id: str) -> list[Any]:
    return list(read_quarantine(world.buffer, world.manifest, world.root, project_id, EVERYTHING))


@settings(max_examples=60)
@given(st.lists(step, min_size=1, max_size=12), st.sampled_from([1, 128 << 20]))
def test_what_is_counted_is_what_was_sent(steps: list[tuple[Any, ...]], bite_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        processes = [World(root, segment_bytes=700) for _ in range(2)]
        sent: Counter[str] = Counter()
        bad: Counter[str] = Counter()
        for kind, number, *what in steps:
            if kind == "send":
                project_id, events = what
                put(processes[number], project_id, events)
                sent[project_id] += len(events)
                bad[project_id] += sum(
                    not isinstance(event, dict) or "unknown" in event or not {"user_id", "anonymous_id"} & set(event)
                    for event in events
                )
            elif kind == "flush":
                before = {project_id: refused(processes[0], project_id) for project_id in sent}
                processes[0].flush(wait_seconds=0.0, bite_bytes=bite_bytes, quarantine_limits=LIMITS)
                for project_id, entries in before.items():
                    after = refused(processes[0], project_id)
                    assert all(entry in entries for entry in after)
            else:  # all of these are refused again: nothing is counted, nothing goes
                for project_id in sent:
                    entries = refused(processes[0], project_id)
                    result = run_replay(entries, buffer=processes[1].buffer, project_id=project_id, project=NO_RULES)
                    assert (result.accepted_count, result.refused_count) == (0, len(entries))
        for world in processes:
            world.buffer.close()
        world = World(root)
        world.flush(bite_bytes=bite_bytes, quarantine_limits=LIMITS)
        for project_id, count in sent.items():
            counts: Counter[str] = Counter()
            for (_, measure), some in world.manifest.read_quality(project_id, 0, 1 << 40).items():
                counts[measure] += some
            rejected = sum(some for measure, some in counts.items() if measure.startswith("rejected:"))
            rows = world.rows(project_id)
            assert counts["accepted"] + counts["duplicates"] + rejected == count
            assert rejected == bad[project_id]
            assert counts["accepted"] == len(rows)
            assert counts["missing:user_id"] == counts["truncated"] == sum(row["user_id"] is None for row in rows)
            assert len(refused(world, project_id)) + counts["quarantine_overflow"] == rejected
