"""What keeps a host from being reached, before any file is asked for."""

from __future__ import annotations

from audiotui.text import safe_text


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


class NoMeasure(Exception):
    """The host's shell answers something else than the SHA-256 that it was asked for; ``answer`` is what, made safe."""

    def __init__(self, answer: bytes) -> None:
        self.answer = safe_text(answer[:80].decode(errors="replace").strip())
        super().__init__(self.answer)


class TooOld(Exception):
    """Host and client have no algorithm in common that is still safe."""
