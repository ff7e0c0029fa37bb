"""A small library on disk for the tests of transfers: catalog, journal, and the folders ``local`` and ``archive``."""

from __future__ import annotations

import hashlib
import shutil
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Self

from audiotui.backends.base import open_backend
from audiotui.backends.keys import TEMP_NAME
from audiotui.backends.options import LocalOptions
from audiotui.core.catalog import Catalog
from audiotui.events import Cancelled, Failed, Finished, ItemEvent
from audiotui.model import DEFAULT_KEY_LAYOUT, PART_BYTES, CopyState, NewCopy, NewFile, NewRecording
from audiotui.transfer.engine import Engine
from audiotui.transfer.jobs import JobKind
from audiotui.transfer.journal import Journal, journal_path
from audiotui.transfer.layout import key_for
from audiotui.transfer.leases import boot_clock_s
from audiotui.transfer.plan import plan_transfer
from tests.faults import FaultyBackend

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable

    from audiotui.backends.base import Backend
    from audiotui.events import JobEvent
    from audiotui.model import RecordingFile
    from audiotui.transfer.jobs import JobInfo
    from audiotui.transfer.transfer_plan import TransferPlan
    from tests.faults import Fault

END_EVENTS = (Finished, Failed, Cancelled)


@dataclass
class Heard:
    """A listener that keeps what it hears."""

    events: list[JobEvent] = field(default_factory=list)

    def __call__(self, event: JobEvent) -> None:
        self.events.append(event)

    def of(self, *kinds: type[Any]) -> list[Any]:
        """The events of some kinds."""
        return [event for event in self.events if isinstance(event, kinds)]

    def by_item(self) -> dict[int, list[str]]:
        """The names of the events of each item, in order."""
        names: dict[int, list[str]] = defaultdict(list)
        for event in self.of(ItemEvent):
            names[event.item_id].append(type(event).__name__)
        return dict(names)


class Library:
    """A library in a folder, opened as a process would open it."""

    def __init__(self, folder: Path, *, boot_clock: Callable[[], float] = boot_clock_s) -> None:
        self.folder = folder
        self.catalog = Catalog(folder / "registry.db")
        self.journal = Journal(
            journal_path(folder / "registry.db"), library_id=self.catalog.library_id, boot_clock=boot_clock
        )
        self.backends: dict[str, Backend] = {}
        self.requests = 4
        for name in ("local", "archive"):
            (folder / name).mkdir(exist_ok=True)
            self.use(name, folder / name)
        self.backends["local"].claim()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with ExitStack() as stack:
            stack.callback(self.catalog.close)
            stack.callback(self.journal.close)
            for backend in self.backends.values():
                stack.callback(backend.close)

    def use(self, name: str, path: Path) -> None:
        """Configure a folder as a location."""
        options = LocalOptions(path=path)
        self.catalog.ensure_location(name, "local", options.fingerprint)
        self.backends[name] = open_backend(
            name, options, library_id=self.catalog.library_id, used_before=self.catalog.has_copies_at(name)
        )

    def add(self, *contents: bytes, **fields: Any) -> list[int]:
        """Add a recording for each content, whose bytes lie in ``local``; their row ids."""
        new = [self._new_recording(data, **fields) for data in contents]
        return [self.catalog.resolve_recording(uid) for uid in self.catalog.add_recordings(new, record_history=False)]

    def add_many(self, count: int, size_bytes: int = 300) -> list[int]:
        """Add recordings of that size, each with its own bytes."""
        random = Random(count)
        return self.add(*(random.randbytes(size_bytes) for _ in range(count)))

    def plan(self, verb: str, ids: Iterable[int], **options: Any) -> TransferPlan:
        """Plan a push to ``archive``, or a pull from wherever the best copies are."""
        ends = {"source": "local", "destination": "archive"} if verb == "push" else {}
        arguments: dict[str, Any] = {"verb": JobKind(verb), "recording_ids": list(ids), **ends, **options}
        return plan_transfer(self.catalog, self.backends.__getitem__, **arguments)

    def queue(self, verb: str, ids: Iterable[int], **options: Any) -> str:
        """Write the job of such a plan; its id."""
        plan = self.plan(verb, ids, **options)
        return self.journal.create_job(plan.new_job(), plan.items())

    def run(self, job_id: str, heard: Heard | None = None, cancel: threading.Event | None = None) -> JobInfo:
        """Let an engine carry out a job."""
        engine = Engine(
            self.catalog,
            self.journal,
            self.backends.__getitem__,
            listener=heard or Heard(),
            requests=self.requests,
        )
        return engine.run(job_id, cancel)

    def push(self, ids: Iterable[int], heard: Heard | None = None) -> JobInfo:
        """Push recordings to ``archive``."""
        return self.run(self.queue("push", ids), heard)

    def pull(self, ids: Iterable[int], heard: Heard | None = None) -> JobInfo:
        """Pull recordings from their best copies."""
        return self.run(self.queue("pull", ids), heard)

    def files(self, ids: Iterable[int]) -> list[RecordingFile]:
        """The current files of recordings."""
        return [file for recording in self.catalog.recordings_by_ids(list(ids)) for file in recording.files]

    def path(self, location: str, recording_id: int) -> Path:
        """Where the audio of a recording lies, or should lie."""
        (file,) = self.files([recording_id])
        (copy,) = (copy for copy in file.copies if copy.location == location)
        return self.folder / location / copy.key

    def lose(self, location: str, ids: Iterable[int]) -> None:
        """Delete files behind the library's back."""
        for recording_id in ids:
            self.path(location, recording_id).unlink()

    def states(self, location: str, ids: Iterable[int]) -> list[CopyState | None]:
        """What the catalog says of the copies at a location."""
        return [{copy.location: copy.state for copy in file.copies}.get(location) for file in self.files(ids)]

    def untruths(self, location: str) -> list[str]:
        """Every way in which the files of a folder and the catalog differ; [] if the catalog tells the truth."""
        root = self.folder / location
        found = {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
        wrong = [f"temp {key}" for key, path in found.items() if TEMP_NAME.fullmatch(path.name)]
        known: dict[str, str] = {}
        for file in self.files(self.all_ids()):
            known |= {
                copy.key: file.sha256
                for copy in file.copies
                if copy.location == location and copy.state is CopyState.PRESENT
            }
        for key, sha256 in known.items():
            if key not in found:
                wrong.append(f"catalog has {key}, which is not there")
            elif hashlib.sha256(found[key].read_bytes()).hexdigest() != sha256:
                wrong.append(f"{key} has wrong bytes")
        ours = {key for key in found if not key.startswith(".audiotui") and not TEMP_NAME.fullmatch(Path(key).name)}
        return wrong + [f"catalog lacks {key}" for key in sorted(ours - known.keys())]

    def all_ids(self) -> list[int]:
        """The row ids of all recordings."""
        rows = self.catalog.database.connection().execute("SELECT id FROM recordings ORDER BY id").fetchall()
        return [row[0] for row in rows]

    def _new_recording(self, data: bytes, **fields: Any) -> tuple[NewRecording, list[NewFile]]:
        sha256 = hashlib.sha256(data).hexdigest()
        uid = f"{sha256[:8]}-{sha256[8:12]}-4{sha256[13:16]}-8{sha256[17:20]}-{sha256[20:32]}"
        key = key_for(DEFAULT_KEY_LAYOUT, uid=uid, kind="audio", sha256=sha256, extension="wav")
        path = self.folder / "local" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        parts = [data[at : at + PART_BYTES] for at in range(0, len(data), PART_BYTES)]
        file = NewFile(
            kind="audio",
            original_name=f"{sha256[:6]}.wav",
            size_bytes=len(data),
            sha256=sha256,
            part_sha256=tuple(hashlib.sha256(part).hexdigest() for part in parts) if len(parts) > 1 else (),
            copies=(NewCopy("local", key),),
        )
        return NewRecording(uid=uid, **{"text": f"recording {uid[:8]}", **fields}), [file]


def copy_library(template: Path, folder: Path) -> Path:
    """A library like another one that is closed; unchanged files are shared by hard links."""
    shutil.copytree(template, folder, copy_function=_link_or_copy)
    return folder


def _link_or_copy(source: str, target: str) -> None:
    if "registry" in Path(source).name or Path(source).name.startswith(".audiotui"):
        shutil.copy2(source, target)
    else:
        Path(target).hardlink_to(source)


def spoil(library: Library, location: str, *faults: Fault) -> FaultyBackend:
    """Put a backend with faults before the real one."""
    faulty = FaultyBackend(library.backends[location], *faults)
    library.backends[location] = faulty
    return faulty
