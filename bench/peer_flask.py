"""The peer of one event a request: a Flask view that does nothing but answer."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.get("/ready")
@app.post("/track")
def answer() -> dict[str, str]:
    return {"status": "accepted"}
