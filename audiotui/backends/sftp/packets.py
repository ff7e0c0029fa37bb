"""Requests as bytes, and replies as values: version 3 of the SSH file transfer protocol.

Sources: draft-ietf-secsh-filexfer-02 and, for the extensions, OpenSSH's PROTOCOL file, section 4. Every length that a
server sends is checked before it is believed.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from functools import partial
from struct import Struct, error
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from audiotui.backends.sftp.failures import EOF, OK, ProtocolBroken, StatusError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

VERSION = 3

INIT_KIND, VERSION_KIND = 1, 2
_OPEN, _CLOSE, _READ, _WRITE, _LSTAT, _FSTAT, _SETSTAT, _OPENDIR, _READDIR, _REMOVE, _MKDIR, _RMDIR = (
    3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15,
)  # fmt: skip
_RENAME, _EXTENDED = 18, 200
_STATUS, _HANDLE, _DATA, _NAME, _ATTRS, _EXTENDED_REPLY = 101, 102, 103, 104, 105, 201

READ_FLAG, WRITE_FLAG, APPEND_FLAG, CREATE_FLAG, EXCLUSIVE_FLAG = 0x01, 0x02, 0x04, 0x08, 0x20

_HAS_SIZE, _HAS_OWNER, _HAS_MODE, _HAS_TIMES, _HAS_EXTENDED = 0x01, 0x02, 0x04, 0x08, 0x80000000

MAX_HANDLE_BYTES = 256
"""The protocol's own limit."""

_INT, _LONG, _HEAD = Struct(">I"), Struct(">Q"), Struct(">IBI")


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a server says of a file; None where it says nothing."""

    size_bytes: int | None = None
    mode: int | None = None
    modified_s: int | None = None
    """When it was last written to, in whole seconds since 1970: this version of the protocol has no finer times."""

    @property
    def is_file(self) -> bool:
        """True for a regular file."""
        return self.mode is not None and stat.S_ISREG(self.mode)

    @property
    def is_folder(self) -> bool:
        """True for a folder."""
        return self.mode is not None and stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        """True for a symbolic link."""
        return self.mode is not None and stat.S_ISLNK(self.mode)


class Name(NamedTuple):
    """One line of a listing. ``name`` is what the server claims, unchecked."""

    name: bytes
    attributes: Attributes


class Limits(NamedTuple):
    """What ``limits@openssh.com`` tells; 0 where the server sets no limit."""

    packet_bytes: int
    read_bytes: int
    write_bytes: int
    open_handles: int


class FileSystem(NamedTuple):
    """What ``statvfs@openssh.com`` tells of the file system of a path."""

    free_bytes: int
    """For ordinary users."""
    takes_files: bool
    """Whether it has room for a further name; some give none to count."""
    is_read_only: bool


class Request(Generic[T]):
    """One request: its head without length and id, the bytes of a write behind it, and how to read the reply.

    ``weight`` is how many bytes it moves in either direction, for the window.
    """

    __slots__ = ("body", "data", "decode", "kind", "weight")

    def __init__(
        self,
        kind: int,
        body: bytes,
        decode: Callable[[int, memoryview], T],
        *,
        data: bytes | memoryview = b"",
        weight: int = 0,
    ) -> None:
        self.kind = kind
        self.body = body
        self.decode = decode
        self.data = data
        self.weight = weight

    def head(self, number: int) -> bytes:
        """The packet up to the bytes of a write, for the request of this number."""
        return _HEAD.pack(5 + len(self.body) + len(self.data), self.kind, number) + self.body


def open_file(path: bytes, flags: int, *, mode: int | None = None) -> Request[bytes]:
    """Open a file; its handle."""
    return Request(_OPEN, _string(path) + _INT.pack(flags) + _mode(mode), _handle)


def close(handle: bytes) -> Request[None]:
    """Close a file or a folder. A failure here may mean that bytes were lost, so it counts."""
    return Request(_CLOSE, _string(handle), _done)


def read(handle: bytes, offset: int, length: int) -> Request[memoryview]:
    """Up to ``length`` bytes; none at the end of the file."""
    body = _string(handle) + _LONG.pack(offset) + _INT.pack(length)
    return Request(_READ, body, partial(_data, length), weight=length)


def write(handle: bytes, offset: int, data: bytes | memoryview) -> Request[None]:
    """Write bytes at a place."""
    size = len(data)
    body = _string(handle) + _LONG.pack(offset) + _INT.pack(size)
    return Request(_WRITE, body, _done, data=data, weight=size)


def lstat(path: bytes) -> Request[Attributes]:
    """What lies under a name; a symbolic link is not followed."""
    return Request(_LSTAT, _string(path), _attributes)


def fstat(handle: bytes) -> Request[Attributes]:
    """What an open file is."""
    return Request(_FSTAT, _string(handle), _attributes)


def truncate(path: bytes, size_bytes: int) -> Request[None]:
    """Cut a file off."""
    return Request(_SETSTAT, _string(path) + _INT.pack(_HAS_SIZE) + _LONG.pack(size_bytes), _done)


def open_folder(path: bytes) -> Request[bytes]:
    """Open a folder for listing; its handle."""
    return Request(_OPENDIR, _string(path), _handle)


def read_folder(handle: bytes) -> Request[list[Name]]:
    """The next lines of a listing, some or all; [] at its end."""
    return Request(_READDIR, _string(handle), _names)


def remove(path: bytes) -> Request[None]:
    """Remove a file."""
    return Request(_REMOVE, _string(path), _done)


def make_folder(path: bytes) -> Request[None]:
    """Make a folder, with the rights that the server gives by default."""
    return Request(_MKDIR, _string(path) + _mode(None), _done)


def remove_folder(path: bytes) -> Request[None]:
    """Remove an empty folder."""
    return Request(_RMDIR, _string(path), _done)


def rename(path: bytes, new_path: bytes) -> Request[None]:
    """Rename a file; this version of the protocol refuses if the new name is taken."""
    return Request(_RENAME, _string(path) + _string(new_path), _done)


def hardlink(path: bytes, new_path: bytes) -> Request[None]:
    """Give a file a second name, never one that is taken: ``hardlink@openssh.com``."""
    return Request(_EXTENDED, _string(b"hardlink@openssh.com") + _string(path) + _string(new_path), _done)


def sync(handle: bytes) -> Request[None]:
    """Make an open file durable: ``fsync@openssh.com``."""
    return Request(_EXTENDED, _string(b"fsync@openssh.com") + _string(handle), _done)


def limits(learn: Callable[[Limits], None]) -> Request[None]:
    """How big packets may be: ``limits@openssh.com``; ``learn`` hears of it when the answer comes."""
    return Request(_EXTENDED, _string(b"limits@openssh.com"), lambda kind, payload: learn(_limits(kind, payload)))


def file_system(path: bytes) -> Request[FileSystem]:
    """What there is to know of the file system of a path: ``statvfs@openssh.com``."""
    return Request(_EXTENDED, _string(b"statvfs@openssh.com") + _string(path), _file_system)


def greeting() -> bytes:
    """The first packet that a client sends."""
    return _INT.pack(5) + bytes((INIT_KIND,)) + _INT.pack(VERSION)


def extensions(payload: memoryview) -> dict[bytes, bytes]:
    """What the server's first packet says that it can do beyond the protocol; ``payload`` begins with the version."""
    reader = _Reader(payload)
    version = reader.number()
    if version < VERSION:
        raise ProtocolBroken(f"the server speaks version {version} of the file transfer protocol, not {VERSION}")
    found = {}
    while reader.left:
        name = reader.string()
        found[name] = reader.string()
    return found


class _Reader:
    """Reads the fields of a packet in order; ProtocolBroken if it ends in the middle of one."""

    def __init__(self, payload: memoryview) -> None:
        self._payload = payload
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes are still to be read."""
        return len(self._payload) - self._at

    def number(self) -> int:
        """The next 32 bits."""
        return self._fixed(_INT)

    def long_number(self) -> int:
        """The next 64 bits."""
        return self._fixed(_LONG)

    def string(self) -> bytes:
        """The next string, as bytes of its own."""
        return bytes(self.view())

    def view(self) -> memoryview:
        """The next string, inside the packet."""
        length = self.number()
        if length > self.left:
            raise ProtocolBroken(f"a packet names {length} bytes and has {self.left}")
        self._at += length
        return self._payload[self._at - length : self._at]

    def attributes(self) -> Attributes:
        """The next attributes; owner and extensions are passed over."""
        flags = self.number()
        size = self.long_number() if flags & _HAS_SIZE else None
        if flags & _HAS_OWNER:
            self.long_number()
        mode = self.number() if flags & _HAS_MODE else None
        times = self.long_number() if flags & _HAS_TIMES else None
        if flags & _HAS_EXTENDED:
            for _ in range(self.number()):
                self.view(), self.view()
        return Attributes(size, mode, None if times is None else times & 0xFFFFFFFF)

    def _fixed(self, shape: Struct) -> int:
        try:
            (number,) = shape.unpack_from(self._payload, self._at)
        except error as short:
            raise ProtocolBroken("a packet ends too early") from short
        self._at += shape.size
        return int(number)


def _string(text: bytes) -> bytes:
    return _INT.pack(len(text)) + text


def _mode(mode: int | None) -> bytes:
    return _INT.pack(0) if mode is None else _INT.pack(_HAS_MODE) + _INT.pack(mode)


def _expect(wanted: int, kind: int, payload: memoryview) -> _Reader:
    """The fields of a reply of the wanted kind; StatusError if the server refused."""
    reader = _Reader(payload)
    if kind == wanted:
        return reader
    if kind == _STATUS and (code := reader.number()) != OK:
        raise _refusal(code, reader)
    raise ProtocolBroken(f"the server answered with packet {kind} instead of {wanted}")


def _done(kind: int, payload: memoryview) -> None:
    """For requests whose only answer is a status."""
    if kind != _STATUS:
        raise ProtocolBroken(f"the server answered with packet {kind} instead of a status")
    reader = _Reader(payload)
    if (code := reader.number()) != OK:
        raise _refusal(code, reader)


def _refusal(code: int, reader: _Reader) -> StatusError:
    """The server's status, with its own words if it sent any."""
    return StatusError(code, reader.string().decode(errors="replace") if reader.left else "")


def _handle(kind: int, payload: memoryview) -> bytes:
    handle = _expect(_HANDLE, kind, payload).string()
    if len(handle) > MAX_HANDLE_BYTES:
        raise ProtocolBroken(f"the server gave a handle of {len(handle)} bytes")
    return handle


def _data(length: int, kind: int, payload: memoryview) -> memoryview:
    try:
        data = _expect(_DATA, kind, payload).view()
    except StatusError as status:
        if status.code == EOF:
            return memoryview(b"")
        raise
    if not 0 < len(data) <= length:
        raise ProtocolBroken(f"the server sent {len(data)} bytes where {length} were asked for")
    return data  # not copied: it keeps what was received in memory until it is used


def _names(kind: int, payload: memoryview) -> list[Name]:
    try:
        reader = _expect(_NAME, kind, payload)
    except StatusError as status:
        if status.code == EOF:
            return []
        raise
    names = []
    for _ in range(reader.number()):
        name = reader.string()
        reader.view()  # the line as `ls -l` would print it, which nobody should parse
        names.append(Name(name, reader.attributes()))
    return names


def _attributes(kind: int, payload: memoryview) -> Attributes:
    return _expect(_ATTRS, kind, payload).attributes()


def _limits(kind: int, payload: memoryview) -> Limits:
    reader = _expect(_EXTENDED_REPLY, kind, payload)
    return Limits(reader.long_number(), reader.long_number(), reader.long_number(), reader.long_number())


def _file_system(kind: int, payload: memoryview) -> FileSystem:
    """Of the fields of statvfs: fragment size times free blocks (2, 5), files and free ones (6, 8), flags (10)."""
    reader = _expect(_EXTENDED_REPLY, kind, payload)
    fields = [reader.long_number() for _ in range(10)]
    return FileSystem(fields[1] * fields[4], not fields[5] or fields[7] > 0, bool(fields[9] & 1))
