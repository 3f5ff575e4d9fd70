"""A request that was refused before Flask saw it: Flask says so, since every error is worded in one place."""

from __future__ import annotations

from flask import g, request

REFUSAL = "iafa.refusal"  # in the environ, where no client can put it: the Arrival or None, and the exception


def raise_refusal() -> None:
    """Before the view, which is not called then. What was found of a limit is told with the answer."""
    refused = request.environ.get(REFUSAL)
    if refused is not None:
        g.arrival, refusal = refused
        raise refusal
