"""What a configuration says of locations, and the table of kinds."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from audiotui.backends.base import open_backend
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import (
    KINDS,
    LocalOptions,
    MinioOptions,
    Options,
    S3Options,
    ScpOptions,
    Shape,
    option_specs,
)
from audiotui.errors import NotSupported
from audiotui.model import SecretStr

EXAMPLES: dict[str, Options] = {
    "local": LocalOptions(path=Path("/srv/audio")),
    "s3": S3Options(
        bucket="voices",
        aws_access_key_id="AKIA",
        aws_secret_access_key=SecretStr("canary-1"),
        region_name="us-west-2",
        prefix="takes/",
    ),
    "minio": MinioOptions(
        endpoint="minio.example.com:9000", bucket="voices", access_key="user", secret_key=SecretStr("canary-2")
    ),
    "scp": ScpOptions(host="nas", user="jdoe", identity_file=Path("/home/jdoe/key"), remote_path="/srv/audio"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_of_a_kind_describes_itself(kind: str) -> None:
    specs = option_specs(kind)

    assert [spec.name for spec in specs] == [field.name for field in fields(KINDS[kind].options)]
    assert all(spec.help and isinstance(spec.shape, Shape) for spec in specs)
    assert [spec.default for spec in specs if spec.required] == [None] * sum(spec.required for spec in specs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_example_has_no_problems_and_shows_no_secret(kind: str) -> None:
    options = EXAMPLES[kind]

    assert options.kind == kind
    assert list(options.problems()) == []
    assert "canary" not in f"{options!r} {options.address} {options.fingerprint}"


def test_addresses_are_what_people_call_the_places() -> None:
    assert {kind: options.address for kind, options in EXAMPLES.items()} == {
        "local": "/srv/audio",
        "s3": "s3://voices/takes",
        "minio": "minio.example.com:9000/voices",
        "scp": "jdoe@nas:/srv/audio",
    }
    assert S3Options(bucket="b", endpoint_url="https://user:word@s3.example.com/").address == "s3://b at s3.example.com"
    assert ScpOptions(host="nas", remote_path="a", port=2222).address == "nas:2222:a"


def test_two_names_of_one_target_have_one_fingerprint() -> None:
    assert LocalOptions(path=Path("/a/b/../c")).fingerprint == LocalOptions(path=Path("/a/c")).fingerprint
    by_minio = MinioOptions(endpoint="Host:9000", bucket="b", access_key="k", secret_key=SecretStr("s"), prefix="p/")
    by_s3 = S3Options(bucket="b", endpoint_url="http://host:9000", prefix="p")
    assert by_minio.fingerprint == by_s3.fingerprint
    assert EXAMPLES["s3"].fingerprint != S3Options(bucket="other").fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [("/a/b", "/a/./b"), ("/a/b", "//a//b/"), ("/a/b", "/a/b/."), ("a/b", "./a//b"), ("~/a", "~/./a/"), ("/", "//")],
)
def test_a_folder_of_a_host_is_the_same_however_its_path_is_written(one: str, other: str) -> None:
    assert ScpOptions(host="nas", remote_path=one).fingerprint == ScpOptions(host="NAS", remote_path=other).fingerprint


@pytest.mark.parametrize(("one", "other"), [("/a", "a"), ("/a", "/b/../a"), ("/", "."), ("/a b", "/ab"), ("~", "/")])
def test_other_folders_of_a_host_are_other_places(one: str, other: str) -> None:
    assert ScpOptions(host="nas", remote_path=one).fingerprint != ScpOptions(host="nas", remote_path=other).fingerprint


S3: dict[str, Any] = {"bucket": "b"}
MINIO: dict[str, Any] = {"endpoint": "h", "bucket": "b", "access_key": "k", "secret_key": SecretStr("s")}
SCP: dict[str, Any] = {"host": "h", "remote_path": "/p"}


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (LocalOptions(path=Path("relative")), ["path"]),
        (S3Options(bucket=""), ["bucket"]),
        (S3Options(bucket="a/b"), ["bucket"]),
        (S3Options(bucket="a b"), ["bucket"]),
        (S3Options(bucket="s3://b"), ["bucket"]),
        (S3Options(bucket="${HOME}"), ["bucket"]),
        (MinioOptions(**{**MINIO, "bucket": "b!"}), ["bucket"]),
        (S3Options(**S3, prefix="a//b"), ["prefix"]),
        (S3Options(**S3, region_name="a b/../x"), ["region_name"]),
        (S3Options(**S3, region_name="ü"), ["region_name"]),
        (S3Options(**S3, region_name="-"), ["region_name"]),
        (MinioOptions(**MINIO, region="eu west"), ["region"]),
        (S3Options(**S3, aws_access_key_id="k"), ["aws_access_key_id and aws_secret_access_key"]),
        (S3Options(**S3, aws_secret_access_key=SecretStr("s")), ["aws_access_key_id and aws_secret_access_key"]),
        (
            S3Options(**S3, profile="p", aws_access_key_id="k", aws_secret_access_key=SecretStr("s")),
            ["profile"],
        ),
        (S3Options(**S3, endpoint_url="host:9000"), ["endpoint_url"]),
        (S3Options(**S3, endpoint_url="https://user:word@host"), ["endpoint_url"]),
        (S3Options(**S3, endpoint_url="https://[bad"), ["endpoint_url"]),
        (S3Options(**S3, endpoint_url="https://a b"), ["endpoint_url"]),
        (S3Options(**S3, endpoint_url="https://bücket.example.com"), ["endpoint_url"]),
        (S3Options(**S3, endpoint_url="https://%zz"), ["endpoint_url"]),
        (S3Options(**S3, endpoint_url="https://h/?x=1"), ["endpoint_url"]),
        (S3Options(**S3, endpoint_url="https://127.0.0.1:9000", addressing_style="virtual"), ["addressing_style"]),
        (S3Options(**S3, endpoint_url="https://[::1]", addressing_style="virtual"), ["addressing_style"]),
        (MinioOptions(**{**MINIO, "endpoint": "http://h:9000"}), ["endpoint"]),
        (MinioOptions(**{**MINIO, "endpoint": "☃:9000"}), ["endpoint"]),
        (MinioOptions(**{**MINIO, "endpoint": "h%zz"}), ["endpoint"]),
        (MinioOptions(**{**MINIO, "endpoint": "h:port"}), ["endpoint"]),
        (MinioOptions(**{**MINIO, "endpoint": ""}), ["endpoint"]),
        (MinioOptions(**{**MINIO, "access_key": "", "secret_key": SecretStr("")}), ["access_key", "secret_key"]),
        (ScpOptions(**{**SCP, "host": "-oProxyCommand=touch x"}), ["host"]),
        (ScpOptions(**{**SCP, "host": "user@h"}), ["host"]),
        (ScpOptions(**{**SCP, "host": "a b"}), ["host"]),
        (ScpOptions(**{**SCP, "host": "[::1]"}), ["host"]),
        (ScpOptions(**{**SCP, "remote_path": ""}), ["remote_path"]),
        (ScpOptions(**{**SCP, "remote_path": "a\0b"}), ["remote_path"]),
        (ScpOptions(**SCP, port=0), ["port"]),
        (ScpOptions(**SCP, port=65536), ["port"]),
        (ScpOptions(**SCP, user="-l"), ["user"]),
        (ScpOptions(**SCP, transport="telnet"), ["transport"]),
        (ScpOptions(**SCP, transport="openssh", passphrase=SecretStr("s")), ["passphrase"]),
        (ScpOptions(**SCP, connect_timeout=0), ["connect_timeout"]),
    ],
)
def test_every_mistake_is_told_with_the_option_that_has_it(options: Options, names: list[str]) -> None:
    problems = list(options.problems())

    assert [problem.partition(":")[0] for problem in problems] == names
    assert all(problem.endswith(".") for problem in problems)


def test_a_folder_is_opened_by_its_own_backend(tmp_path: Path) -> None:
    with open_backend("archive", LocalOptions(path=tmp_path), library_id="library-1") as backend:
        assert isinstance(backend, LocalBackend)
        assert backend.name == "archive"


@pytest.mark.parametrize("kind", [kind for kind, spec in KINDS.items() if not spec.ready])
def test_a_kind_without_a_backend_is_refused_with_a_way_out(kind: str) -> None:
    with pytest.raises(NotSupported) as caught:
        open_backend("remote", EXAMPLES[kind])

    assert caught.value.location == "remote"
    assert "this version of audiotui cannot yet move files to" in caught.value.message
    assert "type local" in caught.value.hint
