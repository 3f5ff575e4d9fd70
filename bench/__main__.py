"""`python -m bench [NAME …] [--quick]`: measure all parts or the named ones, and print one table of ratios.

All parts in full also write the table to `bench/results.md`. `--quick` takes small sizes, to see that all parts run;
its figures are worth little.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import PEERS
from bench.ratios import Row, markdown

PARTS = (
    "single_event",
    "batch",
    "bad_events",
    "flush",
    "sustained",
    "fairness",
    "funnel",
    "joined_funnel",
    "metrics",
    "metadata_log",
    "metadata_eventsourcing",
    "dashboard",
)
NEEDED = ("fastapi", "orjson", "pydantic", "eventsourcing")
SHOWN = ("granian", "flask", "msgspec", "pyarrow", "duckdb", "numpy", "fastapi", "pydantic", "orjson", "eventsourcing")
RESULTS = Path(__file__).parent / "results.md"
LEGEND = """\
Ours and the peer by turns in one run; medians. The ratio is ours to the peer's, the median over the rounds; for events
a second more is better, for all else less. What a row measures: the docstring of its module. Processor time unless a
row says otherwise.
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="small sizes: whether it runs, not how fast")
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(PARTS))
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        target = os.path.relpath(PEERS)
        print(f"Not installed: {', '.join(missing)}. `make bench` does it, or:", file=sys.stderr)
        print(
            f"    {os.path.relpath(sys.executable)} -m pip install --no-deps --target {target}"
            " --requirement requirements-bench.txt",
            file=sys.stderr,
        )
        return 2
    rows: list[Row] = []
    for name in [name for name in PARTS if name in (asked.names or PARTS)]:
        print(f"{name} …", end=" ", file=sys.stderr, flush=True)
        started = time.perf_counter()
        rows += importlib.import_module(f"bench.{name}").run(quick=asked.quick)
        print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
    table = markdown(rows)
    print(f"\n{table}\n{LEGEND}")
    if not asked.names and not asked.quick:
        RESULTS.write_text(f"# Results of `make bench`\n\n{_circumstances()}\n{table}\n{LEGEND}", encoding="utf-8")
    return 0


def _circumstances() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in SHOWN)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), {platform.system()}, data on"
        f" {_file_system()}.\nIAFA {version('iafa')}, Python {platform.python_version()}, {versions}.\n"
    )


def _file_system() -> str:
    """The kind of file system of the temporary directory: on tmpfs, durable costs nothing and means nothing."""
    place = Path(tempfile.gettempdir()).resolve()
    mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    holding = [mount for mount in mounts if place.is_relative_to(mount[1])]
    return max(holding, key=lambda mount: len(mount[1]))[2]


if __name__ == "__main__":
    sys.exit(main())
