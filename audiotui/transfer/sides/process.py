"""The process at a job's side: ``python -m audiotui.transfer.sides.process DESCRIPTOR``.

It serves one job after the other. It imports as little as it can, asks nobody anything, keeps no record and decides
nothing: a file that it cannot move at once is given back. It ends when the process of the jobs does.
"""

from __future__ import annotations

import gc
import os
import queue
import socket
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from audiotui.backends.items import Content, GetItem
from audiotui.backends.limits import Limits
from audiotui.cleanup import on_failure
from audiotui.transfer.sides.messages import Begin, Channel, Done, Errands, News, NoMore, Ready, Terms

if TYPE_CHECKING:
    from audiotui.backends.base import Backend
    from audiotui.backends.items import Outcome
    from audiotui.transfer.sides.messages import Errand

GATHER_S = 0.01
"""News are sent so often, together."""

IDLE_S = 30.0
"""So long it waits for another job before it ends."""

ALIVE_S = 1.0
"""How often it says that it is alive while nothing ends."""


OBJECTS = 50_000
"""So many more than before are worth the collector's look; hardly any are in cycles."""


class _Feed:
    """The files that were sent and not begun; ``backends.items.Feed``."""

    def __init__(self) -> None:
        self._items: deque[GetItem] = deque()
        self._changed = threading.Condition()
        self._is_last = False

    @property
    def closed(self) -> bool:
        """Whether nothing more will come."""
        return self._is_last and not self._items

    def add(self, items: list[GetItem]) -> None:
        with self._changed:
            self._items.extend(items)
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._is_last = True
            self._changed.notify_all()

    def take(self, wait_s: float) -> GetItem | None:
        """The next file, if one comes in time."""
        with self._changed:
            if not self._items and wait_s:
                self._changed.wait(wait_s)
            return self._items.popleft() if self._items else None


class _Service:
    """What the process does for one job."""

    def __init__(self, channel: Channel, begin: Begin) -> None:
        self._channel = channel
        self._begin = begin
        self._feed = _Feed()
        self._limits = Limits()
        self._ended: queue.SimpleQueue[Outcome[GetItem] | None] = queue.SimpleQueue()

    def run(self) -> None:
        """Move files until no more come."""
        begin = self._begin
        self._keep_to(begin.terms)
        with begin.source.open() as source, begin.destination.open() as destination:
            listener = threading.Thread(target=self._listen, args=(destination,), name="audiotui-listen", daemon=True)
            teller = threading.Thread(target=self._tell, name="audiotui-tell", daemon=True)
            for thread in (listener, teller):
                thread.start()
            for outcome in source.get_many(self._feed, self._limits):
                self._ended.put(outcome)
            self._ended.put(None)
            for thread in (teller, listener):
                thread.join()
        self._channel.send(Ready())

    def _listen(self, destination: Backend) -> None:
        with on_failure(_leave):  # nobody is there any more, or nobody can be understood
            while True:
                message = self._channel.receive()
                if isinstance(message, Errands):
                    self._feed.add([_item(errand, destination) for errand in message.errands])
                elif isinstance(message, Terms):
                    self._keep_to(message)
                elif isinstance(message, NoMore):
                    self._feed.close()
                    return

    def _keep_to(self, terms: Terms) -> None:
        self._limits.requests = terms.requests
        self._limits.bytes_in_flight = terms.bytes_in_flight

    def _tell(self) -> None:
        with on_failure(_leave):  # the process of the job is gone, or takes nothing
            while self._tell_some():
                time.sleep(GATHER_S)

    def _tell_some(self) -> bool:
        """Tell what has ended; False after the last of it."""
        done: list[Done] = []
        given_back: list[int] = []
        goes_on = True
        with suppress(queue.Empty):
            outcome = self._ended.get(timeout=ALIVE_S)
            while True:
                if outcome is None:
                    goes_on = False
                elif outcome.entry is None or outcome.existed:
                    given_back.append(outcome.item.id)
                else:
                    done.append(Done(outcome.item.id, outcome.entry.etag, outcome.entry.modified_at))
                outcome = self._ended.get_nowait()
        self._channel.send(News(done, given_back))
        return goes_on


def _leave() -> None:
    """End the process at once, whatever its other threads do."""
    os._exit(1)


def _item(errand: Errand, destination: Backend) -> GetItem:
    return GetItem(
        key=errand.key,
        content=Content(errand.size_bytes, errand.sha256),
        destination=destination,
        new_key=errand.new_key,
        id=errand.number,
        etag=errand.etag,
        temp=errand.temp,
    )


def main() -> int:
    """Serve the process at the other end of the socket that the only argument names."""
    gc.freeze()  # nothing of the program itself is ever garbage
    gc.set_threshold(OBJECTS)
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    with suppress(EOFError):
        while isinstance(begin := channel.receive(IDLE_S), Begin):
            _Service(channel, begin).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
