"""Who sent a visitor: search engines with their countries, networks, assistants, any other host."""

from __future__ import annotations

import pytest

from iafa_api.ingest.referrers import NO_REFERRER, Referrer, read_referrer


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
        ("https://blog.example.org/post", Referrer("blog.example.org", "referral")),
        ("android-app://com.google.android.gm", Referrer("com.google.android.gm", "referral")),
        ("not an address", NO_REFERRER),
        (None, NO_REFERRER),
    ],
)
def test_a_referrer_has_a_source_and_a_medium(referrer: str | None, found: Referrer) -> None:
    assert read_referrer(referrer) == found
