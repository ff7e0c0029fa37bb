"""Helpers of the catalog's tests that need further processes: real ones, started fresh, and ended by their id."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

PRELUDE = """
import json, os, sys
from pathlib import Path
arguments = json.loads(sys.argv[1])
path = Path(arguments["path"])
def say(value):
    print(json.dumps(value), flush=True)
"""
"""What every child script starts with: its arguments, and a way to tell its parent something."""


class Child:
    """A Python process that runs a script with a library's path; its lines on stdout are JSON values."""

    def __init__(self, script: str, path: Path, *, obey_permissions: bool = False, **arguments: Any) -> None:
        code = PRELUDE + textwrap.dedent(script)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, json.dumps({"path": str(path), **arguments})],
            preexec_fn=_obey_permissions if obey_permissions and os.geteuid() == 0 else None,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def next_value(self) -> Any:
        """The next value that the child says; waits for it."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.finish()
        return json.loads(line)

    def go(self) -> None:
        """Let a child go on that waits for a line on its stdin."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """End the child as kill -9 does."""
        self.process.kill()
        self.process.communicate()

    def finish(self, timeout_s: float = 90) -> list[Any]:
        """Wait for the end of a child; returns what else it said. Fails the test with its traceback if it failed."""
        try:
            output, errors = self.process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        assert self.process.returncode == 0, errors
        return [json.loads(line) for line in output.splitlines()]


def _obey_permissions() -> None:
    """Take from root, in a child about to start, the right to read and write what the permissions forbid."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        if libc.prctl(24, capability, 0, 0, 0) != 0:  # PR_CAPBSET_DROP
            raise OSError(ctypes.get_errno(), "prctl")
