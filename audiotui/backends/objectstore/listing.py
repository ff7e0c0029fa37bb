"""Listings of buckets: the next page is on its way while one is read and used, and it is read by plain patterns.

botocore takes 70 us to make values of one listed object, the server itself 40; here it is 4. The request stays
botocore's, signing, TLS, proxies and errors included: only the body of a good answer is taken before it is parsed.
What is not exactly as expected is left to botocore.
"""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from html import unescape
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_plus

from audiotui.backends.again import asked_again
from audiotui.backends.objectstore.control import Head
from audiotui.backends.objectstore.errors import as_audiotui_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3.client import S3Client

    from audiotui.errors import AudiotuiError

_PLAIN = re.compile(
    rb"<Contents>\s*<Key>([^<]*)</Key>\s*<LastModified>([^<]*)</LastModified>\s*<ETag>([^<]*)</ETag>"
    rb".*?<Size>(\d+)</Size>",
    re.DOTALL,
)
"""An object with its fields in the usual order. One without a size would take that of the next, which would then be
none of its own: so the objects are counted."""

_OBJECT = re.compile(rb"<Contents>(.*?)</Contents>", re.DOTALL)
_FIELD = re.compile(rb"<(Key|LastModified|ETag|Size)>([^<]*)</")
_FIELDS = (b"Key", b"LastModified", b"ETag", b"Size")
_HEAD_FIELD = re.compile(rb"<(IsTruncated|NextContinuationToken|KeyCount|EncodingType)>([^<]*)</")
_END = b"</ListBucketResult>"
_EMPTY = b"<ListBucketResult></ListBucketResult>"
_QUOTE = b"&#34;"
"""As most stores write the quotes of an ETag; to take these off costs less than to translate them."""


class Page(NamedTuple):
    """One page of a listing; ``token`` asks for the next, '' if there is none."""

    objects: Iterable[Head]
    """To be read once: they are made as they are asked for."""
    token: str


class Listing:
    """Lists the bucket of one client. Safe to use from several threads."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._taken = threading.local()
        client.meta.events.register("before-parse.s3.ListObjectsV2", self._take)

    def objects(self, prefix: str) -> Iterator[Head]:
        """Every object whose name begins with the prefix. Errors are botocore's."""
        with ThreadPoolExecutor(1, thread_name_prefix="audiotui-listing") as thread:
            page = thread.submit(self._page, prefix, "").result()
            while page.token:
                following = thread.submit(self._page, prefix, page.token)
                yield from page.objects
                page = following.result()
            yield from page.objects

    def _page(self, prefix: str, token: str) -> Page:
        self._taken.page = None
        wanted: dict[str, Any] = {"ContinuationToken": token} if token else {}
        answer = asked_again(
            lambda: self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **wanted), meaning=_meaning
        )
        page: Page = self._taken.page or _page_of(answer)
        if token and page.token == token:
            from botocore.exceptions import PaginationError

            raise PaginationError(message=f"the server answers with the same token again and again: {token!r}")
        return page

    def _take(self, response_dict: dict[str, Any], **_: object) -> None:
        """Called by botocore, in the thread of the request, before it parses an answer."""
        page = parsed(response_dict["body"]) if response_dict["status_code"] == 200 else None
        if page is not None:
            self._taken.page = page
            response_dict["body"] = _EMPTY


def parsed(body: bytes) -> Page | None:
    """A page from its XML; None if it is not the plain one that stores send.

    It is only taken apart here, so that the next one can be asked for at once.
    """
    if not body.rstrip().endswith(_END):
        return None
    first, last = body.find(b"<Contents>"), body.rfind(b"</Contents>")
    about = dict(_HEAD_FIELD.findall(body[:first] + body[last:] if first >= 0 else body))
    count = body.count(b"<Contents>")
    token = unescape(about.get(b"NextContinuationToken", b"").decode())
    is_cut = about.get(b"IsTruncated") == b"true"
    if b"IsTruncated" not in about or is_cut != bool(token) or int(about.get(b"KeyCount", count)) != count:
        return None
    rows = _PLAIN.findall(body)
    if len(rows) != count:
        rows = [tuple(map(dict(_FIELD.findall(block)).get, _FIELDS)) for block in _OBJECT.findall(body)]
        if len(rows) != count or any(None in row for row in rows):
            return None
    return Page(map(partial(_head, about.get(b"EncodingType") == b"url"), rows), token)


def _head(is_quoted: bool, row: tuple[bytes, bytes, bytes, bytes]) -> Head:
    name, modified_at, etag, size = row
    key = unescape(name.decode())
    return Head(
        unquote_plus(key) if is_quoted else key,
        int(size),
        unescape(etag.removeprefix(_QUOTE).removesuffix(_QUOTE).decode()).strip('"'),
        datetime.fromisoformat(modified_at.decode()),
    )


def _meaning(error: Exception) -> AudiotuiError | None:
    return as_audiotui_error(error, location="", key="")


def _page_of(answer: Any) -> Page:
    """A page as botocore parsed it."""
    objects = [
        Head(found["Key"], found["Size"], found["ETag"].strip('"'), found["LastModified"])
        for found in answer.get("Contents", [])
    ]
    return Page(objects, answer.get("NextContinuationToken", "") if answer.get("IsTruncated") else "")
