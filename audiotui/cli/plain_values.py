"""Options and arguments whose values need no library to be read.

Typer reads every value through pydantic, whose import takes longer than the rest of a command's start. Texts, paths,
whole numbers and what was left out are read here instead, to the same result; anything else, and anything wrong, goes
Typer's way, so that its checks and messages stay.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

from audiotui.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_PLAIN = object()
"""Says that Typer has to read the value."""

LONGEST_NUMBER = 18
"""Digits of a number that surely is no attack on the reader of numbers."""


class PlainValues:
    """Mixed into a command of Typer, it reads the plain values of all its parameters itself."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters of the command, help included."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if "process_value" not in vars(param):
                param.process_value = _reader(param)
        return params


def _reader(param: Any) -> Callable[[Any, Any], Any]:
    by_typer: Callable[[Any, Any], Any] = param.process_value

    def process_value(ctx: Any, given: Any) -> Any:
        value = _plain(param, given)
        if value is NOT_PLAIN or (param.required and param.value_is_missing(value)):
            return by_typer(ctx, given)
        return value if param.callback is None else param.callback(ctx, param, value)

    return process_value


def _plain(param: Any, given: Any) -> Any:
    annotation = param.type_descriptor.annotation
    if given is None:
        return () if param.multiple or param.nargs == -1 else None
    if param.type_descriptor.parameter_info.parser is not None:
        return NOT_PLAIN
    if get_origin(annotation) is list and isinstance(given, tuple | list):
        [inner] = get_args(annotation)
        values = [_single(param, inner, one) for one in given]
        return NOT_PLAIN if any(value is NOT_PLAIN for value in values) else values
    return _single(param, annotation, given)


def _single(param: Any, annotation: Any, given: Any) -> Any:
    if annotation is str and isinstance(given, str):
        return given
    if annotation is Path and isinstance(given, str):
        if not given:
            raise InvalidInput(f"{_label(param)} is empty: it names no file.", "Often a variable of a script is unset.")
        return Path(given)
    if annotation is int:
        return _number(param, given)
    return NOT_PLAIN


def _label(param: Any) -> str:
    """What the help calls the parameter."""
    name: str = param.opts[0] if param.param_type_name == "option" else param.metavar or param.name.upper()
    return name


def _number(param: Any, given: Any) -> Any:
    text = given if isinstance(given, str) else str(given)
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        return NOT_PLAIN
    number = int(text)
    info = param.type_descriptor.parameter_info
    too_small = info.min is not None and number < info.min
    too_big = info.max is not None and number > info.max
    return NOT_PLAIN if too_small or too_big else number
