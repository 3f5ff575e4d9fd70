"""`iafa demo`: an account with a believable shop in it, for whoever wants to see before they decide.

It may be called again at any time: the days that came since are added, nothing is doubled, and the account gets a new
password, which is printed; the old one is kept nowhere in clear.
"""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import msgspec
from rich.console import Console
from rich.progress import track

from iafa_api import clock
from iafa_api.commands.import_file import BATCH_EVENTS, append_events
from iafa_api.domain.demo_reports import DEMO_DASHBOARD, DEMO_REPORTS
from iafa_api.domain.demo_shop import DEMO_FUNNELS, events_of_day
from iafa_api.domain.funnel_json import LEAST_STAGES_SAVED, funnel_from_json, to_json
from iafa_api.domain.project import Project
from iafa_api.domain.report import read_question
from iafa_api.errors import Conflict
from iafa_api.metadata.catalog import Catalog, SavedFunnel
from iafa_api.metadata.events import Actor, Cause
from iafa_api.metadata.saved import DASHBOARD, FUNNEL, REPORT
from iafa_api.services import Services

ORGANIZATION_NAME = "IAFA demo"
PROJECT_NAME = "Demo shop"


def run_demo(console: Console, services: Services, *, email: str, days: int) -> None:
    """Make what is not there yet, fill the last `days` days up to now, and print how to sign in."""
    cause = Cause(Actor("operator"), clock.new_id())
    password = clock.new_secret(9).hex()
    organization_id = _sign_in(services, cause, email, password)
    project = _demo_project(services, cause, organization_id)
    funnels = _demo_funnels(services, cause, project)
    _demo_dashboard(services, cause, project)
    count = _fill(console, services, project, days)

    console.print(f"[bold]{PROJECT_NAME}[/]: {count:,} events of {days} days", highlight=False)
    console.print(f"  Sign in     {email}", highlight=False)
    console.print(f"  Password    {password}", highlight=False)
    console.print(f"  Project     {project.id}", highlight=False)
    program = sys.argv[0] if sys.argv[0].endswith("iafa") else "iafa"
    for funnel in funnels:
        console.print(f"  Funnel      {funnel.name}: {program} funnel {funnel.id}", highlight=False, soft_wrap=True)


def _sign_in(services: Services, cause: Cause, email: str, password: str) -> str:
    """The demo's organisation, whose owner has this password from now on."""
    user_id = services.accounts.find(email)
    if user_id is None:
        user_id = clock.new_id()
        services.accounts.register(
            cause,
            user_id=user_id,
            email=email,
            password=password,
            full_name="Demo",
            organization_name=ORGANIZATION_NAME,
        )
    organization_id = _catalog(services).get_user(user_id).organization_id
    if _catalog(services).get_organization_name(organization_id) != ORGANIZATION_NAME:
        raise Conflict(f"{email} is somebody's account; name another address for the demo with --email.")
    services.accounts.reset_password(cause, user_id, new=password)
    return organization_id


def _demo_project(services: Services, cause: Cause, organization_id: str) -> Project:
    for project in _catalog(services).list_projects(organization_id):
        if project.name == PROJECT_NAME:
            return project
    fields = {
        "name": PROJECT_NAME,
        "domain": "coffee.example",
        "allowed_origins": [],
        "timezone": "UTC",
        "week_start": "monday",
        "retention_days": 0,
    }
    return services.projects.create(cause, organization_id, fields)[0]


def _demo_funnels(services: Services, cause: Cause, project: Project) -> list[SavedFunnel]:
    there = {funnel.name for funnel in _catalog(services).list_funnels(project.organization_id, project.id)}
    for demo in DEMO_FUNNELS:
        if demo["name"] not in there:
            document = {name: demo[name] for name in ("stages", "order", "conversion_window") if name in demo}
            definition = funnel_from_json(document, least_stages=LEAST_STAGES_SAVED)
            fields = {"name": demo["name"], "description": demo.get("description"), "is_active": True}
            services.saved(FUNNEL).create(cause, project.organization_id, project.id, fields | to_json(definition))
    return _catalog(services).list_funnels(project.organization_id, project.id)


def _demo_dashboard(services: Services, cause: Cause, project: Project) -> None:
    """The dashboard and its reports, where it is not there; one that is stays as somebody has changed it."""
    there = _catalog(services).list_saved("dashboards", project.organization_id, project.id)
    if any(dashboard["name"] == DEMO_DASHBOARD["name"] for dashboard in there):
        return
    reports = {
        report["name"]: report["id"]
        for report in _catalog(services).list_saved("reports", project.organization_id, project.id)
    }
    for demo in DEMO_REPORTS:
        if demo["name"] not in reports:
            question = read_question(demo["kind"], demo["question"], project, now_us=clock.now_us(), metrics=())
            made = services.saved(REPORT).create(
                cause, project.organization_id, project.id, demo | {"question": question}
            )
            reports[demo["name"]] = made["id"]
    shown = [{"report_id": reports[name], "layout": {"width": width}} for name, width in DEMO_DASHBOARD["reports"]]
    services.saved(DASHBOARD).create(cause, project.organization_id, project.id, DEMO_DASHBOARD | {"reports": shown})


def _fill(console: Console, services: Services, project: Project, days: int) -> int:
    encode = msgspec.json.Encoder().encode
    now = clock.format_time(clock.now_us())
    today = datetime.fromisoformat(now).astimezone(UTC).date()
    rejected: Counter[str] = Counter()
    count = 0
    every_day: list[date] = [today - timedelta(days=ago) for ago in reversed(range(days))]
    for day in track(every_day, "Filling", console=console, transient=True):
        events = [encode(event) for event in events_of_day(day) if event["timestamp"] <= now]
        for start in range(0, len(events), BATCH_EVENTS):
            some = events[start : start + BATCH_EVENTS]
            count += append_events(console, services, project, some, "demo", rejected)
    if rejected:
        raise AssertionError(f"the demo made events that are not valid: {rejected}")
    return count


def _catalog(services: Services) -> Catalog:
    return Catalog(services.store.current())
