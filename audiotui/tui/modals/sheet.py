"""The look of all modals: a bordered box in the middle, at most 100 cells wide, closed by esc and q.

It leaves the last two lines of a usual screen free: toasts stand there, and never over what is being asked.
"""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from audiotui.tui.keys import APP
from audiotui.tui.placing import PlacingCompositor

Answer = TypeVar("Answer")


class Sheet(ModalScreen[Answer | None], Generic[Answer]):
    """A modal whose answer is None when it is left."""

    DEFAULT_CSS = """
    Sheet { align: center middle; background: $background 60%; }
    Sheet > .box {
        width: 100%; max-width: 100; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 1 2; margin: 0 1;
    }
    Sheet .buttons { height: 1; align-horizontal: right; margin-top: 1; }
    Sheet .buttons Button { margin-left: 2; background: $panel; color: $foreground; }
    Sheet .buttons Button:focus { background: $primary; color: $background; text-style: bold; background-tint: 0%; }
    Sheet .buttons Button:focus:ansi { text-style: bold reverse; }
    Sheet .buttons Button:disabled { color: $foreground 60%; text-opacity: 100%; opacity: 100%; }
    Sheet .buttons Button:disabled:ansi { text-style: dim; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "close", id="sheet.close", tooltip="Close without doing anything", group=APP),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._compositor = PlacingCompositor()

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """End the dialog; a second key that would end it, typed before it is gone, ends nothing else."""
        return super().dismiss(result) if self.is_current else AwaitComplete()

    def action_leave(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
