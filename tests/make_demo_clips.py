"""Speaks the demo's clips again, as ``audiotui/demo_clips/clips.json`` describes them.

Run by hand after a change there: ``python tests/make_demo_clips.py``. Needs espeak-ng; the same versions of it and of
libsndfile make the same bytes.
"""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

CLIPS = Path(__file__).parent.parent / "audiotui" / "demo_clips"
PEAK = 0.5
"""Of full scale, so that no clip is louder than another and none is clipped."""

SILENCE = 0.003
PAUSE_S = 0.1

Samples = npt.NDArray[np.float64]


def speak(text: str, *, voice: str, speed: int, pitch: int) -> tuple[Samples, int]:
    """What espeak-ng says, and its sample rate in Hz; ``speed`` is in words a minute, ``pitch`` from 0 to 99."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", "--stdin"]
    spoken = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout
    samples, rate_hz = soundfile.read(io.BytesIO(spoken))
    return samples, rate_hz


def trimmed(samples: Samples, rate_hz: int) -> Samples:
    """The samples with the same short pause at both ends, at the same loudness as all others."""
    loud = np.flatnonzero(np.abs(samples) > SILENCE)
    pause = np.zeros(round(PAUSE_S * rate_hz))
    gain = PEAK / float(np.abs(samples).max())
    return np.concatenate([pause, samples[loud[0] : loud[-1] + 1] * gain, pause])


def make(clip: dict[str, Any]) -> None:
    """Speak one clip into its file."""
    samples, rate_hz = speak(clip["text"], **clip["espeak"])
    soundfile.write(CLIPS / clip["file"], trimmed(samples, rate_hz), rate_hz, subtype="PCM_16", compression_level=1.0)


def main() -> None:
    """Speak all clips."""
    for clip in json.loads((CLIPS / "clips.json").read_text(encoding="utf-8"))["clips"]:
        make(clip)
        sys.stdout.write(f"{clip['file']}\n")


if __name__ == "__main__":
    main()
