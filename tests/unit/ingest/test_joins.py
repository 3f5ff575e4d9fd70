"""Who is whom by an export: as few calls as say it, whatever the order of the rows."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from iafa_api.ingest.body import parse_timestamp
from iafa_api.ingest.exports.joins import Joins, same_person

SECOND = 1_000_000


def said(rows):
    """The calls for rows (user, second) of one visitor, as (second, user)."""
    joins = Joins()
    calls = [call for n, (user, at) in enumerate(rows) for call in joins.seen_together("v", user, at * SECOND, f"e{n}")]
    assert len({call.fields["id"] for call in calls}) == len(calls)
    return sorted((parse_timestamp(call.fields["timestamp"]) // SECOND, call.fields["user_id"]) for call in calls)


def owner(calls, at):
    """Whose a visitor is: the first user's for ever, and from each call on that call's."""
    return [user for since, user in calls if since <= at or since == calls[0][0]][-1]


def test_a_million_rows_of_one_user_are_one_call():
    assert said([("ann", at) for at in range(1000)]) == [(0, "ann")]


def test_a_change_is_told_when_it_is_and_an_earlier_row_as_well():
    assert said([("ann", 1), ("bob", 5), ("bob", 7), ("ann", 9)]) == [(1, "ann"), (5, "bob"), (9, "ann")]
    assert said([("ann", 5), ("ann", 1)]) == [(1, "ann"), (5, "ann")]
    assert said([("ann", 1), ("ann", 9), ("bob", 5)]) == [(1, "ann"), (5, "bob"), (9, "ann")]


@given(st.permutations(range(8)), st.lists(st.sampled_from(["ann", "bob"]), min_size=8, max_size=8))
def test_in_any_order_the_newest_user_and_each_change_are_told(order, users):
    calls = said([(users[at], at) for at in order])
    assert owner(calls, 8) == users[7]
    for before, after in itertools.pairwise(range(8)):
        if users[before] == users[after]:
            continue
        assert any(before < since <= 8 and user == users[after] for since, user in calls), (calls, users, order)


def test_traits_are_told_when_they_change_and_first_ones_once():
    joins = Joins()
    assert [call.fields["traits"] for call in joins.traits("u", {"plan": "free"}, 1, "1")] == [{"plan": "free"}]
    assert joins.traits("u", {"plan": "free"}, 5, "2") == []
    assert [call.fields["traits"] for call in joins.traits("u", {"plan": "pro"}, 3, "3")] == [
        {"plan": "pro"},
        {"plan": "free"},
    ]
    assert [call.fields["traits"] for call in joins.first_traits("u", {"plan": "x", "from": "ad"}, 6, "4")] == [
        {"from": "ad"}
    ]
    assert joins.first_traits("u", {"from": "mail"}, 7, "5") == []
    for nobody in (None, "", 5):
        assert joins.traits(nobody, {"a": 1}, 1, "6") == joins.first_traits(nobody, {"a": 1}, 1, "6") == []
        assert joins.seen_together("v", nobody, 1, "6") == joins.seen_together(nobody, "u", 1, "6") == []
    assert joins.traits("u", {}, 1, "7") == joins.traits("u", "text", 1, "7") == []


def test_two_ids_of_one_person_are_joined_as_visitor_and_as_user():
    calls = same_person("old", "new", 5, "e")
    assert [(call.kind, call.fields["user_id"]) for call in calls] == [("identify", "new"), ("alias", "new")]
    assert same_person("same", "same", 5, "e") == same_person(None, "u", 5, "e") == same_person("u", 5, 5, "e") == []
