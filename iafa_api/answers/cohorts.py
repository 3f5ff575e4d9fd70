"""The cohorts that a question's filters name: found in the catalog, and frozen for this one question.

Frozen, a cohort's ranges are moments: what the receipt says of it is what was counted, whatever becomes of it later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from iafa_api.domain.cohort import Cohort, cohort_from_json, freeze, reach, to_json
from iafa_api.domain.faults import Faults
from iafa_api.domain.filters import COHORT, conditions, filters_in
from iafa_api.domain.project import Project
from iafa_api.lake.event_source import EventSource
from iafa_api.metadata.catalog import Catalog
from iafa_api.services import Services


@dataclass(frozen=True, slots=True)
class AskedCohorts:
    """The cohorts by id, and `told`, what a receipt says of them: `{"cohorts": …}`, nothing where there are none."""

    by_id: Mapping[str, Cohort]
    told: Mapping[str, Any]

    def widen(self, start_us: int | None, end_us: int | None) -> tuple[int | None, int | None]:
        """The range whose events the question and its cohorts look at; None: whatever there is."""
        for first_us, last_us in map(reach, self.by_id.values()):
            start_us = None if start_us is None or first_us is None else min(start_us, first_us)
            end_us = None if end_us is None or last_us is None else max(end_us, last_us)
        return start_us, end_us

    def beside(self, source: EventSource) -> EventSource:
        """The source with the cohorts that questions of it may name."""
        return replace(source, cohorts=self.by_id)


NO_COHORTS: Final = AskedCohorts({}, {})


def find_cohorts(services: Services, project: Project, question: Mapping[str, Any], *, now_us: int) -> AskedCohorts:
    """Those that the question, which was read, names. InvalidInput where the project has not such a cohort."""
    if services.standpoint is not None:
        told = dict(services.standpoint.cohorts)
        frozen = {
            cohort_id: cohort_from_json(one["definition"], timezone=project.timezone, now_us=now_us)
            for cohort_id, one in told.items()
        }
        return AskedCohorts(frozen, {"cohorts": told} if told else {})
    ids = require_cohorts(Catalog(services.store.current()), project, question)
    timezone = question.get("timezone") or project.timezone
    by_id, told = {}, {}
    for cohort_id, document in ids.items():
        cohort = cohort_from_json(document["definition"], timezone=timezone, now_us=now_us)
        by_id[cohort_id] = freeze(cohort, timezone=timezone, now_us=now_us)
        told[cohort_id] = {"version": document["version"], "definition": to_json(by_id[cohort_id])}
    return AskedCohorts(by_id, {"cohorts": told} if told else {})


def require_cohorts(catalog: Catalog, project: Project, document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The documents of the cohorts that a document's filters name, by id. InvalidInput where one is not there."""
    named = [each for tree in filters_in(document) for each in conditions(tree) if each.property == COHORT]
    if not named:
        return {}
    known = {each["id"]: each for each in catalog.list_saved("cohorts", project.organization_id, project.id)}
    faults = Faults()
    for condition in named:
        for value in condition.values:
            if value not in known:
                faults.add(condition.path, f"There is no cohort {str(value)[:64]!r} in this project.")
    faults.require_none()
    return {str(value): known[str(value)] for condition in named for value in condition.values}
