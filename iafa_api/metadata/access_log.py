"""What was tried and looked at: sign-ins that failed, access that was refused, personal data that was read.

It stands beside the metadata log, not in it: whoever may only try must not be able to make the chain grow, and none of
it changes any state. A file a month, JSON Lines, only appended, each line synced before `record` returns. Addresses are
keyed hashes, as in the metadata log.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from iafa_api import clock, durable
from iafa_api.errors import BrokenData

DIRECTORY = Path("metadata", "access")  # in the data directory
KINDS = ("sign_in_failed", "access_refused", "personal_data_read", "export", "quarantine_replayed")


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """One try or look. `organization_id` is None where nobody known was meant; `detail` is a sentence for people."""

    at: str
    kind: str
    organization_id: str | None
    actor_id: str | None
    ip_hash: str | None
    request_id: str
    detail: str


def note_operator(data_dir: Path, kind: str, detail: str, *, organization_id: str | None) -> None:
    """Note what was done on the operator's command line, where nobody has signed in. Beside a server or without one:
    nothing but the access log is touched."""
    AccessLog(data_dir / DIRECTORY).record(
        kind,
        organization_id=organization_id,
        actor_id=None,
        ip_hash=None,
        request_id=clock.new_id(),
        detail=f"{detail} on the operator's command line",
    )


class AccessLog:
    """The files in one directory. Safe for many threads and processes: a line is one write to the end of a file."""

    def __init__(self, directory: Path, *, now: Callable[[], int] = clock.now_us) -> None:
        durable.make_directory(directory)
        self._directory = directory
        self._now = now

    def record(
        self,
        kind: str,
        *,
        organization_id: str | None,
        actor_id: str | None,
        ip_hash: str | None,
        request_id: str,
        detail: str,
    ) -> None:
        """Note one try or look, durably."""
        at = clock.format_time(self._now())
        entry = AccessEntry(at, kind, organization_id, actor_id, ip_hash, request_id, detail)
        line = json.dumps(asdict(entry), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        path = self._directory / f"{at[:7]}.jsonl"
        is_new = not path.exists()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, durable.FILE_MODE)
        try:
            os.write(descriptor, line)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            durable.sync_directory(self._directory)

    def list_entries(self, organization_id: str) -> list[AccessEntry]:
        """An organisation's entries, newest first."""
        return [entry for entry in self._newest_first() if entry.organization_id == organization_id]

    def _newest_first(self) -> Iterator[AccessEntry]:
        for path in sorted(self._directory.glob("*.jsonl"), reverse=True):
            for line in reversed(path.read_bytes().split(b"\n")[:-1]):
                try:
                    yield msgspec.json.decode(line, type=AccessEntry)
                except msgspec.MsgspecError:
                    raise BrokenData(f"{path.name} of the access log holds a line that is none.") from None
