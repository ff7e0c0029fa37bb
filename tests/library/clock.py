"""A clock for services that wait."""

from __future__ import annotations


class Clock:
    """Time that tests move."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s
