"""`iafa demo`: a shop to look at, which can be filled again without doubling anything."""

import re

import pytest
from click.testing import CliRunner

from iafa_api.cli import main
from tests.conftest import Person


@pytest.fixture
def run(settings):
    environment = {
        "IAFA_DATA_DIR": str(settings.data_dir),
        "IAFA_FREE_DISK_BYTES": "1",
        "IAFA_PASSWORD_COST": "4",
        "COLUMNS": "200",
    }

    def run(*arguments):
        result = CliRunner().invoke(main, list(arguments), env=environment)
        assert result.exit_code == 0, result.output
        return result.output

    return run


def sign_in(anybody, output):
    email, password = (re.search(rf"{name}\s+(\S+)", output)[1] for name in ("Sign in", "Password"))
    answer = anybody.post("/auth/login", {"email": email, "password": password})
    assert answer.status_code == 200
    return Person(anybody.app, answer.json["access_token"])


def test_it_makes_an_account_with_a_filled_project(run, anybody):
    owner = sign_in(anybody, run("demo", "--days", "5"))
    (project,) = owner.get("/projects").json
    assert project["retention_days"] == 0
    funnels = owner.get(f"/funnels?project_id={project['id']}").json
    assert len(funnels) >= 2
    answer = owner.get(f"/analytics/funnel/{funnels[0]['id']}").json
    users = [stage["users"] for stage in answer["stages"]]
    assert users[0] > 500
    assert users == sorted(users, reverse=True)
    assert users[-1] > 20


def test_it_makes_a_dashboard_whose_reports_all_have_figures(run, anybody):
    owner = sign_in(anybody, run("demo", "--days", "3"))
    (dashboard,) = owner.get("/dashboards").json
    reports = {report["id"]: report for report in owner.get("/reports").json}
    assert {each["report_id"] for each in dashboard["reports"]} == set(reports)
    answers = {}
    for report in reports.values():
        answer = owner.get(f"/reports/{report['id']}/answer")
        assert answer.status_code == 200, answer.json
        assert answer.json["receipt"]["events"] > 1000
        answers[report["kind"], report["name"]] = answer.json
    kinds = {kind for kind, _ in answers}
    assert kinds == {"funnel", "retention", "trends", "sessions", "paths", "lifecycle", "metric"}
    trends = answers["trends", "Revenue and orders"]
    amount, orders = (series["total"] for series in trends["series"])
    assert 20 < amount / orders < 200
    assert trends["formulas"][0]["total"] == pytest.approx(amount / orders)
    assert answers["retention", "Who comes back"]["matrix"][-1][0] > 100
    by_day = answers["funnel", "Checkout on phones, day by day"]["trend"]
    assert len(by_day) == 30
    assert sum(day["entered"] for day in by_day) > 20


def test_again_it_adds_what_is_new_and_gives_a_new_password(run, anybody, flush):
    first = run("demo", "--days", "2")
    owner = sign_in(anybody, first)
    (project,) = owner.get("/projects").json
    body = {"project_id": project["id"], "stages": [{"event_type": None}]}
    before = owner.post("/analytics/funnel", body).json["receipt"]["events"]
    flush()
    reports = owner.get("/reports").json
    (dashboard,) = owner.get("/dashboards").json
    assert owner.delete(f"/reports/{reports[0]['id']}").status_code == 204
    second = run("demo", "--days", "3")
    owner = sign_in(anybody, second)
    assert len(owner.get("/projects").json) == 1
    assert owner.get("/reports").json == reports[1:]  # what was deleted stays so, what is there is not doubled
    assert owner.get("/dashboards").json == [dashboard]
    after = owner.post("/analytics/funnel", body).json["receipt"]["events"]
    assert before < after < 2.5 * before
    old = re.search(r"Password\s+(\S+)", first)[1]
    assert anybody.post("/auth/login", {"email": "demo@iafa.example", "password": old}).status_code == 401


def test_it_leaves_other_peoples_accounts_alone(anybody, ann, settings):
    environment = {"IAFA_DATA_DIR": str(settings.data_dir), "IAFA_PASSWORD_COST": "4"}
    result = CliRunner().invoke(main, ["demo", "--email", "ann@example.com"], env=environment)
    assert result.exit_code == 1
    assert "--email" in result.output
    body = {"email": "ann@example.com", "password": "correct horse"}
    assert anybody.post("/auth/login", body).status_code == 200
