"""The program that measures pictures: ``python -m audiotui.audio.pictures.process CACHE-FOLDER``.

A request is a line of JSON on stdin, ``{"id", "kind", "path", "sha256"}``; the answer a line on stdout, ``{"id"}`` when
the picture lies in the cache, or ``{"id", "error"}``. Decoders run here, so that a damaged file can neither stop nor
draw over a screen. It ends with its stdin.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

from audiotui.audio.pictures.cache import PictureCache
from audiotui.audio.pictures.shapes import Spectrogram, Waveform
from audiotui.cleanup import caught
from audiotui.errors import AudiotuiError

_GENTLE = 10

_MEMORY_BYTES = 4 * 1024**3
"""Of address space; a header that asks for more must not take it from the user's other programs."""


def main() -> None:
    """Answer requests until there are no more."""
    with suppress(OSError, ValueError):
        os.nice(_GENTLE)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    cache = PictureCache(Path(sys.argv[1]))
    for line in sys.stdin:
        request = json.loads(line)
        answer = {"id": request["id"]}
        with caught() as trouble:
            _measure(cache, request["kind"], Path(request["path"]), request["sha256"])
        if isinstance(trouble.error, AudiotuiError):
            answer["error"] = trouble.error.message
        elif trouble.error is not None:
            answer["error"] = f"{type(trouble.error).__name__}: {trouble.error}"
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _measure(cache: PictureCache, kind: str, path: Path, sha256: str) -> None:
    if cache.get(kind, sha256) is not None:
        return
    if kind == Waveform.kind:
        from audiotui.audio.pictures.waveform import measure_waveform

        cache.put(sha256, measure_waveform(path))
    elif kind == Spectrogram.kind:
        from audiotui.audio.pictures.spectrogram import measure_spectrogram

        cache.put(sha256, measure_spectrogram(path))


if __name__ == "__main__":
    main()
