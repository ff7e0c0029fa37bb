"""From the bytes of a YAML file to a small tree that knows the line of everything; types are left to the schema.

The tree is built from the parser's events instead of by PyYAML's composer, because every limit has to hold before
anything grows: an alias is a second way to a node, never a copy of it, and no tag is ever acted upon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import yaml

from audiotui.config.problems import Problems, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_NODES = 5_000
MAX_ALIASES = 20
MAX_BRACKETS = 2_000
"""Opening brackets and braces in a file; libyaml's time grows with the square of those that stay open."""

Event: TypeAlias = Any
"""A parser event; the stubs know too little of its attributes."""

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_ADVICE = (
    ("mapping values are not allowed", "Check the indentation, or put a value that holds ': ' into quotes."),
    ("could not find expected ':'", "A key is followed by ': ' and its value; check the indentation."),
    ("expected key", "All keys of one block begin in the same column, and are followed by ': '."),
    ("<block end>", "All keys of one block begin in the same column, and are followed by ': '."),
    ("unexpected end of stream", "A quote that is opened must be closed."),
    ("cannot start any token", "Put a value that begins with such a character into quotes."),
    ("unknown escape character", "In double quotes a backslash is written twice; or use single quotes."),
    ("expected ',' or '}'", "Inside {...}, put values such as '${NAME}' into quotes."),
    ("expected ',' or ']'", "Inside [...], put values such as '${NAME}' into quotes."),
)
"""Words of a parser's message (libyaml's or PyYAML's own) and what the user can do about it."""


class Scalar(NamedTuple):
    """A single value as it is written."""

    text: str
    line: int
    plain: bool
    """True if it is not in quotes, so that YAML would guess its type."""


class Entry(NamedTuple):
    """One ``key: value``."""

    line: int
    value: Node


class Mapping(NamedTuple):
    """A block of keys, in the file's order."""

    entries: dict[str, Entry]
    line: int


class Sequence(NamedTuple):
    """A list."""

    items: tuple[Node, ...]
    line: int


Node: TypeAlias = Scalar | Mapping | Sequence


def parse(data: bytes, problems: Problems, *, parser: Any = _PARSER) -> Node:
    """The tree of a file's one document.

    ``parser`` is the PyYAML loader class whose events are used. Duplicate keys and tags are noted in ``problems``, and
    the tree goes on without them.

    Raises:
        ConfigError: the rest cannot be understood: no UTF-8, no YAML, too big, too deep, more than one document.
    """
    text = _decoded(data, problems)
    try:
        return _Composer(yaml.parse(text, Loader=parser), problems).document()
    except yaml.MarkedYAMLError as error:
        return problems.stop(*_explained(error, text))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # PyYAML's own scanner lets chr() fail for an escape such as "\UFFFFFFFF"
        return problems.stop(1, f"This is not valid YAML: {error}. Check the escapes in double quotes.")


def guessed_type(scalar: Scalar) -> str:
    """What YAML 1.1 takes a value for: ``str``, ``int``, ``float``, ``bool``, ``null``, ``timestamp`` or another."""
    if not scalar.plain:
        return "str"
    resolver: Any = yaml.resolver.Resolver()
    tag: str = resolver.resolve(yaml.ScalarNode, scalar.text, (True, False))
    return tag.rpartition(":")[2]


def _decoded(data: bytes, problems: Problems) -> str:
    if len(data) > MAX_BYTES:
        problems.stop(
            1, f"The file is larger than {MAX_BYTES:,} bytes. A configuration is a page or two: is it the right file?"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.stop(line, f"Byte 0x{data[error.start]:02x} is not valid UTF-8. Save the file as UTF-8.")
    if strange := yaml.reader.Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, strange.start()) + 1
        problems.stop(line, f"The character U+{ord(strange[0]):04X} cannot stand in YAML. Remove it.")
    if text.count("[") + text.count("{") > MAX_BRACKETS:
        problems.stop(1, f"The file has more than {MAX_BRACKETS:,} brackets and braces. A configuration needs none.")
    return text


def _explained(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    mark = error.problem_mark or error.context_mark
    lines = text.splitlines() or [""]
    number = min(mark.line if mark else 0, len(lines) - 1)
    line = lines[number]
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return number + 1, "The line is indented with a tab, and YAML allows only spaces. Replace it by spaces."
    problem = error.problem or error.context or "not valid"
    advice = next((advice for words, advice in _ADVICE if words in problem), "Check the quotes and the indentation.")
    return number + 1, f"This is not valid YAML: {problem}. {advice}"


class _Composer:
    """Builds the tree of one document from parser events."""

    def __init__(self, events: Iterator[Event], problems: Problems) -> None:
        self._events = events
        self._problems = problems
        self._anchors: dict[str, Node | None] = {}
        """None while the anchor's own node is still being built."""
        self._nodes = 0
        self._aliases = 0

    def document(self) -> Node:
        """The only document of the stream."""
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            self._problems.stop(1, "The file is empty. Run 'audiotui init --path FILE' to write one with comments.")
        root = self._node(next(self._events), depth=1)
        next(self._events)  # the end of the document
        following = next(self._events)
        if not isinstance(following, yaml.StreamEndEvent):
            self._problems.stop(
                _line(following), "A second YAML document begins here. Remove the line '---' and merge the two."
            )
        return root

    def _node(self, event: Event, depth: int) -> Node:
        self._check_limits(event, depth)
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event)
        self._refuse_tag(event)
        anchor: str | None = event.anchor
        if anchor is not None:
            self._anchors[anchor] = None
        node = self._built(event, depth)
        if anchor is not None:
            self._anchors[anchor] = node
        return node

    def _built(self, event: Event, depth: int) -> Node:
        if isinstance(event, yaml.MappingStartEvent):
            return Mapping(self._entries(depth), _line(event))
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(tuple(self._items(depth)), _line(event))
        return Scalar(event.value, _line(event), plain=event.implicit[0])

    def _entries(self, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, Scalar):
                self._problems.add(_line(event), "A key must be a plain word, not a list or a block.")
            elif key.text in entries:
                first = entries[key.text].line
                self._problems.add(
                    _line(event),
                    f"The key {quoted(key.text)} stands here a second time (first in line {first}). Remove one.",
                )
            else:
                entries[key.text] = Entry(_line(event), value)
        return entries

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _aliased(self, event: Event) -> Node:
        name: str = event.anchor
        node = self._anchors.get(name)
        if node is not None:
            return node
        if name in self._anchors:
            self._problems.stop(_line(event), f"The alias *{name} lies inside its own anchor. Write the value out.")
        return self._problems.stop(
            _line(event), f"The alias *{name} has no anchor &{name} before it. Write the value out."
        )

    def _refuse_tag(self, event: Event) -> None:
        if event.tag is not None:
            self._problems.add(
                _line(event), f"The tag {quoted(event.tag)} is not allowed here. Remove it: only plain values are read."
            )

    def _check_limits(self, event: Event, depth: int) -> None:
        self._nodes += 1
        self._aliases += isinstance(event, yaml.AliasEvent)
        for count, limit, what in (
            (depth, MAX_DEPTH, "levels of blocks inside blocks"),
            (self._nodes, MAX_NODES, "values"),
            (self._aliases, MAX_ALIASES, "aliases"),
        ):
            if count > limit:
                self._problems.stop(
                    _line(event), f"The file has more than {limit:,} {what}. A configuration needs far fewer."
                )


def _line(event: Event) -> int:
    line: int = event.start_mark.line
    return line + 1
