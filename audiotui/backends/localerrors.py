"""What the operating system's errors mean to a person who keeps recordings in a folder."""

from __future__ import annotations

import errno
from typing import NamedTuple

from audiotui.errors import (
    AccessDenied,
    AlreadyExists,
    KeyNotFound,
    LocationError,
    LocationFull,
    NotSupported,
    Throttled,
    Unreachable,
)


class _Meaning(NamedTuple):
    """What an error of the system means: its class, the reason in words, and the way out."""

    kind: type[LocationError]
    why: str
    hint: str


FOLDER_IN_THE_WAY = "Move that folder away, or remove it if it is empty, then try again."

_NO_SPACE = "Free space there, then retry; nothing incomplete has a name of its own."
_GONE = "Check that the disk or the share is connected, then retry."
_BROKEN = "Check the disk: this is how failing hardware shows itself. Other copies are not touched."
_RIGHTS = "Check the owner and the rights of the folder, and whether its disk is mounted read-only."

_MEANINGS = {
    errno.ENOENT: _Meaning(KeyNotFound, "there is no such file", "It may have been moved or deleted by hand."),
    errno.EEXIST: _Meaning(AlreadyExists, "the name is taken", "Nothing is ever overwritten."),
    errno.EISDIR: _Meaning(AlreadyExists, "a folder has that name", FOLDER_IN_THE_WAY),
    errno.ENOTDIR: _Meaning(KeyNotFound, "a file stands where a folder should be", "Move that file away."),
    errno.ENOSPC: _Meaning(LocationFull, "no space is left", _NO_SPACE),
    errno.EDQUOT: _Meaning(LocationFull, "the quota is used up", _NO_SPACE),
    errno.EFBIG: _Meaning(LocationFull, "the file is too big for its file system", "Use a disk of another format."),
    errno.EACCES: _Meaning(AccessDenied, "the rights do not allow it", _RIGHTS),
    errno.EPERM: _Meaning(AccessDenied, "the rights do not allow it", _RIGHTS),
    errno.EROFS: _Meaning(AccessDenied, "its disk is mounted read-only", _RIGHTS),
    errno.EIO: _Meaning(LocationError, "the disk reports an error", _BROKEN),
    errno.ELOOP: _Meaning(LocationError, "it is a symbolic link, which is not followed", "Replace it by the file."),
    errno.ENAMETOOLONG: _Meaning(LocationError, "its file system refuses names so long", "Use a shorter key_layout."),
    errno.EINVAL: _Meaning(LocationError, "its file system refuses the name", "Use a disk of another format."),
    errno.ENOTSUP: _Meaning(NotSupported, "its file system cannot do that", "Use a disk of another format."),
    errno.EMFILE: _Meaning(Throttled, "this program has too many open files", "Raise `ulimit -n`, or try again."),
    errno.ENFILE: _Meaning(Throttled, "the machine has too many files open", "Close other programs, then retry."),
    errno.ESTALE: _Meaning(Unreachable, "the share has lost it", _GONE),
    errno.ENOTCONN: _Meaning(Unreachable, "the share is not connected", _GONE),
    errno.ETIMEDOUT: _Meaning(Unreachable, "the share does not answer", _GONE),
    errno.ENODEV: _Meaning(Unreachable, "the disk is gone", _GONE),
    errno.ENXIO: _Meaning(Unreachable, "the disk is gone", _GONE),
    errno.EHOSTDOWN: _Meaning(Unreachable, "the share's host is down", _GONE),
}
if errno.ENOTSUP != errno.EOPNOTSUPP:
    _MEANINGS[errno.EOPNOTSUPP] = _MEANINGS[errno.ENOTSUP]


def as_location_error(error: OSError, *, location: str, key: str) -> LocationError | None:
    """The error that stands for one of the operating system; None for one that the table does not know."""
    meaning = _MEANINGS.get(error.errno or 0)
    if meaning is None:
        return None
    subject = f"{key!r} at {location}" if key else location
    return meaning.kind(f"Cannot use {subject}: {meaning.why}.", meaning.hint, location=location, key=key)
