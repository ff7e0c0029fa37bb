"""Keys typed ahead: those that follow an act at once are for the dialog that the act opens.

A dialog is there only when its act has read what it is about, in a thread. Without this, the letters meant for it would
be commands of the screen below, and some of those move things to the trash.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar, runtime_checkable

from textual import events
from textual.app import App
from textual.message import Message
from textual.worker import Worker, WorkerCancelled, WorkerFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

PATIENCE_S = 5.0
"""A dialog that is not there by then does not come; what was typed for it is dropped."""

PAUSE_S = 1.0
"""Who presses no key for so long looks at what is there."""

ALWAYS = {"ctrl+q", "ctrl+c"}
"""Keys that wait for nothing."""

_MARK = "opens_dialog"
"""Attribute of actions that open one."""


@dataclass
class Held:
    """What was typed for one dialog."""

    events: list[events.Key | events.Paste] = field(default_factory=list)
    is_there: bool = False
    """The dialog is being put on the screen."""
    wants_form: bool = False
    """They are for what a choice opens, and not for the screen that comes back when the choice is made."""


@runtime_checkable
class LeadsOn(Protocol):
    """A dialog whose answer may open a form."""

    def leads_on(self, event: events.Key) -> bool:
        """Whether a key answers, and keys behind it are for what comes then."""
        ...


class _Opener(Protocol):
    @property
    def audiotui(self) -> TypedAhead: ...


Node = TypeVar("Node", bound=_Opener)
Arguments = ParamSpec("Arguments")
Outcome = TypeVar("Outcome", bound=Worker[None] | None)


def opens_dialog(
    action: Callable[Concatenate[Node, Arguments], Outcome],
) -> Callable[Concatenate[Node, Arguments], Outcome]:
    """Marks an action that opens a dialog or a form; keys that follow it at once wait for that."""

    @wraps(action)
    def act(node: Node, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Outcome:
        held = node.audiotui.hold_keys()  # before it: from Python 3.12 on, what it starts may open the dialog at once
        outcome = action(node, *args, **kwargs)
        node.audiotui.keys_wait_for(outcome, held)
        return outcome

    setattr(act, _MARK, True)
    return act


class TypedAhead(App[int]):
    """An app that keeps keys in order over the opening of dialogs."""

    @dataclass
    class Ready(Message):
        """The dialog can take the keys that were held for it."""

        held: Held

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._held: Held | None = None
        self._last_key_s = 0.0

    @property
    def is_in_use(self) -> bool:
        """Whether keys are being pressed: what can wait, and takes time of theirs, should."""
        return time.monotonic() - self._last_key_s < PAUSE_S

    @property
    def audiotui(self) -> TypedAhead:
        """The app, as screens have it too."""
        return self

    def on_mount(self) -> None:
        """Hear of dialogs."""
        self.screen_change_signal.subscribe(self, self._screen_changed, immediate=True)

    async def on_event(self, event: events.Event) -> None:
        """Hold what was typed ahead; all other events go their usual way."""
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            if self._held is not None and not (isinstance(event, events.Key) and event.key in ALWAYS):
                self._held.events.append(event)
                return
            if isinstance(event, events.Key):
                self._last_key_s = time.monotonic()
                if isinstance(self.screen, LeadsOn) and self.screen.leads_on(event):
                    self.hold_keys().wants_form = True
                elif self._opens_dialog(event):
                    self.hold_keys()
        await super().on_event(event)

    def keys_wait_for(self, worker: Worker[None] | None, held: Held) -> None:
        """Hold keys until a dialog is there, or a worker is over without one; None: it is on its way already."""
        if worker is None:
            self.keys_go_to(self.screen)
        elif not held.is_there:
            self.run_worker(self._give_up_after(worker, held), group="typed-ahead", exit_on_error=False)

    def keys_go_to(self, screen: Screen[Any]) -> None:
        """Hand held keys out as soon as a screen, which has what they are for by now, has the focus somewhere."""
        if self._held is not None:
            self._held.is_there = True
            screen.call_after_refresh(self._when_focused, screen, self._held)

    async def on_typed_ahead_ready(self, message: Ready) -> None:
        """Hand the held keys out; if one of them opens another dialog, the others are held again."""
        if message.held is not self._held:
            return
        self._held = None
        for event in message.held.events:
            await self.on_event(event)

    def _screen_changed(self, screen: Screen[Any]) -> None:
        if screen.is_modal or self._held is None or not self._held.wants_form:
            self.keys_go_to(screen)

    def hold_keys(self) -> Held:
        """Let keys wait for a dialog."""
        if self._held is None:
            self._held = held = Held()
            self.set_timer(PATIENCE_S, lambda: self._drop(held))
        return self._held

    def _drop(self, held: Held) -> None:
        if self._held is held:
            self._held = None

    async def _give_up_after(self, worker: Worker[None], held: Held) -> None:
        with suppress(WorkerFailed, WorkerCancelled):
            await worker.wait()
        if not held.is_there:
            self._drop(held)

    def _when_focused(self, screen: Screen[Any], held: Held) -> None:
        if screen.is_attached and screen.focused is None and screen.focus_chain:
            screen.call_after_refresh(self._when_focused, screen, held)
        else:
            self.post_message(self.Ready(held))

    def _opens_dialog(self, event: events.Key) -> bool:
        """Whether a key that nothing takes as a letter runs an action that opens a dialog."""
        if self.focused is not None and self.focused.check_consume_key(event.key, event.character):
            return False
        active = self.screen.active_bindings.get(event.key)
        if active is None or not active.enabled:
            return False
        name = active.binding.action.partition("(")[0].rpartition(".")[2]
        return hasattr(getattr(active.node, f"action_{name}", None), _MARK)
