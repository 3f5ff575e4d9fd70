"""Whatever stands in the rows of an export: each is an event, calls or a reason, and nothing stops the import."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iafa_api.ingest.body import check_body
from iafa_api.ingest.exports.export_files import ExportReader
from iafa_api.ingest.identity_calls import CHECKS

PROJECT = "00000000-0000-4000-8000-000000000001"
NAMES = {
    "mixpanel": (
        ["event", "properties"],
        "time distinct_id $insert_id $user_id $device_id $anon_id $identified_id alias $distinct_ids $current_url "
        "$referrer $distinct_id_before_identity",
    ),
    "amplitude": (
        ["event_type", "event_time", "event_properties", "user_properties", "user_id", "device_id", "session_id"],
        "uuid $insert_id groups country [Amplitude]",
    ),
    "posthog": (
        ["event", "timestamp", "distinct_id", "uuid", "properties"],
        "$device_id $anon_distinct_id $set $set_once $is_identified $process_person_profile $current_url $ip alias",
    ),
    "umami": (
        ["event_type", "event_name", "created_at", "session_id", "distinct_id", "event_id", "hostname", "url_path"],
        "url_query referrer_domain page_title",
    ),
}
TEXTS = st.sampled_from(
    ["", "a", "b", "$identify", "$create_alias", "$merge", "1", "2", "\\N", "null", "2026-01-10 10:00:00", "{", "\x00"]
)
NUMBERS = st.sampled_from([0, 1, 2, -1, 1768039200, 1768039200000, 10**25, 2.5, 1e300])
VALUES = st.recursive(
    st.none() | st.booleans() | TEXTS | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def rows_of(product):
    outer, inner = NAMES[product]
    inside = st.dictionaries(st.sampled_from(inner.split()), VALUES, max_size=8)
    often_right = {
        "event": TEXTS,
        "event_type": TEXTS | VALUES,
        "time": NUMBERS,
        "event_time": st.just("2026-01-10 10:00:00"),
        "timestamp": st.just("2026-01-10 10:00:00"),
        "created_at": st.just("2026-01-10 10:00:00"),
    }
    fields = {name: inside | VALUES if "properties" in name else often_right.get(name, VALUES) for name in outer}
    return st.lists(st.fixed_dictionaries({}, optional=fields) | VALUES, min_size=1, max_size=12)


@pytest.mark.parametrize("product", list(NAMES))
@settings(max_examples=150)
@given(data=st.data())
def test_every_row_is_an_event_or_calls_or_has_a_reason(product, data, tmp_path_factory):
    rows = data.draw(rows_of(product))
    file = tmp_path_factory.getbasetemp() / f"{product}.json"
    file.write_text(json.dumps(rows))
    found = list(ExportReader(file, product, project_id=PROJECT).rows())
    assert len(found) == len(rows)
    for row in found:
        assert row.reason or row.event or row.calls or product != "umami"
        for call in row.calls:
            assert {"id", "user_id", "timestamp"} <= set(call.fields)
            assert call.kind in CHECKS
    events = [row.event for row in found if row.event is not None]
    checked = check_body(json.dumps(events).encode(), "batch", now_us=1_800_000_000_000_000)
    assert len(checked.events) + len(checked.refused) == len(events)
    for reason in (refusal.reason for refusal in checked.refused):
        assert reason not in ("unreadable", "not_valid", "unknown_field")
    again = list(ExportReader(file, product, project_id=PROJECT).rows())
    assert [(row.event, row.reason) for row in again] == [(row.event, row.reason) for row in found]
