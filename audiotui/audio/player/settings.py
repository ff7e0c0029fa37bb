"""The words that choose a player."""

AUTOMATIC, MPV, BUILTIN, SILENT, NONE = "auto", "mpv", "builtin", "silent", "none"

SETTINGS = (AUTOMATIC, MPV, BUILTIN, SILENT, NONE)
"""What a configuration may say of the player; ``silent`` does everything but the sound."""
