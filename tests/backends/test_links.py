"""Links to objects are signed as MinIO's SDK signs them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from minio import Minio

from audiotui.backends.objectstore.links import LinkSigner
from audiotui.backends.objectstore.target import Keys
from audiotui.model import SecretStr

MEDIA_TYPE = "audio/ogg; codecs=opus"
NOW = datetime(2026, 11, 22, 10, 30, 5, tzinfo=UTC)
KEYS = Keys("a key/+", SecretStr("a secret/+é"))


@pytest.mark.parametrize("address", ["127.0.0.1:9000", "minio.example:80", "[::1]:9000", "s3.eu-west-1.amazonaws.com"])
@pytest.mark.parametrize(
    "name", ["plain.wav", "a folder/take 1 é~.wav", "a+b=c&d?e#f%g/'; $(id)", "e\u0301/\U0001f3a4"]
)
def test_a_link_is_the_one_of_the_sdk(address: str, name: str) -> None:
    sdk = Minio(
        address, access_key=KEYS.access_key, secret_key=KEYS.secret_key.reveal(), secure=False, region="eu-west-1"
    )
    theirs = sdk.get_presigned_url(
        "GET",
        "bucket",
        name,
        expires=timedelta(seconds=60),
        response_headers={"response-content-type": MEDIA_TYPE},
        request_date=NOW,
    )
    base = sdk.presigned_get_object("bucket", "x").partition("?")[0].removesuffix("x")

    ours = LinkSigner(base, "eu-west-1", KEYS, clock=lambda: NOW).link(name, 60, content_type=MEDIA_TYPE)

    assert ours.partition("?")[0] == theirs.partition("?")[0]
    assert sorted(parse_qsl(urlsplit(ours).query)) == sorted(parse_qsl(urlsplit(theirs).query))


def test_each_link_is_signed_for_the_second_and_the_day_it_is_made_in() -> None:
    times = iter([NOW, NOW, NOW + timedelta(seconds=1), NOW + timedelta(days=1), NOW])
    signer = LinkSigner("http://127.0.0.1/b/", "eu-west-1", KEYS, clock=times.__next__)
    alone = [
        LinkSigner("http://127.0.0.1/b/", "eu-west-1", KEYS, clock=iter([at]).__next__).link(
            "x", 60, content_type="a/b"
        )
        for at in (NOW, NOW, NOW + timedelta(seconds=1), NOW + timedelta(days=1), NOW)
    ]

    links = [signer.link("x", 60, content_type="a/b") for _ in alone]

    assert links == alone
    assert len(set(links)) == 3
