"""The program: ``audiotui``, under its second name ``audio_manager``, and ``python -m audiotui``."""

from __future__ import annotations

import sys

from audiotui.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
