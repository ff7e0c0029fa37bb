"""Identities from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Run


def test_the_commands_of_the_documentation_give_an_id_each(run: Run) -> None:
    voice = run("register-ai-identity", "--model", "gpt-4", "--voice", "echo")
    person = run("register-user-identity", "--first-name", "John", "--last-name", "Doe", "--username", "jdoe")

    assert (voice.code, person.code) == (0, 0)
    assert len(voice.out.strip()) == len(person.out.strip()) == 36


def test_registering_twice_gives_the_first_identity(run: Run) -> None:
    first = run("register-ai-identity", "--model", "gpt-4", "--voice", "echo", "--provider", "acme").out
    again = run("register-ai-identity", "--model", "gpt-4", "--voice", "echo", "--provider", "acme").out
    other = run("register-ai-identity", "--model", "gpt-4", "--voice", "echo").out

    assert first == again != other


def test_all_fields_are_kept_and_shown(run: Run) -> None:
    uid = run(
        "register-user-identity",
        *("--first-name", "Ada", "--middle-name", "M", "--last-name", "L", "--username", "ada", "--affiliation", "lab"),
        *("--email", "a@b.example", "--language", "en", "--setting", "mic=2", "--notes", "n"),
    ).out.strip()

    shown = json.loads(run("show-identity", uid[:8], "--json").out)

    assert shown["settings"] == {"mic": 2}
    assert shown["affiliation"] == "lab"
    assert "a@b.example" in run("show-identity", uid).out


def test_identities_are_listed_by_kind_text_and_order(run: Run) -> None:
    run("register-ai-identity", "--model", "m", "--voice", "zoe")
    run("register-ai-identity", "--model", "m", "--voice", "amy")
    run("register-user-identity", "--first-name", "Bob")

    def names(*options: str) -> list[str]:
        return [line.split("\t")[1] for line in run("list-identities", *options).out.splitlines()]

    assert names() == ["amy", "Bob", "zoe"]
    assert names("--kind", "ai") == ["amy", "zoe"]
    assert names("--sort", "-name", "--limit", "1") == ["zoe"]
    assert names("bob") == ["Bob"]


def test_an_identity_is_changed_and_cleared(run: Run) -> None:
    uid = run("register-user-identity", "--first-name", "Ada", "--email", "a@b.example").out.strip()

    result = run("edit-identity", uid, "--last-name", "Lovelace", "--clear", "email")

    shown = json.loads(run("show-identity", uid, "--json").out)
    assert result.code == 0, result.err
    assert (shown["last_name"], shown["email"]) == ("Lovelace", "")


def test_merging_moves_the_recordings(run: Run) -> None:
    source = run("register-ai-identity", "--model", "m", "--voice", "old").out.strip()
    target = run("register-ai-identity", "--model", "m", "--voice", "new").out.strip()
    run("register-recording", "--text", "a", "--ai-identity", source)

    result = run("merge-identities", source, target)

    assert result.code == 0, result.err
    assert "Moved 1 recording" in result.err
    assert json.loads(run("show-identity", target, "--json").out)["recordings"] == 1
    assert run("show-identity", source).code == 3


def test_an_identity_in_use_is_not_deleted_and_the_count_is_said(run: Run) -> None:
    used = run("register-ai-identity", "--model", "m", "--voice", "v").out.strip()
    free = run("register-ai-identity", "--model", "m", "--voice", "w").out.strip()
    run("register-recording", "--text", "a", "--ai-identity", used)

    both = run("delete-identity", used, free)

    assert both.code == 8
    assert "1 recording" in both.err
    assert run("show-identity", free).code == 3
    assert run("delete-identity", used).code == 3


@pytest.mark.parametrize("command", [("show-identity",), ("delete-identity",), ("edit-identity", "--notes", "x")])
def test_an_unknown_identity_is_3(run: Run, command: tuple[str, ...]) -> None:
    assert run(*command, "12345678-1234-5678-1234-567812345678").code == 3
