"""Small sound files, and the library of ``library.py`` as adding, importing and exporting see it."""

from __future__ import annotations

import struct
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING, Any

from audiotui.core.database import sqlite3
from audiotui.model import DEFAULT_KEY_LAYOUT
from audiotui.transfer.exporter import export_recordings
from audiotui.transfer.importer import ImportOptions, import_paths
from audiotui.transfer.ingest import Ingest

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.model import Recording
    from audiotui.transfer.reports import ExportReport, ImportReport
    from tests.transfer.library import Library


def wav(seed: int = 0, frames: int = 400, channels: int = 1) -> bytes:
    """A WAV file of noise at 8 kHz; another seed, other bytes."""
    data = Random(seed).randbytes(frames * 2 * channels)
    layout = struct.pack("<HHIIHH", 1, channels, 8_000, 16_000 * channels, 2 * channels, 16)
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt \x10\0\0\0" + layout + _chunk(b"data", data)


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data


def write(path: Path, data: bytes) -> Path:
    """A file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def wavs(folder: Path, count: int, first_seed: int = 0) -> list[Path]:
    """Sound files ``take_000.wav`` and so on."""
    return [write(folder / f"take_{number:03}.wav", wav(first_seed + number)) for number in range(count)]


def ingest_of(library: Library, key_layout: str = DEFAULT_KEY_LAYOUT) -> Ingest:
    """What adds single recordings."""
    return Ingest(library.catalog, library.journal, library.backends["local"], key_layout=key_layout)


def do_import(library: Library, *paths: Path, listener: Any = None, cancel: Any = None, **options: Any) -> ImportReport:
    """Import paths."""
    heard = {"listener": listener} if listener else {}
    return import_paths(ingest_of(library).library, paths, ImportOptions(**options), cancel=cancel, **heard)


def do_export(library: Library, directory: Path, **options: Any) -> ExportReport:
    """Export all recordings that are not in the trash."""
    ids = [one.id for one in everything(library) if one.deleted_at is None]
    return export_recordings(ingest_of(library).library, ids, directory, **options)


def everything(library: Library) -> list[Recording]:
    """All recordings, those in the trash too, in the order of their arrival."""
    return library.catalog.recordings_by_ids(library.all_ids())


def leftovers(library: Library) -> list[str]:
    """What adding must never leave behind: untruths, unfinished files, empty folders, intents."""
    root = library.folder / "local"
    folders = (one for one in root.rglob("*") if one.is_dir())
    empty = [f"empty {folder}" for folder in folders if not any(folder.iterdir())]
    return library.untruths("local") + empty + intents(library)


def intents(library: Library) -> list[str]:
    """What the journal holds of files that are being added, by whichever process."""
    with closing(sqlite3.connect(f"file:{library.journal.path}?mode=ro", uri=True)) as connection:
        return [f"intent {row}" for row in connection.execute("SELECT temp, key FROM intents")]
