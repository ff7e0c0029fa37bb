"""WAV headers that lie: the length is that of the sound which is there, and absurd claims are refused."""

import struct
from pathlib import Path

import pytest

from audiotui.audio.probe import probe
from audiotui.errors import UnreadableAudio
from audiotui.model import MediaFacts
from tests.audio.sounds import chunk, voice, wav

SECOND = (voice(1) * 32_767).astype("<i2").tobytes()
"""One second of 16-bit sound at 16 kHz."""

SILENCE = bytes(32_000)


def written(folder: Path, content: bytes) -> Path:
    path = folder / "take.wav"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("claimed_bytes", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFF - 36, 64_000])
@pytest.mark.parametrize("data", [SECOND, SILENCE])
def test_a_streamed_file_has_the_length_of_its_sound(tmp_path: Path, claimed_bytes: int, data: bytes) -> None:
    path = written(tmp_path, wav(data, claimed_bytes=claimed_bytes))

    assert probe(path) == MediaFacts("wav", 1.0, 16_000, 1, "PCM_16")


def test_a_cut_file_has_the_length_of_what_is_left(tmp_path: Path) -> None:
    path = written(tmp_path, wav(SECOND)[: 44 + 16_001])

    assert probe(path).duration_s == 0.5


def test_what_follows_the_sound_is_no_sound(tmp_path: Path) -> None:
    path = written(tmp_path, wav(SECOND, after=chunk(b"LIST", b"INFO" + bytes(5_001))))

    assert probe(path).duration_s == 1


def test_an_empty_sound_with_chunks_behind_it_is_not_taken_for_a_stream(tmp_path: Path) -> None:
    path = written(tmp_path, wav(b"", after=chunk(b"LIST", b"INFO" + bytes(5_000))))

    with pytest.raises(UnreadableAudio, match=r"take\.wav holds no sound"):
        probe(path)


@pytest.mark.parametrize("magic", [b"RF64", b"BW64"])
@pytest.mark.parametrize("long_size", [0, 32_000, 1 << 40, (1 << 64) - 1])
def test_long_wav_files_have_the_length_of_their_sound(tmp_path: Path, magic: bytes, long_size: int) -> None:
    sizes = chunk(b"ds64", struct.pack("<QQQI", 0, long_size, 0, 0))
    path = written(tmp_path, wav(SECOND, magic=magic, before=sizes, claimed_bytes=0xFFFFFFFF))

    assert probe(path).duration_s == 1


def test_a_big_endian_file_is_read(tmp_path: Path) -> None:
    assert probe(written(tmp_path, wav(SECOND, magic=b"RIFX"))) == MediaFacts("wav", 1.0, 16_000, 1, "PCM_16")


def test_a_gigabyte_of_metadata_is_jumped_over(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    head, sound = wav(SECOND)[:36], wav(SECOND)[36:]
    with path.open("wb") as file:
        file.write(head + b"LIST" + struct.pack("<I", 1 << 30) + b"INFO")
        file.seek(len(head) + 8 + (1 << 30))
        file.write(sound)

    assert probe(path).duration_s == 1


@pytest.mark.parametrize("block_bytes", [0, 1, 5])
def test_a_senseless_block_size_is_ignored(tmp_path: Path, block_bytes: int) -> None:
    path = written(tmp_path, wav(SECOND, channels=2, block_bytes=block_bytes))

    assert probe(path).duration_s == 0.5


def test_24_bits_in_four_bytes_are_counted_as_four_bytes(tmp_path: Path) -> None:
    path = written(tmp_path, wav(bytes(64_000), bits=24, block_bytes=4))

    assert probe(path).duration_s == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (wav(SECOND, channels=65_535), "claims to have 65,535 channels"),
        (wav(SECOND, channels=65), "claims to have 65 channels"),
        (wav(SECOND, channels=0), "claims to have 0 channels"),
        (wav(SECOND, rate_hz=0), "claims a sample rate of 0 Hz"),
        (wav(SECOND, rate_hz=4_000_000_000), "claims a sample rate of 4,000,000,000 Hz"),
        (wav(SECOND, bits=0, block_bytes=2), "cannot be decoded"),
        (wav(SECOND, tag=0x9999), "cannot be decoded"),
        (wav(b""), "holds no sound"),
        (wav(SECOND)[:12], "has a WAV header that ends before the sound"),
        (wav(SECOND)[:12] + wav(SECOND)[36:], "has a WAV header that does not say how the sound is stored"),
        (wav(SECOND, before=chunk(b"LIST", b"INFO", claimed_bytes=1 << 31)), "ends before the sound"),
        (wav(SECOND, before=chunk(b"junk", b"") * 5_000), "has more than 1000 chunks before its sound"),
    ],
)
def test_a_damaged_header_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = written(tmp_path, content)

    with pytest.raises(UnreadableAudio) as caught:
        probe(path)

    assert str(path) in caught.value.message
    assert reason in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("channels", [1, 2, 64])
def test_every_sensible_number_of_channels_is_accepted(tmp_path: Path, channels: int) -> None:
    assert probe(written(tmp_path, wav(bytes(128 * 100), channels=channels))).channels == channels
