"""Progress bars drawn as text: a widget for each job and file would cost more than the transfer."""

from __future__ import annotations


def bar(share: float, cells: int) -> str:
    """A bar of so many cells, exact to half a cell; filled and empty differ in shape, not only in colour."""
    halves = max(0, min(2 * cells, int(2 * cells * share)))
    full, half = divmod(halves, 2)
    return "━" * full + "╸" * half + "─" * (cells - full - half)
