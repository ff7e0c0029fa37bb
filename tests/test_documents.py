"""What the documents say is so: commands, files and links that they name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audiotui import __version__
from audiotui.cli.commands import SECTIONS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_every_command() -> None:
    commands = [name for section in SECTIONS.values() for name in section]

    missing = [name for name in commands if f"`{name}`" not in README]

    assert missing == []


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_the_readmes_links_lead_to_files(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_readme_has_the_two_commands_that_do_all_the_set_up() -> None:
    assert "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/audiotui demo\n" in README
    assert "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest\n" in README


def test_the_version_is_the_packages() -> None:
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
