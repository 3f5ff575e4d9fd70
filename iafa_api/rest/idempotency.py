"""The header Idempotency-Key on POST: whoever did not hear the answer asks again, and nothing is made twice.

The same key with the same body, from the same user at the same path, answers within 24 hours what was answered first,
whatever became of the thing since. Only what is told once is not told again: it is null, because no text of it is kept.
Another body is 422. A request that failed has left nothing, and is tried anew.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeVar, cast

from flask import g, request

from iafa_api.errors import InvalidInput, Repeated
from iafa_api.metadata.attempts import find_answer
from iafa_api.metadata.events import Attempt, canonical_json
from iafa_api.metadata.projections import Document
from iafa_api.rest.caller import caller, services

KEY_MAX = 255
HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_MAX},
    "description": "The same key with the same body answers within 24 hours as it did first, and makes nothing anew; "
    "what is told once is null then.",
}
View = TypeVar("View", bound=Callable[..., Any])


def idempotent(again: Callable[[Document], Any]) -> Callable[[View], View]:
    """Honour the header on a view whose last argument is the body; `again` makes the answer of what was made then.

    Stands under `signed_in` and `arguments`.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            key = request.headers.get("Idempotency-Key")
            if key is None:
                return view(*args, **kwargs)
            attempt = _attempt(key, args[-1])
            stream = find_answer(services().store.current(), attempt)
            if stream is None:
                g.attempt = attempt  # from here on `cause()` carries it: the change and its note are one append
                try:
                    return view(*args, **kwargs)
                except Repeated as repeated:  # the same request was faster, just now
                    stream = repeated.stream
            return again(services().history.document_at(caller().organization_id, stream, 1))

        described = cast(Any, wrapper)
        described._apidoc = deepcopy(getattr(wrapper, "_apidoc", {}))
        described._apidoc.setdefault("manual_doc", {}).setdefault("parameters", []).append(HEADER)
        return cast(View, wrapper)

    return decorate


def _attempt(key: str, body: Any) -> Attempt:
    if not (0 < len(key) <= KEY_MAX and key.isascii() and key.isprintable()):
        raise InvalidInput(f"The header Idempotency-Key must have 1 to {KEY_MAX} printable ASCII characters.")
    fingerprint = services().vault.fingerprint
    place = canonical_json([caller().user.id, request.path, key])
    return Attempt(fingerprint(place), fingerprint(canonical_json(body)))
