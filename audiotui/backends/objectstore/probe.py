"""What a server can do beyond what transfers need, for people who look at a location."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

SAMPLE = b"123456789"

SAMPLE_CRC64NVME = "rosUhgp5mIg="
"""The check value that the catalogue of parametrised CRC algorithms gives for CRC-64/NVME, in base64."""


def refuses_taken_commit(client: S3Client, bucket: str, name: str) -> bool:
    """Whether the commit of an upload refuses a name that is taken, which it must be."""
    upload = _begin(client, bucket, name)
    try:
        _commit(client, upload, _part(client, upload), IfNoneMatch="*")
    except client.exceptions.ClientError as error:
        if _status(error) != 412:
            raise
        client.abort_multipart_upload(**upload)
        return True
    return False


def whole_checksum(client: S3Client, bucket: str, name: str) -> str:
    """The checksum over all bytes that the server gives for a file of several parts; '' if it gives none."""
    upload: dict[str, Any] = {}
    try:
        upload = _begin(client, bucket, name, ChecksumAlgorithm="CRC64NVME", ChecksumType="FULL_OBJECT")
        part = _part(client, upload, ChecksumCRC64NVME=SAMPLE_CRC64NVME)
        _commit(client, upload, part, ChecksumType="FULL_OBJECT", ChecksumCRC64NVME=SAMPLE_CRC64NVME)
        found = client.head_object(Bucket=bucket, Key=name, ChecksumMode="ENABLED").get("ChecksumCRC64NVME", "")
    except client.exceptions.ClientError as error:
        if _status(error) >= 500 and _status(error) != 501:
            raise
        if upload:
            with suppress(client.exceptions.ClientError):
                client.abort_multipart_upload(**upload)
        return ""
    return "CRC64NVME" if found == SAMPLE_CRC64NVME else ""


def _begin(client: S3Client, bucket: str, name: str, **options: Any) -> dict[str, Any]:
    upload_id = client.create_multipart_upload(Bucket=bucket, Key=name, **options)["UploadId"]
    return {"Bucket": bucket, "Key": name, "UploadId": upload_id}


def _part(client: S3Client, upload: dict[str, Any], **checksum: Any) -> Any:
    etag = client.upload_part(**upload, PartNumber=1, Body=SAMPLE, **checksum)["ETag"]
    return {"PartNumber": 1, "ETag": etag, **checksum}


def _commit(client: S3Client, upload: dict[str, Any], part: Any, **options: Any) -> None:
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]}, **options)


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
