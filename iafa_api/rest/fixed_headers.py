"""Headers that answers carry whatever they say: named once, for Flask's hooks and for the way past them."""

from __future__ import annotations

from collections.abc import Mapping

# A page of another origin reads only these.
EXPOSED_HEADERS = ("ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Pagination", "X-Request-ID")
HARDENING_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
