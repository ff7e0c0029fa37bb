"""A push of many files in a process of its own, for what is measured beside it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from audiotui.config import find_config, load_config
from audiotui.core.catalog import Catalog
from audiotui.model import AUDIO, LOCAL, NewCopy, NewFile, NewRecording

if TYPE_CHECKING:
    from collections.abc import Iterator

SESSION = "pushed-beside-a-bench"
DESTINATION = "beside"
FILE_BYTES = 50_000


@dataclass(frozen=True, slots=True)
class Push:
    """A push that has begun; ``config`` is that of the library it is made in."""

    config: Path
    destination: Path

    def done(self) -> int:
        """How many files have arrived."""
        return sum(1 for path in self.destination.rglob("*.raw") if path.is_file())


@contextmanager
def pushing(config: Path, files: int) -> Iterator[Push]:
    """Push files, which are added to a copy of a library; nothing stays of them."""
    library = load_config(find_config(config))
    with tempfile.TemporaryDirectory(dir=config.parent) as name:
        folder = Path(name)
        shutil.copy(library.db_path, folder / "library.db")
        (folder / "local").mkdir()
        (folder / DESTINATION).mkdir()
        copied = folder / "audiotui.yaml"
        copied.write_text(
            "audio_manager:\n  db_path: library.db\n  locations:\n    local: {type: local, path: local}\n"
            f"    {DESTINATION}: {{type: local, path: {DESTINATION}}}\n"
        )
        add_files(folder, files)
        command = [str(Path(sys.executable).with_name("audiotui")), "--config", str(copied), "--quiet"]
        command += ["push-recordings", f"session:{SESSION}", "--destination", DESTINATION, "--yes"]
        process = subprocess.Popen(command)
        try:
            yield Push(copied, folder / DESTINATION)
        finally:
            process.terminate()
            process.wait()


def add_files(folder: Path, files: int) -> None:
    """Write files and add them to the catalog, each a recording."""
    random = Random(files)
    with Catalog(folder / "library.db", actor="bench") as catalog:
        catalog.add_recordings(
            (_new_recording(folder / "local", number, random) for number in range(files)), record_history=False
        )


def _new_recording(local: Path, number: int, random: Random) -> tuple[NewRecording, list[NewFile]]:
    data = random.randbytes(FILE_BYTES)
    key = f"{SESSION}/{number // 1000:03}/{number:06}.raw"
    path = local / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    file = NewFile(
        kind=AUDIO,
        original_name=path.name,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        copies=(NewCopy(LOCAL, key),),
    )
    return NewRecording(text=f"pushed {number}", title=f"beside {number}", session=SESSION), [file]
