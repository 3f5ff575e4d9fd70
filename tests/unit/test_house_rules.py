"""Rules of the house that no linter knows."""

import ast
import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = {  # one library, one room
    "duckdb": {"iafa_api/analytics/duckdb_engine.py"},
    "jsonschema_rs": {"iafa_api/ingest/schema_engine.py"},
    "pyarrow": {"iafa_api/lake/parquet"},
    "sqlite3": {"iafa_api/lake/manifest"},
    "apscheduler": {"scheduler/__main__.py"},
    "prometheus_client": {"iafa_api/rest/metrics.py"},
    "granian": {"iafa_api/server.py"},
    "xlsxwriter": {"iafa_api/rest/tables.py"},
    "rich": {"iafa_api/cli.py", "iafa_api/commands/"},
    "click": {"iafa_api/cli.py", "iafa_api/commands/"},
    "flask": {"iafa_api/app.py", "iafa_api/rest/"},
    "marshmallow": {"iafa_api/rest/"},
    "cryptography": {"iafa_api/metadata/vault.py", "iafa_api/metadata/proof.py"},
    "bcrypt": {"iafa_api/metadata/accounts.py"},
    "ua_parser": {"iafa_api/ingest/user_agents.py"},
    "crawlerdetect": {"iafa_api/ingest/user_agents.py"},
    "maxminddb": {"iafa_api/ingest/places.py"},
    "yaml": {"iafa_api/ingest/referrers.py"},
    "dotenv": {"iafa_api/settings.py"},
}
CHANCE_IN_STORIES = {name: {"random"} for name in ("iafa_api/domain/demo_shop.py", "iafa_api/domain/demo_visitors.py")}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "manager", "handler", "misc", "core"}
# A released migration never changes by a byte: a mistake in one is mended by the next.
RELEASED_MIGRATIONS = {
    "m0001_stage_event_type.py": "b49b47d91d84a2e357b5947bd3bc81066eca3df369307f617e66eaa6e5209871",
}
SOURCES = sorted(
    path for folder in ("iafa_api", "scheduler", "migrations_json") for path in (ROOT / folder).rglob("*.py")
)


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_one_library_one_room():
    strays = [
        (str(path.relative_to(ROOT)), name)
        for path in SOURCES
        for name in set(imports(path))
        if name in ROOMS and not str(path.relative_to(ROOT)).startswith(tuple(ROOMS[name]))
    ]
    assert strays == []


def test_only_the_clock_gives_time_and_chance_and_only_the_settings_read_the_environment():
    for path in SOURCES:
        text = path.read_text()
        name = path.relative_to(ROOT).as_posix()
        if name != "iafa_api/clock.py":
            assert not {"time", "secrets", "random"} & set(imports(path)) - CHANCE_IN_STORIES.get(name, set()), name
            assert "datetime.now" not in text, name
        if name not in ("iafa_api/settings.py", "iafa_api/cli.py"):
            assert "os.environ" not in text, name


def test_migrations_use_the_standard_library_only():
    for path in SOURCES:
        if path.parts[-2] == "migrations_json":
            assert set(imports(path)) <= {"__future__", "typing", "migrations_json"}, path


def test_released_migrations_are_not_changed():
    assert set(RELEASED_MIGRATIONS) == {path.name for path in SOURCES if re.match(r"m\d{4}_", path.name)}
    for name, digest in RELEASED_MIGRATIONS.items():
        assert hashlib.sha256((ROOT / "migrations_json" / name).read_bytes()).hexdigest() == digest


def test_no_module_is_a_drawer_or_a_novel():
    for path in SOURCES:
        assert path.stem not in FORBIDDEN_NAMES, path
        assert len(path.read_text().splitlines()) <= 400, path


def test_every_module_says_what_it_is():
    for path in SOURCES:
        docstring = ast.get_docstring(ast.parse(path.read_text()))
        assert docstring, path
        assert len(docstring.splitlines()) <= 15, path
