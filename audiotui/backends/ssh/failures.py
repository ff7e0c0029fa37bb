"""What keeps a host from being reached, before any file is asked for."""

from __future__ import annotations


class CannotConnect(Exception):
    """The host does not answer, or ended the connection before it was of use."""


class NoMoreSessions(CannotConnect):
    """The host answered, and opens no further session on this connection; those that are open go on."""


class Refused(Exception):
    """The host answered and does not let us in; ``hint`` says what a person may do."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint


class TooOld(Exception):
    """Host and client have no algorithm in common that is still safe."""
