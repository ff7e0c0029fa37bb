"""Letting the speech server speak, and what is asked of it: the whole request is kept, for the answer says nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audiotui.errors import InvalidInput

if TYPE_CHECKING:
    from audiotui.documents.asset import Generation
    from audiotui.library.saving import Fetch
    from audiotui.library.spool import Spool
    from audiotui.speech.client import SpeechClient

_OURS = frozenset({"input", "model", "voice", "speed", "response_format"})


def speech_request(generation: Generation, form: str) -> dict[str, Any]:
    """The body of ``POST /v1/audio/speech``; further parameters go in as they are.

    Raises:
        InvalidInput: there is nothing to say, or a parameter that has an argument of its own.
    """
    if not generation.text.strip():
        raise InvalidInput("There is nothing to say: the text is empty.", "Give a text.")
    if clash := _OURS & generation.parameters.keys():
        raise InvalidInput(f"{', '.join(sorted(clash))} cannot be further parameters.", "They have arguments.")
    body = {
        "input": generation.text,
        "model": generation.model,
        "voice": generation.voice,
        "speed": generation.speed,
        "response_format": form,
        **({"lang_code": generation.language} if generation.language else {}),
        **generation.parameters,
    }
    return {name: value for name, value in body.items() if value not in ("", None)}


def with_format(generation: Generation, form: str) -> Generation:
    """The generation with the format that was asked for as one of its parameters."""
    return replace(generation, parameters={**generation.parameters, "response_format": form})


def speaking(speech: SpeechClient, body: dict[str, Any]) -> Fetch:
    """Puts the server's answer into a spool."""

    def fetch(spool: Spool) -> None:
        speech.speak(body, spool)

    return fetch
