"""What the first frame does not need waits for it: it is what a person looks for when an app starts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.app import App

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.dom import DOMNode

WRITTEN_AFTER_S = 0.002
"""How long this thread rests after the first frame, so that Textual's thread can hand it to the terminal."""


class FirstFrame(App[int]):
    """An app that paints first."""

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._waiting: list[Callable[[], object]] = []
        self._has_painted = False

    def after_first_frame(self, begin: Callable[[], object]) -> None:
        """Call ``begin`` as soon as a frame is painted, or now if there was one.

        For threads that load modules: they would take every second slice of time from the painting. Textual's
        ``call_after_refresh`` is no help, since it calls while the start still holds its frames back.
        """
        if self._has_painted:
            begin()
        else:
            self._waiting.append(begin)

    def post_display_hook(self) -> None:
        """A frame may have been painted."""
        super().post_display_hook()
        if self._has_painted or self._batch_count:
            return
        self._has_painted = True
        for begin in self._waiting:
            asyncio.get_running_loop().call_later(WRITTEN_AFTER_S, begin)
        self._waiting.clear()

    def update_styles(self, node: DOMNode, animate: bool = True) -> None:
        """Style a node anew, unless it is not in the tree yet: that it gets its styles when it enters."""
        if node is self or node.parent is not None:
            super().update_styles(node, animate)
