"""Opening a file in the program that the desktop has for it: as an argument of its own, and never through a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

DESKTOPS = ("DISPLAY", "WAYLAND_DISPLAY")
"""Variables of which a desktop sets one; without it ``xdg-open`` would look for a browser in this terminal."""


def opener(platform: str) -> str:
    """The program that knows which program a file is for."""
    return "open" if platform == "darwin" else "xdg-open"


def why_not_opened(platform: str = sys.platform, environ: Mapping[str, str] | None = None) -> str:
    """Why nothing can be opened outside of this terminal, for people; '' if it can be tried."""
    environ = os.environ if environ is None else environ
    if platform == "win32":
        return ""
    if platform != "darwin" and not any(environ.get(name) for name in DESKTOPS):
        return "There is no desktop here to open it on."
    program = opener(platform)
    return "" if shutil.which(program, path=environ.get("PATH")) else f"There is no program {program} here."


def open_outside(path: Path, failed: Callable[[str], object], platform: str = sys.platform) -> None:
    """Have a file opened; returns at once. ``failed`` is told in a thread if it was not opened after all.

    The path is made absolute, so that no name of a file can be an option.

    Raises:
        OSError: the program could not be started.
    """
    if sys.platform == "win32":
        os.startfile(path.absolute())  # noqa: S606 - the file is opened as a person would, by its kind
        return
    command = [opener(platform), str(path.absolute())]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # what plays goes on when this terminal is closed
    )
    threading.Thread(target=_wait, args=(process, command[0], failed), name="open", daemon=True).start()


def _wait(process: subprocess.Popen[bytes], program: str, failed: Callable[[str], object]) -> None:
    if code := process.wait():
        failed(f"{program} ended with {code}; is there a program for such files?")
