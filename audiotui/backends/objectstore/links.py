"""Links that carry their own signature, so that whoever has one can read one object for a while.

MinIO's SDK makes each of them from nothing, its bucket's address included, which takes four times as long: a service
that keeps many small files makes one for each. Source: AWS, "Authenticating Requests: Using Query Parameters (AWS
Signature Version 4)".
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from audiotui.backends.objectstore.signing import ALGORITHM, UNSIGNED, mac, signing_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.backends.objectstore.target import Keys


def _utc_now() -> datetime:
    return datetime.now(UTC)


class _Moment(NamedTuple):
    """What all links of one second have in common."""

    second: int
    now: str
    scope: str
    credential: str
    key: bytes


class LinkSigner:
    """Links to the objects of one bucket; ``base`` is the address that their names are added to."""

    def __init__(self, base: str, region: str, keys: Keys, *, clock: Callable[[], datetime] = _utc_now) -> None:
        parts = urlsplit(base)
        self._base = base
        self._host = parts.netloc
        self._path = parts.path
        self._region = region
        self._keys = keys
        self._clock = clock
        self._moment: _Moment | None = None

    def link(self, name: str, seconds: int, *, content_type: str) -> str:
        """A link that reads an object, and says that it is of the media type."""
        moment = self._at_this_moment()
        path = quote(name)
        query = (
            f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={moment.credential}"
            f"&X-Amz-Date={moment.now}&X-Amz-Expires={seconds}&X-Amz-SignedHeaders=host"
            f"&response-content-type={quote(content_type, safe='')}"
        )
        request = f"GET\n{self._path}{path}\n{query}\nhost:{self._host}\n\nhost\n{UNSIGNED}"
        message = f"{ALGORITHM}\n{moment.now}\n{moment.scope}\n{sha256(request.encode()).hexdigest()}"
        return f"{self._base}{path}?{query}&X-Amz-Signature={mac(moment.key, message).hex()}"

    def _at_this_moment(self) -> _Moment:
        """Made once a second; any number of threads may make it at the same time."""
        clock, moment = self._clock(), self._moment
        second = int(clock.timestamp())
        if moment is None or moment.second != second:
            now = clock.strftime("%Y%m%dT%H%M%SZ")
            scope = f"{now[:8]}/{self._region}/s3/aws4_request"
            credential = quote(f"{self._keys.access_key}/{scope}", safe="")
            key = signing_key(self._keys.secret_key.reveal(), scope)
            moment = self._moment = _Moment(second, now, scope, credential, key)
        return moment
