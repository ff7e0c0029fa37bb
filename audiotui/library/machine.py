"""An open service: what is opened on first use, closed in the end, and shared by all that it offers."""

from __future__ import annotations

import atexit
import os
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from weakref import WeakSet

from audiotui.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from audiotui.config import Config
    from audiotui.documents.asset import Asset, StoredFile
    from audiotui.library.background import Background
    from audiotui.library.health import Health
    from audiotui.library.leftovers import Leftovers
    from audiotui.library.parts import Parts
    from audiotui.library.purging import Purger
    from audiotui.library.rendering import Renderer
    from audiotui.library.saving import Saver
    from audiotui.manager import AudioManager

CLOSING_S = 10.0
"""How long the end of a program waits for what follows its saves; the rest is done after its next start."""


_SERVICES: WeakSet[OpenService] = WeakSet()
"""All services of this process, for the one moment at which it is forked."""

_LEFT_TO_THE_PARENT: list[Machine] = []
"""Open services of the process that this one was forked from: never used, and never closed by being forgotten."""


class Machine(NamedTuple):
    """An open service."""

    parts: Parts
    saver: Saver
    renderer: Renderer
    purger: Purger
    background: Background
    leftovers: Leftovers
    health: Health


class OpenService:
    """The base of the service's parts; ``AudioLibraryService`` is made of them."""

    def __init__(
        self,
        config_path: str | Path | None = None,
        *,
        config: Config | None = None,
        opener: Callable[[AudioManager], Parts] | None = None,
    ) -> None:
        self._config_path = config_path
        self._config = config
        self._opener = opener
        self._opening = threading.RLock()
        self._machine: Machine | None = None
        self._is_forked = False
        _SERVICES.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def parts(self) -> Parts:
        """The open parts; opened on first use."""
        return self._open().parts

    def settle(self, timeout_s: float = 60.0) -> bool:
        """Wait for what follows saves in the background; False if that takes longer."""
        with self._opening:
            machine = self._machine
        return machine is None or machine.background.settle(timeout_s)

    def close(self) -> None:
        """Do what follows the saves, for a short while, and close all connections; a later use opens them again."""
        with self._opening:
            machine, self._machine = self._machine, None
            atexit.unregister(self.close)
        if machine is None:
            return
        with ExitStack() as closing:  # whichever fails, the others are closed
            for part in (machine.parts.manager, machine.parts.documents, machine.parts.shelf.backend):
                closing.callback(part.close)
            closing.callback(machine.parts.speech.close)
            machine.background.close(CLOSING_S)

    def _open(self) -> Machine:
        with self._opening:
            if self._is_forked:
                raise InvalidInput(
                    "Cannot use the service: it was open when this process was forked from another one.",
                    "Use it first in the process that needs it, or start processes by 'spawn'.",
                )
            if self._machine is None:
                self._machine = _assemble(self._config_path, self._config, self._opener)
                atexit.register(self.close)
            return self._machine

    def _leave_to_the_parent(self) -> None:
        """Called in a process that was just forked: files and connections of an open service stay the parent's.

        Its threads are not there any more, and SQLite's locks cannot be carried over.
        """
        self._opening = threading.RLock()
        machine, self._machine = self._machine, None
        if machine is not None:
            self._is_forked = True
            _LEFT_TO_THE_PARENT.append(machine)

    def _answer(self, asset: Asset, file: StoredFile) -> dict[str, Any]:
        url = self.parts.shelf.url(file)
        storage = {"bucket": file.bucket, "key": file.key, "size": file.size_bytes, "url": url}
        return {"asset_id": asset.asset_id, "storage": storage}


def _assemble(
    config_path: str | Path | None, config: Config | None, opener: Callable[[AudioManager], Parts] | None
) -> Machine:
    """The parts of a service and those that work with them."""
    from audiotui.library.background import Background
    from audiotui.library.claiming import Claimer
    from audiotui.library.health import Health
    from audiotui.library.leftovers import Leftovers
    from audiotui.library.opening import open_parts
    from audiotui.library.purging import Purger
    from audiotui.library.rendering import Renderer
    from audiotui.library.saving import Saver
    from audiotui.manager import AudioManager

    parts = (opener or open_parts)(AudioManager(config_path, config=config, actor="library"))
    background = Background(parts)
    claimer = Claimer(parts, lambda asset: leftovers.finish(asset), background.watch)
    saver = Saver(parts, claimer, background.notify)
    renderer = Renderer(parts, claimer, background.notify)
    purger = Purger(parts, claimer, lambda asset: leftovers.abandon(asset))
    leftovers = Leftovers(parts, saver, renderer, purger, background)
    return Machine(parts, saver, renderer, purger, background, leftovers, Health(parts))


def _after_fork() -> None:
    for service in list(_SERVICES):
        service._leave_to_the_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
