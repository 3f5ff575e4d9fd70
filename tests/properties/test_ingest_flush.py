"""No answer changes at a flush: the same rows, in the same order of arrival, whatever was sent where and how often."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iafa_api.lake import layout
from tests.crash.world import OTHER_PROJECT, PROJECT, World

DAY = "2026-01-{:02}T10:00:00Z"
send = st.tuples(
    st.just("send"),
    st.integers(0, 2),  # which process
    st.sampled_from([PROJECT, OTHER_PROJECT]),
    st.lists(
        st.fixed_dictionaries(
            {}, optional={"id": st.sampled_from("abcdef"), "timestamp": st.integers(10, 12).map(DAY.format)}
        ),
        min_size=1,
        max_size=4,
    ),
)
step = st.one_of(send, send, send, st.tuples(st.just("flush")), st.tuples(st.just("close"), st.integers(0, 2)))


def by_project(world: World) -> dict[str, list[dict[str, Any]]]:
    return {project_id: world.rows(project_id) for project_id in (PROJECT, OTHER_PROJECT)}


@settings(max_examples=100)
@given(st.lists(step, min_size=1, max_size=14), st.sampled_from([1, 200, 128 << 20]))
def test_the_tail_before_a_flush_is_the_parquet_after_it(steps: list[tuple[Any, ...]], bite_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        processes = [World(root, segment_bytes=700) for _ in range(3)]
        expected: dict[str, list[str]] = {PROJECT: [], OTHER_PROJECT: []}
        for kind, *what in [*steps, ("flush",)]:
            if kind == "send":
                number, project_id, events = what
                known = expected[project_id]
                for name in processes[number].send(*events, project_id=project_id).ids:
                    if name not in known:
                        known.append(name)
            elif kind == "close":
                processes[what[0]].buffer.close()
                processes[what[0]] = World(root, segment_bytes=700)
            else:
                before = by_project(processes[0])
                # A request to seal takes idle writers a quarter of a second: what they hold may stay behind here.
                processes[0].flush(wait_seconds=0.0, bite_bytes=bite_bytes)
                assert by_project(processes[0]) == before
        for world in processes:
            world.buffer.close()
        before = by_project(processes[0])
        processes[0].flush(bite_bytes=bite_bytes)
        assert processes[0].buffer.list_segments() == []
        assert by_project(processes[0]) == before
        for project_id, ids in expected.items():
            assert [row["id"] for row in before[project_id]] == ids, (
                "each once, and the first to arrive is the one kept"
            )
            for row in before[project_id]:
                assert row["created_at"] == (row["client_timestamp"] or row["ingested_at"])
        paths = list(root.rglob("*.parquet"))
        days = {file.day for project_id in expected for file in processes[0].manifest.snapshot(project_id).files}
        assert all(layout.day_to_date(day).isoformat() in " ".join(map(str, paths)) for day in days)
