"""The orders in which the table can list recordings, with the letters that choose them and the words that name them."""

from __future__ import annotations

ORDERS: tuple[tuple[str, str, str], ...] = (
    ("n", "", "newest first"),
    ("o", "oldest", "oldest first"),
    ("t", "title", "by title"),
    ("i", "identity", "by identity"),
    ("d", "-duration", "longest first"),
    ("D", "duration", "shortest first"),
    ("z", "-size", "biggest first"),
    ("r", "-rating", "best first"),
)
"""(letter, name of the order for a search, words)"""


def order_words(sort: str) -> str:
    """How an order is called."""
    return next((words for _, name, words in ORDERS if name == sort), sort)
