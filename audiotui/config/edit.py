"""Changing single lines of a configuration file: every other byte stays, comments, order and line ends included.

PyYAML tells where each key and value stands, and the lines there are changed. What comes out is read again and must
say exactly what was meant, so a file of a shape that nobody foresaw is refused and never damaged.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import yaml

from audiotui.config.load import SECTION
from audiotui.config.problems import Problems
from audiotui.config.tree import Mapping, Node, Scalar, parse
from audiotui.config.yamltext import yaml_key
from audiotui.errors import ConfigError
from audiotui.text import safe_text

if TYPE_CHECKING:
    import collections.abc
    from pathlib import Path

LOCATIONS, DEFAULT = "locations", "default_destination"

_ALIAS = "alias"
"""The tag that our loader gives to an alias, in whose place nothing can be changed."""

_ODD_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
"""What YAML takes for ends of lines and nobody writes."""

_BY_HAND = "Change it in an editor; nothing was written."


class Value(NamedTuple):
    """A value as it shall stand in the file: what a reader gets, and how it is written."""

    text: str
    literal: str


class ConfigText:
    """The text of a configuration. Each change gives a new one; none touches a file.

    Every method that changes raises ConfigError where the file is written in a way that cannot be changed line by
    line: in braces, or with aliases.
    """

    def __init__(self, data: bytes, path: Path) -> None:
        """ConfigError if the file is not the YAML of a configuration; mistakes inside of locations are no hindrance."""
        self._path = path
        problems = Problems(path)
        self._meaning = _plain(parse(data, problems))
        problems.raise_if_any()
        text = data.decode()
        if _ODD_BREAKS.search(text):
            self._refuse("it has unusual line ends")
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._lines = text.split("\n")
        root: Any = _Loader(text).get_single_node()
        self._section = self._block(root, SECTION)
        self._locations = self._block(self._section, LOCATIONS)

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        return "\n".join(self._lines).encode()

    def options_of(self, name: str) -> dict[str, str]:
        """What a location's block says as it is written, references to variables included; empty if there is none."""
        block = self._meaning[SECTION][LOCATIONS].get(name)
        return {key: text for key, text in block.items() if isinstance(text, str)} if isinstance(block, dict) else {}

    def with_location(self, name: str, options: collections.abc.Mapping[str, Value]) -> ConfigText:
        """With another location at the end, that says this, in this order."""
        last_key, last_value = self._locations.value[-1]
        column = last_key.start_mark.column
        after = self._last_line(last_key, last_value)
        new = ["", f"{' ' * column}{yaml_key(name)}:"]
        new += [f"{' ' * (column + 2)}{option}: {value.literal}" for option, value in options.items()]
        meaning = copy.deepcopy(self._meaning)
        meaning[SECTION][LOCATIONS][name] = {option: value.text for option, value in options.items()}
        return self._with([(after + 1, after + 1, new)], meaning)

    def with_options(self, name: str, options: collections.abc.Mapping[str, Value | None]) -> ConfigText:
        """With other values of single options of a location; None takes an option's lines away."""
        block = self._block(self._locations, name)
        present = {key.value: (key, value) for key, value in block.value}
        meaning = copy.deepcopy(self._meaning)
        said = meaning[SECTION][LOCATIONS][name]
        edits: list[Edit] = []
        new: list[str] = []
        for option, wanted in options.items():
            if wanted is None:
                if option in present:
                    edits.append(self._without(*present[option]))
                    del said[option]
                continue
            if option not in present:
                new.append(f"{' ' * block.value[0][0].start_mark.column}{option}: {wanted.literal}")
            elif said[option] != wanted.text:
                edits.append(self._replaced(*present[option], wanted.literal))
            said[option] = wanted.text
        after = self._last_content_line(block)
        return self._with([(after + 1, after + 1, new), *edits], meaning)

    def without_location(self, name: str) -> ConfigText:
        """Without a location, the comment directly above it, and a default destination that named it."""
        key, value = self._pair(self._locations, name)
        column, first = key.start_mark.column, key.start_mark.line
        while re.match(rf" {{{column}}}#", self._lines[first - 1]):
            first -= 1
        after = self._last_line(key, value) + 1
        if self._is_blank(first - 1) and self._is_blank(after):
            first -= 1
        edits: list[Edit] = [(first, after, [])]
        meaning = copy.deepcopy(self._meaning)
        del meaning[SECTION][LOCATIONS][name]
        if meaning[SECTION].get(DEFAULT) == name:
            edits.append(self._without(*self._pair(self._section, DEFAULT)))
            del meaning[SECTION][DEFAULT]
        return self._with(edits, meaning)

    def with_default(self, destination: Value) -> ConfigText:
        """With another default destination."""
        meaning = copy.deepcopy(self._meaning)
        meaning[SECTION][DEFAULT] = destination.text
        if DEFAULT in self._meaning[SECTION]:
            edit = self._replaced(*self._pair(self._section, DEFAULT), destination.literal)
        else:
            key, value = self._pair(self._section, "db_path")
            after = self._last_content_line(value) + 1
            edit = (after, after, [f"{' ' * key.start_mark.column}{DEFAULT}: {destination.literal}"])
        return self._with([edit], meaning)

    def _with(self, edits: list[Edit], meaning: dict[str, Any]) -> ConfigText:
        """The text with lines exchanged, once it is sure to say what is meant."""
        changed = copy.copy(self)
        changed._lines = list(self._lines)
        ending = self._newline.removesuffix("\n")
        for first, after, new in sorted(edits, key=lambda edit: edit[0], reverse=True):
            changed._lines[first:after] = [line if line.endswith("\r") else line + ending for line in new]
            if changed._lines[-1]:
                changed._lines.append("")
        try:
            changed = ConfigText(changed.data, self._path)
        except ConfigError as error:
            self._refuse("the change does not fit the way it is written", error)
        if changed._meaning != meaning:
            self._refuse("the change does not fit the way it is written")
        return changed

    def _block(self, parent: Any, key: str) -> Any:
        """The block below a key."""
        value = self._pair(parent, key)[1]
        if value.tag == _ALIAS or value.anchor:
            self._refuse(f"{key!r} shares its lines with another place (&, *)")
        if not isinstance(value, yaml.MappingNode) or value.flow_style or not value.value:
            self._refuse(f"{key!r} is not written as a block with one option a line")
        return value

    def _pair(self, parent: Any, key: str) -> Pair:
        for pair in parent.value if isinstance(parent, yaml.MappingNode) else ():
            if pair[0].value == key:
                return pair[0], pair[1]
        return self._refuse(f"it has no {key!r} where one is expected")

    def _replaced(self, key: Any, value: Any, literal: str) -> Edit:
        """The lines of a value with another value; a comment behind it stays."""
        start, end = value.start_mark, value.end_mark
        if not isinstance(value, yaml.ScalarNode) or (end.line > start.line and end.column == 0):
            self._refuse(f"{key.value!r} is written over several lines")
        before, behind = self._lines[start.line][: start.column], self._lines[end.line][end.column :]
        gap = "" if before.endswith(" ") else " "
        return start.line, end.line + 1, [f"{before}{gap}{literal}{behind}"]

    def _without(self, key: Any, value: Any) -> Edit:
        return key.start_mark.line, max(key.start_mark.line, self._last_content_line(value)) + 1, []

    def _last_line(self, key: Any, value: Any) -> int:
        """The last line of an entry, with the comments below it that are indented as its options are."""
        last: int = max(key.start_mark.line, self._last_content_line(value))
        deeper = re.compile(rf" {{{key.start_mark.column + 1},}}#")
        while last + 1 < len(self._lines) and deeper.match(self._lines[last + 1]):
            last += 1
        return last

    def _last_content_line(self, node: Any) -> int:
        """The last line that a node has a character in; PyYAML's own end of a block is where the next thing begins."""
        if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
            key, value = node.value[-1]
            return max(self._last_content_line(key), self._last_content_line(value))
        last = int(node.end_mark.line)
        while last > node.start_mark.line and self._is_blank(last):
            last -= 1
        return last

    def _is_blank(self, line: int) -> bool:
        return line >= len(self._lines) or not self._lines[line].strip()

    def _refuse(self, why: str, cause: ConfigError | None = None) -> NoReturn:
        raise ConfigError(f"Cannot change {safe_text(str(self._path))}: {why}.", _BY_HAND) from cause


Edit = tuple[int, int, list[str]]
"""The lines from one up to another, and what stands there instead."""

Pair = tuple[Any, Any]


class _Loader(yaml.SafeLoader):
    """Composes nodes with their places; an alias stays what it is, and anchors are remembered."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """The next node, with its anchor; an alias as a scalar of its own tag."""
        parser: Any = self  # the stubs do not know the parser's part of a loader
        event = parser.peek_event()
        node: Any
        if parser.check_event(yaml.AliasEvent):
            parser.get_event()
            node = yaml.ScalarNode(_ALIAS, event.anchor, start_mark=event.start_mark, end_mark=event.end_mark)
        else:
            node = super().compose_node(parent, index)
        node.anchor = event.anchor
        return node


def _plain(node: Node) -> Any:
    """What a tree says, without its lines."""
    if isinstance(node, Mapping):
        return {key: _plain(entry.value) for key, entry in node.entries.items()}
    return node.text if isinstance(node, Scalar) else [_plain(item) for item in node.items]
