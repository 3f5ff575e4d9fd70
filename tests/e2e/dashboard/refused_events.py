"""Events that are not as they must be, for pictures of the pages that tell of them."""

from __future__ import annotations

import time
from typing import Any

from tests.e2e.processes import Server

TYPE = "order_placed"
SCHEMA = {
    "type": "object",
    "properties": {
        "plan": {"type": "string", "enum": ["free", "pro"]},
        "amount": {"type": "number", "minimum": 0},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$"},
                    "count": {"type": "integer", "minimum": 1},
                },
                "required": ["sku"],
            },
        },
    },
    "required": ["plan", "amount"],
}  # fmt: skip
GOOD = {"plan": "pro", "amount": 12.5, "items": [{"sku": "CUP-1", "count": 2}]}
BAD: list[dict[str, Any]] = [
    *[{"event_type": TYPE, "user_id": f"customer-{n}", "properties": {**GOOD, "plan": "team"}} for n in range(30)],
    *[{"event_type": TYPE, "user_id": f"customer-{n}", "properties": {"plan": "free"}} for n in range(9)],
    *[{"event_type": TYPE, "user_id": "customer-1", "properties": GOOD, "amount": 3}] * 7,
    *[{"event_type": "page_view", "user_id": "u", "timestamp": "yesterday"}] * 4,
    {"event_type": "page_view"},
    "page_view",
]  # fmt: skip
COUNTED_SECONDS = 90.0


def send_refused(server: Server, headers: dict[str, str], project_id: str) -> str:
    """Some refused events among good ones, in a type with a schema; the schema's id, once all of it is counted."""
    root = f"/api/v1/projects/{project_id}"
    schema = {"event_type": TYPE, "schema": SCHEMA, "mode": "observe"}
    status, made = server.call("POST", f"{root}/schemas", schema, headers)
    assert status == 201, made
    key = server.call("POST", f"{root}/api-keys", {"name": "Pictures", "kind": "write"}, headers)[1]["api_key"]
    good = [
        {"id": f"order-{n}", "event_type": TYPE, "user_id": f"customer-{n}", "properties": GOOD} for n in range(900)
    ]
    _track(server, key, [*good, *BAD, *good[:40]], dropped=25)
    change = {**headers, "If-Match": '"1"'}
    assert server.call("PUT", f"{root}/schemas/{made['id']}", {"mode": "quarantine"}, change)[0] == 200
    _track(server, key, [good[0], *BAD], dropped=0)
    deadline = time.monotonic() + COUNTED_SECONDS
    while not server.call("GET", f"{root}/data-quality", None, headers)[1]["total"]["rejected"].get("schema"):
        assert time.monotonic() < deadline, "not counted"
        time.sleep(0.5)
    return str(made["id"])


def _track(server: Server, key: str, events: list[Any], *, dropped: int) -> None:
    body = {"events": events, "dropped": dropped}
    status, answer = server.call("POST", "/api/v1/track/batch", body, {"X-API-Key": key})
    assert status == 200, answer
