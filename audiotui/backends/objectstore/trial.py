"""What a server really does with the requests that safety depends on, found out before the first file is stored."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NamedTuple

from audiotui.backends.objectstore.sdk_answers import refused_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.backends.objectstore.control import Control


class Abilities(NamedTuple):
    """What may be relied on."""

    checksums: bool
    """A file is refused if its SHA-256 is not the one that the request names, and the sum is kept."""
    conditional: bool
    """A file is stored only if its name is free, also when two race."""


def refuses_taken_names(control: Control, create: Callable[[str], bool], *, mark: str, spare: str) -> bool:
    """Whether a name that is taken is refused. ``create`` stores an object if its name is free; it makes the mark.

    Without a mark it makes an object that goes again; ``spare`` begins the names of such.
    """
    name = mark or f"{spare}{secrets.token_hex(8)}"
    conditional = not create(name) or not create(name)
    if not mark:
        control.delete(name)
    return conditional


def checks_sums(control: Control, *, spare: str, wanted: str) -> bool:
    """Whether a file is refused whose SHA-256 is another than was told; ``wanted`` is the option of the location."""
    if wanted != "auto":
        return wanted == "required"
    name = f"{spare}{secrets.token_hex(8)}"
    with refused_as(lambda answer: answer.status in {400, 501}) as refusal:
        control.put_with_wrong_sum(name)
    if refusal.answer is not None:
        return refusal.answer.status == 400
    control.delete(name)
    return False
