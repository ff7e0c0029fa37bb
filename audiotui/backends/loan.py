"""A location as another process of this machine may use it: for the small files of one transfer, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from audiotui.backends.base import Backend


class Loan(Protocol):
    """What ``Backend.lend`` gives: it can be pickled, holds secrets, and so goes over private pipes alone."""

    def open(self) -> Backend:
        """The location, which the lender has found in order: it is neither looked for nor marked again."""
