"""Registering, finding, showing, changing and deleting recordings from the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import write_wav

if TYPE_CHECKING:
    from .conftest import Run

UUID_LINE = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\n")


def records(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_new_id_stands_alone_on_standard_output(run: Run, wav: Path) -> None:
    result = run("register-recording", "--text", "Hello world", "--model", "whisper", "--audio-file", str(wav))

    assert result.code == 0, result.err
    assert UUID_LINE.fullmatch(result.out)


def test_all_that_is_given_is_kept(run: Run, wav: Path, tmp_path: Path) -> None:
    transcript, notes = tmp_path / "t.txt", tmp_path / "n.txt"
    transcript.write_text("Hello")
    notes.write_text("take two")
    user = run("register-user-identity", "--first-name", "John", "--last-name", "Doe", "--username", "jdoe").out.strip()
    given = {
        "--text": "Hello world",
        "--title": "Greeting",
        "--audio-file": str(wav),
        "--transcript-file": str(transcript),
        "--file": f"notes={notes}",
        "--model": "m1",
        "--voice": "echo",
        "--provider": "acme",
        "--user-identity": user,
        "--session": "s1",
        "--folder": "greetings/short",
        "--language": "en-GB",
        "--verdict": "keep",
        "--rating": "4",
        "--generation": "seed=7",
        "--notes": "n",
    }
    further = ("--tag", "a", "--tag", "b", "--meta", "take=3", "--meta", "who=me")
    uid = run("register-recording", *chain.from_iterable(given.items()), *further).out.strip()

    [recording] = records(run("show-recording", uid, "--json").out)

    assert {kind["kind"] for kind in recording["files"]} == {"audio", "transcript", "notes"}
    assert recording["ai_identity"]["voice"] == "echo"
    assert recording["ai_identity"]["provider"] == "acme"
    assert recording["user_identity"]["username"] == "jdoe"
    assert recording["metadata"] == {"take": 3, "who": "me"}
    assert recording["generation"] == {"seed": 7}
    expected = {
        "text": "Hello world",
        "title": "Greeting",
        "session": "s1",
        "folder": "greetings/short",
        "model": "m1",
        "language": "en-GB",
        "verdict": "keep",
        "rating": 4,
        "tags": ["a", "b"],
        "notes": "n",
        "ai_generated": True,
    }
    assert {name: recording[name] for name in expected} == expected


def test_model_and_voice_together_attach_the_same_identity_twice(run: Run) -> None:
    for text in ("one", "two"):
        run("register-recording", "--text", text, "--model", "gpt-4", "--voice", "echo")

    [identity] = records(run("list-identities", "--json").out)
    assert identity["recordings"] == 2


def test_a_model_alone_attaches_no_identity(run: Run) -> None:
    run("register-recording", "--text", "one", "--model", "gpt-4")

    assert run("list-identities").out == ""
    assert records(run("list-recordings", "--json").out)[0]["ai_generated"] is False


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "needs a text or a file"),
        (("--voice", "echo", "--text", "a"), "--voice needs the model"),
        (("--provider", "acme", "--text", "a"), "--provider says nothing"),
        (("--text", "a", "--text-file", "b"), "given twice"),
        (("--text", "a", "--file", "notes"), "--file takes KIND=PATH"),
        (("--text", "a", "--meta", "take"), "--meta takes KEY=VALUE"),
        (("--text-file", "/nowhere.txt"), "Cannot read /nowhere.txt"),
        (("--audio-file", "/nowhere.wav"), "/nowhere.wav"),
    ],
)
def test_what_makes_no_recording_is_refused_in_one_line(run: Run, options: tuple[str, ...], message: str) -> None:
    result = run("register-recording", *options)

    assert result.code == 2
    assert result.out == ""
    assert message in result.err.splitlines()[0]
    assert run("list-recordings").out == ""


def test_a_text_file_named_wav_is_refused_as_audio(run: Run, tmp_path: Path) -> None:
    fake = tmp_path / "fake.wav"
    fake.write_text("I am no sound")

    result = run("register-recording", "--audio-file", str(fake))

    assert result.code == 4
    assert "fake.wav" in result.err


def test_the_same_bytes_again_name_the_recording_that_has_them(run: Run, wav: Path) -> None:
    first = run("register-recording", "--audio-file", str(wav)).out.strip()

    result = run("register-recording", "--audio-file", str(wav))

    assert result.code == 3
    assert first in result.err
    assert run("register-recording", "--audio-file", str(wav), "--allow-duplicate").code == 0


def test_a_long_text_comes_from_a_file_or_from_standard_input(run: Run, tmp_path: Path) -> None:
    long = tmp_path / "long.txt"
    long.write_text("word " * 200_000)

    first = run("register-recording", "--text-file", str(long)).out.strip()
    second = run("register-recording", "--text-file", "-", stdin="from a pipe").out.strip()

    listed = {record["id"]: record["text"] for record in records(run("list-recordings", "--json").out)}
    assert listed == {first: "word " * 200_000, second: "from a pipe"}


def test_a_text_that_is_no_utf_8_is_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes(b"caf\xe9")

    result = run("register-recording", "--text-file", str(path))

    assert result.code == 2
    assert "no UTF-8" in result.err


def test_a_file_whose_name_is_no_utf_8_is_added_listed_and_shown(program: Run, tmp_path: Path) -> None:
    name = os.fsencode(str(tmp_path)) + b"/caf\xe9.wav"
    write_wav(Path(os.fsdecode(name)))

    added = program("register-recording", "--audio-file", os.fsdecode(name))
    shown = program("show-recording", added.out.strip())

    assert added.code == 0, added.err
    assert shown.code == 0
    assert "caf⟨U+DCE9⟩.wav" in shown.out
    assert json.loads(program("show-recording", added.out.strip(), "--json").out)["files"][0]["name"] == "caf\udce9.wav"


def test_hits_come_best_first_and_none_is_no_error(run: Run) -> None:
    for text in ("Hello world and everybody else in it", "Hello world", "Good night"):
        run("register-recording", "--text", text)

    found = records(run("find-recording", "--text", "Hello world", "--json").out)
    nothing = run("find-recording", "--text", "zebra")

    assert [record["text"] for record in found] == ["Hello world", "Hello world and everybody else in it"]
    assert (nothing.code, nothing.out) == (0, "")
    assert "Nothing was found" in nothing.err


def test_a_query_finds_by_its_fields(run: Run) -> None:
    run("register-recording", "--text", "Guten Tag", "--language", "de")
    run("register-recording", "--text", "Hello", "--language", "en")

    assert "Guten Tag" in run("find-recording", "lang:de").out
    assert [record["text"] for record in records(run("list-recordings", "lang:en", "--json").out)] == ["Hello"]


def test_a_query_that_begins_with_a_minus_follows_two_of_them(run: Run) -> None:
    run("register-recording", "--text", "Guten Tag")
    run("register-recording", "--text", "Hello")

    result = run("list-recordings", "--json", "--", "-Hello")

    assert [record["text"] for record in records(result.out)] == ["Guten Tag"]


def test_what_of_a_query_is_not_understood_is_noted_and_searched_as_text(run: Run) -> None:
    run("register-recording", "--text", "Hello")

    result = run("list-recordings", "dur:abc")

    assert result.code == 0
    assert "note: " in result.err


@pytest.mark.parametrize("arguments", [(), ("--text", "a", "lang:de")])
def test_a_search_takes_a_text_or_a_query(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("find-recording", *arguments).code == 2


def test_a_listing_is_newest_first_limited_and_sorted_as_asked(run: Run) -> None:
    for text in ("b", "c", "a"):
        run("register-recording", "--text", text)

    def texts(*options: str) -> list[str]:
        return [record["text"] for record in records(run("list-recordings", "--json", *options).out)]

    assert texts() == ["a", "c", "b"]
    assert texts("--limit", "2") == ["a", "c"]
    assert texts("--limit", "0") == []
    assert texts("--sort", "title") == ["a", "b", "c"]
    assert texts("--sort", "oldest") == ["b", "c", "a"]


def test_details_are_changed_and_cleared_and_the_change_is_undone(run: Run) -> None:
    uid = run("register-recording", "--text", "a", "--title", "old", "--tag", "x", "--rating", "3").out.strip()

    changed = run("edit-recording", uid, "--title", "new", "--add-tag", "y", "--remove-tag", "x", "--clear", "rating")
    after = records(run("show-recording", uid, "--json").out)[0]
    undone = run("undo")
    before = records(run("show-recording", uid, "--json").out)[0]

    assert changed.code == 0, changed.err
    assert (after["title"], after["tags"], after["rating"]) == ("new", ["y"], None)
    assert undone.code == 0
    assert (before["title"], before["tags"], before["rating"]) == ("old", ["x"], 3)


def test_an_identity_is_attached_and_taken_off_again(run: Run) -> None:
    voice = run("register-ai-identity", "--model", "m", "--voice", "v").out.strip()
    uid = run("register-recording", "--text", "a").out.strip()

    run("edit-recording", uid, "--ai-identity", voice[:8])
    attached = records(run("show-recording", uid, "--json").out)[0]
    run("edit-recording", uid, "--clear", "ai-identity")
    taken_off = records(run("show-recording", uid, "--json").out)[0]

    assert attached["ai_identity"]["id"] == voice
    assert taken_off["ai_identity"] is None


def test_several_recordings_are_changed_as_one_action(run: Run) -> None:
    uids = [run("register-recording", "--text", text).out.strip() for text in "ab"]

    run("edit-recording", *uids, "--folder", "new")
    run("undo")

    assert {record["folder"] for record in records(run("list-recordings", "--json").out)} == {""}


def test_an_edit_without_a_change_is_refused(run: Run) -> None:
    uid = run("register-recording", "--text", "a").out.strip()

    assert run("edit-recording", uid).code == 2


@pytest.mark.parametrize("command", ["show-recording", "edit-recording", "delete-recording", "push-recording"])
def test_an_unknown_id_is_3(run: Run, command: str) -> None:
    options = ("--title", "x") if command == "edit-recording" else ()

    assert run(command, "12345678-1234-5678-1234-567812345678", *options).code == 3


def test_a_recording_goes_to_the_trash_and_comes_back(run: Run) -> None:
    uid = run("register-recording", "--text", "a").out.strip()

    assert run("delete-recording", uid[:8]).code == 0
    assert run("list-recordings").out == ""
    assert run("list-trash").out.startswith(uid)
    assert run("restore-recording", uid).code == 0
    assert run("list-recordings").out.startswith(uid)


def test_what_is_not_in_the_trash_is_not_called_restored(run: Run) -> None:
    uid = run("register-recording", "--text", "a").out.strip()

    restored = run("restore-recording", uid)

    assert (restored.code, restored.err) == (0, f"{uid} is not in the trash.\n")


def test_a_purge_of_a_recording_that_is_named_twice_asks_about_one(run: Run) -> None:
    uid = run("register-recording", "--text", "a").out.strip()

    assert "Remove 'a' with all files" in run("delete-recording", uid, uid[:8], "--purge").err


def test_a_purge_asks_and_without_a_terminal_wants_yes(run: Run) -> None:
    uid = run("register-recording", "--text", "a").out.strip()

    refused = run("delete-recording", uid, "--purge")
    done = run("delete-recording", uid, "--purge", "--yes")

    assert refused.code == 2
    assert "--yes" in refused.err
    assert done.code == 0, done.err
    assert run("show-recording", uid).code == 3


def test_the_last_copy_of_a_file_is_deleted_only_by_force(run: Run, wav: Path, tmp_path: Path) -> None:
    uid = run("register-recording", "--audio-file", str(wav)).out.strip()

    refused = run("delete-recording", uid, "--purge", "--yes")
    forced = run("delete-recording", uid, "--purge", "--yes", "--force")

    assert refused.code == 6
    assert forced.code == 0, forced.err
    assert not list((tmp_path / "library" / "audio").rglob("*.wav"))


def test_files_are_added_and_taken_off(run: Run, wav: Path) -> None:
    uid = run("register-recording", "--text", "a").out.strip()

    added = run("add-file", uid, "audio", str(wav))
    shown = records(run("show-recording", uid, "--json").out)[0]
    removed = run("remove-file", uid, "audio")

    assert added.code == 0, added.err
    assert shown["format"] == "wav"
    assert removed.code == 0
    assert records(run("show-recording", uid, "--json").out)[0]["files"][0]["deleted_at"] is not None
    assert "hello.wav" not in run("show-recording", uid).out
    assert run("remove-file", uid, "audio").code == 3


def test_bytes_that_were_lost_are_given_back_and_called_so(run: Run, wav: Path, tmp_path: Path) -> None:
    uid = run("register-recording", "--audio-file", str(wav)).out.strip()
    (kept,) = (tmp_path / "library" / "audio").rglob("*.wav")
    kept.unlink()

    done = run("add-file", uid, "audio", str(wav))

    assert done.code == 0, done.err
    assert done.err.startswith("Gave back hello.wav as audio, ")
    assert kept.read_bytes() == wav.read_bytes()


def test_nothing_from_data_steers_the_terminal(run: Run) -> None:
    hostile = "\x1b]0;owned\x07[red]x[/] \x9b31m \u202e \n second line"
    uid = run(
        "register-recording", "--text", hostile, "--title", hostile, "--tag", "\x1b[31m", "--notes", hostile
    ).out.strip()

    for command in (
        ("list-recordings",),
        ("show-recording", uid),
        ("find-recording", "owned"),
        ("history",),
        ("list-tags",),
    ):
        result = run(*command)
        assert result.code == 0
        assert result.out.replace("\n", "").replace("\t", "").isprintable(), command
        assert "[red]x[/]" in result.out or command == ("list-tags",)
    assert records(run("show-recording", uid, "--json").out)[0]["title"] == hostile
    assert run("show-recording", uid, "--json").out.strip().isascii()


def test_a_reader_that_leaves_ends_a_listing_silently(run: Run, config: Path) -> None:
    for number in range(30):
        run("register-recording", "--text", f"{number} " + "x" * 10_000)

    with subprocess.Popen(
        [sys.executable, "-m", "audiotui", "list-recordings", "--json"],
        env={**os.environ, "AUDIOTUI_CONFIG": str(config), "PYTHONUNBUFFERED": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        err = process.stderr.read()

    assert err == b""
    assert process.returncode == 141


def test_an_edit_sets_and_removes_single_values_of_the_metadata(run: Run) -> None:
    uid = run("register-recording", "--text", "hello", "--meta", "seed=7", "--meta", "take=1").out.strip()

    run("edit-recording", uid, "--meta", "seed=8", "--meta", "mood=calm", "--remove-meta", "take")

    shown = json.loads(run("show-recording", uid, "--json").out)
    assert shown["metadata"] == {"seed": 8, "mood": "calm"}
    run("edit-recording", uid, "--clear", "metadata", "--meta", "only=1")
    assert json.loads(run("show-recording", uid, "--json").out)["metadata"] == {"only": 1}
