"""What screens draw of sounds, for faces that reach nothing below the manager; no command waits for it."""

from audiotui.audio.pictures.shapes import Picture, Spectrogram, Waveform
from audiotui.audio.player.playback import Playback

__all__ = ["Picture", "Playback", "Spectrogram", "Waveform"]
