"""`iafa import --from PRODUCT`: small exports in the products' own forms, with figures worked out by hand."""

import csv
import gzip
import io
import json
import zipfile

import pytest
from click.testing import CliRunner

from iafa_api.cli import main
from iafa_api.ingest.exports import umami as umami_export
from iafa_api.ingest.exports.export_row import Reading
from iafa_api.ingest.file_times import TimeReader
from iafa_api.ingest.import_rows import id_maker


@pytest.fixture
def run(settings):
    def run(*arguments):
        environment = {"IAFA_DATA_DIR": str(settings.data_dir), "IAFA_FREE_DISK_BYTES": "1", "COLUMNS": "200"}
        return CliRunner().invoke(main, ["import", *map(str, arguments)], env=environment)

    return run


@pytest.fixture
def shop(ann):
    return ann.make_project(retention_days=0, timezone="UTC")


@pytest.fixture
def get(ann, shop):
    def get(path):
        answer = ann.get(f"/projects/{shop['id']}/{path}")
        assert answer.status_code == 200, answer.json
        return answer.json

    return get


@pytest.fixture
def imported(run, shop, get, flush):
    """Import twice, once before and once after a flush: the second time changes nothing."""

    def imported(product, file, *more):
        result = run(file, "--project", shop["id"], "--from", product, *more)
        assert result.exit_code == 0, result.output
        first = told(get)
        flush()
        assert run(file, "--project", shop["id"], "--from", product, *more).exit_code == 0
        flush()
        assert told(get) == first
        return result.output, *first

    return imported


def told(get):
    events = {event["id"]: event for event in get("events")}
    for event in events.values():
        for name in ("accepted_at", "stored_in", "ip_hash"):
            event.pop(name)
    return events, {one["id"]: one["event_count"] for one in get("persons")}


def lines(*rows):
    return "\n".join(json.dumps(row) for row in rows).encode()


def table(*rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def mixpanel(event, insert_id, time, **properties):
    return {"event": event, "properties": {"time": time, "$insert_id": insert_id, **properties}}


MIXPANEL = lines(
    # 2026-01-10 10:00:00 as seconds since 1970 of whatever clock
    mixpanel("$mp_web_page_view", "i1", 1768039200, distinct_id="$device:d1", **{"$device_id": "d1"}),
    mixpanel(
        "Signed Up",
        "i2",
        1768039260,
        distinct_id="ann",
        **{"$device_id": "d1", "$user_id": "ann", "$current_url": "https://x/join", "$referrer": "$direct"},
        plan="pro",
        mp_processing_time_ms=1768039270000,
    ),
    mixpanel("Played", "i3", 1768039320, distinct_id="bob", amount=2.5),
    mixpanel("Played", "i4", 1768039320000, distinct_id="old-bob", **{"$referrer": "https://y/"}),
    mixpanel("$create_alias", "i5", 1768039330, distinct_id="old-bob", alias="bob"),
    mixpanel("$identify", "i6", 1768039340, distinct_id="c", **{"$anon_id": "d9", "$identified_id": "carl"}),
    mixpanel("Viewed", "i7", 1768039350, distinct_id="d9", **{"$device_id": "d9"}),
    mixpanel("Moved", "i8", 1768039360, distinct_id="dora", **{"$distinct_id_before_identity": "$device:d5"}),
    mixpanel("Viewed", "i9", 1768039370, distinct_id="d5", **{"$device_id": "d5"}),
    mixpanel("$merge", "i10", 1768039380, **{"$distinct_ids": ["eve-1", "eve"]}),
    mixpanel("Viewed", "i11", 1768039390, distinct_id="eve-1"),
    mixpanel("Viewed", "i12", "soon", distinct_id="x"),
    mixpanel("$merge", "i13", 1768039380, **{"$distinct_ids": ["one"]}),
    {"event": "Viewed", "properties": 5},
)


def test_mixpanel(imported, tmp_path):
    file = tmp_path / "export.ndjson"
    file.write_bytes(MIXPANEL)
    output, events, persons = imported("mixpanel", file)
    assert "8 events accepted" in output
    for reason in ("timestamp: not a time", "$distinct_ids: not two ids", "properties: not a JSON object"):
        assert f"1 row rejected: {reason}" in output
    assert set(events) == {"i1", "i2", "i3", "i4", "i7", "i8", "i9", "i11"}
    assert persons == {"ann": 2, "bob": 2, "carl": 1, "dora": 2, "eve": 1}
    signed_up = events["i2"]
    assert (signed_up["user_id"], signed_up["anonymous_id"], signed_up["url"]) == ("ann", "d1", "https://x/join")
    assert (signed_up["referrer"], signed_up["properties"]) == (None, {"plan": "pro"})
    assert events["i1"]["event_type"] == "page_view"
    assert events["i1"]["created_at"] == "2026-01-10T10:00:00.000000Z"
    assert (events["i4"]["created_at"], events["i4"]["referrer"]) == ("2026-01-10T10:02:00.000000Z", "https://y/")
    assert events["i3"]["properties"] == {"amount": "2.5"}


def test_an_old_projects_mixpanel_times_are_those_of_its_own_clock(imported, tmp_path):
    file = tmp_path / "export.json.gz"
    summer = mixpanel("Viewed", "s", 1752141600, distinct_id="u")  # 2025-07-10 10:00:00
    file.write_bytes(gzip.compress(MIXPANEL.splitlines()[0] + b"\n" + lines(summer)))
    _, events, _ = imported("mixpanel", file, "--timezone", "America/Los_Angeles")
    assert events["i1"]["created_at"] == "2026-01-10T18:00:00.000000Z"
    assert events["s"]["created_at"] == "2025-07-10T17:00:00.000000Z"


def amplitude(event_type, uuid, time, **more):
    return {
        "event_type": event_type,
        "uuid": uuid,
        "$insert_id": f"insert-{uuid}",
        "event_time": f"2026-01-10 {time}.123000",
        "session_id": 1768039200000,
        "user_id": None,
        "device_id": "phone",
        "event_properties": {},
        "user_properties": {},
        "platform": "iOS",
        "country": "Germany",
        "amplitude_id": 7,
        "ip_address": "203.0.113.9",
        **more,
    }


AMPLITUDE = [
    amplitude(
        "[Amplitude] Page Viewed", "a1", "10:00:00", event_properties={"[Amplitude] Page Location": "https://x/"}
    ),
    amplitude("$identify", "a2", "10:01:00", user_id="ann", user_properties={"plan": "free"}),
    amplitude("Bought", "a3", "10:02:00", user_id="ann", user_properties={"plan": "pro"}, event_properties={"n": 2}),
    amplitude("Bought", "a4", "10:03:00", user_id="ann", user_properties={"plan": "pro"}, session_id=-1),
    # The same phone in other hands, then unknown again: Bob's, from the moment that he was seen on.
    amplitude("Bought", "a5", "11:00:00", user_id="bob"),
    amplitude("Opened", "a6", "11:01:00"),
    {**amplitude("Opened", None, "11:02:00"), "$insert_id": None},
]


def test_amplitude(imported, get, tmp_path):
    file = tmp_path / "export.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("100/100_2026-01-10_10#0.json.gz", gzip.compress(lines(*AMPLITUDE[:4])))
        archive.writestr("100/100_2026-01-10_11#0.json.gz", gzip.compress(lines(*AMPLITUDE[4:])))
        archive.writestr("../../evil.json", lines(amplitude("Evil", "a9", "12:00:00")))
        archive.writestr("__MACOSX/100/._100_2026-01-10_11#0.json", b"\0")
        archive.writestr("readme.txt", b"no events")
    output, events, persons = imported("amplitude", file)
    assert "7 events accepted" in output
    assert persons == {"ann": 3, "bob": 4}
    assert get("persons/ann")["traits"] == {"plan": "pro"}
    links = get("identity-links?person_id=bob")
    assert {link["user_id"]: (link["anonymous_id"], link["doors"], link["actors"]) for link in links} == {
        user: ("phone", ["import"], ["operator"]) for user in ("ann", "bob")
    }
    assert events["a1"]["url"] == "https://x/"
    assert events["a1"]["event_type"] == "page_view"
    assert events["a1"]["created_at"] == "2026-01-10T10:00:00.123000Z"
    bought = events["a3"]
    assert (bought["user_id"], bought["anonymous_id"], bought["session_id"]) == ("ann", "phone", "1768039200000")
    assert bought["properties"] == {"platform": "iOS", "country": "Germany", "n": "2"}
    assert events["a4"]["session_id"] is None
    assert not (tmp_path.parent / "evil.json").exists()


def test_amplitudes_rows_need_not_be_in_the_order_of_time(imported, tmp_path):
    file = tmp_path / "export.json"
    rows = [
        amplitude("Bought", "1", "10:00:00", user_id="ann"),
        amplitude("Bought", "2", "10:30:00", user_id="ann"),
        amplitude("Bought", "3", "10:10:00", user_id="bob"),
        amplitude("Opened", "4", "10:05:00"),
        amplitude("Opened", "5", "10:20:00"),
        amplitude("Opened", "6", "10:40:00"),
    ]
    file.write_bytes(lines(*rows))
    _, _, persons = imported("amplitude", file)
    assert persons == {"ann": 4, "bob": 2}, "Ann until 10:10, Bob until 10:30, then Ann again"


def posthog(event, uuid, time, distinct_id, **properties):
    return {
        "uuid": uuid,
        "event": event,
        "timestamp": f"2026-01-10T{time}Z",
        "distinct_id": distinct_id,
        "properties": {"$device_id": "d1", "$session_id": "s1", **properties},
        "person_id": "p",
    }


POSTHOG = [
    posthog("$pageview", "p1", "10:00:00.5", "d1", **{"$current_url": "https://x/", "$referrer": "$direct", "a": 1}),
    posthog("$identify", "p2", "10:01:00", "ann", **{"$anon_distinct_id": "d1", "$set": {"plan": "pro"}}),
    posthog("bought", "p3", "10:02:00", "ann", **{"$user_id": "ann", "amount": 12.5, "$ip": "203.0.113.9"}),
    {**posthog("paid", "p4", "10:03:00", "ann-backend"), "properties": {}},
    {**posthog("$create_alias", "p5", "10:04:00", "ann", alias="ann-backend")},
    {**posthog("seen", "p6", "10:05:00", "shadow"), "properties": {"$process_person_profile": False}},
]


def check_posthog(output, events, persons):
    assert "4 events accepted" in output
    assert set(events) == {"p1", "p3", "p4", "p6"}
    assert persons == {"ann": 3, "shadow": 1}
    view = events["p1"]
    assert (view["event_type"], view["user_id"], view["anonymous_id"]) == ("page_view", None, "d1")
    assert (view["url"], view["referrer"], view["session_id"]) == ("https://x/", None, "s1")
    assert (view["created_at"], view["properties"]) == ("2026-01-10T10:00:00.500000Z", {"a": "1"})
    assert (events["p3"]["user_id"], events["p3"]["anonymous_id"]) == ("ann", "d1")
    assert (events["p6"]["user_id"], events["p6"]["anonymous_id"]) == (None, "shadow")


def test_posthog(imported, get, tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_bytes(lines(*POSTHOG))
    check_posthog(*imported("posthog", file))
    assert get("persons/ann")["traits"] == {"plan": "pro"}


def test_posthogs_properties_may_be_text_in_a_cell(imported, get, tmp_path):
    file = tmp_path / "events.csv"
    names = ["uuid", "event", "timestamp", "distinct_id", "properties"]
    cells = [[json.dumps(row[name]) if name == "properties" else row[name] for name in names] for row in POSTHOG]
    file.write_bytes(table(names, *cells))
    check_posthog(*imported("posthog", file))


def test_posthogs_properties_may_be_columns(imported, tmp_path):
    file = tmp_path / "events.csv"
    names = ["uuid", "event", "timestamp", "distinct_id", "properties.$device_id", "properties.$current_url"]
    rows = [
        ["p1", "$pageview", "2026-01-10 10:00:00.500000", "d1", "d1", "https://x/"],
        ["p2", "bought", "2026-01-10 10:00:01+00:00", "ann", "", ""],
    ]
    file.write_bytes(table(names, *rows))
    _, events, persons = imported("posthog", file)
    assert (events["p1"]["url"], events["p1"]["created_at"]) == ("https://x/", "2026-01-10T10:00:00.500000Z")
    assert persons == {"d1": 1, "ann": 1}


UMAMI_NAMES = [
    "website_id",
    "session_id",
    "visit_id",
    "event_id",
    "hostname",
    "browser",
    "country",
    "url_path",
    "url_query",
    "utm_source",
    "referrer_domain",
    "referrer_path",
    "referrer_query",
    "page_title",
    "event_type",
    "event_name",
    "distinct_id",
    "created_at",
]


def umami(event_id, event_type, event_name, time, distinct_id="\\N", **more):
    row = {
        "website_id": "w",
        "session_id": "s1",
        "visit_id": "v1",
        "event_id": event_id,
        "hostname": "shop.example",
        "browser": "chrome",
        "country": "DE",
        "url_path": "/cart",
        "event_type": event_type,
        "event_name": event_name,
        "distinct_id": distinct_id,
        "created_at": f"2026-01-10 {time}",
        **more,
    }
    return [row.get(name, "") for name in UMAMI_NAMES]


UMAMI = [
    umami("u1", "1", "", "10:00:00", url_query="utm_source=mail", utm_source="mail", page_title="Cart"),
    umami("u2", "2", "bought", "10:01:00", referrer_domain="search.example", referrer_path="/q", referrer_query="a=b"),
    umami("u3", "2", "paid", "10:02:00", "ann"),
    umami("u4", "7", "", "10:03:00"),
    umami("u5", "2", "", "10:03:00"),
]


def check_umami(output, events, persons, hour):
    assert "3 events accepted" in output
    assert "1 row rejected: event_type: neither 1 (a view) nor 2 (an event)" in output
    assert "1 row rejected: event_type: Missing data for required field." in output
    assert persons == {"ann": 3}
    view, bought, _ = (events[name] for name in ("u1", "u2", "u3"))
    assert (view["event_type"], view["url"].partition("?")[0]) == ("page_view", "https://shop.example/cart")
    assert (view["anonymous_id"], view["session_id"], view["user_id"]) == ("s1", "v1", None)
    assert view["properties"] == {
        "website_id": "w",
        "browser": "chrome",
        "country": "DE",
        "utm_source": "mail",
        "title": "Cart",
    }
    assert view["created_at"] == f"2026-01-10T{hour}:00:00.000000Z"
    assert (bought["event_type"], bought["referrer"].partition("?")[0]) == ("bought", "https://search.example/q")


def test_umamis_addresses_are_put_together_again():
    row = dict(zip(UMAMI_NAMES, UMAMI[1], strict=True)) | {"url_query": "a=1"}
    reading = Reading(TimeReader(), id_maker("00000000-0000-4000-8000-000000000001"))
    event = umami_export.read_row(row, reading).event
    assert event["url"] == "https://shop.example/cart?a=1"
    assert event["referrer"] == "https://search.example/q?a=b"
    event = umami_export.read_row({**row, "hostname": "", "referrer_domain": "", "referrer_path": ""}, reading).event
    assert event["url"] == "/cart?a=1"
    assert "referrer" not in event


def test_umami(imported, tmp_path):
    file = tmp_path / "website_event.csv"
    file.write_bytes(table(UMAMI_NAMES, *UMAMI))
    check_umami(*imported("umami", file), "10")


def test_umamis_table_in_a_zip_and_as_json_with_local_times(imported, tmp_path):
    file = tmp_path / "export.zip"
    rows = [dict(zip(UMAMI_NAMES, row, strict=True)) for row in UMAMI]
    rows[0]["event_type"] = 1
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("website_event.json", json.dumps(rows))
        archive.writestr("session_data.csv", b"a,b\n1,2\n")
    check_umami(*imported("umami", file, "--timezone", "Europe/Berlin"), "09")


@pytest.mark.parametrize(
    ("product", "name", "content", "said"),
    [
        ("mixpanel", "a.csv", b"event,time\nx,1\n", "is no export of mixpanel"),
        ("mixpanel", "a.json", b"", "is empty"),
        ("mixpanel", "a.json", b"[1", "is not a JSON array of rows"),
        ("amplitude", "a.gz", gzip.compress(b"{}" * 9, mtime=0)[:-9], "is damaged"),
        ("amplitude", "a.zip", b"PK\x03\x04nonsense", "is damaged"),
    ],
    ids=["table", "empty", "array", "gzip", "zip"],
)
def test_what_is_no_export_is_said_before_anything_is_stored(run, shop, get, tmp_path, product, name, content, said):
    file = tmp_path / name
    file.write_bytes(content)
    result = run(file, "--project", shop["id"], "--from", product)
    assert (result.exit_code, said in result.output) == (1, True), result.output
    assert get("events") == []


def test_a_zip_without_events_says_what_it_lacks(run, shop, tmp_path):
    file = tmp_path / "export.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("session_data.csv", b"a,b\n1,2\n")
    assert "(website_event)" in run(file, "--project", shop["id"], "--from", "umami").output
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", b"")
    assert "(NDJSON or CSV)" in run(file, "--project", shop["id"], "--from", "amplitude").output


def test_what_does_not_go_with_an_export_is_said(run, shop, tmp_path):
    file = tmp_path / "a.json"
    file.write_bytes(lines(*POSTHOG))
    for more in (("--map", "user_id=x"), ("--format", "csv")):
        assert "--map and --format are not for" in run(file, "--project", shop["id"], "--from", "posthog", *more).output
    more = ("--timezone", "Europe/Berlin")
    assert "are UTC" in run(file, "--project", shop["id"], "--from", "posthog", *more).output
    assert "There is no file" in run(tmp_path / "b", "--project", shop["id"], "--from", "posthog").output
    assert "is not a file" in run(tmp_path, "--project", shop["id"], "--from", "posthog").output


def test_bad_rows_and_ids_of_nobody_cost_only_themselves(imported, tmp_path):
    file = tmp_path / "a.json"
    rows = [
        posthog("$identify", "1", "10:00:00", "ann", **{"$anon_distinct_id": "null", "$set": {"a": "x" * 200_000}}),
        posthog("seen", "2", "10:00:00", "ann", note="x" * 200_000),
        posthog("seen", "3", "10:00:00", "ann"),
        {**posthog("seen", "4", "10:00:00", "ann"), "properties": "[1]"},
        {**posthog("seen", "5", "10:00:00", "ann"), "properties": "{"},
        {**posthog("seen", "6", "10:00:00", "ann"), "timestamp": None},
        posthog("seen", "7", "10:00:00", "ann", deep="DEEP"),
        {**posthog("seen", "8", "10:00:00", "ann"), "properties.deep": "DEEP"},
    ]
    text = json.dumps([*rows, 7]).replace('"uuid": "3"', '"uuid": 3')
    file.write_text(text.replace('"DEEP"', "[" * 150 + "]" * 150))
    output, events, _ = imported("posthog", file)
    assert set(events) == {"3"}
    for reason in (
        "1 row rejected: larger than 102,400 bytes",
        "2 rows rejected: properties: not a JSON object",
        "1 row rejected: timestamp: missing",
        "2 rows rejected: properties: nested deeper than 100 levels",
        "1 row rejected: row: not a JSON object",
        "1 of them not taken: anonymous_id: Stands for no id: never joined.",
        "1 of them not taken: call: A call may take 102400 bytes.",
    ):
        assert reason in output, output


def test_a_row_that_no_number_can_hold_and_a_join_with_oneself(imported, tmp_path):
    file = tmp_path / "a.json"
    rows = [
        mixpanel("Viewed", "1", 1768039200, distinct_id="u"),
        mixpanel("$create_alias", "2", 1768039200, distinct_id="u", alias="u"),
        mixpanel("$identify", "3", 1768039200, **{"$anon_id": 5, "$identified_id": "u"}),
    ]
    file.write_text(json.dumps(rows)[:-1] + ', {"event": 1e400}]')
    output, _, persons = imported("mixpanel", file)
    assert "1 row rejected: row: not JSON" in output
    assert "calls" not in output
    assert persons == {"u": 1}


def test_events_older_than_the_project_keeps_are_not_taken_in_silence(ann, run, get, tmp_path):
    project = ann.make_project(name="Short", retention_days=1)
    file = tmp_path / "a.json"
    file.write_bytes(lines(*POSTHOG))
    result = run(file, "--project", project["id"], "--from", "posthog")
    assert result.exit_code == 1
    assert "4 rows are older than the 1 days" in result.output
    result = run(file, "--project", project["id"], "--from", "posthog", "--skip-old")
    assert "4 rows left out" in result.output
