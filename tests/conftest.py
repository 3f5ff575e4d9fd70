"""What the tests stand on: an application over an empty data directory, and people who use it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings as hypothesis_settings

from iafa_api.app import create_app
from iafa_api.bootstrap import bootstrap
from iafa_api.ingest.flush import FlushResult, run_flush
from iafa_api.services import Services
from iafa_api.settings import Settings

# Timing differs from machine to machine; what is found does not, and a found case is kept as a test of its own.
hypothesis_settings.register_profile("iafa", deadline=None, derandomize=True, print_blob=True)
hypothesis_settings.load_profile("iafa")
for name in [name for name in os.environ if name.startswith("IAFA_") and name != "IAFA_TEST_DATA"]:
    del os.environ[name]  # a developer's own settings must not leak into the tests

LONG = ("crash", "e2e", "properties")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders with long tests first: where several run at a time, none is left alone with one at the end."""
    items.sort(key=lambda item: not any(part in LONG for part in item.path.parts))


@dataclass
class Person:
    """Somebody with a browser or a program: calls the API, as themselves where they are signed in."""

    app: Flask
    token: str | None = None
    signed_in: dict[str, Any] = field(default_factory=dict)

    def call(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        headers = dict(more.pop("headers", {}))
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        url = path if path.startswith("//") else "/api/v1" + path
        return self.app.test_client().open(url.replace("//", "/"), method=method, json=json, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Any:
        return self.call("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> Any:
        return self.call("POST", path, json, **more)

    def put(self, path: str, json: Any = None, **more: Any) -> Any:
        return self.call("PUT", path, json, **more)

    def delete(self, path: str, **more: Any) -> Any:
        return self.call("DELETE", path, **more)

    def register(self, email: str, password: str = "correct horse") -> Person:
        answer = self.post("/auth/register", {"email": email, "password": password, "full_name": "Some Body"})
        assert answer.status_code == 201, answer.json
        return Person(self.app, answer.json["access_token"], answer.json)

    def make_project(self, **fields: Any) -> dict[str, Any]:
        answer = self.post("/projects", {"name": "Shop", **fields})
        assert answer.status_code == 201, answer.json
        return dict(answer.json)

    def make_funnel(self, project_id: str, *event_types: str, **fields: Any) -> dict[str, Any]:
        stages = [{"order": order, "event_type": event_type} for order, event_type in enumerate(event_types, 1)]
        body = {"project_id": project_id, "name": "Purchase", "stages": stages, **fields}
        answer = self.post("/funnels", body)
        assert answer.status_code == 201, answer.json
        return dict(answer.json)

    def track(self, key: str, *events: dict[str, Any], **more: Any) -> Any:
        return Person(self.app).post("/track/batch", {"events": list(events)}, headers={"X-API-Key": key}, **more)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        password_cost=4,
        login_attempts_per_minute=0,
        rate_limit_events_per_minute=0,
        rate_limit_events_per_minute_ip=0,
        free_disk_bytes=1,
    )


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    services = bootstrap(settings)
    yield services
    services.close()


@pytest.fixture
def flush(services: Services) -> Callable[[], FlushResult]:
    """Take everything that waits to Parquet, as the scheduler does."""
    return lambda: run_flush(services.buffer, services.manifest, services.data_dir)


@pytest.fixture
def app(settings: Settings, services: Services) -> Flask:
    return create_app(settings, services)


@pytest.fixture
def anybody(app: Flask) -> Person:
    return Person(app)


@pytest.fixture
def ann(anybody: Person) -> Person:
    """The owner of an organisation."""
    return anybody.register("ann@example.com")


@pytest.fixture
def bob(anybody: Person) -> Person:
    """The owner of another organisation."""
    return anybody.register("bob@example.com")


@pytest.fixture
def make_app(settings: Settings) -> Iterator[Any]:
    """Applications over the same data directory, as other workers or with other settings."""
    made: list[Services] = []

    def make(**changed: Any) -> Flask:
        changed_settings = replace(settings, **changed)
        services = bootstrap(changed_settings)
        made.append(services)
        return create_app(changed_settings, services)

    yield make
    for services in made:
        services.close()
