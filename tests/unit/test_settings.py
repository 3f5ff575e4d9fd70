"""One table of settings: sources in order, shapes checked, unknown names refused."""

import json

import pytest

from iafa_api.errors import SettingsError
from iafa_api.settings import DEFAULTS, TABLE, Settings, describe_settings, load_settings


@pytest.fixture(autouse=True)
def in_empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_every_field_has_a_row_and_every_row_a_field():
    assert {row.field for row in TABLE} == set(DEFAULTS)
    assert all(row.description.endswith(".") for row in TABLE)


def test_without_anything_said_the_defaults_stand():
    assert load_settings({}) == Settings()


def test_the_first_source_that_says_something_wins(tmp_path):
    data_dir = tmp_path / "d"
    (data_dir / "config").mkdir(parents=True)
    (data_dir / "config" / "app_config.json").write_text(json.dumps({"port": 1, "workers": 1, "IAFA_HOST": "c"}))
    (data_dir / ".env").write_text("IAFA_PORT=2\nIAFA_WORKERS=2\nOTHER=x\n")
    (tmp_path / ".env").write_text(f"IAFA_PORT=3\nIAFA_DATA_DIR={data_dir}\n")
    by_source = load_settings({})
    assert (by_source.port, by_source.workers, by_source.host) == (3, 2, "c")
    assert load_settings({"IAFA_PORT": "4"}).port == 4
    assert load_settings({"IAFA_PORT": "4"}, overrides={"port": 5, "host": None}).port == 5
    sources = {entry.row.field: entry.source for entry in describe_settings({"IAFA_QUERY_TIMEOUT": "9"})}
    assert sources["query_timeout"] == "environment"
    assert sources["port"] == ".env"
    assert sources["workers"] == str(data_dir / ".env")
    assert sources["host"].endswith("app_config.json")
    assert sources["log_level"] == "default"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("IAFA_QUERY_MEMORY", "512MB", 512 << 20),
        ("IAFA_QUERY_MEMORY", "1.5 gb", 3 << 29),
        ("IAFA_QUERY_MEMORY", "1000", 1000),
        ("IAFA_CORS_ORIGINS", "https://a.example, https://b.example,", ("https://a.example", "https://b.example")),
        ("IAFA_RETENTION_DAYS", "0", 0),
        ("IAFA_REGISTRATION", "invite", "invite"),
    ],
)
def test_texts_become_values(name, text, value):
    assert getattr(load_settings({name: text}), name.removeprefix("IAFA_").lower()) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("IAFA_PORT", "http"),
        ("IAFA_PORT", "0"),
        ("IAFA_PORT", "65536"),
        ("IAFA_WORKERS", "-1"),
        ("IAFA_QUERY_MEMORY", "much"),
        ("IAFA_QUERY_MEMORY", "0"),
        ("IAFA_REGISTRATION", "closed"),
        ("IAFA_LOG_LEVEL", "loud"),
        ("IAFA_RETENTION_DAYS", "1.5"),
        ("IAFA_SECRET_KEY", "short"),
    ],
)
def test_a_value_of_another_shape_is_refused_by_name(name, text):
    with pytest.raises(SettingsError, match=name):
        load_settings({name: text})


def test_a_secret_is_never_in_the_message():
    with pytest.raises(SettingsError) as refused:
        load_settings({"IAFA_SECRET_KEY": "hunter2"})
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize("where", ["environment", ".env", "app_config.json"])
def test_an_unknown_name_is_refused_wherever_it_stands(tmp_path, where):
    environment = {}
    if where == "environment":
        environment = {"IAFA_PROT": "8000"}
    elif where == ".env":
        (tmp_path / ".env").write_text("IAFA_PROT=8000")
    else:
        (tmp_path / "data" / "config").mkdir(parents=True)
        (tmp_path / "data" / "config" / "app_config.json").write_text('{"prot": 8000}')
    with pytest.raises(SettingsError, match="IAFA_PROT"):
        load_settings(environment)


@pytest.mark.parametrize("content", ["{", "[]", '"x"'])
def test_a_config_that_is_no_object_is_refused(tmp_path, content):
    (tmp_path / "data" / "config").mkdir(parents=True)
    (tmp_path / "data" / "config" / "app_config.json").write_text(content)
    with pytest.raises(SettingsError, match=r"app_config\.json"):
        load_settings({})
