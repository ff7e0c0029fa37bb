"""The bytes of an open file, asked for many requests ahead."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from audiotui.backends.sftp import packets
from audiotui.model import PART_BYTES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from audiotui.backends.sftp.session import Session
    from audiotui.backends.sftp.tasks import Waiting

    Pace = Callable[[int], Awaitable[None]]

READ_AHEAD_BYTES = 4 * 1024 * 1024


class Reading:
    """The bytes of a range of an open file, in order, many requests ahead; none reaches over the end of a part.

    ``pace`` is awaited before each request, to keep to a rate.
    """

    def __init__(self, session: Session, handle: bytes, offset: int, length: int, pace: Pace | None = None) -> None:
        self._session = session
        self._handle = handle
        self._offset = offset
        self._end = offset + length
        self._pace = pace
        self._ahead: deque[tuple[int, int, Waiting[memoryview]]] = deque()

    async def next(self) -> memoryview:
        """The next bytes, none at the end of the range or of the file."""
        await self.ask_ahead()
        if not self._ahead:
            return memoryview(b"")
        at, size, reply = self._ahead.popleft()
        data = await reply
        if len(data) < size and data:  # a server may give less than was asked for: the gap is asked for again, first
            at, size = at + len(data), size - len(data)
            self._ahead.appendleft((at, size, self._ask(at, size)))
        return data

    async def ask_ahead(self) -> None:
        """Ask for as much as may be under way."""
        step = self._session.block_bytes
        while self._offset < self._end and len(self._ahead) * step < READ_AHEAD_BYTES:
            size = min(step, self._end - self._offset, PART_BYTES - self._offset % PART_BYTES)
            if self._pace is not None:
                await self._pace(size)
            self._ahead.append((self._offset, size, self._ask(self._offset, size)))
            self._offset += size

    def _ask(self, offset: int, size: int) -> Waiting[memoryview]:
        return self._session.ask(packets.read(self._handle, offset, size))
