"""A library of texts that act on careless programs: markup, control sequences, hidden and endless characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui import AudioManager
from tests.tui.small_library import write_config, write_wav

if TYPE_CHECKING:
    from pathlib import Path

UGLY = (
    "[/]",
    "[/red]x",
    "a[/b]",
    "[/",
    "[red]stop[/red]",
    "[@click=app.quit]x[/]",
    "[$primary]q",
    "[link=http://example.org]y",
    r"\[b] and [[x]]",
    "foo [verse 1] bar",
    "\x1b]0;owned\x07 window title",
    "\x1b]52;c;b3duZWQ=\x07 clipboard",
    "\x1b[6n where am I",
    "\x1b[2J\x1b[H gone",
    "\x1b[31mred\x1b[0m",
    "\x9b31m eight bits \x9d0;owned\x9c",
    "\x90q\x9c\x8d\x85 C1",
    "\x00\x07\x08\x7f bells",
    "first\nsecond\r\nthird\ttabbed\x0b\x0c",
    "\u202etxt.exe\u202c right to left override",
    "\u2066isolated\u2069 \u200b\u200e\u200f\ufeff zero width",
    "e" + "\u0301" * 10_000 + " marks",
    "末班车九点开往里斯本" * 30,
    "👩‍👩‍👧‍👦👨🏽‍🚀🏳️‍🌈 emoji ☎️ ⚠",
    "שלום עולם مرحبا بالعالم",
    "\ud800 lone surrogate",
    "''; DROP TABLE recordings; --",
    "\u2028line\u2029paragraph",
    "x" * 1_000_000,
    "word " * 200_000,
)
"""Each is a title, a text, a tag, a folder, a session, a note, a name."""

FIELD_LIMIT = 200


def make_ugly_library(folder: Path) -> Path:
    """One recording for each text, in all of its fields, some with a file of such a name; returns the configuration."""
    config = write_config(folder)
    with AudioManager(config) as manager:
        for number, ugly in enumerate(UGLY):
            short = ugly[:FIELD_LIMIT]
            voice = manager.register_ai_identity(f"model {short}", f"{short} {number}", provider=short, name=short)
            files = {}
            if number % 5 == 0:
                name = (
                    short.replace("/", "").replace("\x00", "").encode("utf-8", "replace")[:60].decode("utf-8", "ignore")
                )
                files["audio"] = write_wav(folder / f"{name}.wav", pitch_hz=200 + number)
            manager.register_recording(
                ugly, title=short if number % 2 else "", folder=short, session=short, language="en",
                notes=ugly, tags=[short[:90]], ai_identity_id=voice, metadata={short: short},
                generation={"prompt": ugly[:100_000]}, file_paths=files or None,
            )  # fmt: skip
    return config
