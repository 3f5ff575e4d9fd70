"""The OpenAPI schema of an event and the rules that are applied call the same events valid, fault for fault."""

import marshmallow as ma
from hypothesis import given
from hypothesis import strategies as st

from iafa_api.domain import tracked_event as rules
from iafa_api.domain.tracked_event import TimeLimits, find_faults
from iafa_api.ingest.body import EventBody, parse_timestamp
from iafa_api.rest.tracking import TrackedEventSchema

ALWAYS = TimeLimits(rules.EARLIEST_US, rules.LATEST_US)
TEXTS = st.one_of(
    st.none(),
    st.sampled_from(["", "a", "x" * 100, "x" * 101, "x" * 255, "x" * 256, "a\nb", "\x7f", "ü" * 100, "😀"]),
    st.text(max_size=5),
    st.integers(),
    st.booleans(),
    st.lists(st.integers(), max_size=1),
)
TIMES = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "2026-01-15T10:00:00Z",
            "2026-01-15T10:00:00z",
            "2026-01-15 10:00:00+01:00",
            "2026-01-15T10:00:00",
            "2026-01-15",
            "2026-01-15T10:00:00.123456789Z",
            "2026-02-30T10:00:00Z",
            "1969-12-31T23:59:59Z",
            "9999-12-31T23:59:59+00:00",
            "0000-00-00T00:00:00Z",
            "",
            "now",
        ]
    ),
    st.integers(),
    st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
)
PROPERTIES = st.one_of(
    st.none(),
    st.dictionaries(st.text(max_size=3), st.one_of(st.none(), st.integers(), st.text(max_size=3)), max_size=3),
    st.lists(st.integers(), max_size=2),
    st.text(max_size=3),
    st.sampled_from([99, 100, 101, 102]).map(lambda depth: {"x": nested(depth)}),
)
EVENTS = st.one_of(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(rules.TEXT_LIMITS, TEXTS)
        | {"timestamp": TIMES, "properties": PROPERTIES, "colour": st.just("red")},
    ),
    st.integers(),
    st.lists(st.integers(), max_size=1),
)


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


@given(EVENTS)
def test_the_schema_and_the_rules_agree(event):
    faults = find_faults(event, parse_timestamp=parse_timestamp, limits=ALWAYS, sent_at_us=None, now_us=0)
    try:
        TrackedEventSchema().load(event)
    except ma.ValidationError as error:
        named = set(error.messages)
        # marshmallow looks at the whole only where every field is good: the rules then name a person more
        assert named <= {fault.field for fault in faults}
        assert {fault.field for fault in faults} - named <= {"user_id"}
    else:
        assert faults == []


def test_the_fields_are_the_same_everywhere():
    assert set(TrackedEventSchema().fields) == rules.FIELDS == set(EventBody.__struct_fields__)
