"""What a server of buckets may answer, and what a person hears: the class, three parts, and no word of an SDK."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.backends.base import GetItem
from audiotui.backends.local import LocalBackend
from audiotui.backends.minio import MinioBackend
from audiotui.backends.options import LocalOptions, MinioOptions, S3Options
from audiotui.backends.proof import prove
from audiotui.backends.s3 import S3Backend
from audiotui.errors import (
    AccessDenied,
    AlreadyExists,
    AudiotuiError,
    IntegrityError,
    KeyNotFound,
    LocationError,
    LocationFull,
    NotSupported,
    Throttled,
    Unreachable,
)
from audiotui.model import SecretStr, VerifyLevel
from tests.contracts.landmarks import check_known_by_a_file_in_it
from tests.contracts.samples import BIG, content_of, get_all, put, put_all, put_item, sample
from tests.servers.lying import Lie, LyingServer, lying_server, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from audiotui.backends.base import Backend
    from tests.servers.buckets import BucketServer


@pytest.fixture
def bucket(minio: BucketServer) -> Iterator[str]:
    """A bucket of the test's own."""
    name = minio.new_bucket()
    yield name
    minio.empty(name)
    minio.client.delete_bucket(Bucket=name)


@pytest.fixture
def liar(minio: BucketServer) -> Iterator[LyingServer]:
    """What stands before it."""
    with lying_server(minio.port) as liar:
        yield liar


@pytest.fixture(params=["s3", "minio"])
def backend(request: pytest.FixtureRequest, minio: BucketServer, bucket: str, liar: LyingServer) -> Iterator[Backend]:
    """The bucket as a location that has been used before."""
    with open_bucket(request.param, minio, bucket, liar) as backend:
        backend.claim()
        yield backend


def open_bucket(kind: str, server: BucketServer, bucket: str, liar: LyingServer, **options: Any) -> Backend:
    """A backend that meets the liar."""
    secret = SecretStr(server.secret_key)
    if kind == "minio":
        minio = MinioOptions(
            endpoint=f"127.0.0.1:{liar.port}",
            secure=False,
            bucket=bucket,
            access_key=server.access_key,
            secret_key=secret,
            **options,
        )
        return MinioBackend("studio", minio, library_id="library-1", silence_s=2.0)
    s3 = S3Options(
        endpoint_url=f"http://127.0.0.1:{liar.port}",
        bucket=bucket,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=secret,
        **options,
    )
    return S3Backend("studio", s3, library_id="library-1", silence_s=2.0)


ANSWERS: dict[str, tuple[dict[str, Any], type[AudiotuiError], str]] = {
    "quota": (refusal("QuotaExceeded", 403), LocationFull, "full"),
    "minio's quota": (refusal("XMinioAdminBucketQuotaExceeded", 400), LocationFull, "full"),
    "minio's disk": (refusal("XMinioStorageFull", 507), LocationFull, "full"),
    "507": ({"status": 507}, LocationFull, "full"),
    "expired": (refusal("ExpiredToken", 400), AccessDenied, "expired"),
    "clock": (refusal("RequestTimeTooSkewed", 403), AccessDenied, "clock"),
    "unknown key": (refusal("InvalidAccessKeyId", 403), AccessDenied, "does not know the credentials"),
    "denied": (refusal("AccessDenied", 403), AccessDenied, "do not allow"),
    "region": (
        refusal("AuthorizationHeaderMalformed", 400, more="<Region>eu-west-9</Region>"),
        LocationError,
        "another region",
    ),
    "redirect": (refusal("PermanentRedirect", 301), LocationError, "another region"),
    "bucket": (refusal("NoSuchBucket", 404), Unreachable, "bucket is not there"),
    "slow": (refusal("SlowDown", 503), Throttled, "fewer requests"),
    "429": ({"status": 429}, Throttled, "fewer requests"),
    "internal": (refusal("InternalError", 500), Unreachable, "error of its own"),
    "gateway": ({"status": 502, "body": b"<html>Bad gateway</html>"}, Unreachable, "error of its own"),
    "other bytes": (refusal("BadDigest", 400), IntegrityError, "other bytes arrived"),
    "not implemented": (refusal("NotImplemented", 501), NotSupported, "cannot do that"),
    "temporary key": (refusal("InvalidTokenId", 403), AccessDenied, "does not know the credentials"),
    "class": (refusal("InvalidStorageClass", 400), LocationError, "no such storage class"),
    "no encryption": (
        refusal("NotImplemented", 501, why="Server side encryption specified"),
        LocationError,
        "cannot encrypt",
    ),
    "no key to encrypt": (refusal("KMS.NotFoundException", 400), LocationError, "cannot encrypt"),
    "folder": (refusal("XMinioParentIsObject", 400), AlreadyExists, "taken"),
    "name": (refusal("XMinioInvalidObjectName", 400), LocationError, "refuses the name"),
    "nobody knows": (refusal("SomethingNew", 418), LocationError, "refuses the request with 418"),
}


def calls(backend: Backend) -> dict[str, Callable[[], object]]:
    """A call of each of the three clients: obstore, the parts' one, and the control's."""
    big = content_of(sample(BIG))
    return {
        "PUT": lambda: backend.put_small("new", b"x", sha256=content_of(b"x").sha256),
        "POST": lambda: backend.start_upload("new", big),
        "DELETE": lambda: backend.delete("new"),
    }


def test_a_refusal_is_told_in_three_parts(backend: Backend, liar: LyingServer, subtests: pytest.Subtests) -> None:
    of_all = calls(backend)  # one bucket for all: what is refused leaves nothing in it
    for (name, (answer, kind, words)), method in product(ANSWERS.items(), of_all):
        with subtests.test(answer=name, method=method):
            liar.lies = [Lie(method=method, **answer)]

            with pytest.raises(kind) as caught:
                of_all[method]()

            error = caught.value
            assert "studio" in error.message
            assert words in error.message
            assert error.hint.endswith(".")
            assert not any(word in str(error) for word in ("botocore", "obstore", "S3Error", "<", "Traceback"))


@pytest.mark.parametrize(("answer", "of_one_file"), [("expired", False), ("region", False), ("denied", True)])
def test_a_refusal_names_a_key_only_if_it_concerns_that_one_file(
    backend: Backend, liar: LyingServer, answer: str, of_one_file: bool
) -> None:
    liar.lies = [Lie(method="DELETE", **ANSWERS[answer][0])]

    with pytest.raises(LocationError) as caught:
        calls(backend)["DELETE"]()

    assert bool(caught.value.key) is of_one_file


def test_a_name_too_long_for_the_server_can_be_shortened_at_either_of_its_ends(
    backend: Backend, liar: LyingServer
) -> None:
    liar.lies = [Lie(method="PUT", **refusal("KeyTooLongError", 400))]

    with pytest.raises(LocationError) as caught:
        calls(backend)["PUT"]()

    assert all(option in caught.value.hint for option in ("key_layout", "prefix"))


def test_the_right_region_is_named(backend: Backend, liar: LyingServer) -> None:
    liar.lies = [Lie(method="PUT", **ANSWERS["region"][0])]

    with pytest.raises(LocationError) as caught:
        calls(backend)["PUT"]()

    assert caught.value.hint == "Set region_name to 'eu-west-9'."


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_server_may_say_how_long_to_wait(backend: Backend, liar: LyingServer, method: str) -> None:
    liar.lies = [Lie(method=method, **refusal("SlowDown", 503, headers={"Retry-After": "7"}))]

    with pytest.raises(Throttled) as caught:
        calls(backend)[method]()

    assert caught.value.retry_after == 7


def test_nothing_is_tried_twice(backend: Backend, liar: LyingServer) -> None:
    for method, call in calls(backend).items():
        liar.lies = [Lie(method=method, status=503)]
        liar.asked.clear()

        with pytest.raises(Throttled):
            call()

        assert sum(asked.startswith(method) for asked in liar.asked) == 1


def test_a_listing_goes_on_after_a_page_that_was_refused_for_now(backend: Backend, liar: LyingServer) -> None:
    page = "<ListBucketResult><IsTruncated>{}</IsTruncated>{}</ListBucketResult>"
    entry = (
        "<Contents><Key>{}</Key><LastModified>2026-11-21T10:11:12.000Z</LastModified>"
        "<ETag>x</ETag><Size>5</Size></Contents>"
    )
    first = page.format("true", f"<NextContinuationToken>more</NextContinuationToken>{entry.format('a.wav')}")
    last = page.format("false", entry.format("b.wav"))
    liar.lies = [
        Lie(method="GET", word="continuation-token", times=1, **refusal("SlowDown", 503)),
        Lie(method="GET", word="continuation-token", times=1, **refusal("InternalError", 500)),
        Lie(method="GET", word="continuation-token", body=last.encode()),
        Lie(method="GET", word="list-type", body=first.encode()),
    ]

    assert [entry.key for entry in backend.list()] == ["a.wav", "b.wav"]
    assert sum("continuation-token" in asked for asked in liar.asked) == 3


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_to_another_host_gets_no_file_and_no_credential(
    backend: Backend, liar: LyingServer, minio: BucketServer, status: int
) -> None:
    with lying_server(minio.port) as elsewhere:
        headers = {"Location": f"http://127.0.0.1:{elsewhere.port}/elsewhere"}
        liar.lies = [Lie(method="", status=status, headers=headers)]
        reads: list[Callable[[], object]] = [lambda: backend.stat("new"), lambda: list(backend.read("new"))]
        for call in (*calls(backend).values(), *reads):
            with pytest.raises(AudiotuiError):
                call()

        assert set(elsewhere.asked) <= {"GET /elsewhere"}  # obstore follows with a read, whose bytes must be proven
        assert not any(minio.access_key in str(asked) for asked in elsewhere.headers)


def test_an_error_under_the_status_200_is_an_error(backend: Backend, liar: LyingServer) -> None:
    put(backend, "there", b"x")
    error = {**refusal("InternalError", 200), "status": 200}
    liar.lies = [Lie(method="PUT", **error), Lie(method="POST", word="uploadId", **error)]

    outcomes = put_all(backend, [put_item("small", b"x", 1), put_item("big", sample(BIG), 2)])
    with pytest.raises(Unreachable):
        backend.move("there", "moved")

    assert [type(outcome.error) for outcome in outcomes] == [Unreachable, Unreachable]
    liar.lies = []
    assert [entry.key for entry in backend.list()] == ["there"]


def test_an_answer_without_its_end_is_no_file(backend: Backend, liar: LyingServer, tmp_path: Path) -> None:
    data = sample(300_000)
    put(backend, "file", data)
    with LocalBackend("local", LocalOptions(path=tmp_path / "near")) as near:
        for cut_to in (0, 1, 299_999):
            liar.lies = [Lie(method="GET", word="file", cut_to=cut_to)]

            (outcome,) = get_all(backend, [GetItem("file", content_of(data), near, "file")])

            assert isinstance(outcome.error, Unreachable)
            assert not near.exists("file")
        liar.lies = []
        (outcome,) = get_all(backend, [GetItem("file", content_of(data), near, "file")])
        assert outcome.error is None


def test_a_server_that_lies_about_what_it_stored_is_found_out(backend: Backend, liar: LyingServer) -> None:
    liar.lies = [Lie(method="PUT", headers={"ETag": '"0123456789abcdef0123456789abcdef"'})]
    put(backend, "file", b"x")
    liar.lies = []

    with pytest.raises(KeyNotFound):
        prove(backend, "file", content_of(b"x"), level=VerifyLevel.STORAGE_SUM)


def test_a_bucket_that_vanished_is_not_taken_for_a_missing_file(backend: Backend, liar: LyingServer) -> None:
    liar.lies = [Lie(method="HEAD", status=404)]

    with pytest.raises(Unreachable, match="bucket"):
        backend.exists("file")


@pytest.mark.parametrize("kind", ["s3", "minio"])
def test_a_bucket_without_the_librarys_mark_is_not_the_one_that_was_used(
    kind: str, minio: BucketServer, bucket: str, liar: LyingServer
) -> None:
    backend = open_bucket(kind, minio, bucket, liar)
    backend.used_before = True

    with pytest.raises(Unreachable, match="lost the mark"):
        backend.open()


@pytest.mark.parametrize("kind", ["s3", "minio"])
def test_a_bucket_that_no_mark_could_be_left_in_is_known_by_a_file_in_it(
    kind: str, minio: BucketServer, bucket: str, liar: LyingServer
) -> None:
    minio.client.put_object(Bucket=bucket, Key="theirs.wav", Body=b"sound")
    backend = open_bucket(kind, minio, bucket, liar)

    check_known_by_a_file_in_it(backend, "theirs.wav", len(b"sound"))


def test_a_bucket_is_made_only_on_request_and_only_with_its_first_file(minio: BucketServer, liar: LyingServer) -> None:
    name = "made-on-request"
    with pytest.raises(Unreachable, match="bucket is not there"):
        open_bucket("minio", minio, name, liar).open()
    used = open_bucket("minio", minio, name, liar, create_bucket=True)
    used.used_before = True
    with pytest.raises(Unreachable, match="bucket is not there"):
        used.open()

    with open_bucket("minio", minio, name, liar, create_bucket=True) as backend:
        assert not backend.exists("file")
        assert list(backend.list()) == []
        assert list(backend.list_unfinished()) == []
        assert not any(asked.startswith(("PUT", "POST")) for asked in liar.asked)
        put(backend, "file", b"x")
        assert [entry.key for entry in backend.list()] == ["file"]

    minio.empty(name)
    minio.client.delete_bucket(Bucket=name)


def test_who_waits_for_a_bucket_sees_what_others_store_in_theirs_and_that_the_server_is_gone(
    minio: BucketServer, liar: LyingServer
) -> None:
    name = "made-by-others"
    with open_bucket("minio", minio, name, liar, create_bucket=True) as waiting:
        assert not waiting.exists("file")
        with open_bucket("minio", minio, name, liar, create_bucket=True) as storing:
            storing.claim()
            put(storing, "file", b"sound")
        assert waiting.exists("file")
        assert [entry.key for entry in waiting.list()] == ["file"]
    minio.empty(name)
    minio.client.delete_bucket(Bucket=name)

    with open_bucket("minio", minio, name, liar, create_bucket=True) as waiting:
        assert not waiting.exists("file")
        liar.lies = [Lie(method="HEAD", status=503)] * 10
        with pytest.raises(LocationError):
            waiting.exists("file")


def test_two_who_make_the_bucket_at_once_both_go_on(minio: BucketServer, liar: LyingServer) -> None:
    name = "made-by-two"
    with (
        open_bucket("minio", minio, name, liar, create_bucket=True) as first,
        open_bucket("minio", minio, name, liar, create_bucket=True) as second,
    ):
        put(first, "one", b"1")
        put(second, "two", b"2")

        assert sorted(entry.key for entry in first.list()) == ["one", "two"]
    minio.empty(name)
    minio.client.delete_bucket(Bucket=name)


@pytest.mark.parametrize("kind", ["s3", "minio"])
def test_a_server_that_checks_no_sums_stores_files_that_are_read_back(
    kind: str, minio: BucketServer, bucket: str, liar: LyingServer
) -> None:
    liar.lies = [Lie(method="PUT", word="audiotui-probe", headers={"ETag": '"0"'})]
    with open_bucket(kind, minio, bucket, liar) as backend:
        outcomes = put_all(backend, [put_item("small", b"x", 1), put_item("big", sample(BIG), 2)])

        levels = [outcome.entry.level for outcome in outcomes if outcome.entry is not None]
        assert levels == [VerifyLevel.SIZE, VerifyLevel.SIZE]
        for key, data in (("small", b"x"), ("big", sample(BIG))):
            entry = prove(backend, key, content_of(data), level=VerifyLevel.STORAGE_SUM)
            assert entry.level >= VerifyLevel.STORAGE_SUM


@pytest.mark.parametrize("kind", ["s3", "minio"])
def test_a_server_without_conditions_is_asked_before_each_file(
    kind: str, minio: BucketServer, bucket: str, liar: LyingServer
) -> None:
    liar.lies = [Lie(method="PUT", word="audiotui-location", headers={"ETag": '"0"'})]
    with open_bucket(kind, minio, bucket, liar) as backend:
        put(backend, "file", b"x")
        liar.asked.clear()

        with pytest.raises(AlreadyExists):
            backend.put_small("file", b"y", sha256=content_of(b"y").sha256)

        assert not any(asked.startswith("PUT") for asked in liar.asked)
