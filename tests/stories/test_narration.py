"""What is told, and where: data on standard output, the rest on standard error, and all of it in the log file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Run


def test_the_log_file_tells_what_a_command_did_and_said(run: Run, config: Path, wav: Path, tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    uid = run("register-recording", "--audio-file", str(wav), "--log-file", str(log)).out.strip()

    run("push-recording", uid, "--log-file", str(log))
    run("push-recording", uid, "--destination", "nowhere", "-vv", "--log-file", str(log))

    text = log.read_text()
    assert "audiotui register-recording" in text
    assert f"library {tmp_path}/library/registry.db, configuration {config}" in text
    assert "Copied 1 of 1 file to archive" in text
    assert "There is no location named 'nowhere'" in text
    assert "Traceback" in text


def test_v_tells_more_on_standard_error_and_nothing_on_standard_output(run: Run, config: Path) -> None:
    quiet, verbose = run("list-recordings"), run("list-recordings", "-v")

    assert (quiet.err, quiet.out, verbose.out) == ("", "", "")
    assert f"configuration {config}" in verbose.err


def test_quiet_leaves_data_and_errors_alone(run: Run, wav: Path) -> None:
    uid = run("register-recording", "--audio-file", str(wav)).out.strip()

    pushed = run("push-recording", uid, "-q")
    refused = run("push-recording", uid, "-q", "--destination", "nowhere")

    assert (pushed.code, pushed.out, pushed.err) == (0, "", "")
    assert refused.err.startswith("error: ")


def test_output_that_cannot_be_written_is_told(config: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "audiotui", "config"],
            env={**os.environ, "AUDIOTUI_CONFIG": str(config)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr == "error: Cannot write the output: No space left on device.\nhint: Look at where it is sent.\n"


def test_a_program_without_standard_streams_keeps_its_exit_code(config: Path) -> None:
    start = f'exec "{sys.executable}" -m audiotui "$@" >&- 2>&-'
    environment = {**os.environ, "AUDIOTUI_CONFIG": str(config)}

    codes = [
        subprocess.run(["sh", "-c", start, "sh", *arguments], env=environment, check=False).returncode
        for arguments in (["list-recordings"], ["config"], ["show-recording", "12345678"])
    ]

    assert codes == [0, 0, 3]
