"""audiotui: a keyboard-driven terminal library for voice recordings.

``AudioManager`` is everything a user can do with a library, as Python. Names resolve on first use, so importing the
package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.version import __version__

if TYPE_CHECKING:
    from audiotui.errors import (
        AudioError,
        AudiotuiError,
        CatalogError,
        ConfigError,
        Duplicate,
        IdentityNotFound,
        IntegrityError,
        InvalidInput,
        LocationError,
        RecordingNotFound,
        TransferError,
    )
    from audiotui.manager import AudioManager
    from audiotui.model import (
        AIIdentity,
        Change,
        Copy,
        CopyState,
        MediaFacts,
        NewRecording,
        Recording,
        RecordingFile,
        RecordingRow,
        UserIdentity,
        VerifyLevel,
    )

_HOMES = {
    "AudioManager": "audiotui.manager",
    **dict.fromkeys(
        [
            "AIIdentity", "Change", "Copy", "CopyState", "MediaFacts", "NewRecording", "Recording", "RecordingFile",
            "RecordingRow", "UserIdentity", "VerifyLevel",
        ],
        "audiotui.model",
    ),
    **dict.fromkeys(
        [
            "AudioError", "AudiotuiError", "CatalogError", "ConfigError", "Duplicate", "IdentityNotFound",
            "IntegrityError", "InvalidInput", "LocationError", "RecordingNotFound", "TransferError",
        ],
        "audiotui.errors",
    ),
}  # fmt: skip

__all__ = [
    "AIIdentity",
    "AudioError",
    "AudioManager",
    "AudiotuiError",
    "CatalogError",
    "Change",
    "ConfigError",
    "Copy",
    "CopyState",
    "Duplicate",
    "IdentityNotFound",
    "IntegrityError",
    "InvalidInput",
    "LocationError",
    "MediaFacts",
    "NewRecording",
    "Recording",
    "RecordingFile",
    "RecordingNotFound",
    "RecordingRow",
    "TransferError",
    "UserIdentity",
    "VerifyLevel",
    "__version__",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'audiotui' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
