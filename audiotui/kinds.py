"""The few names and levels that everything speaks of; apart from the values, which take 10 ms to import."""

from __future__ import annotations

from enum import IntEnum, StrEnum

AUDIO = "audio"
"""The kind of the file that carries a recording's sound."""

LOCAL = "local"
"""The name of the one location that every library has."""

ASSET_ID = "[A-Za-z0-9_-]{1,128}"
"""The form of the ids of generated speech, as a pattern: of customers, their users and their assets."""

DEFAULT_KEY_LAYOUT = "{uid[:2]}/{uid}/{kind}.{sha256[:12]}.{ext}"
"""How managed keys are built where the configuration does not say; ``transfer.layout`` reads it."""

PART_BYTES = 16 * 1024 * 1024
"""Files above this size are hashed, moved and resumed in parts of this size."""


class CopyState(StrEnum):
    """What the catalog knows of one copy."""

    PRESENT = "present"
    MISSING = "missing"
    DAMAGED = "damaged"
    TRASHED = "trashed"


class VerifyLevel(IntEnum):
    """How far a copy was proven (reference: rclone and restic check levels).

    0: only the transport said so. 1: size, or a weak sum the storage keeps. 2: the storage measured a strong sum over
    what it stored. 3: the bytes were read back and their SHA-256 is right.
    """

    NONE = 0
    SIZE = 1
    STORAGE_SUM = 2
    READ_BACK = 3
