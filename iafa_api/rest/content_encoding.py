"""Bodies as they were before their sender packed them."""

from __future__ import annotations

import zlib

from iafa_api.domain.tracked_event import BODY_MAX_BYTES
from iafa_api.errors import Malformed, TooLarge

IDENTITY = "identity"  # what a body's Content-Encoding is where none is said


def inflate(body: bytes, encoding: str) -> bytes:
    """The body, inflated where its Content-Encoding says so; Malformed, or TooLarge past BODY_MAX_BYTES."""
    encoding = encoding.lower()
    if encoding == IDENTITY:
        return body
    if encoding != "gzip":
        raise Malformed("Content-Encoding must be gzip, or left out.")
    inflating = zlib.decompressobj(wbits=31)  # 31: with the header and check sum of gzip
    try:
        inflated = inflating.decompress(body, BODY_MAX_BYTES + 1)
    except zlib.error:
        raise Malformed("The body is not gzip, as Content-Encoding says.") from None
    if len(inflated) > BODY_MAX_BYTES:
        raise TooLarge(f"A request may carry {BODY_MAX_BYTES} bytes, inflated.")
    if not inflating.eof or inflating.unused_data:
        raise Malformed("The gzip body ends too early, or goes on after its end.")
    return inflated
