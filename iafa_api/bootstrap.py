"""Settings in, services out: the one place that names which class serves which purpose."""

from __future__ import annotations

from pathlib import Path

from iafa_api import clock, durable
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.errors import SettingsError
from iafa_api.ingest.addresses import Addresses
from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.places import Places
from iafa_api.lake import layout
from iafa_api.lake.manifest import Manifest
from iafa_api.metadata import access_log
from iafa_api.metadata.access_log import AccessLog
from iafa_api.metadata.accounts import Accounts
from iafa_api.metadata.erasures import finish_erasures
from iafa_api.metadata.history import History
from iafa_api.metadata.invitations import Invitations
from iafa_api.metadata.log import Log
from iafa_api.metadata.members import Members
from iafa_api.metadata.projects import Projects
from iafa_api.metadata.proof import Proof
from iafa_api.metadata.store import MetadataStore
from iafa_api.metadata.timeline import Timeline
from iafa_api.metadata.vault import Vault
from iafa_api.metadata.verifier import Verifier
from iafa_api.services import Services
from iafa_api.settings import SECRET_MIN, Settings


def bootstrap(settings: Settings) -> Services:
    """Open everything under the data directory, making what is not there yet."""
    data_dir = settings.data_dir.resolve()
    events_dir = data_dir / layout.EVENTS
    for directory in (data_dir, events_dir, data_dir / "run"):
        durable.make_directory(directory)
    log = Log(data_dir / "metadata")
    store = MetadataStore(data_dir / "metadata", log)
    timeline = Timeline(log)
    vault = Vault(data_dir / "vault", is_new=store.current().seq == 0)
    proof = Proof(data_dir / "metadata", data_dir / "vault", log)
    finish_erasures(store.current(), vault)  # a crash may have left the key of somebody whom the log calls erased
    accounts = Accounts(
        store, vault, password_cost=settings.password_cost, open_registration=settings.registration == "open"
    )
    return Services(
        data_dir=data_dir,
        secret_key=_secret_key(settings, data_dir),
        store=store,
        timeline=timeline,
        history=History(timeline, vault),
        proof=proof,
        verifier=Verifier(proof),
        access_log=AccessLog(data_dir / access_log.DIRECTORY),
        vault=vault,
        accounts=accounts,
        members=Members(store, vault),
        invitations=Invitations(store, vault, accounts),
        projects=Projects(store),
        buffer=Buffer(
            data_dir / "buffer",
            high_water_bytes=settings.buffer_high_water_bytes,
            free_disk_bytes=settings.free_disk_bytes,
        ),
        manifest=Manifest(data_dir / layout.MANIFEST),
        engine=DuckdbEngine(
            events_dir=events_dir,
            archive_dir=data_dir / layout.ARCHIVE,
            memory_bytes=settings.query_memory,
            threads=settings.query_threads,
            at_once=settings.query_at_once,
            row_limit=settings.query_rows,
            timeout_seconds=settings.query_timeout,
        ),
        addresses=Addresses(
            durable.read_or_create(data_dir / "vault" / "event-ip.key", clock.new_secret()),
            Places(Path(settings.geo_database) if settings.geo_database else None),
            rotation_days=settings.ip_rotation_days,
        ),
    )


def _secret_key(settings: Settings, data_dir: Path) -> str:
    if settings.secret_key:
        return settings.secret_key
    made = clock.new_secret().hex().encode()
    kept = durable.read_or_create(data_dir / "secret.key", made).decode("ascii", "replace").strip()
    if len(kept) < SECRET_MIN:
        raise SettingsError(
            f"{data_dir / 'secret.key'} has fewer than {SECRET_MIN} characters; delete it for a new one."
        )
    return kept
