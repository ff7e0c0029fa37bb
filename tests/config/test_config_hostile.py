"""Files that are broken, hostile or no configuration at all: one clear line, quickly, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from audiotui.config import load_config, tree
from audiotui.config.problems import Problems
from audiotui.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
)

BROKEN = {
    "bomb of aliases": (BOMB, ":4: The file has more than 20 aliases. A configuration needs far fewer."),
    "alias without anchor": ("a: *b", ":1: The alias *b has no anchor &b before it. Write the value out."),
    "alias inside its anchor": ("a: &a [*a]", ":1: The alias *a lies inside its own anchor. Write the value out."),
    "deep in brackets": (
        "a: " + "[" * 30 + "]" * 30,
        ":1: The file has more than 20 levels of blocks inside blocks. A configuration needs far fewer.",
    ),
    "deep in dashes": (
        "- " * 50_000,
        ":1: The file has more than 20 levels of blocks inside blocks. A configuration needs far fewer.",
    ),
    "brackets that stay open": (
        "[" * 900_000,
        ":1: The file has more than 2,000 brackets and braces. A configuration needs none.",
    ),
    "many values": (
        "- a\n" * 6_000,
        ":5000: The file has more than 5,000 values. A configuration needs far fewer.",
    ),
    "larger than a megabyte": (
        "# x\n" * 250_001,
        ":1: The file is larger than 1,000,000 bytes. A configuration is a page or two: is it the right file?",
    ),
    "two documents": (
        "a: 1\n---\nb: 2\n",
        ":2: A second YAML document begins here. Remove the line '---' and merge the two.",
    ),
    "indented with a tab": (
        "audio_manager:\n\tdb_path: x\n",
        ":2: The line is indented with a tab, and YAML allows only spaces. Replace it by spaces.",
    ),
    "a key that is a list": (
        "audio_manager: {}\n? [a]\n: b\n",
        ":2: A key must be a plain word, not a list or a block.",
    ),
    "control character": ("a: 1\nb: \x00\n", ":2: The character U+0000 cannot stand in YAML. Remove it."),
    "escape character": ("a: 1\nb: \x1b[2J\n", ":2: The character U+001B cannot stand in YAML. Remove it."),
    "python tag": (
        "audio_manager: !!python/object/apply:os.system ['touch pwned']\n",
        ":1: The tag 'tag:yaml.org,2002:python/object/apply:os.system' is not allowed here. "
        "Remove it: only plain values are read.",
    ),
}

ENGINES = [
    pytest.param(yaml.CSafeLoader, id="libyaml"),
    pytest.param(yaml.SafeLoader, id="pure"),
]


def parsed(data: bytes, engine: Any) -> tree.Node:
    problems = Problems(Path("config.yaml"))
    node = tree.parse(data, problems, parser=engine)
    problems.raise_if_any()
    return node


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_in_one_line(name: str, engine: Any) -> None:
    text, expected = BROKEN[name]

    with pytest.raises(ConfigError) as caught:
        parsed(text.encode(), engine)

    assert caught.value.message == f"config.yaml{expected}"


SYNTAX = {
    "a: b: c": (1, "Check the indentation, or put a value that holds ': ' into quotes."),
    "a: 1\nb: 'x": (2, "A quote that is opened must be closed."),
    "a: 1\n b: 2": (2, "Check the indentation, or put a value that holds ': ' into quotes."),
    "a: 1\n- b": (2, "All keys of one block begin in the same column, and are followed by ': '."),
    "a: @x": (1, "Put a value that begins with such a character into quotes."),
    "a: {b: ${X}}": (1, "Inside {...}, put values such as '${NAME}' into quotes."),
    "a: [b, ${X}]": (1, "Inside [...], put values such as '${NAME}' into quotes."),
    'a: "C:\\data"': (1, "In double quotes a backslash is written twice; or use single quotes."),
    "a: 1\nb\n": (2, "A key is followed by ': ' and its value; check the indentation."),
    "%YAML 9.9\n---\na: 1": (1, "Check the quotes and the indentation."),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("text", SYNTAX)
def test_a_mistake_of_syntax_comes_with_advice(text: str, engine: Any) -> None:
    line, advice = SYNTAX[text]

    with pytest.raises(ConfigError) as caught:
        parsed(text.encode(), engine)

    assert caught.value.message.startswith(f"config.yaml:{line}: This is not valid YAML: ")
    assert caught.value.message.endswith(advice)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a: 1\nb: \xff\n", ":2: Byte 0xff is not valid UTF-8. Save the file as UTF-8."),
        ("a: 1".encode("utf-16"), ":1: Byte 0xff is not valid UTF-8. Save the file as UTF-8."),
        (b"\x1f\x8b\x08\x00", ":1: Byte 0x8b is not valid UTF-8. Save the file as UTF-8."),
        (b"SQLite format 3\x00", ":1: The character U+0000 cannot stand in YAML. Remove it."),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(data)

    with pytest.raises(ConfigError) as caught:
        load_config(path)

    assert caught.value.message == f"{path}{expected}"


def test_a_tag_runs_nothing(config_file: Callable[..., Path], tmp_path: Path) -> None:
    witness = tmp_path / "pwned"
    path = config_file(f"audio_manager: !!python/object/apply:os.mkdir ['{witness}']\n")

    with pytest.raises(ConfigError):
        load_config(path)

    assert not witness.exists()


def test_a_pipe_that_nobody_writes_to_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    os.mkfifo(path)

    with pytest.raises(ConfigError, match="it is no regular file"):
        load_config(path)


@pytest.mark.parametrize("name", ["", "/dev/null", "missing/config.yaml", "file/config.yaml", "x" * 300, "a\0b"])
def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / name)

    assert caught.value.exit_code == 9
    assert caught.value.hint


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode(errors="replace"))))
@example(data=b'a: "\\UFFFFFFFF"')
@example(data=b"a: &a {<<: *a}")
@example(data=b"!<tag:yaml.org,2002:map> {a: b}")
@pytest.mark.parametrize("engine", ENGINES)
def test_any_bytes_give_a_tree_or_a_configuration_error(engine: Any, data: bytes) -> None:
    try:
        node = parsed(data, engine)
    except ConfigError:
        return

    assert isinstance(node, tree.Scalar | tree.Mapping | tree.Sequence)


KEYS = st.sampled_from(
    ["type", "path", "bucket", "prefix", "host", "port", "secret_key", "secure", "endpoint", "remote_path", "a b", "<<"]
)
VALUES = st.sampled_from(
    ["local", "s3", "minio", "scp", "''", "no", "~", "0600", "12:30", '"\\u202e"', "${A}", "${B}", "${", "$${",
     "/x", "~x/y", "[a]", "{a: b}", "*a", "!!int 3", "&a x", "|-\n          x",
     "1e3", '"\\0"', "true", "65536", "/" + "y" * 300]
)  # fmt: skip
BLOCKS = st.dictionaries(KEYS, VALUES, max_size=5)
NAMES = st.sampled_from(["local", "s3", "x" * 33, "no", '"\\e[2J"', "_a"])


def shown_or_refused(path: Path) -> str:
    try:
        return load_config(path, environ={"A": "\x1b/\udcff" * 50, "B": "/b\udcff"}).show()
    except ConfigError as error:
        return str(error)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks=st.dictionaries(NAMES, BLOCKS, max_size=4), db_path=VALUES, destination=VALUES, layout=VALUES)
def test_any_configuration_is_read_or_refused(
    tmp_path: Path, blocks: dict[str, dict[str, str]], db_path: str, destination: str, layout: str
) -> None:
    lines = [
        f"  db_path: {db_path}",
        f"  default_destination: {destination}",
        f"  key_layout: {layout}",
        "  locations:",
    ]
    for name, options in blocks.items():
        lines += [f"    {name}:", *(f"      {key}: {value}" for key, value in options.items())]
    path = tmp_path / "config.yaml"
    path.write_text("audio_manager:\n" + "\n".join(lines) + "\n", encoding="utf-8")

    told = shown_or_refused(path)

    assert told
    assert "\x1b" not in told
