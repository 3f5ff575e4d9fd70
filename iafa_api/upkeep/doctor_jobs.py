"""Check of the scheduler: whether one runs beside the API, and whether its jobs do what they should."""

from __future__ import annotations

from iafa_api.upkeep.findings import Finding, Patient
from iafa_api.upkeep.job_report import list_complaints, read_report


def check_jobs(patient: Patient) -> list[Finding]:
    """A line for each complaint."""
    complaints = list_complaints(patient.data_dir, patient.now_us)
    if complaints:
        return [Finding("jobs", "warn", text, "see `iafa jobs` and the scheduler's log") for text in complaints]
    report = read_report(patient.data_dir, patient.now_us)
    who = "a scheduler runs" if report.alive_since is not None else "no scheduler runs, and no API"
    return [Finding("jobs", "ok", f"{who}; of {len(report.jobs)} jobs none failed or is overdue")]
