"""The program: ``audiotui``, under its second name ``audio_manager``, and ``python -m audiotui``."""

from __future__ import annotations

import sys

from audiotui.cli.app_start import app_asked_for, start


def main() -> int:
    """Run the command line of the process; returns the exit code."""
    wanted = app_asked_for(sys.argv[1:])
    if wanted is not None:
        return start(wanted)
    from audiotui.cli.app import main as run_command

    return run_command()


if __name__ == "__main__":
    sys.exit(main())
