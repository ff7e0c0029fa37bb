"""The program: ``audiotui``, under its second name ``audio_manager``, and ``python -m audiotui``."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line of the process; returns the exit code."""
    try:
        from audiotui.cli.app_start import app_asked_for, start  # here, because it takes long enough for a Ctrl-C

        wanted = app_asked_for(sys.argv[1:])
        if wanted is not None:
            return start(wanted)
        from audiotui.cli.app import main as run_command

        return run_command()
    except KeyboardInterrupt:  # while modules were loading; the commands answer their own
        from audiotui.errors import CANCELLED_EXIT_CODE

        sys.stderr.write("interrupted\n")
        return CANCELLED_EXIT_CODE


if __name__ == "__main__":
    sys.exit(main())
