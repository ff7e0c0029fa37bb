"""The ``library`` block: defaults, what the environment says instead, and every mistake in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from audiotui.config import load_config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = "k1-0123456789abcdef"

HEAD = """
    audio_manager:
      db_path: library.db
      locations:
        local: {type: local, path: recordings}
        studio: {type: minio, endpoint: "host:9000", bucket: voices, access_key: me, secret_key: "${SECRET}"}
        far: {type: scp, host: there, remote_path: /audio}
"""


def block(*lines: str) -> str:
    return HEAD + "      library:\n" + "".join(f"        {line}\n" for line in lines)


def test_without_a_block_files_stay_local_and_documents_in_the_catalog(config_file: Callable[..., Path]) -> None:
    library = load_config(config_file(HEAD), environ={"SECRET": "s"}).library

    assert (library.storage, library.bucket, library.documents) == ("local", "audio-assets", None)
    assert library.speech_url == "http://audio-generation-factory:3000"
    assert library.cleanup
    assert library.register


def test_every_option_is_read(config_file: Callable[..., Path]) -> None:
    path = config_file(
        block(
            "storage: studio",
            "documents: mongodb://user:word@db:27017/assets",
            "speech_url: https://speech.example.com",
            "allowed_hosts: [tts.local, 10.0.0.7:8880]",
            "allow_public_hosts: true",
            "cleanup: false",
            "register: false",
            "cdn_url: https://cdn.example.com/voices",
            'api_keys: [{key: "${KEY}", customers: [anna, ben]}]',
            "limits: {max_mib: 10, parallel: 4}",
        )
    )

    library = load_config(path, environ={"SECRET": "s", "KEY": KEY}).library

    assert (library.storage, library.bucket) == ("studio", "voices")
    assert library.allowed_hosts == ("tts.local", "10.0.0.7:8880")
    assert (library.cleanup, library.register, library.allow_public_hosts) == (False, False, True)
    assert library.api_keys[0].key.reveal() == KEY
    assert library.api_keys[0].customers == ("anna", "ben")
    assert library.limits.max_bytes == 10 * 1024 * 1024
    assert library.limits.parallel == 4


def test_the_environment_wins_over_the_file(config_file: Callable[..., Path]) -> None:
    path = config_file(block("speech_url: http://file:1", "cleanup: true"))
    environ = {"SECRET": "s", "AUDIO_GENERATION_SERVICE_URL": "http://env:2", "CLEANUP_TEMP_AUDIO": "FALSE"}

    config = load_config(path, environ=environ)

    assert config.library.speech_url == "http://env:2"
    assert not config.library.cleanup
    assert 'speech_url: "http://env:2"  # from ${AUDIO_GENERATION_SERVICE_URL}' in config.show()


def test_what_is_shown_holds_no_secret(config_file: Callable[..., Path]) -> None:
    path = config_file(
        block("documents: mongodb://u:sesame@db/assets", "api_keys: [{key: sesame-0123456789, customers: [a]}]")
    )

    shown = load_config(path, environ={"SECRET": "s"}).show()

    assert "sesame" not in shown
    assert 'customers: ["a"]' in shown


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("storage: studo", "library.storage 'studo' is not one of the locations. Did you mean 'studio'?"),
        ("storage: far", "library.storage 'far' has type 'scp', which cannot serve assets."),
        ("documents: mysql://x/y", "library, documents: it is not an address of the form mongodb://HOST/DATABASE."),
        ("documents: mongodb://x", "library, documents: it is not an address"),
        ("speech_url: http://x/?y=1#z", "library, speech_url: it has a query or a fragment"),
        ("speech_url: ftp://x", "library, speech_url: it is not an address that begins with http://"),
        ("allowed_hosts: [http://x]", "library, allowed_hosts: give the host alone"),
        ("speach_url: http://x", "library has the unknown key 'speach_url'. Did you mean 'speech_url'?"),
        (
            "allowed_hosts: ['*.x']",
            "library, allowed_hosts: '*.x' would never fit: '*' stands in no host's name. Name each",
        ),
        ("allowed_hosts: [tts.é]", "library, allowed_hosts: 'tts.é' would never fit: 'é' stands in no host's name."),
        ("limits: {max_mib: 0}", "library.limits.max_mib is 0. Give 1 or more."),
        ("limits: {parallel: 0}", "library.limits.parallel is 0. Give 1 to 256."),
        ("limits: {parallel: 100000}", "library.limits.parallel is 100000. Give 1 to 256."),
        ("limits: 3", "library.limits must be a block of numbers."),
        ("api_keys: secret", "library.api_keys must be a list; each item has key: and customers:."),
        ("api_keys: [{key: a}]", "An item of library.api_keys has exactly key: and customers: [...]."),
        (
            f"api_keys: [{{key: {KEY}, customers: []}}]",
            "library.api_keys.customers is empty, so the key opens nothing. List",
        ),
        (
            f"api_keys: [{{key: {KEY}, customers: [a/b]}}]",
            "library.api_keys.customers: 'a/b' is no customer's id. Use 1",
        ),
        (
            "api_keys: [{key: x, customers: [a]}]",
            "library.api_keys.key is short enough to be guessed. Give it 16 characters",
        ),
        (
            "api_keys: [{key: ключ-0123456789abc, customers: [a]}]",
            "library.api_keys.key has a character that no header can",
        ),
        (
            "api_keys: [{key: 0123456789 abcdef, customers: [a]}]",
            "library.api_keys.key has a character that no header can",
        ),
        ("cleanup: perhaps", "library.cleanup: 'perhaps' is neither true nor false."),
    ],
)
def test_a_mistake_names_its_line_and_the_way_out(mistakes: Callable[..., list[str]], line: str, message: str) -> None:
    [found] = mistakes(block(line), SECRET="s")

    assert found.startswith(f"config.yaml:8: {message}")


def test_a_key_that_stands_there_twice_is_told_by_its_second_line(mistakes: Callable[..., list[str]]) -> None:
    items = [f"  - {{key: {key}, customers: [{name}]}}" for key, name in ((KEY, "a"), (f"{KEY}0", "b"), (KEY, "c"))]

    [found] = mistakes(block("api_keys:", *items), SECRET="s")

    assert found == (
        "config.yaml:11: library.api_keys has the same key as in an item before. "
        "List all customers that a key opens in one item."
    )
    assert KEY not in found


def test_a_bucket_that_is_not_the_locations_own_is_refused(mistakes: Callable[..., list[str]]) -> None:
    [found] = mistakes(block("storage: studio", "bucket: other"), SECRET="s")

    assert "library.bucket is 'other', but location 'studio' has the bucket 'voices'" in found


NO_BUCKET = HEAD.replace("bucket: voices, ", "")


@pytest.mark.parametrize(("line", "bucket"), [("", "audio-assets"), ("bucket: speech", "speech")])
@pytest.mark.parametrize("kind", ["minio", "s3"])
def test_the_storages_bucket_has_a_default(config_file: Callable[..., Path], kind: str, line: str, bucket: str) -> None:
    text = NO_BUCKET
    if kind == "s3":
        text = re.sub("studio: .*", "studio: {type: s3}", text)

    config = load_config(
        config_file(f"{text}      library:\n        storage: studio\n        {line}\n"), environ={"SECRET": "s"}
    )

    assert config.library.bucket == bucket
    assert config.locations["studio"].bucket == bucket  # type: ignore[union-attr]


def test_a_bucket_that_is_not_the_storages_has_no_default(mistakes: Callable[..., list[str]]) -> None:
    [found] = mistakes(NO_BUCKET, SECRET="s")

    assert found == "config.yaml:5: Location 'studio' lacks 'bucket', the bucket's name. Add a line bucket: ..."


def test_a_wrong_name_of_the_storages_bucket_is_told_once(mistakes: Callable[..., list[str]]) -> None:
    [found] = mistakes(f"{NO_BUCKET}      library: {{storage: studio, bucket: a b}}\n", SECRET="s")

    assert "library, bucket: 'a b' is no bucket's name" in found


def test_a_storage_that_has_a_mistake_is_not_called_unknown(mistakes: Callable[..., list[str]]) -> None:
    text = HEAD.replace("bucket: voices", "bucket: a b")

    [found] = mistakes(f"{text}      library: {{storage: studio}}\n", SECRET="s")

    assert "Location 'studio', bucket: 'a b' is no bucket's name" in found


def test_a_wrong_word_in_the_environment_is_told(mistakes: Callable[..., list[str]]) -> None:
    [found] = mistakes(HEAD, SECRET="s", CLEANUP_TEMP_AUDIO="maybe")

    assert "CLEANUP_TEMP_AUDIO is neither true nor false" in found
