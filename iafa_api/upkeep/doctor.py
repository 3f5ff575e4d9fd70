"""The checks of a data directory, read-only: they may run beside a server, and again and again.

Promises: no byte of the directory is written and no lock is taken that a writer would notice. What a running server
changes between two looks is looked at again before it is called bad. The caller runs each check by itself, so that one
that fails hides no other.
"""

from __future__ import annotations

from collections.abc import Sequence

from iafa_api.upkeep import doctor_files, doctor_jobs, doctor_lake, doctor_metadata
from iafa_api.upkeep.findings import Check, Finding, Patient


def list_checks(patient: Patient) -> Sequence[tuple[str, Check]]:
    """The checks by name, in the order in which a person wants to read them."""
    if not patient.data_dir.is_dir():
        missing = Finding(
            "directory", "bad", f"{patient.data_dir} does not exist", "name the right one with --data-dir"
        )
        return [("directory", lambda: [missing])]
    metadata = doctor_metadata.MetadataChecks(patient)
    lake = doctor_lake.LakeChecks(patient)
    return [
        ("log", metadata.check_log),
        ("snapshots", metadata.check_snapshots),
        ("checkpoints", metadata.check_checkpoints),
        ("clock", metadata.check_clock),
        ("vault", metadata.check_vault),
        ("manifest", lake.check_manifest),
        ("events", lake.check_events),
        ("layout", lake.check_layout),
        ("expiry", lambda: lake.check_expiry(metadata.state)),
        ("ids", lake.check_id_runs),
        ("quarantine", lake.check_quarantine),
        ("identities", lake.check_identities),
        ("buffer", lake.check_buffer),
        ("jobs", lambda: doctor_jobs.check_jobs(patient)),
        ("secret", lambda: doctor_files.check_secret(patient)),
        ("permissions", lambda: doctor_files.check_permissions(patient)),
        ("disk", lambda: doctor_files.check_disk(patient)),
    ]
