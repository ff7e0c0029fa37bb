"""A program that saves assets and is killed again and again: ``-m tests.library.crashing CONFIG KILLS SAVES SEED``.

Each life is a forked child, so that a kill costs a fork and not the start of an interpreter. A child saves the next few
assets in several threads; it is killed at a random instant of the time that the first child took. At the end nothing is
running.
"""

from __future__ import annotations

import importlib
import os
import random
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

from audiotui.library import AudioLibraryService

TOGETHER = 6
FINAL_LIFE_S = 60.0

GIVEN_UP = 0.5
"""So many of the killed children's assets are left to ``resume``; the others are saved again by the next child."""

LOADED_BEFORE = (
    "audiotui.audio.probe",
    "audiotui.backends.local",
    "audiotui.backends.minio",
    "audiotui.documents.mongo",
    "audiotui.library.machine",
    "audiotui.library.reconciling",
    "httpx",
    "obstore",
    "yaml",
)


def item(number: int) -> dict[str, Any]:
    """The arguments of one save."""
    return {
        "asset_id": f"a{number}",
        "customer_id": f"customer_{number % 3}",
        "user_id": "u1",
        "audio_url": f"/temp/{number}.wav",
        "text": f"Take {number}",
        "model": "kokoro",
        "voice": f"voice-{number % 4}",
    }


def save(config: Path, first: int, last: int) -> None:
    """The life of a child."""
    with AudioLibraryService(config) as service:
        for outcome in service.save_many([item(number) for number in range(first, last)], parallel=3):
            if outcome.error is not None:
                sys.stderr.write(f"{outcome.error}\n")


def one_life(config: Path, first: int, last: int, life_s: float) -> bool:
    """Whether a child came to the end of its work before it was killed."""
    end, held = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            save(config, first, last)
            code = 0
        finally:
            os._exit(code)
    os.close(held)
    ended, _, _ = select.select([end], [], [], life_s)  # the child's side is closed when the child is no more
    os.close(end)
    if not ended:
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1] == 0


def main(config: Path, kills: int, saves: int, seed: int) -> None:
    """Kill as often as asked, over so many assets."""
    for module in LOADED_BEFORE:
        importlib.import_module(module)
    chance = random.Random(seed)
    begun_s = time.monotonic()
    one_life(config, 0, TOGETHER, FINAL_LIFE_S)
    whole_life_s = time.monotonic() - begun_s
    killed = first = 0
    while killed < kills:
        last = min(saves, first + TOGETHER)
        has_ended = one_life(config, first, last, chance.random() * whole_life_s * 1.2)
        killed += not has_ended
        if has_ended or chance.random() < GIVEN_UP:
            first = last % saves
    sys.stdout.write(f"{killed}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
