"""The line on which the parts of big files come and go.

botocore signs the requests and names each part's SHA-256, which the store checks; but it would hash the body once more
for the signature, and so would the server. So parts are sent past it, over its own connections: half the time of both.
They are sent and received in blocks of memory that is used again, received best of all into that of whoever wants them:
fresh memory costs more than the bytes in it, and nobody else computes while Python copies them.
"""

from __future__ import annotations

import re
import time
from http.client import HTTPException, HTTPResponse
from itertools import chain
from typing import TYPE_CHECKING, Any

from audiotui.backends.objectstore.sdk_answers import NoAnswer, Refused
from audiotui.backends.objectstore.target import CONNECT_TIMEOUT_S, CONNECTIONS
from audiotui.backends.parts import BLOCK_BYTES, BlockSink, Sink
from audiotui.cleanup import on_failure
from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_s3.client import S3Client
    from urllib3.response import BaseHTTPResponse

    from audiotui.backends.items import Piece
    from audiotui.backends.objectstore.target import Target

SIGNED_FOR_S = 3600

READ_BYTES = 256 * 1024
"""How much is waited for in one go."""

PATIENCE_S = 0.25
"""For so long bytes are gathered that go on together: those of a slow line, too, are seen, and can be stopped."""

RANGE_BEYOND_END = 416

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/")


class PartLine:
    """Many threads may use it."""

    def __init__(self, client: S3Client, target: Target, *, connect_timeout_s: float = CONNECT_TIMEOUT_S) -> None:
        from botocore.httpsession import URLLib3Session
        from botocore.utils import get_environ_proxies

        self._client = client
        options: dict[str, Any] = {
            "verify": str(target.ca_file) if target.ca_file else True,
            "proxies": get_environ_proxies(target.endpoint),
            "timeout": (connect_timeout_s, target.silence_s),  # urllib3 holds each block to the former, too
            "max_pool_connections": CONNECTIONS,
        }
        self._connections = URLLib3Session(**options)

    def send(self, arguments: dict[str, Any], blocks: Iterator[Piece], length: int) -> str:
        """Send one part while its blocks come; the store's name for it. ``arguments`` are those of ``upload_part``.

        An error of the blocks cuts the connection, so that the store never has the part, and is raised as it is.
        """
        from botocore.awsrequest import AWSPreparedRequest
        from botocore.exceptions import HTTPClientError

        address = self._client.generate_presigned_url("upload_part", Params=arguments, ExpiresIn=SIGNED_FOR_S)
        headers: Any = {"Content-Length": str(length), "x-amz-checksum-sha256": arguments["ChecksumSHA256"]}
        first = next(blocks, b"")  # it may be long in coming: only then a server is kept waiting for the rest
        body: Any = chain((first,), blocks)
        try:
            answer = self._connections.send(AWSPreparedRequest("PUT", address, headers, body, stream_output=False))
        except HTTPClientError as failure:
            if isinstance(failure.__context__, AudiotuiError):
                raise failure.__context__ from None
            raise
        etag = str(answer.headers.get("ETag", ""))
        if answer.status_code != 200 or not etag:
            raise Refused(answer.status_code, answer.content, answer.headers)
        if next(blocks, None) is not None:  # else bytes would count that were never compared
            raise NoAnswer("It took a part of which it has not all.")
        return etag

    def receive(
        self,
        bucket: str,
        name: str,
        offset: int,
        length: int,
        *,
        etag: str,
        take: Callable[[Piece], object],
    ) -> None:
        """Hand on a range in pieces, whose memory is used again; fewer bytes if the object ends before.

        A ``Sink`` gets them in its own memory.
        """
        from botocore.awsrequest import AWSPreparedRequest
        from urllib3.exceptions import ProtocolError

        address = self._client.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": name}, ExpiresIn=SIGNED_FOR_S
        )
        headers: Any = {"Range": f"bytes={offset}-{offset + length - 1}"}
        if etag:
            headers["If-Match"] = f'"{etag}"'
        answer = self._connections.send(AWSPreparedRequest("GET", address, headers, None, stream_output=True))
        if answer.status_code == RANGE_BEYOND_END:
            answer.content  # noqa: B018 - reading the answer to its end frees the connection
            return
        told = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
        if answer.status_code != 206 or told is None or int(told[1]) != offset:
            raise Refused(answer.status_code, answer.content, answer.headers)
        with on_failure(answer.raw.close):
            wanted = min(length, int(told[2]) + 1 - offset)
            sink = take if isinstance(take, Sink) else BlockSink(take)
            if _hand_on(answer.raw, length, sink) < wanted:  # the standard library says nothing of it
                raise ProtocolError("The connection was closed in the middle of an answer.")
        answer.raw.release_conn()


def bare_body(response: BaseHTTPResponse) -> HTTPResponse | None:
    """The standard library's response below one of urllib3, which can read into memory that is there already.

    urllib3 has no public way to it, and its own ``readinto`` copies. None if it keeps that response elsewhere one day,
    or if the bytes that come are not those of the object one by one.
    """
    body = getattr(response, "_fp", None)
    is_plain = isinstance(body, HTTPResponse) and not body.chunked and not body.getheader("Content-Encoding")
    return body if is_plain else None


def _hand_on(response: BaseHTTPResponse, length: int, sink: Sink) -> int:
    """Hand on at most ``length`` bytes, and say how many came; errors of the connection are those of urllib3."""
    body = bare_body(response)
    left = length
    if body is None:
        while left and (piece := response.read(min(BLOCK_BYTES, left))):
            left -= len(piece)
            sink(piece)
        return length - left
    while left and (got := _fill(body, sink.room(left))):
        left -= got
        sink.filled(got)
    return length - left


def _fill(body: HTTPResponse, room: memoryview) -> int:
    """Read as many bytes as there is room for, or as come soon; none once the body has ended."""
    from urllib3.exceptions import ProtocolError

    got = 0
    soon = time.monotonic() + PATIENCE_S
    try:
        while got < len(room) and (count := body.readinto(room[got : got + READ_BYTES])):
            got += count
            if time.monotonic() >= soon:
                break
    except (OSError, HTTPException) as error:
        raise ProtocolError("The connection broke off.", error) from error
    return got
