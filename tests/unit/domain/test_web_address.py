"""What an address says beside the page, and what is not kept of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iafa_api.domain.web_address import NO_CAMPAIGN, Campaign, host_of, read_campaign, strip_parameters


def test_a_campaign_is_what_its_parameters_say() -> None:
    url = "https://shop.example/p?utm_source=news&UTM_Medium=email&utm_campaign=Spring%20sale&utm_term=&x=1&gclid=abc"
    assert read_campaign(url) == Campaign("news", "email", "Spring sale", None, None, "abc", "gclid")


def test_of_two_values_the_first_counts() -> None:
    assert read_campaign("/p?utm_source=a&utm_source=b").utm_source == "a"


@pytest.mark.parametrize(
    "url", [None, "", "https://shop.example/utm_source=a", "/p#?utm_source=a", "/p?" + "a=1&" * 300]
)
def test_there_is_none_elsewhere(url: str | None) -> None:
    assert read_campaign(url) == NO_CAMPAIGN


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://shop.example/p?token=secret", "https://shop.example/p"),
        ("https://shop.example/p?a=1&plan=pro&b=2&plan=x#top", "https://shop.example/p?plan=pro&plan=x#top"),
        ("https://ann:pass@shop.example/p", "https://shop.example/p"),
        ("https://shop.example/#/orders?token=secret&plan=pro", "https://shop.example/#/orders?plan=pro"),
        ("https://shop.example/#access_token=secret&plan=pro", "https://shop.example/#plan=pro"),
        ("https://shop.example/#access_token=secret", "https://shop.example/"),
        ("/p?pl%61n=pro", "/p?pl%61n=pro"),
        ("no address?at=all", "no address"),
        (None, None),
    ],
)
def test_only_allowed_parameters_stay(url: str | None, kept: str | None) -> None:
    assert strip_parameters(url, {"plan"}) == kept


@given(st.text(st.sampled_from("ab/?#&=@:%.é "), max_size=30), st.sets(st.sampled_from(["a", "b", ""])))
def test_what_is_stripped_holds_nothing_more_to_strip(url: str, allowed: set[str]) -> None:
    kept = strip_parameters(url, allowed)
    assert strip_parameters(kept, allowed) == kept
    if not allowed:
        assert kept is not None
        assert "?" not in kept
        assert "=" not in kept.partition("#")[2]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.Shop.example:8080/p", "shop.example"),
        ("https://ann:pass@shop.example?x", "shop.example"),
        ("/p", None),
        ("not an address", None),
        (None, None),
    ],
)
def test_a_host_is_told_without_what_stands_around_it(url: str | None, host: str | None) -> None:
    assert host_of(url) == host
