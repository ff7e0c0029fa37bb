"""Faults made to order: a backend that fails, lies and corrupts by script, disks that are full or read-only.

``FaultyBackend`` wraps any backend and has the same contract, so the engine's tests use it in place of a real one.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import audiotui
from audiotui.backends.base import Backend, Checksum, Content, Entry, Limits, Source, Unfinished, Upload
from audiotui.errors import Unreachable
from audiotui.model import VerifyLevel
from tests.servers.process import missing
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from audiotui.backends.items import Pace, Piece
    from audiotui.model import SecretStr

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens in calls of one verb, such as ``put_small``, ``write_part``, ``commit`` or ``read``.

    ``on`` is the first call that is hit, counted from 1 among the calls of the verb (and key, if given), ``times`` how
    many calls in a row are. Subclasses say what happens.
    """

    verb: str
    on: int = 1
    times: int = 1
    key: str = ""

    def before(self) -> None:
        """Called first; what it raises, the call raises without any effect."""

    def alter(self, data: bytes) -> bytes:
        """What becomes of the bytes that the call carries, in either direction."""
        return data

    @property
    def is_lie(self) -> bool:
        """True if the call only pretends to work."""
        return False

    def after(self) -> None:
        """Called when the effect is there; what it raises, the call raises."""


@dataclass(frozen=True, kw_only=True)
class Fail(Fault):
    """The call raises the error and does nothing."""

    error: Exception = field(default_factory=lambda: Unreachable("The line is down.", location="faulty"))

    def before(self) -> None:
        """Raise."""
        raise self.error


@dataclass(frozen=True, kw_only=True)
class LoseAnswer(Fault):
    """The call has its effect, but the caller hears an error."""

    error: Exception = field(default_factory=lambda: Unreachable("The answer was lost.", location="faulty"))

    def after(self) -> None:
        """Raise."""
        raise self.error


@dataclass(frozen=True, kw_only=True)
class Flip(Fault):
    """One bit of one byte changes on the way."""

    at: int = 0

    def alter(self, data: bytes) -> bytes:
        """Flip the lowest bit of the byte at ``at``."""
        return data[: self.at] + bytes((data[self.at] ^ 1,)) + data[self.at + 1 :]


@dataclass(frozen=True, kw_only=True)
class Cut(Fault):
    """Only the first ``to`` bytes arrive, and nobody says so."""

    to: int = 0

    def alter(self, data: bytes) -> bytes:
        """Drop the rest."""
        return data[: self.to]


@dataclass(frozen=True, kw_only=True)
class Lie(Fault):
    """A write that reports success and stores nothing."""

    @property
    def is_lie(self) -> bool:
        """Always."""
        return True


@dataclass(frozen=True, kw_only=True)
class Say(Fault):
    """The call is not made; it gives this result instead."""

    result: object

    @property
    def is_lie(self) -> bool:
        """Always."""
        return True


@dataclass(frozen=True, kw_only=True)
class Hold(Fault):
    """The call waits, until the test lets it go on; ``reached`` tells the test that it waits."""

    reached: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    def before(self) -> None:
        """Wait."""
        self.reached.set()
        assert self.release.wait(PATIENCE_S), "the test never released the call"


@dataclass(frozen=True, kw_only=True)
class Meanwhile(Fault):
    """Something happens before the call, which then goes on."""

    act: Callable[[], object]

    def before(self) -> None:
        """Let it happen."""
        self.act()


class FaultyBackend(Backend):
    """A backend with faults in front of another. ``calls`` counts the calls that came through, by verb."""

    kind = "faulty"

    def __init__(self, inner: Backend, *faults: Fault) -> None:
        super().__init__(inner.name, library_id=inner.library_id, used_before=inner.used_before)
        self.inner = inner
        self.capabilities = inner.capabilities
        self.calls: Counter[str] = Counter()
        self._faults = list(faults)
        self._seen: Counter[tuple[str, str]] = Counter()
        self._counting = threading.Lock()

    def add(self, fault: Fault) -> None:
        """One more fault; calls are counted from the beginning of the backend."""
        self._faults.append(fault)

    def clear(self) -> None:
        """From now on everything works."""
        self._faults.clear()

    def through(self, verb: str, key: str, act: Callable[[], T], *, lie: Callable[[], T] | None = None) -> T:
        """Do what the call should do, with the fault that the script has for it, if any."""
        fault = self.fault_for(verb, key)
        fault.before()
        if isinstance(fault, Say):
            return cast("T", fault.result)
        result = lie() if fault.is_lie and lie is not None else act()
        fault.after()
        return result

    def fault_for(self, verb: str, key: str) -> Fault:
        """Count a call, and find what happens to it."""
        with self._counting:
            self.calls[verb] += 1
            self._seen[verb, key] += 1
            for fault in self._faults:
                count = self._seen[verb, key] if fault.key else self.calls[verb]
                if fault.verb == verb and fault.key in {"", key} and fault.on <= count < fault.on + fault.times:
                    return fault
        return Fault(verb=verb)

    def _open(self) -> None:
        self.through("open", "", self.inner.open)

    def _close(self) -> None:
        self.through("close", "", self.inner.close)

    def _claim(self) -> None:
        self.through("claim", "", self.inner.claim)

    def leave_note(self, name: str) -> None:
        """Leave it at the other's location, whose key gate knows notes."""
        self.through("leave_note", name, lambda: self.inner.leave_note(name))

    def notes(self, prefix: str = "") -> frozenset[str]:
        """Those at the other's location."""
        return self.through("notes", prefix, lambda: self.inner.notes(prefix))

    def _stat(self, key: str) -> Entry:
        return self.through("stat", key, lambda: self.inner.stat(key))

    def _list(self, prefix: str) -> Iterator[Entry]:
        fault = self.fault_for("list", prefix)
        fault.before()
        if not fault.is_lie:
            yield from self.inner.list(prefix)
        fault.after()

    def _list_unfinished(self, key: str) -> Iterator[Unfinished]:
        yield from self.through("list_unfinished", key, lambda: tuple(self.inner.list_unfinished(key)))

    def _read(self, key: str, offset: int, length: int | None, if_etag: str) -> Iterator[bytes]:
        fault = self.fault_for("read", key)
        fault.before()
        data = b"".join(self.inner.read(key, offset=offset, length=length, if_etag=if_etag))
        yield fault.alter(data)
        fault.after()

    def _open_source(self, key: str) -> Source:
        return self.through("open_source", key, lambda: self.inner.open_source(key))

    def _put_small(
        self, key: str, data: bytes, *, sha256: str, temp: str, attributes: Mapping[str, str], pace: Pace | None
    ) -> Entry:
        fault = self.fault_for("put_small", key)
        fault.before()
        if fault.is_lie:
            return Entry(key, len(data))
        entry = self.inner.put_small(key, fault.alter(data), sha256=sha256, temp=temp, attributes=attributes, pace=pace)
        fault.after()
        return _unproven(entry)

    def _start_upload(self, key: str, content: Content, *, temp: str, attributes: Mapping[str, str]) -> Upload:
        inner = self.through(
            "start_upload", key, lambda: self.inner.start_upload(key, content, temp=temp, attributes=attributes)
        )
        return FaultyUpload(self, inner)

    def _resume_upload(self, token: str, key: str, content: Content, limits: Limits) -> Upload:
        inner = self.through("resume_upload", key, lambda: self.inner.resume_upload(token, key, content, limits=limits))
        return FaultyUpload(self, inner)

    def _discard(self, token: str, key: str) -> bool:
        return self.through("discard", key, lambda: self.inner.discard(token, key=key))

    def _delete(self, key: str, if_etag: str) -> None:
        self.through("delete", key, lambda: self.inner.delete(key, if_etag=if_etag), lie=lambda: None)

    def _move(self, key: str, new_key: str, if_etag: str) -> Entry:
        return self.through("move", key, lambda: self.inner.move(key, new_key, if_etag=if_etag))

    def _persist(self, key: str) -> None:
        self.through("persist", key, lambda: self.inner.persist(key))

    def _checksum(self, key: str) -> Checksum:
        return self.through("checksum", key, lambda: self.inner.checksum(key))

    def _presign(self, key: str, seconds: int) -> SecretStr:
        return self.through("presign", key, lambda: self.inner.presign(key, seconds))


class FaultyUpload(Upload):
    """An upload of a FaultyBackend."""

    def __init__(self, backend: FaultyBackend, inner: Upload) -> None:
        super().__init__(backend, inner.key, inner.content, token=inner.token, held=tuple(inner.held))
        self._faulty = backend
        self._inner = inner

    def close(self) -> None:
        """Close the real one."""
        self._inner.close()

    def _write_part(self, number: int, data: bytes) -> None:
        fault = self._faulty.fault_for("write_part", self.key)
        fault.before()
        if not fault.is_lie:
            self._inner.write_part(number, fault.alter(data))
        fault.after()

    def _commit(self) -> Entry:
        return self._faulty.through(
            "commit",
            self.key,
            lambda: _unproven(self._inner.commit()),
            lie=lambda: Entry(self.key, self.content.size_bytes),
        )

    def _abort(self) -> None:
        self._faulty.through("abort", self.key, self._inner.abort)


def _unproven(entry: Entry) -> Entry:
    """What a storage that cannot be trusted says of a file that it took: no proof of its own counts."""
    return replace(entry, level=min(entry.level, VerifyLevel.SIZE))


@dataclass
class SpoiledSource:
    """A source to which something happens at its first read; ``act`` does it, to the file behind it for instance."""

    inner: Source
    act: Callable[[], object]
    _done: bool = False

    def read_at(self, offset: int, length: int) -> bytes:
        """Read, and then spoil the source."""
        data = self.inner.read_at(offset, length)
        if not self._done:
            self._done = True
            self.act()
        return data

    def read_blocks(self, offset: int, length: int) -> Iterator[Piece]:
        """Read the first block, and then spoil the source."""
        for block in self.inner.read_blocks(offset, length):
            if not self._done:
                self._done = True
                self.act()
            yield block

    def check_unchanged(self) -> None:
        """Ask the real one."""
        self.inner.check_unchanged()

    def close(self) -> None:
        """Close the real one."""
        self.inner.close()


def flip_byte(path: Path, at: int = 0) -> None:
    """Damage a file behind everybody's back: same size, one bit of one byte other than before."""
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes((byte ^ 1,)))


@contextmanager
def small_disk(path: Path, size_bytes: int) -> Iterator[Path]:
    """A file system of its own with little room, mounted on a new folder."""
    path.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(path))
    try:
        yield path
    finally:
        _unmount(path)


@contextmanager
def bind_mount(source: Path, target: Path) -> Iterator[None]:
    """Inside it, ``target`` is a second name of the folder ``source``."""
    _mount("--bind", str(source), str(target))
    try:
        yield
    finally:
        _unmount(target)


@contextmanager
def read_only(path: Path) -> Iterator[Path]:
    """An existing folder that cannot be written to, not even by root, who ignores modes."""
    if os.geteuid() != 0:
        mode = path.stat().st_mode
        path.chmod(0o500)
        try:
            yield path
        finally:
            path.chmod(mode)
        return
    _mount("--bind", str(path), str(path))
    try:
        _mount("-o", "remount,bind,ro", str(path))
        yield path
    finally:
        _unmount(path)


def crashpoint_names(*folders: str) -> list[str]:
    """The names of all crash points in the source, of some folders of the package or of the whole."""
    package = Path(audiotui.__file__).parent
    calls = re.compile(r"""\bcrashpoint\("([a-z0-9_.]+)"\)""")
    sources = (source for folder in folders or (".",) for source in (package / folder).rglob("*.py"))
    return sorted({name for source in sources for name in calls.findall(source.read_text(encoding="utf-8"))})


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        missing(f"mount {' '.join(arguments[:2])} is not allowed here: {done.stderr.strip()}")


def _unmount(path: Path) -> None:
    subprocess.run(["umount", "--lazy", str(path)], check=True, capture_output=True)
