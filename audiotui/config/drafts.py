"""Locations as forms show them: what may be filled in for each kind, what is in the file, and what is wrong with it.

A form never holds a secret. Where an option is one, it asks for the NAME of the environment variable that holds it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audiotui.backends.options import KINDS, OptionSpec, Shape, option_specs
from audiotui.config.edit import LOCATIONS, ConfigText, Value
from audiotui.config.library_block import BLOCK, storage_bucket
from audiotui.config.load import SECTION
from audiotui.config.locations import BUCKET, LOCATION_NAME, TYPE, read_locations
from audiotui.config.problems import Problems
from audiotui.config.reader import Reader
from audiotui.config.replace import change_config
from audiotui.config.tree import Entry, Mapping, Scalar, parse
from audiotui.config.yamltext import yaml_string
from audiotui.errors import ConfigError
from audiotui.model import LOCAL

if TYPE_CHECKING:
    import collections.abc
    from collections.abc import Iterator
    from pathlib import Path

NAME = "name"
"""What problems of a location's name are filed under."""

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*)")

_DRAFT_LINE = 2_000_000
"""Line numbers from here on are the draft's; no file has so many."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One thing that a form asks for."""

    name: str
    help: str
    required: bool
    is_flag: bool = False
    is_secret: bool = False
    """The name of an environment variable is asked for, never the secret."""
    default: str = ""
    """What is in effect where nothing is filled in, for people."""


@dataclass(frozen=True, slots=True)
class KindForm:
    """What a form asks for a location of one kind."""

    kind: str
    title: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class LocationDraft:
    """A location as a form holds it."""

    name: str
    kind: str
    values: collections.abc.Mapping[str, str] = field(default_factory=dict)
    """By option, as the file says it (``~`` and ``${NAME}`` are not followed); of a secret the variable's name. What is
    '' is not in the file."""
    kept_secrets: frozenset[str] = frozenset()
    """Secrets that stand in the file itself; they stay there unless a variable is named."""


def kind_forms() -> tuple[KindForm, ...]:
    """The forms of all kinds of locations, made from what their options say of themselves."""
    return tuple(
        KindForm(kind, spec.title, tuple(map(_form_field, option_specs(kind)))) for kind, spec in KINDS.items()
    )


def read_draft(path: Path, name: str) -> LocationDraft:
    """What the file says of a location.

    Raises:
        ConfigError: the file has no such location, or cannot be read.
    """
    said = _text_of(path).options_of(name)
    kind = said.get(TYPE, "")
    if kind not in KINDS:
        raise ConfigError(f"{path} says nothing of a location {name!r} that a form could show.", "Use an editor.")
    values, kept = {}, set()
    for spec in option_specs(kind):
        text = said.get(spec.name, "")
        if spec.shape is Shape.SECRET and text:
            variable = _variable(text) if text.startswith("${") else ""
            values[spec.name] = variable
            if not variable:
                kept.add(spec.name)
        else:
            values[spec.name] = text
    return LocationDraft(name, kind, values, frozenset(kept))


def draft_problems(path: Path, draft: LocationDraft, *, is_new: bool) -> dict[str, str]:
    """What is wrong with a draft, a sentence by the option (or ``NAME``) that it is about; empty if it can be saved."""
    problems: dict[str, str] = {}
    if not LOCATION_NAME.fullmatch(draft.name):
        problems[NAME] = "Use up to 32 of a-z, 0-9, '_' and '-', a letter or digit first."
    elif is_new and draft.name in _names_in(path):
        problems[NAME] = "There is a location of this name already."
    spared = {BUCKET} if draft.name in _buckets_in(path) else set()
    for spec in option_specs(draft.kind):
        text = draft.values.get(spec.name, "").strip()
        if not text and spec.required and spec.name not in draft.kept_secrets and spec.name not in spared:
            problems[spec.name] = f"It is needed: {spec.help}."
        elif spec.shape is Shape.SECRET and text and (mistake := _secret_problem(text)):
            problems[spec.name] = mistake
    return problems or dict(_mistakes_of_reader(path, draft))


def save_draft(path: Path, draft: LocationDraft, *, is_new: bool) -> None:
    """Write a location into the file: as a new one at the end, or over the options that it has there.

    Raises:
        ConfigError: the draft has a mistake, or the file cannot be changed; it is as it was then.
    """
    if problems := draft_problems(path, draft, is_new=is_new):
        lines = [f"{name}: {problem}" for name, problem in problems.items()]
        raise ConfigError("\n".join(lines), "Nothing was written.")
    wanted = {spec.name: _wanted(spec, draft) for spec in option_specs(draft.kind)}
    if is_new:
        given = {TYPE: _text_value(draft.kind), **{name: value for name, value in wanted.items() if value is not None}}
        change_config(path, lambda text: text.with_location(draft.name, given))
    else:
        changed = {name: value for name, value in wanted.items() if name not in draft.kept_secrets or value is not None}
        change_config(path, lambda text: text.with_options(draft.name, changed))


def remove_location(path: Path, name: str) -> None:
    """Take a location out of the file; ConfigError if it is ``local`` or not there."""
    if name == LOCAL:
        raise ConfigError(f"The location {LOCAL!r} cannot be removed: every push starts there.", "Change its path.")
    change_config(path, lambda text: text.without_location(name))


def set_default(path: Path, name: str) -> None:
    """Write which location a push goes to that names none; ConfigError if it cannot be that one."""
    change_config(path, lambda text: text.with_default(_text_value(name)))


def _form_field(spec: OptionSpec) -> FormField:
    is_flag = spec.shape is Shape.FLAG
    default = ("true" if spec.default else "false") if is_flag else str(spec.default or "")
    return FormField(spec.name, spec.help, spec.required, is_flag, spec.shape is Shape.SECRET, default)


def _text_of(path: Path) -> ConfigText:
    try:
        return ConfigText(path.read_bytes(), path)
    except OSError as error:
        raise ConfigError(f"Cannot read the configuration {path}: {error.strerror or error}.") from error


def _names_in(path: Path) -> set[str]:
    return set(_locations_in(path).entries)


def _section_in(path: Path) -> collections.abc.Mapping[str, Entry]:
    """What everything lies in, of a file that was read without mistakes before."""
    root = parse(path.read_bytes(), Problems(path))
    section = root.entries[SECTION].value if isinstance(root, Mapping) and SECTION in root.entries else None
    return section.entries if isinstance(section, Mapping) else {}


def _buckets_in(path: Path) -> dict[str, str | None]:
    """The bucket of the location that needs to name none."""
    reader = Reader(path.absolute().parent, os.environ, Problems(path))
    return storage_bucket(_section_in(path).get(BLOCK), reader)


def _locations_in(path: Path) -> Mapping:
    entry = _section_in(path).get(LOCATIONS)
    block = None if entry is None else entry.value
    if not isinstance(block, Mapping):
        raise ConfigError(f"{path} has no block of locations any more.", "Look at it in an editor.")
    return block


def _mistakes_of_reader(path: Path, draft: LocationDraft) -> Iterator[tuple[str, str]]:
    """What the configuration's own reader says of the draft beside the other locations of the file."""
    block = _locations_in(path)
    specs = option_specs(draft.kind)
    entries = {TYPE: Entry(_DRAFT_LINE, Scalar(draft.kind, _DRAFT_LINE, plain=False))}
    old = block.entries.get(draft.name)
    for number, spec in enumerate(specs, _DRAFT_LINE + 1):
        value = _wanted(spec, draft)
        if value is not None:
            entries[spec.name] = Entry(number, Scalar(value.text, number, plain=False))
        elif spec.name in draft.kept_secrets and old is not None and isinstance(old.value, Mapping):
            entries[spec.name] = Entry(number, old.value.entries[spec.name].value)
    others = {name: entry for name, entry in block.entries.items() if name != draft.name}
    mine = Entry(_DRAFT_LINE, Mapping(entries, _DRAFT_LINE))
    problems = Problems(path)
    reader = Reader(path.absolute().parent, os.environ, problems)
    read_locations(Entry(1, Mapping({**others, draft.name: mine}, 1)), reader, _buckets_in(path))
    for line, text in problems.found:
        if line >= _DRAFT_LINE:
            yield (specs[line - _DRAFT_LINE - 1].name if line > _DRAFT_LINE else NAME), text


def _wanted(spec: OptionSpec, draft: LocationDraft) -> Value | None:
    """How an option shall stand in the file; None if it shall not."""
    text = draft.values.get(spec.name, "").strip()
    if not text:
        return None
    if spec.shape is Shape.SECRET:
        return _text_value(f"${{{_variable(text)}}}")
    if spec.shape is Shape.FLAG and text.lower() in {"true", "false"}:
        return Value(text.lower(), text.lower())
    if spec.shape is Shape.PORT and text.isascii() and text.isdigit():
        return Value(text, text)
    return _text_value(text)


def _text_value(text: str) -> Value:
    return Value(text, yaml_string(text))


def _variable(text: str) -> str:
    """The variable that ``NAME`` or ``${NAME}`` means, '' if it is none."""
    match = _VARIABLE.fullmatch(text)
    return next(filter(None, match.groups()), "") if match else ""


def _secret_problem(text: str) -> str:
    """What is wrong with the name of a variable; never quotes it, because it may be the secret itself."""
    variable = _variable(text)
    if not variable:
        return "This is no name of an environment variable. Never type the secret itself here."
    if variable not in os.environ:
        return "There is no environment variable of this name. Set it, and start audiotui again."
    return ""
