"""Requests are signed as AWS's own library signs them."""

from __future__ import annotations

from calendar import timegm
from hashlib import sha256
from time import strptime
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from audiotui.backends.objectstore.signing import UNSIGNED, Signer
from audiotui.backends.objectstore.target import Keys
from audiotui.model import SecretStr

if TYPE_CHECKING:
    from collections.abc import Mapping

REGION = "eu-west-9"
NAMES = (
    "plain.wav",
    "a folder/take 1.wav",
    "a+b=c&d?e#f%g/'; $(id)",
    "%20/%2F",
    '~tilde/-._*!()[]{}|\\^`"<>@,:',
    "é/e\u0301/ß/中文",
    "\U0001f3a4.wav",
    "double//slash",
    "dots/./../here",
    "/at the beginning",
    "at the end/",
    "\u00a0\u2028",
    "x" * 1024,
)
METADATA = {
    "content-type": "audio/ogg; codecs=opus",
    "x-amz-meta-sha256": "0" * 64,
    "x-amz-meta-title": "  two  words,   and\ta tab ",
    "x-amz-meta-a-b": "~%41+=&",
    "x-amz-meta-a": "1",
    "x-amz-storage-class": "STANDARD_IA",
    "x-amz-checksum-sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
}


def check(
    method: str,
    path: str,
    headers: Mapping[str, str],
    *,
    keys: Keys,
    body: bytes = b"",
    signs_body: bool = True,
) -> None:
    """Let both sign at one moment, which is the one that the library takes."""
    token = keys.session_token.reveal() if keys.session_token else None
    theirs = AWSRequest(method, f"http://{headers['host']}{path}", dict(headers), body)
    theirs.context["client_config"] = Config(s3={"payload_signing_enabled": signs_body})
    S3SigV4Auth(Credentials(keys.access_key, keys.secret_key.reveal(), token), "s3", REGION).add_auth(theirs)
    moment_s = timegm(strptime(theirs.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))

    payload = sha256(body).hexdigest() if signs_body else UNSIGNED
    ours = Signer(REGION, lambda: keys, clock=lambda: moment_s).sign(method, path, headers, payload=payload)

    added = {name.lower(): value for name, value in theirs.headers.items() if name.lower() not in headers}
    assert ours == added


@pytest.mark.parametrize("token", [None, "a+token/with=signs=="])
@pytest.mark.parametrize("name", NAMES)
def test_a_request_for_any_name_is_signed_as_the_library_signs_it(name: str, token: str | None) -> None:
    keys = Keys("someone", SecretStr("a secret/+"), SecretStr(token) if token else None)

    check("GET", f"/takes/{quote(name)}", {"host": "127.0.0.1:9000"}, keys=keys)


@pytest.mark.parametrize("signs_body", [True, False])
@pytest.mark.parametrize("secret", ["plain", "é ß/+="])
def test_what_is_said_of_a_file_is_part_of_the_signature(secret: str, signs_body: bool) -> None:
    keys = Keys("someone", SecretStr(secret), SecretStr("token"))

    check("PUT", "/takes/a%20b", {"host": "[::1]:9000", **METADATA}, keys=keys, body=b"sound", signs_body=signs_body)


def test_a_signer_goes_on_into_the_next_day_and_with_other_keys() -> None:
    now = [1_795_348_799.0]
    keys = [Keys("first", SecretStr("1"))]
    signer = Signer(REGION, lambda: keys[0], clock=lambda: now[0])

    def signed(by: Signer) -> dict[str, str]:
        return by.sign("GET", "/takes/x", {"host": "h"}, payload=UNSIGNED)

    signed(signer)
    now[0] += 1
    assert signed(signer) == signed(Signer(REGION, lambda: keys[0], clock=lambda: now[0]))
    keys[0] = Keys("first", SecretStr("2"))
    assert signed(signer) == signed(Signer(REGION, lambda: keys[0], clock=lambda: now[0]))
