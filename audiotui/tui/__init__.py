"""The terminal app: screens over ``AudioManager``; it moves no bytes itself.

Importing this package is cheap; ``run_app`` loads Textual.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from audiotui.manager import AudioManager

WRAP_OFF, WRAP_ON = "\x1b[?7l", "\x1b[?7h"
"""DECAWM, whether a terminal goes on in the next line by itself."""


def run_app(config_path: Path | None, query: str = "") -> int:
    """Run the app on the library of a configuration, with a query in the search box; returns the exit code.

    The library is opened while the first frame is already on the screen.

    Raises:
        AudiotuiError: the configuration or the catalog cannot be used; the terminal is itself again then.
    """
    # Nothing can be collected while modules are loaded, and looking for it takes a tenth of a start. The app switches
    # it on again, without what is there by then.
    gc.disable()
    from audiotui.config import find_config

    config = find_config(config_path)
    _prepare_textual()
    from audiotui.tui.app import AudiotuiApp

    with ExitStack() as opened, terminal_log_held_back():

        def open_manager() -> AudioManager:
            from audiotui.manager import AudioManager  # 0.1 s, in which the first frame could be painted

            return opened.enter_context(AudioManager(config, actor="app"))

        return AudiotuiApp(open_manager, query=query).run_safely()


def run_picker(config_path: Path | None, query: str = "") -> list[str] | None:
    """Let a person choose recordings under the prompt; their uids, None if nothing was chosen.

    Raises:
        AudiotuiError: the configuration or the catalog cannot be used; the terminal is itself again then.
    """
    from audiotui.config import find_config

    config = find_config(config_path)
    _prepare_textual()
    from audiotui.manager import AudioManager
    from audiotui.tui.picker import PickerApp

    with terminal_log_held_back(), AudioManager(config, actor="app") as manager, long_lines_cut():
        app = PickerApp(lambda: manager, query=query, has_colors=os.environ.get("NO_COLOR") is None)
        uids = app.run(inline=True)
        if app.trouble is not None:
            raise app.trouble
        return uids


def _prepare_textual() -> None:
    # Textual reads these when it is imported. The second of two frames waits up to twice the time of one: with 60 a
    # second that is what people see of a row whose letter came first, or of a detail. Nothing is painted that often.
    os.environ.setdefault("TEXTUAL_FPS", "240")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    _import_asyncio_without_tls()
    from audiotui.tui.quick_classes import make_classes_quickly

    make_classes_quickly()


def _import_asyncio_without_tls() -> None:
    """Import asyncio, which Textual needs, as on a machine without OpenSSL: 8 ms of the start.

    Only asyncio's own encrypted connections are lost, which nothing in this process makes. Others get OpenSSL.
    """
    if "asyncio" in sys.modules or "ssl" in sys.modules:
        return
    unavailable: dict[str, ModuleType | None] = {"ssl": None}  # so says the import system of what cannot be imported
    sys.modules.update(unavailable)  # type: ignore[arg-type]
    try:
        import asyncio  # noqa: F401
    finally:
        del sys.modules["ssl"]


@contextmanager
def long_lines_cut() -> Iterator[None]:
    """The terminal cuts a line that is too long for it, instead of going on in the next one.

    For some scripts, such as Devanagari, terminals need more cells than Textual counts. Under a prompt, where each
    frame begins where the one before began, such a line would move all frames to come down by one.
    """
    terminal = sys.__stderr__  # Textual draws there
    if terminal is None:
        yield
        return
    terminal.write(WRAP_OFF)
    terminal.flush()
    try:
        yield
    finally:
        terminal.write(WRAP_ON)
        terminal.flush()


@contextmanager
def terminal_log_held_back() -> Iterator[None]:
    """Log lines meant for the terminal wait until the screen belongs to it again."""
    import io

    held = io.StringIO()
    handlers = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr
    ]
    for handler in handlers:
        handler.setStream(held)
    try:
        yield
    finally:
        for handler in handlers:
            handler.setStream(sys.stderr)
        sys.stderr.write(held.getvalue())
