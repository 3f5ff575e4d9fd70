"""`iafa audit`: what leaves the machine, and that a file is checked without the machine it came from."""

import json
import stat

import click
import pytest
from click.testing import CliRunner

from iafa_api.cli import Commands
from iafa_api.commands.audit import audit


@click.group(cls=Commands)  # errors are lines here as they are under `iafa`
def root():
    """The root."""


root.add_command(audit)


@pytest.fixture
def run(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments, **more):
        environment = {"IAFA_DATA_DIR": str(settings.data_dir)} | more
        return CliRunner().invoke(root, ["audit", *map(str, arguments)], env=environment)

    return run


@pytest.fixture
def filled(ann, bob):
    """Two organisations with a project each; the id of the first."""
    ann.make_project(name="Ann's secret project")
    bob.make_project(name="Bob's secret project")
    return ann.signed_in["user"]["organization_id"]


@pytest.fixture
def exported(run, filled, tmp_path):
    path = tmp_path / "export.ndjson"
    result = run("export", "--organization", filled, "--output", path)
    assert result.exit_code == 0, result.output
    return path


def test_the_head_is_one_word_that_verify_takes(run, exported):
    head = run("head").output
    assert head.count("\n") == 1
    seq, _, digest = head.strip().partition(":")
    last = json.loads(exported.read_text().splitlines()[-1])
    assert (int(seq), digest) == (last["seq"], last["hash"])
    result = run("verify", exported, "--head", head)
    assert result.exit_code == 0, result.output
    assert "noted earlier" not in result.output
    result = run("verify", exported, "--head", f"{seq}:{'0' * 64}")
    assert result.exit_code == 1
    assert f"First bad event: {seq}." in result.output


def test_an_export_is_checked_with_nothing_but_the_file_and_the_key(run, exported, settings, tmp_path):
    key = tmp_path / "key.pem"
    key.write_bytes((settings.data_dir / "vault" / "audit-signing.pub").read_bytes())
    nowhere = {"IAFA_DATA_DIR": str(tmp_path / "nowhere"), "IAFA_NO_SETTING": "1"}  # would stop whoever reads settings
    result = run("verify", exported, "--public-key", key, **nowhere)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("OK ")
    assert "the file's own" not in result.output
    assert not (tmp_path / "nowhere").exists()


def test_without_a_key_or_a_head_the_report_says_what_is_not_proven(run, exported):
    result = run("verify", exported)
    assert result.exit_code == 0
    assert "The key is the file's own" in result.output
    assert "--head" in result.output


def test_an_export_shows_one_organisation_and_no_personal_field(run, exported):
    text = exported.read_text()
    assert "Ann's secret project" in text
    assert "Bob's" not in text
    assert "@example.com" not in text
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    assert "Bob's secret project" in run("export").output


def test_a_broken_export_is_exit_code_1_and_names_the_event(run, exported):
    lines = exported.read_text().splitlines(keepends=True)
    exported.write_text("".join(lines[:3] + lines[4:]))
    result = run("verify", exported)
    assert result.exit_code == 1
    assert f"NOT OK  {exported}, line 4: Event 3 is missing" in result.output
    assert "First bad event: 3." in result.output


def test_files_that_go_on_are_checked_as_one(run, exported, ann, filled, tmp_path):
    last = json.loads(exported.read_text().splitlines()[-1])["seq"]
    ann.make_project(name="Later")
    later = tmp_path / "later.ndjson"
    assert run("export", "--organization", filled, "--after", last, "--output", later).exit_code == 0
    result = run("verify", exported, later)
    assert result.exit_code == 0, result.output
    assert "Events 1 to" in result.output
    assert "these files prove nothing" in run("verify", later).output
    wrong = run("verify", later, exported)
    assert wrong.exit_code == 1
    assert "does not go on" in wrong.output


def test_an_export_to_standard_output_is_the_file(run, exported, filled):
    printed = run("export", "--organization", filled).stdout.splitlines()
    assert printed[1:] == exported.read_text().splitlines()[1:]  # the header has the time


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["verify", "nothing.ndjson"], "nothing.ndjson"),
        (["verify", "FILE", "--head", "5"], "SEQ:HASH"),
        (["verify", "FILE", "--public-key", "FILE"], "not an Ed25519 public key"),
        (["export", "--output", "FILE"], "exists"),
        (["export", "--after", "999"], "nothing after event 999"),
    ],
)
def test_what_cannot_be_done_is_a_line(run, exported, arguments, word):
    before = exported.read_bytes()
    result = run(*[exported if argument == "FILE" else argument for argument in arguments])
    assert result.exit_code == 1
    assert word in result.output
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)
    assert exported.read_bytes() == before


def test_a_broken_log_is_not_exported(run, filled, settings, tmp_path):
    path = settings.data_dir / "metadata" / "log.jsonl"
    path.write_bytes(path.read_bytes().replace(b"Bob's", b"Rob's"))
    result = run("export", "--organization", filled, "--output", tmp_path / "export.ndjson")
    assert result.exit_code == 1
    assert "broken" in result.output
    assert not (tmp_path / "export.ndjson").exists()


def test_without_a_log_nothing_is_made(run, settings):
    result = run("head")
    assert result.exit_code == 1
    assert "no metadata log" in result.output
    assert not settings.data_dir.exists()


def test_what_a_file_says_is_printed_and_not_obeyed(run, tmp_path):
    path = tmp_path / "\x1b]0;owned"
    path.write_text('{"format":"\\u001b[31m"}\n')
    result = run("verify", path)
    assert result.exit_code == 1
    assert "\x1b" not in result.output


def test_an_export_is_noted_for_whose_it_is(run, ann, bob, filled, services, tmp_path):
    def noted(person):
        entries = person.get("/audit/access").json
        return [(entry["kind"], entry["actor_id"], entry["detail"]) for entry in entries]

    path = tmp_path / "export.ndjson"
    assert run("export", "--organization", filled, "--output", path).exit_code == 0
    assert run("export", "--organization", filled, "--after", "2").exit_code == 0
    tail = "by iafa audit export on the operator's command line"
    assert noted(ann) == [
        ("export", None, f"the audit log after event 2, {tail}"),
        ("export", None, f"the audit log, {tail}"),
    ]
    assert run("export").exit_code == 0
    assert run("export", "--organization", filled, "--after", "999").exit_code == 1
    assert run("export", "--organization", filled, "--output", path).exit_code == 1  # it is there
    assert run("head").exit_code == run("verify", path).exit_code == 0
    assert (len(noted(ann)), noted(bob)) == (2, [])
    entries = [
        json.loads(line) for file in (services.data_dir / "metadata" / "access").iterdir() for line in file.open()
    ]
    assert [entry["organization_id"] for entry in entries] == [filled, filled, None]


def test_an_export_that_cannot_be_noted_leaves_nothing(run, filled, settings, tmp_path):
    (settings.data_dir / "metadata" / "access").rmdir()
    (settings.data_dir / "metadata" / "access").write_text("in the way")
    path = tmp_path / "export.ndjson"
    assert run("export", "--organization", filled, "--output", path).exit_code != 0
    assert not path.exists()
    assert "seq" not in run("export", "--organization", filled).output
