"""A job that dies at any step leaves nothing half done: the doctor finds nothing bad, the next run ends well.

What it may not lose is compared, too: the events. The steps inside the manifest's commit are those of `test_kill`.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from iafa_api.bootstrap import bootstrap
from iafa_api.settings import Settings
from scheduler.jobs import make_jobs

ROOT = Path(__file__).parents[2]


def list_jobs(tmp_path):
    settings = Settings(data_dir=tmp_path / "names", password_cost=4, backup_dir=str(tmp_path / "backups"))
    services = bootstrap(settings)
    names = [job.id for job in make_jobs(services, settings)]
    services.close()
    return names


@pytest.mark.parametrize("deaths", [2, pytest.param(1000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("half", [0, 1])
def test_whatever_job_dies_wherever_the_next_run_mends_it(ann, services, flush, tmp_path, half, deaths):
    project = ann.make_project(retention_days=0)
    for day in ("2026-01-01", "2026-01-02"):
        events = [{"event_type": "a", "user_id": f"u{n}", "timestamp": f"{day}T10:00:00Z"} for n in range(50)]
        ann.track(project["api_key"], *events)
        flush()
    ann.track(project["api_key"], {"event_type": "b", "user_id": "u", "timestamp": "2026-01-02T11:00:00Z"})
    ann.make_funnel(project["id"], "a", "b")
    stray = services.data_dir / "ids" / "run_orphan.ids"
    stray.write_bytes(b"x")
    services.close()
    for job_id in list_jobs(tmp_path)[half::2]:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.crash.job_deaths", services.data_dir, job_id, str(deaths), project["id"]],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60 + 5 * deaths,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
