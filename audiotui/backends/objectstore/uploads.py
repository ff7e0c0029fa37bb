"""The uploads of one bucket: begun, resumed, found and forgotten."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from audiotui.backends.items import Unfinished
from audiotui.backends.keys import key_problem
from audiotui.backends.objectstore import multipart
from audiotui.backends.objectstore.objectline import Stored
from audiotui.backends.objectstore.pacedput import PacedPuts
from audiotui.backends.objectstore.target import media_type
from audiotui.crashpoints import crashpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_s3.client import S3Client

    from audiotui.backends.items import Content, Pace
    from audiotui.backends.objectstore.bucket import Bucket
    from audiotui.backends.objectstore.partline import PartLine
    from audiotui.backends.objectstore.trial import Abilities


class Uploads:
    """Made once for each connection; many threads may use it. ``line`` carries the parts."""

    def __init__(self, backend: Bucket, client: S3Client, line: PartLine) -> None:
        self.line = line
        self._backend = backend
        self._client = client
        self._paced = PacedPuts(client)

    def start(
        self, key: str, content: Content, attributes: Mapping[str, str], *, checksums: bool
    ) -> multipart.MultipartUpload:
        """Begin an upload under a key that was free just now."""
        about = self._about(key, {"sha256": content.sha256, **attributes})
        if checksums:
            about["ChecksumAlgorithm"] = "SHA256"
        upload_id = multipart.start(self._client, self._backend, key, content, about)
        crashpoint("objects.after_start")
        return self._upload(key, content, upload_id, {}, checksums=checksums)

    def put(
        self, key: str, data: bytes, attributes: Mapping[str, str], *, sha256: str, able: Abilities, pace: Pace
    ) -> Stored:
        """Store a whole file at a pace."""
        target = self._backend.target
        about = {"Bucket": target.bucket, "Key": target.name(key), "Body": data, **self._about(key, attributes)}
        if able.checksums:
            about["ChecksumSHA256"] = b64encode(bytes.fromhex(sha256)).decode()
        if able.conditional:
            about["IfNoneMatch"] = "*"
        answer = self._paced.put(about, pace)
        return Stored(answer.get("ETag", "").strip('"'), answer.get("VersionId", ""))

    def resume(self, token: str, key: str, content: Content, *, checksums: bool) -> multipart.MultipartUpload:
        """Go on with an upload that any process began.

        Raises:
            AlreadyExists: the key is taken, perhaps because it was committed and only the answer was lost.
        """
        upload_id = multipart.split_token(token, key, location=self._backend.name)
        try:
            held = multipart.held_parts(self._client, self._address(key, upload_id), content)
        except self._client.exceptions.NoSuchUpload:
            self._backend.refuse_taken(key)
            raise
        return self._upload(key, content, upload_id, held, checksums=checksums)

    def discard(self, token: str, key: str) -> bool:
        """Forget an upload; False if it was gone already, or if the token is none of ours."""
        upload_id, _, its_key = token.partition(" ")
        if not upload_id or key_problem(its_key) or key not in {"", its_key}:
            return False
        return multipart.abort_upload(self._client, self._address(its_key, upload_id))

    def unfinished(self, key: str) -> Iterator[Unfinished]:
        """The uploads that were begun and not ended, of one key or of all."""
        target = self._backend.target
        # Only whole names are asked for: MinIO finds no upload by a part of its name.
        wanted: Any = {"Prefix": target.name(key)} if key else {}
        for page in self._client.get_paginator("list_multipart_uploads").paginate(Bucket=target.bucket, **wanted):
            for upload in page.get("Uploads", []):
                its_key = target.key(upload["Key"])
                if not upload["Key"].startswith(target.prefix) or key_problem(its_key) or (key and its_key != key):
                    continue
                token = multipart.upload_token(upload["UploadId"], its_key)
                yield Unfinished(token, key=its_key, modified_at=upload.get("Initiated"))

    def _upload(
        self, key: str, content: Content, upload_id: str, etags: Mapping[int, str], *, checksums: bool
    ) -> multipart.MultipartUpload:
        return multipart.MultipartUpload(
            self._backend,
            key,
            content,
            client=self._client,
            line=self.line,
            upload_id=upload_id,
            etags=etags,
            checksums=checksums,
        )

    def _about(self, key: str, attributes: Mapping[str, str]) -> dict[str, Any]:
        """What a store is told of an object besides its name and bytes."""
        target = self._backend.target
        return {
            "ContentType": media_type(key),
            "Metadata": dict(attributes),
            **({"StorageClass": target.storage_class} if target.storage_class else {}),
            **({"ServerSideEncryption": target.encryption} if target.encryption else {}),
            **({"SSEKMSKeyId": target.kms_key_id} if target.kms_key_id else {}),
        }

    def _address(self, key: str, upload_id: str) -> dict[str, Any]:
        target = self._backend.target
        return {"Bucket": target.bucket, "Key": target.name(key), "UploadId": upload_id}
