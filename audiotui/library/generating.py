"""Letting the speech server speak, and what is asked of it: the whole request is kept, for the answer says nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

from audiotui.documents.base import Wanted
from audiotui.documents.encoding import RESPONSE_FORMAT, generation_hash
from audiotui.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.documents.asset import Asset, Generation
    from audiotui.documents.base import Documents
    from audiotui.library.saving import Fetch
    from audiotui.library.spool import Spool
    from audiotui.speech.client import SpeechClient

_OURS = frozenset({"input", "model", "voice", "speed", RESPONSE_FORMAT})

_LOOKED_AT = 20
"""So many assets that were generated alike are read at a time: mostly the first one will do."""


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
        RESPONSE_FORMAT: form,
        **({"lang_code": generation.language} if generation.language else {}),
        **generation.parameters,
    }
    return {name: value for name, value in body.items() if value not in ("", None)}


def with_format(generation: Generation, form: str) -> Generation:
    """The generation with the format that was asked for as one of its parameters."""
    return replace(generation, parameters={**generation.parameters, RESPONSE_FORMAT: form})


def generated_before(documents: Documents, customer_id: str, generation: Generation) -> Asset | None:
    """The newest asset of a customer whose current version was generated so, in the format that is asked for."""
    form = generation.parameters.get(RESPONSE_FORMAT)
    wanted = Wanted(customer_id=customer_id, generation_hash=generation_hash(generation))
    alike = _all_of(documents, wanted)
    return next((asset for asset in alike if form is None or _is_in(asset, form)), None)


def _all_of(documents: Documents, wanted: Wanted) -> Iterator[Asset]:
    for offset in count(0, _LOOKED_AT):
        page = documents.find(wanted, limit=_LOOKED_AT, offset=offset)
        yield from page
        if len(page) < _LOOKED_AT:
            return


def _is_in(asset: Asset, form: Any) -> bool:
    """Whether an asset was asked for in a format; one that came from a URL has the one that it has."""
    version = asset.current
    return bool(version.generation.parameters.get(RESPONSE_FORMAT, version.file.media.format) == form)


def speaking(speech: SpeechClient, body: dict[str, Any]) -> Fetch:
    """Puts the server's answer into a spool."""

    def fetch(spool: Spool) -> None:
        speech.speak(body, spool)

    return fetch
