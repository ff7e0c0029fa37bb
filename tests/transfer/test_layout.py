"""Layouts give unique, safe keys, or are refused with the reason."""

from __future__ import annotations

import pytest

from audiotui.errors import ConfigError
from audiotui.model import DEFAULT_KEY_LAYOUT
from audiotui.transfer.layout import clean_extension, key_for, validate_layout

UID = "3f2b8c1e-9a4d-4c55-8e0f-1a2b3c4d5e6f"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def key(layout: str, extension: str = "wav") -> str:
    return key_for(layout, uid=UID, kind="audio", sha256=SHA256, extension=extension)


def test_the_default_layout_names_recording_kind_and_hash() -> None:
    assert key(DEFAULT_KEY_LAYOUT) == f"3f/{UID}/audio.9f86d081884c.wav"


def test_a_layout_may_cut_order_and_decorate_its_placeholders() -> None:
    layout = "voices/{kind}/{sha256[:2]}/{uid}-{sha256}.{ext}"

    assert key(layout) == f"voices/audio/9f/{UID}-{SHA256}.wav"


@pytest.mark.parametrize("extension", ["", ".", "../x", "wav/..", "wäv", "a" * 17, "w v"])
def test_an_extension_that_is_no_plain_word_is_left_out_with_its_dot(extension: str) -> None:
    assert key(DEFAULT_KEY_LAYOUT, extension) == f"3f/{UID}/audio.9f86d081884c"


def test_extensions_lose_their_dot_and_their_capitals() -> None:
    assert clean_extension(".WAV") == "wav"


def test_the_default_layout_is_valid() -> None:
    validate_layout(DEFAULT_KEY_LAYOUT)


@pytest.mark.parametrize(
    ("layout", "reason"),
    [
        ("{uid}/{kind}.{ext}", "{sha256}"),
        ("{uid}/{kind}.{sha256[:4]}", "{sha256[:8]}"),
        ("{uid[:2]}/{kind}.{sha256}", "{uid}, whole"),
        ("{uid}/{sha256}.{ext}", "{kind}, whole"),
        ("", "{uid}, whole"),
        ("{uid}/{kind}.{sha}.{ext}", "unknown placeholder {sha}"),
        ("{uid}/{kind}.{sha256}.{}", "unknown placeholder {}"),
        ("{uid}/{kind}.{sha256}.{ext", "brace"),
        ("{uid.__class__}/{kind}.{sha256}", "unknown placeholder"),
        ("{uid!r}/{kind}.{sha256}", "unknown placeholder"),
        ("/{uid}/{kind}.{sha256}.{ext}", "no location can store"),
        ("../{uid}/{kind}.{sha256}.{ext}", "no location can store"),
        ("{uid}//{kind}.{sha256}.{ext}", "no location can store"),
        ("{uid}/{kind}.{sha256}.{ext}/", "no location can store"),
        ("a\\{uid}/{kind}.{sha256}.{ext}", "no location can store"),
        ("a\n{uid}/{kind}.{sha256}.{ext}", "no location can store"),
    ],
)
def test_a_layout_that_breaks_a_rule_is_refused_with_the_reason(layout: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        validate_layout(layout)

    assert reason in caught.value.message
    assert caught.value.hint


def test_a_misspelt_placeholder_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError) as caught:
        validate_layout("{uid}/{kind}.{sha265}.{ext}")

    assert "Did you mean {sha256}?" in caught.value.hint
