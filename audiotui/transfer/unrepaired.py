"""Why a copy could not be repaired, in words: what is wrong with all the others, and what a person can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.errors import AudiotuiError, IntegrityError, KeyNotFound
from audiotui.model import CopyState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audiotui.transfer.removal import Removal

_KNOWN_BAD = {CopyState.DAMAGED: "is damaged", CopyState.MISSING: "is missing"}


def no_source(target: Removal, doubts: Iterable[str], *, is_damaged: bool) -> AudiotuiError:
    """The error for a file without a proven copy: damage if a copy of it is damaged, else that there is none.

    ``doubts`` say of the copies that should have been good why they are not, one sentence each.
    """
    others = [copy for copy in target.file.copies if copy.id != target.copy.id]
    known = (f"The copy at {one.location} {_KNOWN_BAD[one.state]}." for one in others if one.state in _KNOWN_BAD)
    why = " ".join(dict.fromkeys((*doubts, *known)))
    message = f"{target.name} at {target.copy.location} cannot be repaired: no other copy could be proven just now."
    if why:
        message = f"{message} {why}"
    hint = "Connect the location that has a good one, or give the file back with `audiotui add-file`."
    trashed = sorted({one.location for one in others if one.state is CopyState.TRASHED})
    if trashed:
        uid = target.recording_uid[:8]
        back = " or ".join(f"`audiotui restore-copies id:{uid} --from {place}`" for place in trashed)
        hint = f"A copy lies in the trash of {', '.join(trashed)}: {back} gives it back; then repair again."
    if is_damaged or any(copy.state is CopyState.DAMAGED for copy in target.file.copies):
        return IntegrityError(message, hint)
    return KeyNotFound(message, hint, location=target.copy.location, key=target.copy.key)


def own_file(target: Removal, cause: IntegrityError) -> IntegrityError:
    """The error for a file that is not the library's to replace."""
    error = IntegrityError(
        f"{target.copy.key!r} at {target.copy.location} is your own file, and not what it was when it was registered.",
        "If the change was meant, add it as a new version: `audiotui add-file`. If not, move it away and repair again.",
    )
    error.__cause__ = cause
    return error
