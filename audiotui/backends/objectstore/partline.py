"""The line on which the parts of big files go out.

botocore signs each request and names its SHA-256, which the store checks; but it would hash the body once more for the
signature, and so would the server. So the parts are sent past it, by its own connections: half the time of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audiotui.backends.objectstore.sdk_answers import Refused
from audiotui.backends.objectstore.target import CONNECT_TIMEOUT_S, CONNECTIONS

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from audiotui.backends.objectstore.target import Target

SIGNED_FOR_S = 3600


class PartLine:
    """Many threads may use it."""

    def __init__(self, client: S3Client, target: Target) -> None:
        from botocore.httpsession import URLLib3Session
        from botocore.utils import get_environ_proxies

        self._client = client
        options: dict[str, Any] = {
            "verify": str(target.ca_file) if target.ca_file else True,
            "proxies": get_environ_proxies(target.endpoint),
            "timeout": (CONNECT_TIMEOUT_S, target.silence_s),
            "max_pool_connections": CONNECTIONS,
        }
        self._connections = URLLib3Session(**options)

    def send(self, arguments: dict[str, Any], data: bytes, *, sha256: str) -> str:
        """Send one part, whose digest is given in base64; the store's name for it."""
        from botocore.awsrequest import AWSPreparedRequest

        address = self._client.generate_presigned_url(
            "upload_part", Params={**arguments, "ChecksumSHA256": sha256}, ExpiresIn=SIGNED_FOR_S
        )
        headers: Any = {"Content-Length": str(len(data)), "x-amz-checksum-sha256": sha256}
        answer = self._connections.send(AWSPreparedRequest("PUT", address, headers, data, stream_output=False))
        etag = str(answer.headers.get("ETag", ""))
        if answer.status_code != 200 or not etag:
            raise Refused(answer.status_code, answer.content, answer.headers)
        return etag
