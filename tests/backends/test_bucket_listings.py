"""A page of a listing is read by plain patterns, as long as it is exactly what stores send; else botocore reads it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audiotui.backends.objectstore.listing import parsed

HEAD = '<?xml version="1.0"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>'


def content(key: str, *, size: str = "5", etag: str = "&#34;abc&#34;", more: str = "") -> str:
    return (
        f"<Contents><Key>{key}</Key><LastModified>2026-11-21T10:11:12.000Z</LastModified>"
        f"<ETag>{etag}</ETag>{more}<Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
    )


def body(*contents: str, about: str = "<IsTruncated>false</IsTruncated>", end: str = "</ListBucketResult>") -> bytes:
    return f"{HEAD}{about}{''.join(contents)}{end}".encode()


def names(page: bytes) -> list[str]:
    found = parsed(page)
    assert found is not None
    return [head.name for head in found.objects]


def test_name_size_etag_and_time_are_read() -> None:
    page = parsed(body(content("a/b.wav")))

    assert page is not None
    assert page.token == ""
    (head,) = page.objects
    assert (head.name, head.size_bytes, head.etag) == ("a/b.wav", 5, "abc")
    assert head.modified_at == datetime(2026, 11, 21, 10, 11, 12, tzinfo=UTC)


def test_fields_may_come_in_any_order() -> None:
    odd = "<Contents><Size>7</Size><ETag>&quot;abc&quot;</ETag><LastModified>2026-11-21T10:11:12.000Z</LastModified>"
    page = parsed(body(content("a"), f"{odd}<Key>b</Key></Contents>", content("c", more="<Type>FULL</Type>")))

    assert page is not None
    assert [(head.name, head.size_bytes, head.etag) for head in page.objects] == [
        ("a", 5, "abc"),
        ("b", 7, "abc"),
        ("c", 5, "abc"),
    ]


def test_a_page_that_is_cut_has_a_token() -> None:
    about = (
        "<KeyCount>1</KeyCount><NextContinuationToken>x&amp;y=</NextContinuationToken><IsTruncated>true</IsTruncated>"
    )
    page = parsed(body(content("a"), about=about))

    assert page is not None
    assert page.token == "x&y="


def test_names_are_given_back_as_they_were() -> None:
    quoted = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"

    assert names(body(content("a &amp;lt; b&#x9;c"))) == ["a &lt; b\tc"]
    assert names(body(content("a+b%2Bc%20d/%C3%A9"), about=quoted)) == ["a b+c d/é"]
    assert names(body(content("a+b%20"))) == ["a+b%20"]


def test_fields_of_others_are_no_names() -> None:
    owner = "<Owner><ID>1</ID><DisplayName>&lt;Key&gt;evil&lt;/Key&gt;</DisplayName></Owner>"

    assert names(body(content("a", more=owner), content("&lt;/Key&gt;&lt;Key&gt;b"))) == ["a", "</Key><Key>b"]


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"<Error><Code>SlowDown</Code></Error>",
        body(content("a"), end=""),
        body(content("a"), about=""),
        body(content("a"), about="<IsTruncated>true</IsTruncated>"),
        body(content("a"), about="<IsTruncated>false</IsTruncated><KeyCount>2</KeyCount>"),
        body("<Contents><Key>a</Key><Size>1</Size></Contents>"),
        body(content("a").replace("<Size>5</Size>", ""), content("b")),
        body(content("a").replace("Key>", "s3:Key>")),
    ],
)
def test_what_is_not_as_expected_is_left_to_botocore(page: bytes) -> None:
    assert parsed(page) is None
