"""Every mistake is told by file and line, with the reason and the way out, and all of them at once."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest

from audiotui.config import load_config
from audiotui.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHOLE_FILES = {
    "": "1: The file is empty. Run 'audiotui init --path FILE' to write one with comments.",
    "# only a comment\n": "1: The file is empty. Run 'audiotui init --path FILE' to write one with comments.",
    "just words": "1: The file must begin with 'audio_manager:' and hold everything in that block.",
    "- a\n- b\n": "1: The file must begin with 'audio_manager:' and hold everything in that block.",
    "audio_manager:\n": (
        "1: 'audio_manager:' must be a block with at least db_path and locations, indented by two spaces."
    ),
    "audio_manger:\n  x: 1\n": (
        "1: The file has the unknown key 'audio_manger'. Did you mean 'audio_manager'?\n"
        "1: The block 'audio_manager:' is missing: everything lies in it. Begin the file with that line."
    ),
    "# c\ndb_path: x\nlocations: {}\n": (
        "1: The block 'audio_manager:' is missing: everything lies in it. Begin the file with that line.\n"
        "2: 'db_path' stands outside of 'audio_manager:'. Move it below that line, indented by two spaces.\n"
        "3: 'locations' stands outside of 'audio_manager:'. Move it below that line, indented by two spaces."
    ),
    "audio_manager: {}\n": (
        "1: db_path is missing: the catalog needs a file. Add a line such as db_path: library.db\n"
        "1: locations is missing. Add it with the location 'local': it is always needed, because every push starts "
        "there and every pull ends there."
    ),
    "audio_manager:\n  db_path: x\n  locations: [a]\n": (
        "3: locations must be a block of names. Begin with 'local': it is always needed, because every push starts "
        "there and every pull ends there."
    ),
    "audio_manager:\n  db_path: x\n  locations:\n    disk: {type: local, path: /d}\n": (
        "3: The location 'local' is missing: it is always needed, because every push starts there and every pull "
        "ends there. Add it with type: local and a path."
    ),
    "audio_manager:\n  db_path: .\n  locations:\n    local: {type: local}\n": (
        "2: db_path is a folder. Name a file in it, such as library.db.\n"
        "4: Location 'local' lacks 'path', the folder that holds the files (it is always needed, because every push "
        "starts there and every pull ends there). Add a line path: ..."
    ),
    "audio_manager:\n  db_path: x\n  locations:\n    local: {type: s3, bucket: b}\n": (
        "4: The location 'local' has type 's3', but it must be a folder: it is always needed, because every push "
        "starts there and every pull ends there. Use type: local."
    ),
}


@pytest.mark.parametrize("text", WHOLE_FILES)
def test_a_file_that_lacks_its_frame_says_what_to_add(mistakes: Callable[..., list[str]], text: str) -> None:
    assert mistakes(text) == [f"config.yaml:{line}" for line in WHOLE_FILES[text].split("\n")]


OPTIONS = {
    "db_pth: x": "5: audio_manager has the unknown key 'db_pth'. Did you mean 'db_path'?",
    "zzz: x": (
        "5: audio_manager has the unknown key 'zzz'. "
        "Known are 'db_path', 'locations', 'default_destination', 'key_layout', 'mincopies', "
        "'player', 'library', 'app'."
    ),
    "default_destination: archiv": (
        "5: default_destination 'archiv' is not one of the locations. Add one under locations, or remove this line."
    ),
    "default_destination: local": (
        "5: default_destination is 'local', where every push starts. Name another location."
    ),
    "default_destination: no": ('5: default_destination: YAML takes no for true or false. Put "no" into quotes.'),
    "default_destination:": "5: default_destination is empty. Give it a value, or remove the line.",
    "default_destination: ''": "5: default_destination is empty. Give it a value.",
    "default_destination: [a]": (
        "5: default_destination must be one value, not a list or a block. Write it after the ': '."
    ),
    "mincopies: 0": "5: mincopies is 0, and then a drop could take the last copy. Write 1 or more.",
    "mincopies: few": "5: mincopies: 'few' is no whole number. Write digits alone, such as 22.",
    "key_layout: '{uid}/{knd}.{sha256}'": (
        "5: key_layout '{uid}/{knd}.{sha256}' has an unknown placeholder {knd}. Did you mean {kind}? "
        "Known are {uid}, {kind}, {sha256}, {ext}."
    ),
}


@pytest.mark.parametrize("line", OPTIONS)
def test_a_wrong_option_names_its_line_and_the_way_out(mistakes: Callable[..., list[str]], line: str) -> None:
    text = f"""\
audio_manager:
  db_path: library.db
  locations:
    local: {{type: local, path: recordings}}
  {line}
"""
    assert mistakes(text) == [f"config.yaml:{OPTIONS[line]}"]


LOCATIONS = {
    "Studio: {type: local, path: /s}": (
        "5: 'Studio' cannot be a location's name. Use up to 32 of a-z, 0-9, '_' and '-', a letter or digit first."
    ),
    "a b:": "5: 'a b' cannot be a location's name. Use up to 32 of a-z, 0-9, '_' and '-', a letter or digit first.",
    "archive:": ("5: Location 'archive' says nothing. Put type: and its options below it, further to the right."),
    "archive: {path: /a}": "5: Location 'archive' lacks 'type'. Add one of: local, s3, minio, scp.",
    "archive: {type: minoi}": "5: Location 'archive' has the unknown type 'minoi'. Did you mean 'minio'?",
    "archive: {type: ftp}": (
        "5: Location 'archive' has the unknown type 'ftp'. Known are 'local', 's3', 'minio', 'scp'."
    ),
    "archive: {type: local, path: ''}": "5: path of location 'archive' is empty. Give it a value.",
    "archive: {type: local, path: ~}": (
        "5: path of location 'archive': YAML takes ~ for nothing. Put \"~\" into quotes."
    ),
    "archive: {type: local, path: ~nobody-here/x}": (
        "5: path of location 'archive': '~nobody-here/x' begins with a user who has no home folder here. "
        "Write the path out, or begin it with ./ if the name is meant."
    ),
    r'archive: {type: local, path: "/a\nb"}': (
        "5: path of location 'archive' has the control character U+000A. Remove it."
    ),
    "archive: {type: local, pfad: /a}": (
        "5: Location 'archive' has the unknown key 'pfad'. Known are 'type', 'path', 'sync'.\n"
        "5: Location 'archive' lacks 'path', the folder that holds the files. Add a line path: ..."
    ),
    "archive: {type: local, pth: /a}": "5: Location 'archive' has the unknown key 'pth'. Did you mean 'path'?",
    "s3: {type: s3, bucket: 12345}": (
        "5: bucket of location 's3': YAML takes 12345 for a number. Put \"12345\" into quotes."
    ),
    "s3: {type: s3, bucket: 2026-01-31}": (
        "5: bucket of location 's3': YAML takes 2026-01-31 for a date. Put \"2026-01-31\" into quotes."
    ),
    "s3: {type: s3, bucket: b, aws_access_key_id: k}": (
        "5: Location 's3', aws_access_key_id and aws_secret_access_key: give both or neither."
    ),
    "s3: {type: s3, bucket: b, aws_access_key_id: k, aws_secret_access_key: 0600}": (
        "5: aws_secret_access_key of location 's3': YAML takes the value for a number. Put it into quotes."
    ),
    "m: {type: minio, endpoint: 'h:1', bucket: b, access_key: a, secret_key: s, secure: yes}": (
        "5: secure of location 'm': 'yes' is neither true nor false. Write one of them."
    ),
    "m: {type: minio, endpoint: 'http://h', bucket: b, access_key: a, secret_key: ''}": (
        "5: secret_key of location 'm' is empty. Give it a value.\n"
        "5: Location 'm', endpoint: give the host alone, without http://, user or path."
    ),
    "m: {type: minio, endpoint: 'http://h', bucket: b, access_key: a, secret_key: s}": (
        "5: Location 'm', endpoint: give the host alone, without http://, user or path."
    ),
    "nas: {type: scp, host: h, remote_path: 12:30}": (
        "5: remote_path of location 'nas': YAML takes 12:30 for a number. Put \"12:30\" into quotes."
    ),
    "nas: {type: scp, host: h, remote_path: /r, port: 0600}": (
        "5: port of location 'nas': '0600' is no whole number. Write digits alone, such as 22."
    ),
    "nas: {type: scp, host: h, remote_path: /r, port: 0x16}": (
        "5: port of location 'nas': '0x16' is no whole number. Write digits alone, such as 22."
    ),
    "nas: {type: scp, host: h, remote_path: /r, port: 70000}": (
        "5: Location 'nas', port: 70000 is not between 1 and 65535."
    ),
    "nas: {type: scp, host: {a: b}, remote_path: /r}": (
        "5: host of location 'nas' must be one value, not a list or a block. Write it after the ': '."
    ),
    "local: {type: local, path: /x}": "5: The key 'local' stands here a second time (first in line 4). Remove one.",
    "archive: {type: local, path: !!str /x}": (
        "5: The tag 'tag:yaml.org,2002:str' is not allowed here. Remove it: only plain values are read."
    ),
}


@pytest.mark.parametrize("line", LOCATIONS)
def test_a_wrong_location_names_its_line_and_the_way_out(mistakes: Callable[..., list[str]], line: str) -> None:
    text = f"""\
audio_manager:
  db_path: library.db
  locations:
    local: {{type: local, path: recordings}}
    {line}
"""
    assert mistakes(text) == [f"config.yaml:{expected}" for expected in LOCATIONS[line].split("\n")]


REFERENCES = {
    "${NOPE}": ("the environment variable NOPE is not set. Set it, or write $${NOPE} if the text itself is meant."),
    **dict.fromkeys(
        ["${}", "${A", "${A:-b}", "${env:A}", "${cmd:id}", "${A${B}}", "${1}", "${ A }"],
        "only ${NAME} is understood as a reference to the environment, with letters, digits and '_'. "
        "Write $${ where ${ itself is meant.",
    ),
}


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_reference_that_cannot_be_replaced_is_a_mistake(mistakes: Callable[..., list[str]], reference: str) -> None:
    text = f"""\
audio_manager:
  db_path: 'x{reference}'
  locations: {{local: {{type: local, path: recordings}}}}
"""
    assert mistakes(text, A="1") == [f"config.yaml:2: db_path: {REFERENCES[reference]}"]


VALUES_OF_VARIABLES = {
    "": "host of location 'nas' is empty, because ${HOST} is empty. Give it a value.",
    "a\n": "host of location 'nas' (from ${HOST}) has the control character U+000A. Remove it.",
    "a\x1b[2J": "host of location 'nas' (from ${HOST}) has the control character U+001B. Remove it.",
    "a\udcff": "host of location 'nas' (from ${HOST}) has bytes that are not valid UTF-8. Remove it.",
}


@pytest.mark.parametrize("value", VALUES_OF_VARIABLES)
def test_a_variable_that_holds_nonsense_is_named(mistakes: Callable[..., list[str]], value: str) -> None:
    text = """\
audio_manager:
  db_path: library.db
  locations:
    local: {type: local, path: recordings}
    nas: {type: scp, host: "${HOST}", remote_path: /r}
"""
    assert mistakes(text, HOST=value) == [f"config.yaml:5: {VALUES_OF_VARIABLES[value]}"]


def test_a_type_that_a_variable_gets_wrong_is_told_without_its_value(mistakes: Callable[..., list[str]]) -> None:
    text = """\
audio_manager:
  db_path: library.db
  locations:
    local: {type: local, path: recordings}
    nas: {type: scp, host: h, remote_path: /r, port: "${PORT}"}
"""
    assert mistakes(text, PORT="hunter2") == [
        "config.yaml:5: port of location 'nas': '${PORT}' is no whole number. Write digits alone, such as 22."
    ]


OVERLAPS = {
    "archive: {type: local, path: recordings/}": "'local' and 'archive' are the same place",
    "archive: {type: local, path: ./x/../recordings}": "'local' and 'archive' are the same place",
    "archive: {type: local, path: recordings/old}": ("'local' and 'archive' overlap: 'archive' lies inside 'local'"),
    "archive: {type: local, path: .}": "'local' and 'archive' overlap: 'local' lies inside 'archive'",
    "archive: {type: local, path: /}": "'local' and 'archive' overlap: 'local' lies inside 'archive'",
    "archive: {type: local, path: link/old}": "'local' and 'archive' overlap: 'archive' lies inside 'local'",
}


@pytest.mark.parametrize("line", OVERLAPS)
def test_folders_that_overlap_are_refused(mistakes: Callable[..., list[str]], tmp_path: Path, line: str) -> None:
    (tmp_path / "recordings").mkdir()
    (tmp_path / "link").symlink_to("recordings")
    text = f"""\
audio_manager:
  db_path: library.db
  locations:
    local: {{type: local, path: recordings}}
    {line}
"""
    assert mistakes(text) == [
        f"config.yaml:5: The locations {OVERLAPS[line]}, so one file could count as two copies. "
        "Give each a place of its own."
    ]


def test_buckets_and_hosts_that_overlap_are_refused(mistakes: Callable[..., list[str]]) -> None:
    text = """\
audio_manager:
  db_path: library.db
  locations:
    local: {type: local, path: recordings}
    a: {type: s3, bucket: b, prefix: x}
    b: {type: s3, bucket: b, prefix: x/y}
    c: {type: s3, bucket: b, prefix: x-y}
    d: {type: scp, host: H, remote_path: /r/}
    e: {type: scp, host: h, remote_path: /r}
"""
    told = mistakes(text)

    assert [line.partition(", so")[0] for line in told] == [
        "config.yaml:6: The locations 'a' and 'b' overlap: 'b' lies inside 'a'",
        "config.yaml:9: The locations 'd' and 'e' are the same place",
    ]


def test_folders_that_only_begin_alike_are_fine(config_file: Callable[..., Path]) -> None:
    path = config_file("""
        audio_manager:
          db_path: library.db
          locations:
            local: {type: local, path: takes}
            archive: {type: local, path: takes-old}
        """)

    assert list(load_config(path).locations) == ["local", "archive"]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(mistakes: Callable[..., list[str]]) -> None:
    text = """\
audio_manager:
  db_path: ${NOPE}
  default_destination: s4
  colour: red
  locations:
    local: {type: local}
    s3:
      type: s3
      bukcet: x
      bucket: 5
      bucket: 6
    nas:
      type: scp
      host: !!str h
      port: many
"""
    told = mistakes(text)

    assert [line.split(":", 2)[1] for line in told] == ["2", "3", "4", "6", "9", "10", "11", "12", "14", "15"]


def test_a_mistake_in_one_option_hides_none_in_others(mistakes: Callable[..., list[str]]) -> None:
    text = """\
audio_manager:
  db_path: registry.db
  locations:
    local: {type: local, path: audio}
    studio:
      type: minio
      bucket: takes
      endpoint: "http://host"
      secure: maybe
      secret_key: s
    s3:
      type: s3
      bucket: takes
      aws_access_key_id: [a]
      aws_session_token: t
      prefix: a/../b
"""
    told = mistakes(text)

    assert [line.split(":", 2)[1] for line in told] == ["5", "8", "9", "14", "16"]
    assert "access_key" in told[0]
    assert "without http://" in told[1]
    assert told[-1] == "config.yaml:16: Location 's3', prefix: it has a part '..'."


def test_a_file_full_of_mistakes_is_told_in_a_page(mistakes: Callable[..., list[str]]) -> None:
    keys = "".join(f"  k{number}: x\n" for number in range(200))

    told = mistakes(f"audio_manager:\n{keys}")

    assert len(told) == 51
    assert told[-1] == "config.yaml: and 152 more."


def test_the_name_of_the_file_cannot_break_the_lines(tmp_path: Path) -> None:
    path = tmp_path / "a\nb\x1b[2J.yaml"
    path.write_text("audio_manager: {}")

    with pytest.raises(ConfigError) as caught:
        load_config(path)

    assert len(caught.value.message.split("\n")) == 2
    assert "\x1b" not in caught.value.message


SECRET = "hunter2-swordfish"

LEAKS = {
    "a secret that is a list": f"secret_key: [{SECRET}]",
    "a secret with a broken reference": f"secret_key: {SECRET}$${{x${{{SECRET}:-",
    "a secret with a control character": f'secret_key: "{SECRET}\\n"',
    "a secret with a tag": f"secret_key: !!binary {SECRET}",
    "a secret given twice": f"secret_key: {SECRET}\nsecret_key: x{SECRET}",
    "a secret under an unknown key": f"secret-key: {SECRET}",
}


@pytest.mark.parametrize("lines", LEAKS.values(), ids=LEAKS.keys())
def test_no_message_shows_a_secret(mistakes: Callable[..., list[str]], lines: str) -> None:
    block = f"type: minio\nendpoint: h\nbucket: b\naccess_key: a\n{lines}\n"
    text = "audio_manager:\n  db_path: x\n  locations:\n    local: {type: local, path: r}\n    m:\n"

    told = mistakes(text + indent(dedent(block), " " * 6))

    assert told
    assert SECRET not in "\n".join(told)
