"""A buffer, a manifest and a lake in a directory, and the judge of what they hold."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.flush import FlushResult, run_flush
from iafa_api.ingest.frames import IdentityCall
from iafa_api.ingest.identity_calls import store_call
from iafa_api.ingest.identity_log import rows_of
from iafa_api.ingest.pipeline import Accepted, Sender, accept
from iafa_api.ingest.tail import read_source
from iafa_api.lake import parquet_identities
from iafa_api.lake.manifest import Manifest

PROJECT = "11111111-2222-4333-8444-555555555555"
OTHER_PROJECT = "99999999-2222-4333-8444-555555555555"
SENDER = Sender("batch")


class World:
    """Everything under one directory, opened as one process opens it."""

    def __init__(self, root: Path, **buffer_options: Any) -> None:
        self.root = root
        self.buffer = Buffer(root / "buffer", free_disk_bytes=1, **buffer_options)
        self.manifest = Manifest(root / "manifest.sqlite3")

    def send(self, *events: dict[str, Any], project_id: str = PROJECT, **envelope: Any) -> Accepted:
        body = json.dumps({"events": [{"event_type": "x", "user_id": "u", **event} for event in events], **envelope})
        return accept(
            body.encode(),
            "batch",
            buffer=self.buffer,
            project_id=project_id,
            sender=SENDER,
            hash_ip=lambda address: f"hash of {address[-1]}",
        )

    def send_ids(self, *ids: str, project_id: str = PROJECT) -> Accepted:
        return self.send(*[{"id": text} for text in ids], project_id=project_id)

    def join(self, visitor: str, user: str, project_id: str = PROJECT) -> None:
        call = IdentityCall(user_id=user, anonymous_id=visitor)
        store_call(call, "identify", buffer=self.buffer, project_id=project_id)

    def flush(self, **options: Any) -> FlushResult:
        return run_flush(self.buffer, self.manifest, self.root, **options)

    def rows(self, project_id: str = PROJECT) -> list[dict[str, Any]]:
        """Every event that a question sees, in order of arrival."""
        source = read_source(self.buffer, self.manifest, self.root, project_id)
        tables = [pq.ParquetFile(path).read().drop_columns("person_ordinal") for path in source.files]
        table = pa.concat_tables([*tables, source.tail])
        return table.sort_by(
            [("ingested_at", "ascending"), ("segment", "ascending"), ("place", "ascending")]
        ).to_pylist()

    def links(self, project_id: str = PROJECT) -> Counter[tuple[str, str]]:
        """Every link that counts, and how often. For when nobody flushes."""
        waiting = [
            row
            for segment in self.buffer.list_segments()
            if segment.name not in self.manifest.flushed_among([segment.name])
            for frame in self.buffer.read_frames(segment, project_id=project_id)
            if frame.header.project_id == project_id
            for row in rows_of(frame)
        ]
        files = self.manifest.snapshot(project_id).identities
        stored = [row for file in files for row in parquet_identities.read_identities(self.root, file).to_pylist()]
        return Counter((row["anonymous_id"], row["user_id"]) for row in [*stored, *waiting])

    def owners(self, project_id: str = PROJECT) -> dict[str, str]:
        """Whose each visitor is for a question."""
        owners = read_source(self.buffer, self.manifest, self.root, project_id).owners
        return {} if owners is None else {row["anonymous_id"]: row["person"] for row in owners.to_pylist()}

    def ids(self, project_id: str = PROJECT) -> Counter[str]:
        return Counter(row["id"] for row in self.rows(project_id))
