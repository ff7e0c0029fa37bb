"""What the user's own editor leaves: taken, opened again with the reason, or kept where the person is told."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import InvalidInput
from audiotui.tui.editor_text import documents_in, through_editor

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = "# Change what you like.\nrating: 3\nverdict: keep\n"


def stars(text: str) -> int:
    """What is read of the file here."""
    rating = documents_in(text)[0]["rating"]
    if rating not in range(6):
        raise InvalidInput("rating: is a number from 0 to 5.", "Mend it.")
    return int(rating)


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Makes an editor that does one thing after the other, and notes what it found in the file each time."""

    def make(*acts: str) -> Path:
        program, log = tmp_path / "editor", tmp_path / "log"
        program.write_text(
            f"#!{sys.executable}\nimport pathlib, sys\nlog = pathlib.Path({str(log)!r})\n"
            "turn = log.read_text().count('=====') if log.exists() else 0\n"
            "path = pathlib.Path(sys.argv[1]); text = path.read_text()\n"
            "log.open('a').write(text + '=====\\n')\n"
            f"act = {acts!r}[min(turn, {len(acts) - 1})]\n"
            "exec(act)\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("EDITOR", str(program))
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", None)
        return log

    return make


def saying(before: str, after: str) -> str:
    return f"path.write_text(text.replace({before!r}, {after!r}))"


def test_what_makes_sense_is_taken(editor: Callable[..., Path]) -> None:
    editor(saying("rating: 3", "rating: 5"))

    assert through_editor(FILE, "one.yaml", stars) == 5


def test_what_makes_no_sense_is_opened_again_with_the_reason_on_top(editor: Callable[..., Path]) -> None:
    log = editor(saying("rating: 3", "rating: 12"), saying("rating: 12", "rating: 4"))

    assert through_editor(FILE, "one.yaml", stars) == 4
    again = log.read_text().split("=====\n")[1]
    assert again == "# NOT TAKEN: rating: is a number from 0 to 5. Mend it.\nrating: 12\nverdict: keep\n"


@pytest.mark.parametrize("then", ["pass", "sys.exit(1)"], ids=["left as it is", "the editor fails"])
def test_what_is_given_up_is_kept_and_its_place_is_told(editor: Callable[..., Path], tmp_path: Path, then: str) -> None:
    editor(saying("rating: 3", "rating: 12 stars"), then)

    with pytest.raises(InvalidInput) as raised:
        through_editor(FILE, "one.yaml", stars)

    found = re.fullmatch(r"What you wrote is in (.+)\.", raised.value.hint)
    assert found
    kept = Path(found[1])
    assert "rating: 12 stars\nverdict: keep\n" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
    assert kept.parent == tmp_path


def test_an_editor_that_fails_at_once_leaves_nothing_behind(editor: Callable[..., Path], tmp_path: Path) -> None:
    editor("sys.exit(1)")

    with pytest.raises(InvalidInput, match="could not be used"):
        through_editor(FILE, "one.yaml", stars)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["editor", "home", "log"]


def test_an_editor_that_never_makes_it_better_is_not_started_for_ever(editor: Callable[..., Path]) -> None:
    log = editor("path.write_text(text.replace('rating: ', 'rating: 9'))")

    with pytest.raises(InvalidInput, match="0 to 5"):
        through_editor(FILE, "one.yaml", stars)

    assert log.read_text().count("=====") == 50
