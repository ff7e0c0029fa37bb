"""Audio on its way to a client: the headers of a stream, and what a client that knows the file already is told."""

from __future__ import annotations

import logging
from itertools import chain
from typing import TYPE_CHECKING

from fastapi import Response
from fastapi.responses import StreamingResponse

from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive, Scope, Send

    from audiotui.library.reading import Stream

_log = logging.getLogger(__name__)


class SoundResponse(StreamingResponse):
    """Pieces of audio. When they break off, so does the answer: a client sees that it has not all."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them; the server closes the connection of an answer that has no end."""
        try:
            await super().__call__(scope, receive, send)
        except AudiotuiError as error:
            _log.warning("an answer was broken off: %s", error)


def etag_of(stream: Stream) -> str:
    """The validator of a file: what lies under a key never changes."""
    return f'"{stream.file.sha256}"'


def is_known(if_none_match: str, stream: Stream) -> bool:
    """Whether a client has the file already (RFC 9110, section 13.1.2)."""
    known = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return etag_of(stream) in known or "*" in known


def unchanged(stream: Stream) -> Response:
    """The answer to who has the file already."""
    return Response(None, 304, _caching(stream))


def answer_of(stream: Stream, *, with_body: bool) -> Response:
    """The answer with a stream's bytes, or what its headers would be."""
    headers = {
        "accept-ranges": "bytes",
        "content-length": str(stream.length),
        **_caching(stream),
        **({"content-range": stream.content_range} if stream.is_partial else {}),
    }
    status = 206 if stream.is_partial else 200
    if not with_body:
        return Response(None, status, headers, stream.media_type)
    return SoundResponse(_begun(stream.pieces), status, headers, stream.media_type)


def _caching(stream: Stream) -> dict[str, str]:
    """What a client may do with what it has (RFC 9110, section 15.4.5: the same whether it gets it or not)."""
    return {"etag": etag_of(stream), "cache-control": "private, max-age=86400"}


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, the first of them fetched: what fails before it can still be told by a status."""
    first = next(pieces, b"")
    return chain((first,), pieces)
