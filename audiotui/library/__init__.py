"""The service for generated speech: kept safely in a storage and a database, found again, and in the library.

``audio_library_service`` is ready to be called; it reads the configuration on first use. Programs that need another
configuration make an ``AudioLibraryService`` of their own.
"""

from __future__ import annotations

from audiotui.library.batch import SaveOutcome, SaveProgress
from audiotui.library.service import AudioLibraryService

__all__ = ["AudioLibraryService", "SaveOutcome", "SaveProgress", "audio_library_service"]

audio_library_service = AudioLibraryService()
"""The service of the configuration that ``find_config`` finds."""
