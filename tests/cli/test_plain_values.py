"""Values that are read without pydantic come out as Typer reads them."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 -- Typer evaluates the annotations
from typing import Annotated, Any

import pytest
import typer
from typer.core import TyperCommand

from audiotui.cli.plain_values import PlainValues
from audiotui.errors import InvalidInput


class PlainCommand(PlainValues, TyperCommand):
    """A command as ours are."""


def outcome(cls: type[TyperCommand], arguments: list[str]) -> Any:
    """What a command of this class is called with, or how it refuses."""
    seen: dict[str, Any] = {}

    def command(
        name: Annotated[str, typer.Argument()],
        paths: Annotated[list[Path] | None, typer.Argument()] = None,
        text: Annotated[str, typer.Option()] = "none",
        path: Annotated[Path | None, typer.Option()] = None,
        number: Annotated[int | None, typer.Option(min=0, max=5)] = None,
        factor: Annotated[float, typer.Option()] = 1.5,
        tag: Annotated[list[str] | None, typer.Option()] = None,
        flag: Annotated[bool | None, typer.Option("--flag/--no-flag")] = None,
        loud: Annotated[int, typer.Option("-v", count=True)] = 0,
    ) -> None:
        seen.update(locals())

    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(cls=cls)(command)
    try:
        typer.main.get_command(app).main(arguments, standalone_mode=False)
    except typer.TyperException as error:
        return error.format_message()
    return {name: value for name, value in seen.items() if name != "seen"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["a"],
        ["a", "b", "c/d"],
        ["", "--text", ""],
        ["caf\udce9", "\udcff.wav", "--path", "\udcff"],
        ["a", "--path", "x", "--number", "5", "--factor", "2", "--tag", "x", "--tag", "y", "--flag", "-vv"],
        ["a", "--number", "0", "--no-flag", "-v"],
        [],
        ["a", "--number", "6"],
        ["a", "--number", "-1"],
        ["a", "--number", "x"],
        ["a", "--number", " 3"],
        ["a", "--number", "٣"],
        ["a", "--number", "9" * 5000],
        ["a", "--factor", "x"],
        ["a", "--colour", "red"],
    ],
)
def test_typer_would_have_read_the_same(arguments: list[str]) -> None:
    assert outcome(PlainCommand, arguments) == outcome(TyperCommand, arguments)


@pytest.mark.parametrize(("arguments", "label"), [(["a", "--path", ""], "--path"), (["a", "b", ""], "PATHS")])
def test_an_empty_path_is_refused_instead_of_meaning_this_folder(arguments: list[str], label: str) -> None:
    with pytest.raises(InvalidInput, match=f"{label} is empty"):
        outcome(PlainCommand, arguments)
