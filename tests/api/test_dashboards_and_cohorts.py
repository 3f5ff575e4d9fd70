"""/dashboards and /cohorts: what their definitions may be."""

import pytest

QUESTION = {"event": {"event_type": "view"}}


@pytest.fixture
def project(ann):
    return ann.make_project()


def make_report(person, project, name="R"):
    body = {"project_id": project["id"], "name": name, "kind": "lifecycle", "question": QUESTION}
    return person.post("/reports", body).json


class TestDashboards:
    def save(self, person, project, *reports):
        return person.post("/dashboards", {"project_id": project["id"], "name": "D", "reports": list(reports)})

    def test_the_order_and_the_hints_are_kept(self, ann, project):
        first, second = (make_report(ann, project, name) for name in "ab")
        shown = [
            {"report_id": second["id"], "layout": {"column": 0, "row": 0, "width": 6, "height": 4}},
            {"report_id": first["id"]},
        ]
        dashboard = self.save(ann, project, *shown).json
        assert dashboard["reports"] == shown
        changed = dashboard | {"reports": shown[::-1]}
        answer = ann.put(f"/dashboards/{dashboard['id']}", changed, headers={"If-Match": '"1"'})
        assert answer.json["reports"] == shown[::-1]
        unsaid = {"name": "Other"}
        answer = ann.put(f"/dashboards/{dashboard['id']}", unsaid, headers={"If-Match": '"2"'})
        assert answer.json["reports"] == shown[::-1]

    def test_only_reports_of_the_project_stand_on_it_and_each_once(self, ann, bob, project):
        mine = make_report(ann, project)
        other = make_report(ann, ann.make_project())
        theirs = make_report(bob, bob.make_project())
        for report_id in (other["id"], theirs["id"], "nothing"):
            answer = self.save(ann, project, {"report_id": mine["id"]}, {"report_id": report_id})
            assert list(answer.json["errors"]["json"]["reports"]) == ["1"], answer.json
        twice = self.save(ann, project, {"report_id": mine["id"]}, {"report_id": mine["id"]})
        assert twice.json["errors"]["json"]["reports"] == {"1": {"report_id": ["Must stand on a dashboard once."]}}
        assert ann.get("/dashboards").json == []

    def test_a_report_that_was_deleted_stays_named_and_is_not_put_on_anew(self, ann, project):
        report = make_report(ann, project)
        dashboard = self.save(ann, project, {"report_id": report["id"]}).json
        ann.delete(f"/reports/{report['id']}")
        path = f"/dashboards/{dashboard['id']}"
        assert ann.put(path, dashboard | {"name": "E"}, headers={"If-Match": '"1"'}).json["name"] == "E"
        assert ann.put(path, dashboard | {"reports": []}, headers={"If-Match": '"2"'}).json["reports"] == []
        assert ann.put(path, dashboard, headers={"If-Match": '"3"'}).status_code == 422
        assert ann.post(f"{path}/revert", {"version": 2}).status_code == 422
        ann.post(f"/reports/{report['id']}/undelete")
        assert ann.post(f"{path}/revert", {"version": 2}).json["reports"] == dashboard["reports"]


class TestCohorts:
    def save(self, person, project, definition):
        return person.post("/cohorts", {"project_id": project["id"], "name": "C", "definition": definition})

    @pytest.mark.parametrize(
        ("definition", "stored"),
        [
            (
                {"filter": {"user.plan": "pro"}},
                {"event_type": None, "filter": {"user.plan": "pro"}, "at_least": 1},
            ),
            (
                {"event_type": "buy", "at_least": 3, "last_days": 30},
                {"event_type": "buy", "filter": None, "at_least": 3, "last_days": 30},
            ),
            (
                {"any": [{"event_type": "a"}, {"not": {"event_type": "b", "start_date": "2026-01-01"}}]},
                {
                    "any": [
                        {"event_type": "a", "filter": None, "at_least": 1},
                        {"not": {"event_type": "b", "filter": None, "at_least": 1, "start_date": "2026-01-01"}},
                    ]
                },
            ),
        ],
    )
    def test_a_definition_is_stored_in_one_form(self, ann, project, definition, stored):
        cohort = self.save(ann, project, definition).json
        assert cohort["definition"] == stored
        answer = ann.put(f"/cohorts/{cohort['id']}", cohort, headers={"If-Match": '"1"'})
        assert (answer.json["definition"], answer.json["version"]) == (stored, 1)

    @pytest.mark.parametrize(
        ("definition", "path"),
        [
            ({}, []),
            ({"at_least": 2}, ["event_type"]),
            ({"event_type": "a", "colour": 1}, ["colour"]),
            ({"event_type": "a", "at_least": 0}, ["at_least"]),
            ({"event_type": "a", "last_days": 0}, ["last_days"]),
            ({"event_type": "a", "last_days": 3, "start_date": "2026-01-01"}, ["last_days"]),
            ({"event_type": "a", "end_date": "2026-01-01"}, ["start_date"]),
            ({"event_type": "a", "start_date": 7}, ["start_date"]),
            ({"any": [{"event_type": "a", "start_date": "soon"}]}, ["any", "0", "start_date"]),
            ({"event_type": "a", "start_date": "2026-01-02", "end_date": "2026-01-01"}, ["end_date"]),
            ({"event_type": "a", "filter": {"x": 1}}, ["filter", "x"]),
            ({"not": {"event_type": "a", "filter": {"url": {"regex": "["}}}}, ["not", "filter", "url"]),
            ({"all": []}, ["all"]),
            ({"all": [1]}, ["all", "0"]),
            ({"all": [{"event_type": "a"}], "any": [{"event_type": "a"}]}, ["any"]),
            ({"all": [{"event_type": "a"}] * 51}, ["all"]),
            ({"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {}}}}}}}}}}, ["not"]),
        ],
    )
    def test_what_is_wrong_is_named_by_its_place(self, ann, project, definition, path):
        answer = self.save(ann, project, definition)
        assert answer.status_code == 422, answer.json
        errors = answer.json["errors"]["json"]["definition"]
        for step in path:
            assert step in errors, answer.json
            errors = errors[step]
