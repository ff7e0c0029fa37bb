"""Pushes of many files by the worker process, one after the other, for what is measured beside them."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from audiotui import AudioManager
from audiotui.backends.base import open_backend
from audiotui.backends.options import LocalOptions
from audiotui.config import find_config, load_config
from audiotui.core.catalog import Catalog
from audiotui.model import AUDIO, LOCAL, NewCopy, NewFile, NewRecording
from audiotui.transfer.spawn import worker_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

SESSION = "pushed-beside-a-bench"
DESTINATIONS = tuple(f"beside-{number}" for number in range(20))
"""A thousand files a second are pushed to a folder, so one push alone would be over too soon."""

FILE_BYTES = 5_000


@dataclass(frozen=True, slots=True)
class Pushes:
    """Pushes of the same files to one folder after the other; ``config`` is that of the library they are made in."""

    config: Path

    def done(self) -> int:
        """How many files have arrived."""
        return sum(1 for name in DESTINATIONS for _ in (self.config.parent / name).rglob("*.raw"))


@contextmanager
def pushing(config: Path, files: int) -> Iterator[Pushes]:
    """Push files, which are added to a copy of a library, as the app does it; nothing stays of them."""
    library = load_config(find_config(config))
    with tempfile.TemporaryDirectory(dir=config.parent) as name:
        folder = Path(name)
        shutil.copy(library.db_path, folder / "library.db")
        (folder / "local").mkdir()
        copied = folder / "audiotui.yaml"
        places = "".join(f"    {name}: {{type: local, path: {name}}}\n" for name in (LOCAL, *DESTINATIONS))
        copied.write_text(f"audio_manager:\n  db_path: library.db\n  locations:\n{places}")
        add_files(folder, files)
        with AudioManager(config_path=copied) as manager:
            for place in DESTINATIONS:
                manager.queue(manager.plan_push(f"session:{SESSION}", place))
            manager.start_worker()
            try:
                yield Pushes(copied)
            finally:
                for job in manager.list_jobs(limit=len(DESTINATIONS)):
                    if job.finished_at is None:
                        manager.cancel_job(job.id)
                until_worker_ended(manager.config.db_path)


def until_worker_ended(db_path: Path) -> None:
    """Wait for the worker, which waits some seconds for another job."""
    while True:
        with worker_lock(db_path) as is_free:
            if is_free:
                return
        time.sleep(0.1)


def add_files(folder: Path, files: int) -> None:
    """Write files and add them to the catalog, each a recording."""
    random = Random(files)
    options = LocalOptions(path=folder / "local")
    with (
        Catalog(folder / "library.db", actor="bench") as catalog,
        closing(open_backend(LOCAL, options, library_id=catalog.library_id, used_before=False)) as local,
    ):
        local.claim()
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
