"""Named places where a test lets the process die, to prove that what is left behind can always be finished.

``AUDIOTUI_CRASHPOINT=local.after_commit`` kills the process when it first reaches the place of that name,
``local.after_commit:3`` when it reaches it for the third time. Unset, a crash point costs one comparison.
"""

from __future__ import annotations

import itertools
import os
import signal

# Read here and not in config.py: a crash point lies below every other part of the program, and only tests set it.
_NAME, _, _VISIT = os.environ.get("AUDIOTUI_CRASHPOINT", "").partition(":")
_FATAL_VISIT = int(_VISIT) if _VISIT.isdecimal() else 1

_visits = itertools.count(1)


def crashpoint(name: str) -> None:
    """Kill this process, as a power cut would, if this place was chosen to die at."""
    if name == _NAME and next(_visits) >= _FATAL_VISIT:
        os.kill(os.getpid(), signal.SIGKILL)
