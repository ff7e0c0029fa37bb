"""Which URLs may be fetched: hostile ones are refused before, while and after a name is resolved."""

from __future__ import annotations

import ipaddress
from urllib.parse import urljoin

import httpx
import pytest

from audiotui.errors import DownloadFailed
from audiotui.speech.addresses import is_public
from audiotui.speech.rules import Rules

SPEECH = "http://audio-generation-factory:3000"


@pytest.fixture
def rules() -> Rules:
    """Those of a service that takes public addresses too."""
    return Rules(SPEECH, allowed_hosts=["tts.local", "10.0.0.7:8880"], allow_public_hosts=True)


def test_a_relative_url_is_joined_to_the_speech_server(rules: Rules) -> None:
    target = rules.target("/temp/audio_xyz.wav")

    assert target.url == f"{SPEECH}/temp/audio_xyz.wav"
    assert target.is_trusted


@pytest.mark.parametrize("base", [SPEECH, "http://[::1]:8880/v1/", "https://tts.example/a/b"])
@pytest.mark.parametrize("path", ["/temp/x.wav", "temp/x~1.wav", "/a/b_c-d", "xy", "/x", "a..b/c", "../x.wav", "//x/y"])
def test_a_path_is_one_below_the_address_of_the_server_and_asked_for_as_any_other(base: str, path: str) -> None:
    rules = Rules(base, allowed_hosts=["x"])

    target = rules.target(path)

    below = path if path.startswith("//") else path.removeprefix("/")
    assert target.url == urljoin(rules.base_url, below)
    assert rules.target(f"{path}?a=b").url == f"{target.url}?a=b"
    assert target.plain_path.encode() in {b"", httpx.URL(target.url).raw_path}
    assert rules.target(target.url).url == target.url


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        (f"{SPEECH}/temp/x.wav", True),
        ("http://tts.local/x.wav", True),
        ("http://TTS.local.:9000/x.wav", True),
        ("http://10.0.0.7:8880/x.wav", True),
        ("https://speech.example.com/x.wav?sign=1&a=b", False),
        ("https://8.8.8.8/x.wav", False),
        ("https://[2606:4700::1111]/x.wav", False),
    ],
)
def test_what_may_be_fetched(rules: Rules, url: str, trusted: bool) -> None:
    assert rules.target(url).is_trusted is trusted


REFUSED = [
    "http://127.0.0.1/", "http://localhost./", "http://localhost/", "http://[::1]/", "http://0.0.0.0/", "https://[::]/",
    "http://2130706433/", "https://2130706433/", "https://0x7f.1/", "https://0x7f000001/", "https://017700000001/",
    "https://127.1/", "https://127.0.0.1/", "https://1.2.3/", "https://0177.0.0.1/",
    "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://192.0.0.8/",
    "https://169.254.169.254/latest/meta-data", "https://[fd00:ec2::254]/", "https://100.64.0.1/", "https://10.0.0.7/",
    "https://[fe80::1%25eth0]/", "https://[::127.0.0.1]/", "https://224.0.0.1/", "https://255.255.255.255/",
    "http://evil.com\\@127.0.0.1/", "https://user:pw@host.example/", "https://a#@b.example/", "https://a.example/#",
    "http://user@audio-generation-factory:3000/x.wav", "https://evil.example\\.local/",
    "http://evil.example/x.wav", "//evil.example/x.wav", "http://audio-generation-factory:3001/x.wav",
    "http://10.0.0.7:8881/x.wav", "ftp://tts.local/x.wav", "file:///etc/passwd", "gopher://tts.local/", "data:audio,x",
    "http:///temp/x.wav", "http:/temp/x.wav", "http:temp/x.wav", "///temp/x.wav", "http://127.0.0.1.:3000/x.wav",
    "http://10.0.0.7.:8880/x.wav", "http://tts.local../x.wav", "http://audio-generation-factory..:3000/x.wav",
    "https://8.8.8.8./x.wav",
    "https://", "https:///x.wav", "https://a b/", "https://a.example/\nx", "https://a.example/\x00", "https://exämple.org/",
    "https://a.example:99999/", "https://a.example:x/", "https://[::1/", "https://" + "a" * 300 + "/", "/" + "a" * 2001,
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_what_may_not_be_fetched(rules: Rules, url: str) -> None:
    with pytest.raises(DownloadFailed) as caught:
        rules.target(url)

    assert not caught.value.retryable


@pytest.mark.parametrize("url", ["http:///temp/x.wav", "http:temp/x.wav", "///temp/x.wav"])
def test_a_url_without_a_host_is_no_path(rules: Rules, url: str) -> None:
    with pytest.raises(DownloadFailed, match="it names no host"):
        rules.target(url)


def test_without_leave_no_public_host_is_fetched() -> None:
    with pytest.raises(DownloadFailed, match="neither the speech server nor one of allowed_hosts"):
        Rules(SPEECH).target("https://speech.example.com/x.wav")


def test_a_redirect_is_held_to_the_same_rules_and_never_leaves_https(rules: Rules) -> None:
    page = rules.target("https://speech.example.com/a/b.wav")

    assert rules.target("../c.wav", after=page).url == "https://speech.example.com/c.wav"
    for location in ("http://speech.example.com/x", "http://tts.local/x", "http://10.0.0.1/", "file:///etc/passwd"):
        with pytest.raises(DownloadFailed):
            rules.target(location, after=page)


@pytest.mark.parametrize(
    ("addresses", "fine"),
    [
        (["8.8.8.8"], True),
        (["8.8.8.8", "2606:4700::1111"], True),
        (["8.8.8.8", "127.0.0.1"], False),
        (["192.168.1.4"], False),
        (["64:ff9b::a00:1"], False),
    ],
)
def test_all_addresses_of_a_name_must_be_public(rules: Rules, addresses: list[str], fine: bool) -> None:
    found = [ipaddress.ip_address(one) for one in addresses]

    if fine:
        rules.check_addresses("cdn.example.com", 443, found)
    else:
        with pytest.raises(DownloadFailed, match="no public address"):
            rules.check_addresses("cdn.example.com", 443, found)


def test_a_trusted_host_may_be_private(rules: Rules) -> None:
    rules.check_addresses("audio-generation-factory", 3000, [ipaddress.ip_address("172.18.0.5")])

    with pytest.raises(DownloadFailed):
        rules.check_addresses("audio-generation-factory", 22, [ipaddress.ip_address("172.18.0.5")])


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/temp/audio_xyz.wav", "audio_xyz.wav"),
        (f"{SPEECH}/temp/a%20b.wav?x=1", "a b.wav"),
        ("http://tts.local/temp/x.wav", None),
        ("/temp/", None),
        ("/temp/..", None),
        ("/temp/%2e%2e", None),
        ("/temp/..%2f..%2fpasswd", None),
        ("/temp/%ff.wav", None),
        ("/temp/a%5cb.wav", None),
        ("/temp/%252e%252e%252fx", None),
        ("/temp/.hidden.wav", ".hidden.wav"),
        ("/temp/_%C3%A4,@='(1)~.wav", "_ä,@='(1)~.wav"),
        ("/tts/temp/x.wav", "x.wav"),
        ("/samples/x.wav", None),
        ("/temp/deeper/x.wav", None),
        ("/temp/%2e%2e/x.wav", None),
        ("x.wav", None),
        ("/temp/a%00.wav", None),
        ("/temp/" + "a" * 256, None),
    ],
)
def test_only_a_plain_name_of_the_speech_server_is_cleaned_up(rules: Rules, url: str, name: str | None) -> None:
    assert rules.temporary_name(url) == name


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("/temp/x.wav", True),
        ("/temp/a%0Ab.wav", True),
        ("/temp/..%2f..%2fpasswd?x=1", True),
        ("/temp/", False),
        ("/samples/x%0A.wav", False),
        ("http://tts.local/temp/x%0A.wav", False),
    ],
)
def test_what_lies_in_the_temp_folder_is_known_whatever_it_is_called(rules: Rules, url: str, is_one: bool) -> None:
    assert rules.is_temporary(url) is is_one


def test_a_password_in_a_refused_url_is_told_to_nobody(rules: Rules) -> None:
    with pytest.raises(DownloadFailed) as caught:
        rules.target("http://user:secret@nowhere/x.wav")

    assert "secret" not in f"{caught.value} {caught.value.url}"
    assert "…@nowhere/x.wav" in caught.value.message
