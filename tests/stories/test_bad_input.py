"""Bad input, word by word: the harmless is stored and shown harmlessly, the rest is refused with nothing half done."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.audio.sounds import wav as wav_bytes
from tests.cli.conftest import write_wav

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import InTerminal, Result, Run, Snapshot

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
UNKNOWN = "12345678-1234-5678-1234-567812345678"
LONG_NAME = "x" * 300
SOUND = bytes(range(256)) * 16


def bad_file(folder: Path, what: str) -> Path:
    """A path that cannot be added as sound, for one reason each."""
    path = folder / "bad.wav"
    contents = {
        "zero bytes": b"",
        "text named wav": b"I am no sound, whatever my name says.\n",
        "65,535 channels": wav_bytes(SOUND, channels=65_535),
        "no channel": wav_bytes(SOUND, channels=0),
        "no sample rate": wav_bytes(SOUND, rate_hz=0),
        "half a header": wav_bytes(SOUND)[:30],
        "a header alone": wav_bytes(b""),
    }
    if what == "missing":
        return path
    if what == "folder":
        path.mkdir()
    elif what == "FIFO":
        os.mkfifo(path)
    elif what == "device":
        return Path("/dev/zero")
    else:
        path.write_bytes(contents[what])
    return path


def assert_refused(result: Result, code: int) -> None:
    """One line with the reason, at most one with the way out, the exit code of the class, and no data."""
    lines = result.err.splitlines()
    assert result.code == code, result.err
    assert result.out == ""
    assert lines[0].startswith("error: ")
    assert len(lines) == 1 or (len(lines) == 2 and lines[1].startswith("hint: ")), result.err
    assert "unexpected" not in result.err


@pytest.mark.parametrize(
    ("what", "code"),
    [
        *(("missing", 2), ("folder", 2), ("FIFO", 2), ("device", 2)),
        *(("zero bytes", 4), ("text named wav", 4), ("65,535 channels", 4), ("no channel", 4), ("no sample rate", 4)),
        *(("half a header", 4), ("a header alone", 4)),
    ],
)
def test_a_file_that_is_no_sound_is_refused_and_nothing_is_half_done(
    run: Run, snapshot: Snapshot, tmp_path: Path, wav: Path, what: str, code: int
) -> None:
    uid = run("register-recording", "--text", "kept", "--audio-file", str(wav)).out.strip()
    before = snapshot()
    path = bad_file(tmp_path, what)

    registered = run("register-recording", "--text", "new", "--tag", "t", "--audio-file", str(path))
    added = run("add-file", uid, "audio", str(path))

    assert_refused(registered, code)
    assert_refused(added, code)
    assert snapshot() == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("register-recording",), 2),
        (("register-recording", "--text", " \t\n"), 2),
        (("register-recording", "--text", "t", "--user-identity", UNKNOWN), 3),
        (("register-recording", "--text", "t", "--file", "Bad Kind=/dev/null"), 2),
        (("register-recording", "--text", "t", "--file", "notes="), 2),
        (("register-recording", "--text", "t", "--audio-file", ""), 2),
        (("import", ""), 2),
        *(((command, LONG_NAME), 3) for command in ("backup", "show-recording", "show-job")),
        (("register-recording", "--audio-file", LONG_NAME), 2),
        (("register-recording", "--audio-file", LONG_NAME, "--move"), 2),
        (("list-tags", "--log-file", LONG_NAME), 2),
        (("list-tags", "--config", LONG_NAME), 9),
        (("demo", "--dir", LONG_NAME), 2),
        (("demo", "--dir", "/dev/null"), 2),
        (("cancel-job", "\udce9"), 3),
        (("export-recordings", "", ""), 2),
        *(((command, UNKNOWN), 3) for command in ("show-recording", "delete-recording", "restore-recording")),
        *(((command, UNKNOWN), 3) for command in ("push-recording", "pull-recording", "show-identity")),
        *(((command, UNKNOWN), 3) for command in ("delete-identity", "show-job", "cancel-job", "retry-job")),
        (("edit-recording", UNKNOWN, "--title", "t"), 3),
        (("edit-identity", UNKNOWN, "--notes", "t"), 3),
        (("merge-identities", UNKNOWN, UNKNOWN), 3),
        (("add-file", UNKNOWN, "notes", "/dev/null"), 3),
        (("remove-file", UNKNOWN, "notes"), 3),
        (("show-recording", "'; DROP TABLE recordings"), 3),
        (("list-recordings", "--limit", "9" * 30), 2),
        (("list-recordings", "--limit", "-1"), 2),
        (("list-recordings", "--sort", "colour"), 2),
        (("push-recordings", "", "--destination", "nowhere"), 2),
        (("pull-recordings", "", "--source", "nowhere"), 2),
        (("push-recordings", "", "--destination", "local"), 2),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_half_done(
    run: Run, snapshot: Snapshot, arguments: tuple[str, ...], code: int
) -> None:
    run("register-recording", "--text", "kept", "--model", "m", "--voice", "v")
    before = snapshot()

    result = run(*arguments)

    assert_refused(result, code)
    assert snapshot() == before


def test_a_name_that_is_too_long_fails_alone_in_an_import(run: Run, wav: Path) -> None:
    result = run("import", LONG_NAME, str(wav))

    assert result.code == 8
    assert "its name is too long" in result.err
    assert len(result.out.splitlines()) == 1


def test_the_demo_never_touches_another_library(run: Run, snapshot: Snapshot, config: Path, wav: Path) -> None:
    run("register-recording", "--audio-file", str(wav))
    before = snapshot()

    result = run("demo", "--dir", str(config.parent))

    assert_refused(result, 2)
    assert snapshot() == before


def test_a_location_that_is_no_folder_is_told_by_its_path(run: Run, config: Path, wav: Path) -> None:
    local = config.parent / "library" / "audio"
    local.parent.mkdir()
    local.write_text("a file")

    result = run("register-recording", "--audio-file", str(wav))

    assert_refused(result, 5)
    assert f"{local} is no folder" in result.err


def test_an_ambiguous_prefix_is_refused_by_name(run: Run, snapshot: Snapshot, config: Path) -> None:
    uids = register_until_two_share_a_prefix(config)
    before = snapshot()

    for command in ("show-recording", "push-recording", "delete-recording"):
        result = run(command, uids[0][:4])

        assert_refused(result, 3)
        assert "Several recordings have an id that begins with" in result.err
        assert all(uid in result.err for uid in uids)
    assert snapshot() == before


def test_an_unknown_identity_is_told_the_list_of_identities(run: Run) -> None:
    assert "hint: List the identities to see their ids." in run("show-identity", UNKNOWN).err


def register_until_two_share_a_prefix(config: Path) -> list[str]:
    from audiotui import AudioManager

    by_prefix: dict[str, str] = {}
    with AudioManager(config) as library:
        for number in range(20_000):
            uid = library.register_recording(f"number {number}")
            if uid[:4] in by_prefix:
                return [by_prefix[uid[:4]], uid]
            by_prefix[uid[:4]] = uid
    raise AssertionError("20,000 ids without a shared prefix")


def test_a_data_size_of_0xffffffff_is_read_by_the_real_length(
    run: Run, records: Callable[[Result], list[dict[str, Any]]], tmp_path: Path
) -> None:
    path = tmp_path / "streamed.wav"
    path.write_bytes(wav_bytes(b"\1\2" * 8_000, claimed_bytes=0xFFFFFFFF))

    result = run("register-recording", "--audio-file", str(path))

    assert result.code == 0, result.err
    assert records(run("list-recordings", "--json"))[0]["duration_s"] == 0.5


HARMLESS = [
    *("[/]", "[red]alarm[/red]", "\x1b[31mred\x1b]0;title\x07", "\u202egnp.exe\u2066", 'it\'s "quoted" `so`'),
    *("two\nlines\r\nand\ta tab", "é" + "\u0301" * 10_000, "caf\udce9", "\ufdd0dce9", "x" * 100_000, "-dash", "=1+1"),
]


@pytest.mark.parametrize("text", HARMLESS, ids=range(len(HARMLESS)))
def test_strange_texts_are_stored_exactly_and_shown_harmlessly(
    run: Run, records: Callable[[Result], list[dict[str, Any]]], text: str
) -> None:
    created = run(
        *(
            "register-recording",
            f"--text={text}",
            f"--title={text[:300]}",
            f"--tag={text[:9]}",
            f"--session={text[:90]}",
        ),
        *(f"--meta=key={text[:300]}", f"--notes={text}", "--model=m", f"--voice={text[:90]}"),
    )
    uid = created.out.strip()
    [shown] = records(run("show-recording", uid, "--json"))
    listings = [run("list-recordings"), run("show-recording", uid), run("list-identities"), run("history")]

    assert created.code == 0, created.err
    assert (shown["text"], shown["notes"]) == (text, text)
    assert (shown["title"], shown["session"]) == (text[:300], text[:90])
    assert shown["tags"] == [text[:9]]
    for listing in listings:
        assert listing.code == 0, listing.err
        assert not CONTROLS.search(listing.out), repr(CONTROLS.search(listing.out))
        assert not CONTROLS.search(listing.err)


def test_a_text_of_a_megabyte_comes_back_exactly(
    run: Run, records: Callable[[Result], list[dict[str, Any]]], tmp_path: Path
) -> None:
    text = "word 単語 " * 100_000
    path = tmp_path / "long.txt"
    path.write_text(text)

    uid = run("register-recording", "--text-file", str(path)).out.strip()

    assert records(run("show-recording", uid, "--json"))[0]["text"] == text


def test_a_nul_in_a_text_hides_nothing_of_it(
    run: Run, records: Callable[[Result], list[dict[str, Any]]], tmp_path: Path
) -> None:
    path = tmp_path / "nul.txt"
    path.write_bytes(b"before\0after")

    uid = run("register-recording", "--text-file", str(path)).out.strip()

    assert [record["text"] for record in records(run("list-recordings", "after", "--json"))] == ["before\0after"]
    assert run("list-recordings").out.endswith("\tbefore␀after\n")
    assert records(run("show-recording", uid, "--json"))[0]["text"] == "before\0after"


@pytest.mark.parametrize("query", ["'; DROP TABLE", '"unbalanced', "NEAR(", "%", "*", "a OR", "(", "-", "x:y", "^a"])
def test_odd_queries_are_searched_as_text_and_never_fail(run: Run, query: str) -> None:
    run("register-recording", "--text", "Bobby '; DROP TABLE students")
    exact = run("register-recording", f"--text={query}").out.strip()

    found = run("find-recording", f"--text={query}")
    listed = run("list-recordings", "--", query)

    assert (found.code, listed.code) == (0, 0)
    assert found.out.startswith(exact)
    assert run("list-recordings").out.count("\n") == 2


def test_names_that_are_no_utf_8_are_pushed_pulled_verified_and_listed(run: Run, config: Path, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9 \x1b[31m.wav")
    uid = run("register-recording", "--audio-file", str(write_wav(path))).out.strip()

    pushed = run("push-recording", uid)
    job = run("list-jobs").out.split("\t")[0]
    for stored in (config.parent / "library" / "audio").rglob("*.wav"):
        stored.unlink()
    pulled = run("pull-recording", uid)
    verified = run("verify")
    shown = run("show-job", job)

    assert [pushed.code, pulled.code, verified.code, shown.code] == [0, 0, 0, 0], (pushed.err, pulled.err)
    assert "caf⟨U+DCE9⟩ ␛[31m.wav" in shown.out
    assert not CONTROLS.search(shown.out + pushed.err + pulled.err + verified.err)


def test_nothing_from_data_reaches_the_terminal_as_a_control_sequence(
    run: Run, in_terminal: InTerminal, tmp_path: Path
) -> None:
    name = os.fsdecode(b"\x1b]52;c;cHduZWQ=\x07\xff\x1b[2J.wav")
    folder = tmp_path / "in"
    folder.mkdir()
    write_wav(folder / name)
    (folder / "\x1b[41mbad.wav").write_text("no sound")
    run("register-recording", "--text", "\x1b]0;stolen\x07 [red]text[/] \u202e")

    screens = [in_terminal("import", str(folder)), in_terminal("push-recordings", ""), in_terminal("list-recordings")]

    assert [screen.code for screen in screens] == [8, 0, 0]
    for screen in screens:
        for dangerous in (b"\x1b]", b"\x07", b"\x1b[2J", b"\x1b[41m", "\u202e".encode()):
            assert dangerous not in screen.raw
