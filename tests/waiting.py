"""Waiting for what threads, processes and servers do: for a condition, with a deadline. No test pauses elsewhere."""

from __future__ import annotations

import asyncio
import subprocess
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

PATIENCE_S = 60.0
"""How long a test waits for what should come at once: only a program that hangs may need so long, no slow machine."""

LOOK_S = 0.005


def eventually(
    condition: Callable[[], T], *, what: str | Callable[[], str] = "the condition", patience_s: float = PATIENCE_S
) -> T:
    """Look until the condition holds; returns what it said. The test fails with ``what`` if it never does."""
    tick = threading.Event()
    deadline_s = time.monotonic() + patience_s
    while not (answer := condition()):
        if time.monotonic() > deadline_s:
            told = what if isinstance(what, str) else what()
            raise AssertionError(f"{told} did not come about within {patience_s:g} s")
        tick.wait(LOOK_S)
    return answer


async def eventually_in_loop(condition: Callable[[], bool]) -> None:
    """Let the other tasks of the running loop go on until the condition holds."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, f"the condition did not come about within {PATIENCE_S:g} s"
        await asyncio.sleep(LOOK_S)


def let_live(process: subprocess.Popen[bytes] | subprocess.Popen[str], seconds: float) -> None:
    """Leave a process so much time, or less if it ends before: for kills at a moment that was drawn by lot."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
