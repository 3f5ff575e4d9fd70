"""The rooms as wired: what the HTTP edge, the command line and the scheduler work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iafa_api import clock
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.kept_figures import KeptFigures
from iafa_api.ingest.addresses import Addresses
from iafa_api.ingest.buffer import Buffer
from iafa_api.lake.event_source import Seen
from iafa_api.lake.manifest import Manifest
from iafa_api.metadata.access_log import AccessLog
from iafa_api.metadata.accounts import Accounts
from iafa_api.metadata.history import History
from iafa_api.metadata.invitations import Invitations
from iafa_api.metadata.members import Members
from iafa_api.metadata.projects import Projects
from iafa_api.metadata.proof import Proof
from iafa_api.metadata.saved import Saved, SavedKind
from iafa_api.metadata.store import MetadataStore
from iafa_api.metadata.timeline import Timeline
from iafa_api.metadata.vault import Vault
from iafa_api.metadata.verifier import Verifier


@dataclass(frozen=True)
class Standpoint:
    """Where an earlier answer was given from: when, over which events and identities, with which cohorts."""

    now_us: int
    seen: Seen
    identities_seen: Seen
    cohorts: Mapping[str, Any]


@dataclass(frozen=True)
class Services:
    """Everything that is made once a process. Made by `bootstrap`."""

    data_dir: Path
    secret_key: str = field(repr=False)
    store: MetadataStore
    timeline: Timeline
    history: History
    proof: Proof
    verifier: Verifier
    access_log: AccessLog
    vault: Vault
    accounts: Accounts
    members: Members
    invitations: Invitations
    projects: Projects
    buffer: Buffer
    manifest: Manifest
    engine: DuckdbEngine
    addresses: Addresses
    kept_figures: KeptFigures = field(default_factory=KeptFigures)
    standpoint: Standpoint | None = None

    def now_us(self) -> int:
        """The moment at which a question is asked: now, or that of the standpoint."""
        return clock.now_us() if self.standpoint is None else self.standpoint.now_us

    def saved(self, kind: SavedKind) -> Saved:
        """The commands on what is saved of a kind."""
        return Saved(self.store, kind)

    def seen(self) -> dict[str, Seen]:
        """What the reader is told of a standpoint."""
        if self.standpoint is None:
            return {}
        return {"seen": self.standpoint.seen, "identities_seen": self.standpoint.identities_seen}

    def hash_event_ip(self, ip: str) -> str:
        """What is kept of a client's address."""
        return self.addresses.hash(ip)

    def close(self) -> None:
        """Make durable what is on its way, and let go of files and memory."""
        self.buffer.close()
        self.manifest.close()
        self.engine.close()
