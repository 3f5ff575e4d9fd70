"""Items: what becomes of a url, a trailing slash and a group; and that the engine says the same of any text."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iafa_api.analytics.event_sql import Parameters
from iafa_api.analytics.item_sql import item_sql
from iafa_api.domain.path_items import Items, node_of


@pytest.mark.parametrize(
    ("url", "node"),
    [
        ("https://shop.example/a/b?x=1#top", "/a/b"),
        ("https://shop.example", "/"),
        ("https://shop.example/?q", "/"),
        ("//shop.example/a/", "/a"),
        ("android-app://com.shop/a", "/a"),
        ("/a/", "/a"),
        ("/a", "/a"),
        ("/", "/"),
        ("/a?b#c", "/a"),
        ("/a#b?c", "/a"),
        ("/https://other.example", "/https://other.example"),
        ("home", "home"),
        ("?x", None),
        ("", None),
        (None, None),
    ],
)
def test_a_url_is_its_path_without_a_trailing_slash(url, node):
    assert node_of(Items("url"), url) == node


def test_only_a_url_is_read_as_one():
    assert node_of(Items("properties.p"), "https://shop.example/?x/") == "https://shop.example/?x"
    assert node_of(Items("properties.p"), "") is None


@pytest.mark.parametrize(
    ("groups", "text", "node"),
    [
        (["/product/*"], "/product/1", "/product/*"),
        (["/product/*"], "/product/1/reviews", "/product/*"),
        (["/product/*"], "/product", "/product"),
        (["/product/*"], "/old/product/1", "/old/product/1"),
        (["/*/1", "/product/*"], "/product/1", "/*/1"),
        (["/product/1", "/product/*"], "/product/2", "/product/*"),
        (["/product/*/"], "/product/1/", "/product/*/"),
        (["*"], "/", "*"),
        (["/a*a"], "/a", "/a"),
        (["/a*a"], "/aa", "/a*a"),
        (["/a*b*c"], "/a\nb.c", "/a*b*c"),
        (["/a.c"], "/abc", "/abc"),
    ],
)
def test_the_first_group_that_matches_the_whole_item_is_its_node(groups, text, node):
    assert node_of(Items("properties.p", tuple(groups)), text) == node


def test_many_stars_cost_no_more_than_their_text():
    groups = ("*a" * 200 + "b",)
    assert node_of(Items("properties.p", groups), "a" * 2000) == "a" * 2000


PIECES = st.lists(st.sampled_from([*"/a*.?#\n\\é", "b", "//", "http:", "x-y://h"]), max_size=8).map("".join)


@settings(max_examples=150)
@given(
    texts=st.lists(st.one_of(PIECES, st.none()), min_size=1),
    groups=st.lists(PIECES.filter(bool), max_size=3),
    url=st.booleans(),
)
def test_the_engine_says_the_same_of_any_text(texts, groups, url):
    items = Items("url" if url else "referrer", tuple(groups))
    parameters = Parameters()
    column = "url" if url else "referrer"
    with duckdb.connect() as database:
        names = [parameters.name(text) for text in texts]
        rows = ", ".join(f"({place}, CAST({name} AS VARCHAR))" for place, name in enumerate(names))
        sql = f"SELECT {item_sql(items, parameters)} FROM (VALUES {rows}) AS t(place, {column}) ORDER BY place"
        found = [node for (node,) in database.execute(sql, parameters.values).fetchall()]
    assert found == [node_of(items, text) for text in texts]
