"""Reading a manifest that anybody may have written."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from audiotui.errors import InvalidInput
from audiotui.transfer.manifest import differences, to_line
from audiotui.transfer.manifest_reader import is_manifest, parse_line, read_lines

UID = "12345678-1234-5678-1234-567812345678"

VOICE: dict[str, Any] = {
    "uid": "22345678-1234-5678-1234-567812345678",
    "model": "whisper",
    "voice": "echo",
    "provider": "",
    "name": "",
    "version": "",
    "language": "",
    "settings": {},
    "notes": "",
    "created_at": "2024-05-01T12:00:00.000+00:00",
    "updated_at": "2024-05-01T12:00:00.000+00:00",
}

FILE: dict[str, Any] = {
    "kind": "audio",
    "version": 1,
    "path": "hello_12345678.wav",
    "original_name": "hello.wav",
    "size_bytes": 44,
    "sha256": "ab" * 32,
    "media": None,
}

LINE: dict[str, Any] = {
    "audiotui": 1,
    "uid": UID,
    **dict.fromkeys(("title", "text", "folder", "verdict", "language", "model", "session", "notes"), "x"),
    "ai_generated": True,
    "rating": 3,
    "generation": {},
    "metadata": {"a": [1, None, {"b": 0.5}]},
    "tags": ["one", "two"],
    "created_at": "2024-05-01T12:00:00.123+00:00",
    "updated_at": "2024-05-02T12:00:00.000+00:00",
    "ai_identity": VOICE,
    "user_identity": None,
    "files": [FILE],
}


def with_file(**changes: Any) -> dict[str, Any]:
    return {**LINE, "files": [{**FILE, **changes}]}


def test_a_line_becomes_the_recording_that_it_describes() -> None:
    line = parse_line(to_line(LINE))

    assert line.recording.uid == UID
    assert line.recording.metadata == {"a": [1, None, {"b": 0.5}]}
    assert line.recording.tags == ("one", "two")
    assert line.recording.created_at is not None
    assert line.recording.created_at.microsecond == 123_000
    assert line.ai_identity is not None
    assert (line.ai_identity.model, line.ai_identity.voice, line.ai_identity.uid) == ("whisper", "echo", VOICE["uid"])
    assert [file.path for file in line.files] == ["hello_12345678.wav"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({**LINE, "audiotui": 2}, "version 1"),
        ({**LINE, "uid": "../../etc"}, "uid is not a UUID"),
        ({**LINE, "uid": UID.upper().replace("1", "A")}, "uid is not a UUID"),
        ({**LINE, "text": None}, "text is not a text"),
        ({**LINE, "text": ["x"]}, "text is not a text"),
        ({**LINE, "ai_generated": 1}, "ai_generated is not true or false"),
        ({**LINE, "rating": 6}, "rating is not null or 0 to 5"),
        ({**LINE, "rating": True}, "rating is not null or 0 to 5"),
        ({**LINE, "metadata": []}, "metadata is not an object"),
        ({**LINE, "tags": "one"}, "tags is not a list of texts"),
        ({**LINE, "tags": [1]}, "tags is not a list of texts"),
        ({**LINE, "created_at": "2024-05-01"}, "created_at is not a time with its zone"),
        ({**LINE, "created_at": 5}, "created_at is not a time with its zone"),
        ({**LINE, "ai_identity": "whisper"}, "ai_identity is not null or an object"),
        ({**LINE, "ai_identity": {**VOICE, "voice": 1}}, r"ai_identity\.voice is not a text"),
        ({**LINE, "ai_identity": {"uid": UID}}, r"ai_identity\.language is missing"),
        ({**LINE, "user_identity": VOICE}, r"user_identity\.first_name is missing"),
        ({**LINE, "files": {}}, "files is not a list"),
        ({**LINE, "files": ["x"]}, "file 1: it is no JSON object"),
        ({**LINE, "files": [FILE, FILE]}, "same kind and version"),
        ({**LINE, "surprise": 1}, "surprise is no field"),
        (with_file(kind="Audio!"), "kind is not a kind"),
        (with_file(kind="a/../b"), "kind is not a kind"),
        (with_file(version=0), "version is not a number from 1"),
        (with_file(version=2**63), "version is not a number from 1"),
        (with_file(size_bytes=-1), "size_bytes is not a number of bytes"),
        (with_file(size_bytes=1.0), "size_bytes is not a number of bytes"),
        (with_file(sha256="AB" * 32), "sha256 is not a SHA-256"),
        (with_file(sha256="../" * 21 + "x"), "sha256 is not a SHA-256"),
    ],
)
def test_a_wrong_value_is_refused_by_name(data: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        parse_line(to_line(data))


@pytest.mark.parametrize(
    "path",
    [
        "../secret.wav",
        "a/../../b.wav",
        "..",
        ".",
        "",
        "/etc/passwd",
        "a//b.wav",
        "a\\..\\b.wav",
        "a\x00.wav",
        "a\n.wav",
        "x/" * 600 + "a.wav",
        "caf\udce9.wav",
        5,
    ],
)
def test_a_path_that_could_leave_the_folder_is_refused(path: object) -> None:
    with pytest.raises(InvalidInput, match="path is not a path inside the exported folder"):
        parse_line(to_line(with_file(path=path)))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "no JSON"),
        (b"[1]", "no JSON object"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"audiotui": NaN}', "NaN"),
        (b'{"audiotui":1,"audiotui":1}', "twice"),
        (b'{"audiotui":' + b"[" * 100_000, "nested too deeply"),
        (b'{"audiotui":' + b"9" * 5_000 + b"}", "no JSON"),
    ],
)
def test_a_line_that_is_no_json_object_is_refused(line: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        parse_line(line)


def test_bad_lines_are_told_by_number_and_do_not_stop_the_others() -> None:
    lines = b"{broken\n" + to_line(LINE) + b"\n" + b'{"audiotui":1}\n' + to_line(LINE)

    numbers = {number: type(line).__name__ for number, line in read_lines(io.BytesIO(lines))}

    assert numbers == {1: "InvalidInput", 2: "ManifestLine", 4: "InvalidInput", 5: "ManifestLine"}


def test_a_line_beyond_all_limits_is_refused_and_the_next_one_read() -> None:
    lines = io.BytesIO(b"x" * 10_000 + b"\n" + to_line(LINE))

    (first, error), (second, line) = read_lines(lines, max_line_bytes=2_000)

    assert (first, second) == (1, 2)
    assert "longer than 2000 bytes" in str(error)
    assert not isinstance(line, InvalidInput)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (to_line(LINE)[:64], True),
        (b"", False),
        (b'{"id": 1}', False),
        (b"path,text", False),
        (b' { "audiotui" : 9}', True),
    ],
)
def test_a_manifest_is_known_by_its_first_bytes(start: bytes, expected: bool) -> None:
    assert is_manifest(start) is expected


def test_lines_are_compared_by_what_matters() -> None:
    moved = {**with_file(path="elsewhere.wav"), "updated_at": "2030-01-01T00:00:00.000+00:00"}
    other_uid = {**LINE, "ai_identity": {**VOICE, "uid": UID, "notes": "known here under another uid"}}

    assert differences(LINE, json.loads(json.dumps(moved))) == []
    assert differences(LINE, other_uid) == []
    assert differences(LINE, {**LINE, "text": "other", "tags": ["one"]}) == ["text", "tags"]
    assert differences(LINE, {**LINE, "ai_identity": None}) == ["ai_identity"]
    assert differences(LINE, with_file(sha256="cd" * 32)) == ["files"]
