"""`iafa migrate`: says what is old; rewrites the snapshots and never the log."""

import json
from pathlib import Path

import pytest
from filelock import FileLock

from iafa_api.commands.migrate import migrate
from iafa_api.errors import BrokenData, Conflict, NotFound
from iafa_api.metadata.events import GENESIS, canonical_json, chain_hash, data_hash
from iafa_api.metadata.log import Log
from iafa_api.metadata.store import MetadataStore
from migrations_json.chain import SCHEMA_VERSION
from tests.cli.one_command import invoke

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def old(tmp_path):
    """The directory of a version 0 program."""
    metadata = tmp_path / "data" / "metadata"
    metadata.mkdir(parents=True)
    (metadata / "log.jsonl").write_bytes((GOLDEN / "log_v0.jsonl").read_bytes())
    funnel = {"id": "f", "name": "F", "version": 1, "stages": [{"order": 1, "name": "A", "event": "a"}]}
    kinds = {
        "users": ("users", "organizations", "invitations", "emails", "sessions"),
        "projects": ("projects", "api_keys"),
    }
    for name, held in kinds.items():
        (metadata / f"{name}.json").write_text(json.dumps({"schema_version": 0, **{kind: [] for kind in held}}))
    (metadata / "funnels.json").write_text(json.dumps({"schema_version": 0, "funnels": [funnel]}))
    return tmp_path / "data"


def tree(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_dry_run_says_what_each_step_changes_and_writes_nothing(old):
    before = tree(old)
    result = invoke(migrate, old, "--dry-run")
    assert result.exit_code == 0, result.output
    for line in (
        f"15 events of version 0, read as version {SCHEMA_VERSION}",
        "funnels.json: version 0",
        "m0001_stage_event_type (version 0 to 1):",
        "  3 × funnel.created: conversion_window, exclusions, order, stages",
        "  1 × funnel.changed: stages",
        "  2 × project.created: allowed_origins, retention_days, timezone, week_start",
        "  1 funnels in a snapshot",
        "Nothing was written.",
    ):
        assert line in result.output.splitlines(), result.output
    assert tree(old) == before


def test_it_writes_the_snapshots_and_never_the_log(old):
    log = (old / "metadata" / "log.jsonl").read_bytes()
    assert "written anew" in invoke(migrate, old).output
    assert (old / "metadata" / "log.jsonl").read_bytes() == log
    written = json.loads((old / "metadata" / "funnels.json").read_text())
    assert written["schema_version"] == SCHEMA_VERSION
    assert written["funnels"][0]["stages"][0]["event_type"] == "view"
    before = tree(old)
    assert "up to date" in invoke(migrate, old).output
    assert "nothing has to be" in invoke(migrate, old, "--dry-run").output
    assert {name: content for name, content in tree(old).items() if name != "run/scheduler.lock"} == {
        name: content for name, content in before.items() if name != "run/scheduler.lock"
    }
    assert MetadataStore(old / "metadata", Log(old / "metadata")).current().seq == 15


def test_beside_a_scheduler_only_the_dry_run_is_allowed(old):
    (old / "run").mkdir()
    with FileLock(old / "run" / "scheduler.lock"):
        assert invoke(migrate, old, "--dry-run").exit_code == 0
        with pytest.raises(Conflict):
            invoke(migrate, old)


def test_a_log_of_a_newer_program_is_refused(old):
    envelope = json.loads((GOLDEN / "log_v0.jsonl").read_text().splitlines()[0])[0]
    envelope |= {"schema_version": SCHEMA_VERSION + 1}
    envelope["hash"] = chain_hash(1, GENESIS, data_hash(envelope))
    (old / "metadata" / "log.jsonl").write_text(canonical_json([envelope]) + "\n")
    with pytest.raises(BrokenData, match="newer program"):
        invoke(migrate, old, "--dry-run")


def test_without_a_log_nothing_is_made(tmp_path):
    with pytest.raises(NotFound):
        invoke(migrate, tmp_path)
    assert list(tmp_path.iterdir()) == []
