"""The quarantine by the clock: the flush keeps as much as the settings say, a daily job lets go of what is old."""

from __future__ import annotations

from dataclasses import replace

from iafa_api.ingest.quarantine import KEEP_DAYS
from iafa_api.lake.manifest_schema import QuarantineFile
from iafa_api.services import Services
from iafa_api.settings import Settings
from scheduler.jobs import Job, make_jobs
from scheduler.triggers import Daily
from tests.conftest import Person

BAD = {"event_type": "a"}


def job(services: Services, settings: Settings, name: str) -> Job:
    (found,) = [job for job in make_jobs(services, settings) if job.id == name]
    return found


def flush(services: Services, settings: Settings) -> dict[str, object]:
    run = job(services, settings, "flush").run_now
    assert run
    return dict(run())


def test_no_more_is_kept_than_the_settings_say(ann: Person, services: Services, settings: Settings) -> None:
    project = ann.make_project()
    ann.track(project["api_key"], BAD, BAD, BAD)
    changed = flush(services, replace(settings, quarantine_events=2))
    assert (changed["events"], changed["rejected"]) == (0, 3)
    total = ann.get(f"/projects/{project['id']}/data-quality").json["total"]
    assert (total["rejected"], total["quarantine_overflow"]) == ({"missing_field": 3}, 1)
    ann.track(project["api_key"], BAD)
    flush(services, replace(settings, quarantine_bytes=0))
    assert len(ann.get(f"/projects/{project['id']}/quarantine").json) == 2


def test_what_was_refused_waits_no_longer_than_an_event(ann: Person, services: Services, settings: Settings) -> None:
    project = ann.make_project()
    ann.track(project["api_key"], BAD)
    at_once = replace(settings, event_flush_interval=0)
    assert job(services, at_once, "flush").run()["rejected"] == 1


def test_what_is_older_than_thirty_days_goes_each_day(ann: Person, services: Services, settings: Settings) -> None:
    project = ann.make_project()
    ann.track(project["api_key"], BAD)
    flush(services, settings)
    expiry = job(services, settings, "quarantine")
    assert expiry.trigger == Daily("03:30")
    assert expiry.run() == {}
    (file,) = services.manifest.list_live(QuarantineFile)
    old = replace(file, path=file.path.replace("refused_", "refused_old_"), day=file.day - KEEP_DAYS - 1)
    services.manifest.commit(added=[old])
    assert expiry.run() == {"events": 1}
    assert services.manifest.list_live(QuarantineFile) == (file,)
    assert expiry.run() == {}
