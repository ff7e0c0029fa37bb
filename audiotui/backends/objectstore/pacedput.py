"""Whole objects at a rate, where the line for small objects may not be used.

obstore sends what it has as fast as it can, and botocore knows no rate either; but botocore lets a finished request be
changed before it goes out, and takes a body that comes in blocks.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_s3.client import S3Client

    from audiotui.backends.items import Pace, Piece


class PacedPuts:
    """Over one client of botocore; many threads may use it."""

    def __init__(self, client: S3Client) -> None:
        self._client = client
        self._here = threading.local()
        client.meta.events.register("before-send.s3.PutObject", self._slow_down)

    def put(self, arguments: dict[str, Any], pace: Pace) -> dict[str, Any]:
        """The answer to ``put_object`` with these arguments; an error of the pace is raised as it is."""
        from botocore.exceptions import HTTPClientError

        self._here.pace = pace
        try:
            return dict(self._client.put_object(**arguments))
        except HTTPClientError as failure:
            if isinstance(failure.__context__, AudiotuiError):
                raise failure.__context__ from None
            raise
        finally:
            self._here.pace = None

    def _slow_down(self, request: AWSPreparedRequest, **_: object) -> None:
        pace: Pace | None = getattr(self._here, "pace", None)
        if pace is not None and request.body:
            body: Any = request.body
            request.body = cast("Any", _Blocks(body.read() if hasattr(body, "read") else body, pace))


@dataclass(frozen=True)
class _Blocks:
    """A body that botocore may send once more from its beginning."""

    data: Piece
    pace: Pace

    def __iter__(self) -> Iterator[Piece]:
        return self.pace(self.data)

    def seek(self, position: int) -> None:
        """Each iteration begins at the beginning."""
