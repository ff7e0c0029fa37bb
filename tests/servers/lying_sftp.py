"""A file server that lies: it speaks the protocol over a socket pair, keeps files in memory, and does one thing wrong.

It has no SSH around it, because a lie inside the encryption is what is asked about. ``Lie`` says what goes wrong.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audiotui.backends.sftp.failures import EOF, FAILURE, NO_SUCH_FILE, OK, ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, OPENDIR, READDIR, REMOVE, MKDIR, RMDIR, STAT, RENAME, EXTENDED = (
    3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 17, 18, 200,
)  # fmt: skip
STATUS, HANDLE, DATA, NAME, ATTRS, EXTENDED_REPLY = 101, 102, 103, 104, 105, 201

FILE_MODE, FOLDER_MODE = 0o100644, 0o040755


@dataclass(frozen=True)
class Lie:
    """What the server does wrong with the requests of one kind: from number ``on`` on, ``times`` of them.

    ``how`` is 'fail' (a status FAILURE), 'swallow' (OK, and nothing is done), 'short end' (EOF too early), 'too much'
    (more bytes than were asked for), 'shifted' (bytes of another place), 'flip', 'other id' (an answer to a question
    that nobody asked), 'wrong kind', 'huge' (a packet of 2 GiB), 'garbage', 'hang up' or 'silence'.
    """

    kind: int
    how: str
    on: int = 1
    times: int = 1_000_000


@dataclass
class LyingServer:
    """Files in memory by their paths. ``names`` are listed besides, in every folder; endless if ``endless``."""

    lie: Lie | None = None
    names: Sequence[bytes] = ()
    endless: bool = False
    files: dict[bytes, bytearray] = field(default_factory=dict)
    folders: set[bytes] = field(default_factory=lambda: {b"/root"})
    lies_told: int = 0
    _seen: int = 0
    _handles: dict[bytes, bytes] = field(default_factory=dict)
    _listed: dict[bytes, int] = field(default_factory=dict)

    def connect(self) -> SocketStream:
        """A stream to the server, which is served by a thread of its own."""
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._serve, args=(theirs,), daemon=True).start()
        return SocketStream(ours)

    def _serve(self, end: socket.socket) -> None:
        with end, suppress(OSError):
            stream = end.makefile("rb")
            while head := stream.read(4):
                (length,) = struct.unpack(">I", head)
                packet = stream.read(length)
                if packet[0] == 1:
                    extensions = [(b"hardlink@openssh.com", b"1"), (b"fsync@openssh.com", b"1")]
                    end.sendall(_packet(2, struct.pack(">I", 3) + b"".join(_text(x) + _text(y) for x, y in extensions)))
                    continue
                answer = self._answer(packet[0], packet[1:5], _Fields(packet[5:]))
                if answer is None:
                    return
                end.sendall(answer)

    def _answer(self, kind: int, number: bytes, fields: _Fields) -> bytes | None:
        lie = self.lie
        how = ""
        if lie is not None and kind == lie.kind:
            self._seen += 1
            if lie.on <= self._seen < lie.on + lie.times:
                how = lie.how
                self.lies_told += 1
        match how:
            case "fail":
                return _status(number, FAILURE)
            case "swallow":
                return _status(number, OK)
            case "short end":
                return _status(number, EOF)
            case "other id":
                return _packet(STATUS, struct.pack(">I", 0xDEADBEEF) + struct.pack(">I", OK) + _text(b"") + _text(b""))
            case "wrong kind":
                return _packet(NAME, number + struct.pack(">I", 0))
            case "huge":
                return struct.pack(">I", 2**31) + b"\x65" + number
            case "garbage":
                return _packet(DATA, number + struct.pack(">I", 2**31) + b"x")
            case "hang up":
                return None
            case "silence":
                return b""
        return self._work(kind, number, fields, how)

    def _work(self, kind: int, number: bytes, fields: _Fields, how: str) -> bytes:
        if kind == READ:
            return self._read(number, fields, how)
        if kind == WRITE:
            path, offset, data = self._handles[fields.text()], fields.long(), fields.text()
            content = self.files[path]
            content[offset : offset + len(data)] = _flipped(data) if how == "flip" else data
            return _status(number, OK)
        if kind == EXTENDED:
            return self._extended(number, fields)
        if kind in {LSTAT, STAT, FSTAT}:
            name = fields.text()
            return self._attributes(number, self._handles.get(name, name))
        if kind in {OPEN, OPENDIR}:
            return self._open(kind, number, fields)
        if kind == READDIR:
            return self._list(number, fields.text())
        return self._change(kind, number, fields)

    def _read(self, number: bytes, fields: _Fields, how: str) -> bytes:
        path, offset, length = self._handles[fields.text()], fields.long(), fields.number()
        offset += how == "shifted"
        data = bytes(self.files[path][offset : offset + length])
        if not data:
            return _status(number, EOF)
        if how == "flip":
            data = _flipped(data)
        if how == "too much":
            data += b"x" * (length + 1 - len(data))
        return _packet(DATA, number + _text(data))

    def _extended(self, number: bytes, fields: _Fields) -> bytes:
        if fields.text() == b"hardlink@openssh.com":
            old, new = fields.text(), fields.text()
            if new in self.files or new in self.folders:
                return _status(number, FAILURE)
            self.files[new] = self.files[old]
        return _status(number, OK)

    def _attributes(self, number: bytes, path: bytes) -> bytes:
        path = path.removesuffix(b"/.")
        if path in self.files:
            return _packet(ATTRS, number + _attributes(len(self.files[path]), FILE_MODE))
        if path in self.folders:
            return _packet(ATTRS, number + _attributes(4096, FOLDER_MODE))
        return _status(number, NO_SUCH_FILE)

    def _open(self, kind: int, number: bytes, fields: _Fields) -> bytes:
        path, flags = fields.text(), fields.number() if kind == OPEN else 0
        if flags & 0x20 and path in self.files:
            return _status(number, FAILURE)
        if flags & 0x08:
            self.files.setdefault(path, bytearray())
        if path not in (self.files if kind == OPEN else self.folders):
            return _status(number, NO_SUCH_FILE)
        handle = b"h%d" % len(self._handles)
        self._handles[handle] = path
        return _packet(HANDLE, number + _text(handle))

    def _list(self, number: bytes, handle: bytes) -> bytes:
        path = self._handles[handle]
        times = self._listed[handle] = self._listed.get(handle, 0) + 1
        if times > 1 and not self.endless:
            return _status(number, EOF)
        inside = [one.removeprefix(path + b"/") for one in self.files if one.startswith(path + b"/")]
        names = [*self.names, *(one for one in inside if b"/" not in one)]
        if self.endless:
            names = [b"file%d-%d" % (times, index) for index in range(5_000)]
        lines = b"".join(_text(name) + _text(b"-rw ") + _attributes(1, FILE_MODE) for name in names)
        return _packet(NAME, number + struct.pack(">I", len(names)) + lines)

    def _change(self, kind: int, number: bytes, fields: _Fields) -> bytes:
        path = fields.text()
        if kind == REMOVE:
            return _status(number, OK if self.files.pop(path, None) is not None else NO_SUCH_FILE)
        if kind == MKDIR:
            self.folders.add(path)
        elif kind == RMDIR:
            return _status(number, FAILURE)
        elif kind == RENAME:
            new = fields.text()
            if new in self.files:
                return _status(number, FAILURE)
            self.files[new] = self.files.pop(path)
        return _status(number, OK)


class SocketStream:
    """A socket as the stream of a session."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        end.setblocking(False)

    is_alive = True

    def fileno(self) -> int:
        """Readable when something can be received."""
        return self._end.fileno()

    def receive(self) -> bytes:
        """What has arrived."""
        try:
            data = self._end.recv(1 << 20)
        except BlockingIOError:
            return b""
        if not data:
            raise ConnectionLost("the host ended the connection")
        return data

    def send(self, pieces: Sequence[bytes | memoryview], wait_s: float) -> int:
        """Send what there is room for."""
        select.select([], [self._end], [], wait_s)
        try:
            return self._end.send(pieces[0])
        except BlockingIOError:
            return 0
        except OSError as error:
            raise ConnectionLost("the host ended the connection") from error

    def close(self) -> None:
        """End it."""
        self.is_alive = False
        self._end.close()


class _Fields:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def number(self) -> int:
        number, self._data = self._data[:4], self._data[4:]
        return int.from_bytes(number, "big")

    def long(self) -> int:
        number, self._data = self._data[:8], self._data[8:]
        return int.from_bytes(number, "big")

    def text(self) -> bytes:
        length = int.from_bytes(self._data[:4], "big")
        text, self._data = self._data[4 : 4 + length], self._data[4 + length :]
        return text


def _packet(kind: int, body: bytes) -> bytes:
    return struct.pack(">IB", 1 + len(body), kind) + body


def _status(number: bytes, code: int) -> bytes:
    return _packet(STATUS, number + struct.pack(">I", code) + _text(b"") + _text(b""))


def _text(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


def _attributes(size: int, mode: int) -> bytes:
    return struct.pack(">IQIII", 0x01 | 0x04 | 0x08, size, mode, 1_700_000_000, 1_700_000_000)


def _flipped(data: bytes) -> bytes:
    return bytes((data[0] ^ 1,)) + data[1:]
