"""Which errors say something about a location as a whole, so that its other files would fail alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.errors import HostKeyChanged, LocationError, Throttled, TransferError, UnknownHostKey, Unreachable

if TYPE_CHECKING:
    from audiotui.errors import AudiotuiError

OF_THE_WHOLE = (Unreachable, Throttled, UnknownHostKey, HostKeyChanged)
"""What no single file can be to blame for, whichever key was asked for when it came up."""


def is_about_location(error: AudiotuiError) -> bool:
    """False if the error concerns one key: a link in its place, a file that may not be read, a disk's bad spot."""
    if isinstance(error, LocationError) and not isinstance(error, OF_THE_WHOLE):
        return not error.key
    return not isinstance(error, TransferError)
