"""The pages say what the code does."""

import re
import subprocess
from pathlib import Path

import pytest

from iafa_api.settings import DEFAULTS, TABLE

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "sdk/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def settings_page():
    lines = [
        "# Settings",
        "",
        "The first source that has a value wins: the environment, `.env` in the working directory, `.env` in the data",
        "directory, `config/app_config.json` in the data directory (there also in lower case, without `IAFA_`), the",
        "default. An unknown `IAFA_…` name stops the start. `iafa settings` shows what is in force and why.",
        "",
        "| name | value | default | meaning |",
        "|---|---|---|---|",
    ]
    for row in TABLE:
        default = DEFAULTS[row.field]
        shown = "" if default in ("", ()) else f"`{default}`"
        lines.append(f"| `{row.name}` | {row.shape} | {shown} | {row.description} |")
    return "\n".join(lines) + "\n"


def test_the_page_of_settings_is_the_table():
    page = ROOT / "docs" / "settings.md"
    assert page.read_text() == settings_page(), "write settings_page() to docs/settings.md"


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_the_commands_that_the_pages_name_exist():
    makefile = (ROOT / "Makefile").read_text()
    text = "\n".join(page.read_text() for page in PAGES)
    for target in set(re.findall(r"`make ([a-z]+)`|^ {4}make ([a-z]+)", text, re.MULTILINE)):
        name = "".join(target)
        assert re.search(rf"^{name}:", makefile, re.MULTILINE), name


def test_make_help_lists_every_command():
    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "check", "bench", "soak", "setup"):
        assert f"make {target}" in shown
