"""What failures of a host and of its file server mean to a person; the table of the ``scp`` backend."""

from __future__ import annotations

import re
from typing import NamedTuple

from audiotui.backends.localerrors import FOLDER_IN_THE_WAY
from audiotui.backends.sftp.failures import (
    BAD_MESSAGE,
    CONNECTION_LOST,
    FAILURE,
    NO_CONNECTION,
    NO_SUCH_FILE,
    OP_UNSUPPORTED,
    PERMISSION_DENIED,
    ConnectionLost,
    Endless,
    NameTaken,
    NoFile,
    NoFolder,
    NoRoom,
    ReadOnly,
    StatusError,
    WrongSize,
)
from audiotui.backends.ssh.failures import CannotConnect, NoMeasure, Refused, TooOld
from audiotui.errors import (
    AccessDenied,
    AlreadyExists,
    AudiotuiError,
    HostKeyChanged,
    IntegrityError,
    KeyNotFound,
    LocationError,
    LocationFull,
    NotSupported,
    UnknownHostKey,
    Unreachable,
)


class _Meaning(NamedTuple):
    """What an answer of the host means: its class, the reason in words, and the way out."""

    kind: type[LocationError]
    why: str
    hint: str


_UP = "Check that the host is up and reachable; a slow one may need a higher connect_timeout."
_RIGHTS = "Check the owner and the rights of the folder on the host."
_ROOM = "Free space on the host, then retry; nothing incomplete has a name of its own."
_LOG_IN = "Check user and key: `ssh -v` to the same host tells more."

_STATUSES = {
    NO_SUCH_FILE: _Meaning(KeyNotFound, "there is no such file", "It may have been moved or deleted by hand."),
    PERMISSION_DENIED: _Meaning(AccessDenied, "the rights do not allow it", _RIGHTS),
    FAILURE: _Meaning(
        LocationError, "the host refuses and gives no reason", "Check the host's disk: its room, quota and rights."
    ),
    BAD_MESSAGE: _Meaning(LocationError, "the host's file system refuses the name", "Use a shorter key_layout."),
    NO_CONNECTION: _Meaning(Unreachable, "the host has lost its storage", _UP),
    CONNECTION_LOST: _Meaning(Unreachable, "the host has lost its storage", _UP),
    OP_UNSUPPORTED: _Meaning(NotSupported, "its file server cannot do that", "Use OpenSSH's own file server there."),
}

_PROGRAM_SAYS = (
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", HostKeyChanged),
    ("REVOKED HOST KEY", HostKeyChanged),
    ("host key is known for", UnknownHostKey),
    ("Host key verification failed", UnknownHostKey),
    ("Permission denied (", AccessDenied),
    ("Too many authentication failures", AccessDenied),
    ("UNPROTECTED PRIVATE KEY", AccessDenied),
    ("subsystem request failed", NotSupported),
    ("no matching", NotSupported),
    ("Bad configuration option", LocationError),
)
"""What OpenSSH's program prints before it gives up, the telling ones first (OpenSSH 8 to 10, LogLevel ERROR)."""

_NEVER_CONNECTED = ("ssh: ", "kex_exchange_identification: ")

_FRAME = re.compile(r"@{20,}(?: @ .*? @ @{20,})?\s*")
"""Of OpenSSH's loudest warnings, with the headline in it; what follows says the same in words."""

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def as_error(error: Exception, *, location: str, host: str, key: str) -> AudiotuiError | None:
    """The error that stands for a failure of the host; None for one that the table does not know."""
    subject = f"{key!r} at {location}" if key else location
    file = f"{key!r} at {location}" if key else f"anything at {location}"
    about = {"location": location, "key": key}
    match error:
        case StatusError():
            return _refused(error, subject, about)
        case ConnectionLost():
            return _lost(str(error), location, host, about)
        case CannotConnect():
            return Unreachable(f"Cannot reach {location} ({host}): {error}.", _UP, location=location, key=key)
        case Refused():
            return AccessDenied(f"{location} ({host}) does not let us in: {error.why}.", error.hint, **about)
        case NoMeasure():
            return LocationError(
                f"Cannot use {location} ({host}): asked for a SHA-256, its shell says {error.answer!r}.",
                "See to it that the shell there runs commands and prints nothing by itself, or set exec: false.",
                **about,
            )
        case TooOld():
            return NotSupported(
                f"Cannot use {location} ({host}): it offers only algorithms that are no longer safe ({error}).",
                "Update the SSH server there.",
                **about,
            )
        case NameTaken():
            hint = FOLDER_IN_THE_WAY if "folder" in error.what else "Nothing is ever overwritten."
            return AlreadyExists(f"Cannot store {subject}: {error.what}.", hint, **about)
        case NoFile():
            kind = LocationError if "link" in error.what else KeyNotFound
            return kind(f"{subject} is {error.what}, not a file.", "Links are not followed; move it away.", **about)
        case NoFolder():
            return LocationError(
                f"Cannot use {location}: its folder on the host is not there and cannot be made.",
                "Correct remote_path: a file may lie in its way, or above it.",
                **about,
            )
        case NoRoom():
            return LocationFull(f"Cannot store {file}: no space is left on the host.", _ROOM, **about)
        case ReadOnly():
            return AccessDenied(
                f"Cannot store {file}: the file system of the folder on the host can only be read.",
                "Let it be mounted for writing there, or choose another remote_path.",
                **about,
            )
        case WrongSize():
            return IntegrityError(
                f"What was stored for {subject} is wrong: {error}.",
                "Something else wrote to it, or the host is out of order. Nothing has its name; try again.",
            )
        case Endless():
            return LocationError(f"Cannot list {location}: {error}.", "Check the folder on the host.", **about)
    return None


def _refused(error: StatusError, subject: str, about: dict[str, str]) -> AudiotuiError:
    meaning = _STATUSES.get(error.code) or _STATUSES[FAILURE]
    own_words = (
        f" ({error.text})" if meaning.kind is LocationError and error.text.lower() not in {"", "failure"} else ""
    )
    return meaning.kind(f"Cannot use {subject}: {meaning.why}{own_words}.", meaning.hint, **about)


def _lost(why: str, location: str, host: str, about: dict[str, str]) -> AudiotuiError:
    """A stream that ended; what the ssh program said on the way tells more than that."""
    kind = next((kind for text, kind in _PROGRAM_SAYS if text.lower() in why.lower()), Unreachable)
    if kind is Unreachable:
        was_there = not why.startswith(_NEVER_CONNECTED)
        what = "Lost" if was_there else "Cannot reach"
        message = f"{what} {location} ({host}): {why}."
        return Unreachable(message, _UP, location=location, key=about["key"], broke_off=was_there)
    if kind is UnknownHostKey:
        return UnknownHostKey(
            f"The host {host} is not known: its key was never trusted.",
            f"Run: audiotui locations trust {location}",
            **about,
        )
    if kind is HostKeyChanged:
        shown = _FINGERPRINT.search(why)
        return HostKeyChanged(
            f"The host {host} shows another key than the one that was trusted{f': {shown[0]}' if shown else ''}. "
            "Nothing was sent to it.",
            "Somebody may be listening. If the host was really set up anew, this says how to remove the old key: "
            f"audiotui locations trust {location}",
            **about,
        )
    return kind(f"{location} ({host}) does not let us in: {_FRAME.sub('', why)}.", _LOG_IN, **about)
