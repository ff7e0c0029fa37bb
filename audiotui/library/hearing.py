"""What an audio that arrived really holds: its header is believed only as far as its sound can be decoded.

Speech servers send Opus and FLAC whose ends or middles are missing under a header that promises the whole, and WAV that
was cut.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from audiotui.audio import riff
from audiotui.audio.decoder import decode
from audiotui.audio.probe import probe_open, probe_plain
from audiotui.audio.source import HEAD_BYTES, NO_FILE, Source, open_source
from audiotui.documents.asset import differ
from audiotui.errors import UnreadableAudio

if TYPE_CHECKING:
    from audiotui.library.spool import Spool
    from audiotui.model import MediaFacts

_log = logging.getLogger(__name__)


def heard(spool: Spool, name: str) -> MediaFacts:
    """The facts of what is in a spool, with the length of the sound that can be decoded.

    Plain samples are not decoded: their length is that of their bytes. Messages call the file ``name``.

    Raises:
        AudioError: it is no sound file, or nothing of it can be decoded.
    """
    facts = (spool.held and probe_plain(spool.held, name)) or probe_open(spool.descriptor, name)
    if facts.format == "wav":
        _compare_header(spool, facts, name)
        if facts.codec.startswith("PCM"):
            return facts
    try:
        # By its name among the open files, because it has no other.
        decoded_s = sum(len(block.samples) / block.sample_rate_hz for block in decode(f"/dev/fd/{spool.descriptor}"))
    except UnreadableAudio as error:
        raise UnreadableAudio(f"{name} cannot be decoded.", error.hint) from error
    if decoded_s >= facts.duration_s or not differ(decoded_s, facts.duration_s):
        return facts
    _log.warning("%s: its header says %.2f s, and %.2f s of it can be decoded", name, facts.duration_s, decoded_s)
    if not decoded_s:
        raise UnreadableAudio(f"{name} cannot be decoded.", "Generate it again.")
    return replace(facts, duration_s=decoded_s)


def _compare_header(spool: Spool, facts: MediaFacts, name: str) -> None:
    """Say so if a WAV file is shorter than its header tells; one that was streamed tells nothing."""
    held = spool.held
    source = (
        open_source(spool.descriptor) if held is None else Source(NO_FILE, len(held), bytes(held[:HEAD_BYTES]), held)
    )
    promised_s = riff.promised_s(source)
    if promised_s is not None and promised_s > facts.duration_s and differ(promised_s, facts.duration_s):
        _log.warning("%s: its header says %.2f s, and %.2f s of it came", name, promised_s, facts.duration_s)
