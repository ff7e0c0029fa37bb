"""A big file on its way into a bucket: parts by several threads, each with its SHA-256, and one commit.

S3's rules: parts but the last have at least 5 MiB, at most 10,000 of them; nothing is visible before the commit; the
commit refuses a key that is taken if the store knows If-None-Match there.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from audiotui.backends.items import Checksum, Entry
from audiotui.backends.objectstore.errors import as_audiotui_error
from audiotui.backends.objectstore.sdk_answers import Refused
from audiotui.backends.parts import blocks_of
from audiotui.backends.upload import Upload
from audiotui.crashpoints import crashpoint
from audiotui.errors import AudiotuiError, IntegrityError, NotSupported, UploadExpired
from audiotui.model import VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_s3.client import S3Client

    from audiotui.backends.items import Content, Piece
    from audiotui.backends.objectstore.bucket import Bucket
    from audiotui.backends.objectstore.partline import PartLine

MAX_PARTS = 10_000


class MultipartUpload(Upload):
    """``etags`` are the store's names for the parts that it holds, by their number from 0.

    ``checksums``: the store compares what it is sent with a SHA-256, as far as is known. Whether it does so with the
    parts of this very upload is tried with a part that nobody needs.
    """

    backend: Bucket

    def __init__(
        self,
        backend: Bucket,
        key: str,
        content: Content,
        *,
        client: S3Client,
        line: PartLine,
        upload_id: str,
        etags: Mapping[int, str],
        checksums: bool,
    ) -> None:
        super().__init__(backend, key, content, token=upload_token(upload_id, key), held=tuple(etags))
        self._client = client
        self._line = line
        self._address: dict[str, Any] = {
            "Bucket": backend.target.bucket,
            "Key": backend.target.name(key),
            "UploadId": upload_id,
        }
        self._etags = dict(etags)
        self._checksums = checksums
        self.proves_parts = checksums and content.part_count < MAX_PARTS and self._refuses_wrong_parts()

    def send_part(self, number: int, blocks: Iterator[Piece]) -> None:
        """Send the blocks as they come, to a server that checks the digest of the whole part."""
        if not self._checksums:
            super().send_part(number, blocks)
            return
        with self.backend.boundary(self.key):
            self._send_part(number, blocks)
        self.note_written(number)

    def _write_part(self, number: int, data: bytes) -> None:
        if self._checksums:
            self._send_part(number, blocks_of(data))
            return
        # The signature covers the body, which has to be there before it.
        answer = self._client.upload_part(**self._address, PartNumber=number + 1, Body=data)
        self._etags[number] = answer["ETag"]
        crashpoint("objects.after_part")

    def _send_part(self, number: int, blocks: Iterator[Piece]) -> None:
        arguments = {**self._address, "PartNumber": number + 1, **self._sum(number)}
        _, length = self.content.part_span(number)
        self._etags[number] = self._line.send(arguments, blocks, length)
        crashpoint("objects.after_part")

    def _refuses_wrong_parts(self) -> bool:
        """Whether a part that has another SHA-256 than is told is refused for that."""
        told = b64encode(hashlib.sha256(b"other bytes").digest()).decode()
        arguments = {**self._address, "PartNumber": MAX_PARTS, "ChecksumSHA256": told}
        try:
            self._line.send(arguments, iter((b"x",)), 1)
        except Refused as refusal:
            return isinstance(as_audiotui_error(refusal, location=self.backend.name, key=self.key), IntegrityError)
        return False

    def _commit(self) -> Entry:
        conditional = self.backend.able().conditional
        if not conditional:
            self.backend.refuse_taken(self.key)
        parts = [
            {"PartNumber": number + 1, "ETag": self._etags[number], **self._sum(number)}
            for number in range(self.content.part_count)
        ]
        arguments: dict[str, Any] = {**self._address, "MultipartUpload": {"Parts": parts}}
        if conditional:
            arguments["IfNoneMatch"] = "*"
        answer = self._client.complete_multipart_upload(**arguments)
        crashpoint("objects.after_commit")
        etag = answer.get("ETag", "").strip('"')
        return Entry(
            self.key,
            self.content.size_bytes,
            etag=etag,
            version_id=answer.get("VersionId", ""),
            level=self._proven(answer.get("ChecksumSHA256", ""), etag),
        )

    def _abort(self) -> None:
        abort_upload(self._client, self._address)

    def _sum(self, number: int) -> dict[str, str]:
        if not self._checksums:
            return {}
        return {"ChecksumSHA256": b64encode(bytes.fromhex(self.content.part_digest(number))).decode()}

    def _proven(self, measured: str, etag: str) -> VerifyLevel:
        """What the store's own sum over the parts says; a file that is wrong goes, nobody relies on it yet."""
        if not measured or not self._checksums:
            return VerifyLevel.SIZE
        composite = hex_of(measured)
        matches = Checksum(self.content.size_bytes, VerifyLevel.STORAGE_SUM, composite_sha256=composite).matches(
            self.content
        )
        if matches:
            return VerifyLevel.STORAGE_SUM
        with suppress(AudiotuiError):
            self.backend.delete(self.key, if_etag=etag)
        raise IntegrityError(
            f"{self.backend.name} put {self.key!r} together from other bytes than were sent.",
            "It was removed again, and is sent anew from the first byte.",
        )


def start(client: S3Client, backend: Bucket, key: str, content: Content, extra: dict[str, Any]) -> str:
    """Begin an upload; its id."""
    if content.part_count > MAX_PARTS:
        raise NotSupported(
            f"{backend.name} cannot store {key!r}: it has {content.part_count} parts, and S3 takes {MAX_PARTS}.",
            "Use a folder or an SSH host for files above 156 GiB.",
            location=backend.name,
            key=key,
        )
    answer = client.create_multipart_upload(Bucket=backend.target.bucket, Key=backend.target.name(key), **extra)
    return answer["UploadId"]


def held_parts(client: S3Client, address: dict[str, Any], content: Content) -> dict[int, str]:
    """The parts of an unfinished upload that the store holds whole, with its names for them.

    A part counts if its size is right and its SHA-256, where the store lists that. Where it lists none, the sum over
    all parts, which it gives at the commit, or a reading back decides.
    """
    held: dict[int, str] = {}
    for page in client.get_paginator("list_parts").paginate(**address):
        for part in page.get("Parts", []):
            number = part["PartNumber"] - 1
            if not 0 <= number < content.part_count or part["Size"] != content.part_span(number)[1]:
                continue
            measured = part.get("ChecksumSHA256", "")
            if not measured or hex_of(measured) == content.part_digest(number):
                held[number] = part["ETag"]
    return held


def abort_upload(client: S3Client, address: dict[str, Any]) -> bool:
    """Forget an upload and its parts; False if it was gone already."""
    try:
        client.abort_multipart_upload(**address)
    except client.exceptions.NoSuchUpload:
        return False
    return True


def upload_token(upload_id: str, key: str) -> str:
    """What another process needs to go on."""
    return f"{upload_id} {key}"


def split_token(token: str, key: str, *, location: str) -> str:
    """The id in a token for this key; UploadExpired if the token is of another."""
    upload_id, _, its_key = token.partition(" ")
    if not upload_id or its_key != key:
        raise UploadExpired(
            f"{location} has no unfinished upload {token!r} for {key!r}.",
            "The upload starts again from the beginning.",
            location=location,
            key=key,
        )
    return upload_id


def hex_of(base64_sum: str) -> str:
    """A checksum of S3 in hex; that over the digests of parts has their count at its end, which is left out."""
    return b64decode(base64_sum.partition("-")[0]).hex()
