"""The peer of batches: the same fields and limits as pydantic models, events kept in memory, nothing synced."""

from __future__ import annotations

from collections import deque
from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Event(BaseModel):
    """One event, as `iafa_api.ingest.body.EventBody` has it."""

    model_config = ConfigDict(extra="forbid")

    event_type: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    id: Text | None = None
    user_id: Text | None = None
    anonymous_id: Text | None = None
    session_id: Text | None = None
    timestamp: AwareDatetime | None = None
    properties: dict[str, Any] | None = None
    url: str | None = None
    referrer: str | None = None
    user_agent: str | None = None
    ip_address: str | None = None


class Batch(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid")

    events: list[Event]
    sent_at: AwareDatetime | None = None


app = FastAPI()
kept: deque[Event] = deque(maxlen=50_000)  # the newest: a bench should not fill the machine


@app.get("/ready")
async def ready() -> dict[str, str]:
    return {"status": "ready"}


@app.post("/track/batch")
async def track_batch(batch: Batch) -> dict[str, int]:
    kept.extend(batch.events)
    return {"accepted": len(batch.events)}
