"""Every error ends in one message on standard error and the exit code of its class."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from audiotui import errors
from audiotui.cli.failures import exit_code_of, handled
from audiotui.cli.session import Session
from tests.faults import read_only

BY_CODE = {
    2: errors.InvalidInput("a"),
    3: errors.RecordingNotFound("a"),
    4: errors.NotAudio("a"),
    5: errors.Unreachable("a"),
    6: errors.IntegrityError("a"),
    7: errors.UploadFailed("a"),
    9: errors.ConfigError("a"),
}


def outcome(error: BaseException, session: Session | None = None) -> int:
    def fail() -> None:
        raise error

    with handled(session or Session()) as ended:
        fail()
    return ended.exit_code


@pytest.mark.parametrize(("code", "error"), BY_CODE.items())
def test_an_error_gives_the_exit_code_of_its_class(code: int, error: errors.AudiotuiError) -> None:
    assert outcome(error) == code


def test_an_error_says_what_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    outcome(errors.LastCopy("The audio file has no other copy.", "Push it first."))

    assert capsys.readouterr().err == "error: The audio file has no other copy.\nhint: Push it first.\n"


def test_several_mistakes_stand_on_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    outcome(errors.ConfigError("audiotui.yaml has 2 mistakes:\nline 1: a\nline 2: b"))

    assert capsys.readouterr().err == "error: audiotui.yaml has 2 mistakes:\n  line 1: a\n  line 2: b\n"


def test_an_error_with_control_codes_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    outcome(errors.NotAudio("\x1b]0;owned\x07.wav is no audio", "\x9b31m"))

    err = capsys.readouterr().err
    assert err.replace("\n", "").isprintable()
    assert "␛]0;owned" in err


def test_an_unexpected_error_is_one_line_and_its_traceback_goes_to_a_private_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "hunter2"
    log = tmp_path / "logs" / "errors.log"

    code = outcome(ZeroDivisionError(f"by {len(secret)}"), Session(log_file=log))

    err = capsys.readouterr().err
    assert code == 1
    assert "ZeroDivisionError" in err
    assert str(log) in err
    assert "Traceback" not in err
    written = log.read_text()
    assert "Traceback" in written
    assert secret not in written
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_without_a_log_file_the_details_go_to_the_platforms_log_folder(capsys: pytest.CaptureFixture[str]) -> None:
    outcome(ZeroDivisionError())

    home = os.environ["HOME"]
    assert home in capsys.readouterr().err
    assert list(Path(home).rglob("errors.log"))


def test_an_unwritable_log_folder_is_said_and_nothing_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with read_only(tmp_path):
        code = outcome(ZeroDivisionError(), Session(log_file=tmp_path / "errors.log"))

    assert code == 1
    assert "could not be written" in capsys.readouterr().err


def test_a_log_path_that_is_a_folder_is_said_and_nothing_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome(ZeroDivisionError(), Session(log_file=tmp_path)) == 1
    assert "could not be written" in capsys.readouterr().err


def test_ctrl_c_is_130() -> None:
    assert outcome(KeyboardInterrupt()) == 130


def test_some_failures_are_8_and_all_of_one_class_are_its_code() -> None:
    denied, gone = errors.AccessDenied("a"), errors.KeyNotFound("b")

    assert exit_code_of([], done=3) == 0
    assert exit_code_of([denied], done=3) == 8
    assert exit_code_of([denied, gone], done=0) == 5
    assert exit_code_of([denied, errors.IntegrityError("c")], done=0) == 8
