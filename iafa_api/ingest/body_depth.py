"""Cutting what nests too deep out of a body that no decoder will read for its depth: so that it costs its event alone.

Promises: the text stays as long as it was; what stands no deeper than asked is left byte for byte; each value that
stands deeper is a 0 and blanks; a body whose brackets do not close is left as it is. Takes a few milliseconds a
megabyte and memory for one piece, whatever the bytes: a body that is all brackets is a cheap way to ask for it.
"""

from __future__ import annotations

import numpy as np

PIECE_BYTES = 1 << 20


def cut_depth(body: bytes, depth_kept: int) -> bytes:
    """The body without what stands in more than `depth_kept` brackets."""
    # Without backslashes that are escaped, and then without quotes that are, every quote begins or ends a text.
    plain = body.replace(rb"\\", b"  ").replace(rb"\"", b"  ")
    cut = bytearray(body)
    is_inside, depth = 0, 0
    for start in range(0, len(body), PIECE_BYTES):
        piece = np.frombuffer(plain, np.uint8, min(PIECE_BYTES, len(body) - start), start)
        inside = np.bitwise_xor.accumulate(piece == ord('"')) ^ bool(is_inside)
        bracket = (piece & 0xDF) * ~inside  # without that bit, { is [ and } is ]
        depths = np.cumsum((bracket == ord("[")).astype(np.int8) - (bracket == ord("]")), dtype=np.int32) + depth
        is_deep = depths > depth_kept
        was_deep = np.concatenate(([depth > depth_kept], is_deep[:-1]))
        out = np.frombuffer(cut, np.uint8, len(piece), start)
        out[is_deep | was_deep] = ord(" ")  # the bracket that closes is no longer deep itself
        out[is_deep & ~was_deep] = ord("0")
        is_inside, depth = int(inside[-1]), int(depths[-1])
    return body if depth else bytes(cut)
