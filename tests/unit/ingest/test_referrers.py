"""Who sent a visitor: search engines with their countries, networks, assistants, the page's own host, any other."""

from __future__ import annotations

import pytest

from iafa_api.ingest.referrers import NO_REFERRER, Referrer, read_referrer

PAGE = "https://www.shop.example/p"


@pytest.mark.parametrize(
    ("referrer", "found"),
    [
        ("https://www.google.com/", Referrer("Google", "search")),
        ("https://www.google.co.uk/search?q=shoes", Referrer("Google", "search")),
        ("https://de.search.yahoo.com/", Referrer("Yahoo!", "search")),
        ("https://mail.google.com/", Referrer("mail.google.com", "referral")),
        ("https://l.facebook.com/l.php", Referrer("Facebook", "social")),
        ("https://t.co/abc", Referrer("Twitter", "social")),
        ("https://chatgpt.com/", Referrer("ChatGPT", "ai")),
        ("https://shop.example/cart", Referrer("shop.example", "internal")),
        ("https://blog.example.org/post", Referrer("blog.example.org", "referral")),
        ("android-app://com.google.android.gm", Referrer("com.google.android.gm", "referral")),
        ("not an address", NO_REFERRER),
        (None, NO_REFERRER),
    ],
)
def test_a_referrer_has_a_source_and_a_medium(referrer: str | None, found: Referrer) -> None:
    assert read_referrer(referrer, PAGE) == found


def test_nothing_is_internal_where_the_page_has_no_address() -> None:
    assert read_referrer("https://shop.example/", None) == Referrer("shop.example", "referral")
