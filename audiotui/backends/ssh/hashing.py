"""SHA-256 sums that a host measures over its own files, by one constant command.

No name is ever part of a command line: the command is always the same text, and what to measure goes to its standard
input, two lines each: offset and length (0: all the rest), then the path, in which a shell sees nothing but data.
"""

from __future__ import annotations

import select
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from audiotui.backends.sftp.failures import ConnectionLost
from audiotui.backends.ssh.failures import NoMeasure

if TYPE_CHECKING:
    from audiotui.backends.sftp.wire import Stream

COMMAND = """exec /bin/sh -c '
if command -v sha256sum >/dev/null 2>&1; then sum() { sha256sum; }
elif command -v shasum >/dev/null 2>&1; then sum() { shasum -a 256; }
else sum() { openssl dgst -sha256 -r; }; fi
while read -r offset length && IFS= read -r name; do
  if [ -f "$name" ] && [ -r "$name" ]; then
    if [ "$length" = 0 ]; then sum < "$name"
    else tail -c "+$((offset + 1))" < "$name" | head -c "$length" | sum; fi
  else echo missing; fi
done'"""

ANSWER_S = 60.0
SLOWEST_BYTES_PER_S = 4 * 1024 * 1024
"""A host that reads its own disk more slowly than this is taken for gone."""

LAST_WORDS_S = 1.0

_DIGITS = frozenset(b"0123456789abcdef")


class Hasher:
    """A running command on the host; one thread uses it at a time. Close it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._rest = b""
        self._is_clean = True

    @property
    def is_broken(self) -> bool:
        """True once it has failed to answer."""
        return not self._is_clean

    @property
    def is_usable(self) -> bool:
        """True if another caller may have it."""
        return self._is_clean and not self._rest and self._stream.is_alive

    def measure(self, path: bytes, *, size_bytes: int, offset: int = 0, length: int = 0) -> str:
        """The SHA-256 of a file, or of a range of it; '' if there is no such file.

        Raises:
            ConnectionLost: the command ended, or does not answer.
            NoMeasure: it answers in a way that cannot be understood.
        """
        self._is_clean = False
        question = f"{offset} {length}\n".encode() + (path if path.startswith(b"/") else b"./" + path) + b"\n"
        self._ask(question)
        answer = self._line(ANSWER_S + size_bytes / SLOWEST_BYTES_PER_S)
        digest = answer.split(b" ")[0].strip()
        if digest != b"missing" and (len(digest) != 64 or not _DIGITS.issuperset(digest)):
            raise NoMeasure(answer)
        self._is_clean = True
        return "" if digest == b"missing" else digest.decode()

    def close(self) -> None:
        """End the command."""
        self._stream.close()

    def _ask(self, question: bytes) -> None:
        sent = 0
        try:
            while sent < len(question):
                sent += self._stream.send([question[sent:]], ANSWER_S)
        except ConnectionLost as lost:
            with suppress(ConnectionLost):  # a shell that runs no commands may have said why before it went
                raise NoMeasure(self._line(LAST_WORDS_S)) from lost
            raise

    def _line(self, patience_s: float) -> bytes:
        deadline_s = time.monotonic() + patience_s
        poll = select.poll()
        poll.register(self._stream.fileno(), select.POLLIN)
        while b"\n" not in self._rest:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or not poll.poll(left_s * 1000):
                raise ConnectionLost(f"no SHA-256 within {patience_s:.0f} s")
            self._rest += self._stream.receive()
            if len(self._rest) > 65536:
                raise ConnectionLost("the answer to a request for a SHA-256 does not end")
        line, _, self._rest = self._rest.partition(b"\n")
        return line
