"""Signature version 4: what proves to a store that a request comes from whoever has the secret.

Source: AWS, "Authenticating Requests (AWS Signature Version 4)" in the API reference of S3.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from time import gmtime, strftime, time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from audiotui.backends.objectstore.target import Keys

ALGORITHM = "AWS4-HMAC-SHA256"

UNSIGNED = "UNSIGNED-PAYLOAD"
"""Stands for the digest of bytes that are not part of what is signed."""


class Signer:
    """Signs for one region; any thread may use it. ``clock`` gives seconds since 1970."""

    def __init__(self, region: str, keys: Callable[[], Keys], *, clock: Callable[[], float] = time) -> None:
        self._region = region
        self._keys = keys
        self._clock = clock
        self._made: tuple[str, str, bytes] = ("", "", b"")
        self._dated: tuple[int, str, str] = (-1, "", "")

    def sign(self, method: str, path: str, headers: Mapping[str, str], *, payload: str) -> dict[str, str]:
        """The headers that a request needs besides its own, of which all are signed.

        The names of ``headers``, the host's among them, are in small letters; ``path`` is quoted. ``payload`` is the
        SHA-256 of the body, or ``UNSIGNED``.
        """
        keys = self._keys()
        now, scope = self._now()
        added = {"x-amz-content-sha256": payload, "x-amz-date": now}
        if keys.session_token is not None:
            added["x-amz-security-token"] = keys.session_token.reveal()
        lines = sorted([*((name, " ".join(value.split())) for name, value in headers.items()), *added.items()])
        names = ";".join([name for name, _ in lines])
        told = "".join([f"{name}:{value}\n" for name, value in lines])
        digest = sha256(f"{method}\n{path}\n\n{told}\n{names}\n{payload}".encode()).hexdigest()
        key = self._key(keys.secret_key.reveal(), scope)
        signature = mac(key, f"{ALGORITHM}\n{now}\n{scope}\n{digest}").hex()
        added["authorization"] = (
            f"{ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return added

    def _now(self) -> tuple[str, str]:
        """The time as requests have it, and what a signature of it is good for; made once a second."""
        second, now, scope = self._dated
        if second != int(self._clock()):
            second = int(self._clock())
            now = strftime("%Y%m%dT%H%M%SZ", gmtime(second))
            scope = f"{now[:8]}/{self._region}/s3/aws4_request"
            self._dated = second, now, scope
        return now, scope

    def _key(self, secret: str, scope: str) -> bytes:
        """``signing_key``, made once for a day and a secret."""
        made_for_scope, made_for_secret, key = self._made
        if (made_for_scope, made_for_secret) != (scope, secret):
            key = signing_key(secret, scope)
            self._made = scope, secret, key
        return key


def signing_key(secret: str, scope: str) -> bytes:
    """The key of a day, region and service, each mixed into the secret in turn."""
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = mac(key, part)
    return key


def mac(key: bytes, message: str) -> bytes:
    """The HMAC of a message by SHA-256."""
    return hmac.digest(key, message.encode(), "sha256")
