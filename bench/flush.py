"""The flush of 200,000 waiting events: processor time against `orjson.loads` of the same bodies, and against DuckDB.

DuckDB reads the same events from one NDJSON file, with the columns named, and copies them to one Parquet file with the
same compression; it neither sorts, nor takes repeats out, nor checks, nor syncs. Each round is a new data directory.
The way in (check, make durable) is measured as well, without HTTP, so that the whole way of an event stands in one
figure.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import orjson

from bench.made_events import EventMaker, read_all
from bench.ratios import Row, compare, cpu_of, interleave
from iafa_api.clock import new_id
from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.flush import run_flush
from iafa_api.ingest.pipeline import Sender, accept
from iafa_api.lake import layout
from iafa_api.lake.manifest import Manifest

BATCH = 1000
COLUMNS = {
    "id": "VARCHAR",
    "event_type": "VARCHAR",
    "user_id": "VARCHAR",
    "anonymous_id": "VARCHAR",
    "session_id": "VARCHAR",
    "timestamp": "TIMESTAMPTZ",
    "properties": "MAP(VARCHAR, VARCHAR)",
    "url": "VARCHAR",
    "referrer": "VARCHAR",
    "user_agent": "VARCHAR",
    "ip_address": "VARCHAR",
}


def run(*, quick: bool) -> list[Row]:
    rounds, count = (2, 20_000) if quick else (5, 200_000)
    maker = EventMaker()
    bodies = [maker.batch(BATCH) for _ in range(count // BATCH)]
    with tempfile.TemporaryDirectory(prefix="iafa-bench-") as directory:
        lines = Path(directory) / "events.ndjson"
        with lines.open("wb") as file:
            for body in bodies:
                file.writelines(orjson.dumps(event) + b"\n" for event in orjson.loads(body)["events"])
        accepted: list[float] = []

        def flush() -> float:
            with tempfile.TemporaryDirectory(dir=directory) as root:
                accepted.append(cpu_of(lambda: _fill(Path(root), bodies)) / count)
                return cpu_of(lambda: _flush(Path(root), count)) / count

        def read() -> float:
            return cpu_of(lambda: read_all(bodies)) / count

        def copy() -> float:
            return cpu_of(lambda: _copy(lines, Path(directory) / "events.parquet", count)) / count

        ours, parsed, copied = interleave(rounds, flush, read, copy)
    whole = [one + other for one, other in zip(accepted[1:], ours, strict=True)]
    waiting = f"{count:,} waiting"
    return [
        compare(f"flush, {waiting}: CPU an event", ours, copied, most=2, note="DuckDB read_json + COPY"),
        compare(f"flush, {waiting}: CPU an event", ours, parsed, note="orjson.loads"),
        compare("check, make durable and flush: CPU an event", whole, parsed, most=10, note="orjson.loads"),
    ]


def _fill(root: Path, bodies: list[bytes]) -> None:
    buffer, project_id = Buffer(root / "buffer"), new_id()
    for body in bodies:
        accept(body, "batch", buffer=buffer, project_id=project_id, sender=Sender("batch"), hash_ip=str)
    buffer.close()


def _flush(root: Path, count: int) -> None:
    buffer, manifest = Buffer(root / "buffer"), Manifest(root / layout.MANIFEST)
    result = run_flush(buffer, manifest, root)
    manifest.close()
    buffer.close()
    if result.event_count != count:
        raise RuntimeError(f"{result.event_count} of {count} events were flushed")


def _copy(lines: Path, target: Path, count: int) -> None:
    database = duckdb.connect()
    database.execute("SET threads = 2")
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
    [(copied,)] = database.execute(
        f"COPY (SELECT * FROM read_json('{lines}', format = 'newline_delimited', columns = {{{columns}}}))"
        f" TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    ).fetchall()
    database.close()
    if copied != count:
        raise RuntimeError(f"{copied} of {count} events were copied")
