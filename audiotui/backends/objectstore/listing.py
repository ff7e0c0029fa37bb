"""Listings of buckets: the next page is on its way while one is used, and a page is read by two plain patterns.

botocore takes 70 us to make values of one listed object, the server itself 40; here it is 5. The request stays
botocore's, signing, TLS, proxies and errors included: only the body of a good answer is taken before it is parsed.
What is not exactly as expected is left to botocore.
"""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from html import unescape
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_plus

from audiotui.backends.objectstore.control import Head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3.client import S3Client

_OBJECT = re.compile(rb"<Contents>(.*?)</Contents>", re.DOTALL)
_FIELD = re.compile(rb"<(Key|LastModified|ETag|Size)>([^<]*)</")
_HEAD_FIELD = re.compile(rb"<(IsTruncated|NextContinuationToken|KeyCount|EncodingType)>([^<]*)</")
_END = b"</ListBucketResult>"
_EMPTY = b"<ListBucketResult></ListBucketResult>"


class Page(NamedTuple):
    """One page of a listing; ``token`` asks for the next, '' if there is none."""

    objects: list[Head]
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
        answer = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **wanted)
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
    """A page from its XML; None if it is not the plain one that stores send."""
    if not body.rstrip().endswith(_END):
        return None
    about = dict(_HEAD_FIELD.findall(_OBJECT.sub(b"", body)))
    blocks = _OBJECT.findall(body)
    token = unescape(about.get(b"NextContinuationToken", b"").decode())
    is_cut = about.get(b"IsTruncated") == b"true"
    if b"IsTruncated" not in about or is_cut != bool(token) or int(about.get(b"KeyCount", len(blocks))) != len(blocks):
        return None
    is_quoted = about.get(b"EncodingType") == b"url"
    objects = []
    for block in blocks:
        fields = dict(_FIELD.findall(block))
        if len(fields) < 4:
            return None
        key = unescape(fields[b"Key"].decode())
        objects.append(
            Head(
                unquote_plus(key) if is_quoted else key,
                int(fields[b"Size"]),
                unescape(fields[b"ETag"].decode()).strip('"'),
                datetime.fromisoformat(fields[b"LastModified"].decode()),
            )
        )
    return Page(objects, token)


def _page_of(answer: Any) -> Page:
    """A page as botocore parsed it."""
    objects = [
        Head(found["Key"], found["Size"], found["ETag"].strip('"'), found["LastModified"])
        for found in answer.get("Contents", [])
    ]
    return Page(objects, answer.get("NextContinuationToken", "") if answer.get("IsTruncated") else "")
