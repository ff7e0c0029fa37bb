"""What is no sound, what is damaged, and what must not make the program wait, swell or print."""

import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from audiotui.audio import ffmpeg
from audiotui.audio.probe import probe
from audiotui.audio.source import Source
from audiotui.errors import AudioError, AudiotuiError, InvalidInput, NotAudio, UnreadableAudio
from tests.audio.sounds import voice, wav, write_by_ffmpeg, write_by_sndfile, write_film
from tests.waiting import PATIENCE_S

PEAK_OF_A_PROBE = """
import resource, sys
import av, soundfile
from audiotui.audio.probe import probe
from audiotui.errors import AudioError

def peak_kib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1 if sys.platform == "linux" else 1024)

before_kib = peak_kib()
try:
    probe(sys.argv[1])
except AudioError:
    pass
print(peak_kib() - before_kib)
"""

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty (0 bytes)"),
        (b"x", "no sound format"),
        (b"This is the transcript, not the take.\n" * 50, "no sound format"),
        ("\ufeffA text of Windows' editor. ".encode("utf-16-le") * 50, "no sound format"),
        (PNG * 20, "no sound format"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(200), "no sound format"),
        (b"\0\0\0\x18ftypheic" + bytes(200), "no sound format"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "no sound format"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "no sound format"),
        (b"\xff" * 100_000, "no sound format"),
        (bytes(100_000), "no sound format"),
    ],
)
def test_what_is_no_sound_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "take.wav"
    path.write_bytes(content)

    with pytest.raises(NotAudio) as caught:
        probe(path)

    assert str(path) in caught.value.message
    assert reason in caught.value.message
    assert caught.value.hint


def test_a_film_without_sound_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(NotAudio, match="holds pictures, but no sound"):
        probe(write_film(tmp_path / "silent.mp4", seconds=1, with_sound=False))


def test_random_bytes_are_never_taken_for_sound(tmp_path: Path) -> None:
    path = tmp_path / "noise"
    generator = random.Random(3)
    for size in (1, 3, 10, 100, 3_000, 50_000) * 20:
        path.write_bytes(generator.randbytes(size))
        with pytest.raises(AudioError):
            probe(path)


def test_nothing_but_regular_files_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))

        for path, reason in (
            (tmp_path, "is a folder"),
            (tmp_path / "pipe", "is a named pipe"),
            (tmp_path / "socket", "cannot be opened"),
            (Path("/dev/null"), "is a device"),
            (tmp_path / "missing.wav", "There is no file"),
            (tmp_path / "take.wav" / "x", "There is no file"),
            (tmp_path / "nul\0.wav", "cannot be opened"),
        ):
            with pytest.raises(InvalidInput, match=reason):
                probe(path)


def test_a_link_to_a_sound_file_is_followed(tmp_path: Path) -> None:
    path = write_by_sndfile(tmp_path / "take.flac", voice(1), 16_000, "FLAC")
    (tmp_path / "link").symlink_to(path)

    assert probe(tmp_path / "link").duration_s == 1


def test_a_hostile_name_reaches_the_message_as_harmless_text(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/take\xff\x1b[2J\xe2\x80\xae.wav")
    Path(path).write_bytes(b"no sound")

    with pytest.raises(NotAudio) as caught:
        probe(path)

    assert "take⟨U+DCFF⟩␛[2J⟨U+202E⟩.wav" in caught.value.message


def test_a_disk_that_cannot_read_is_not_mistaken_for_a_bad_file() -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux has a regular file that always fails to read")

    with pytest.raises(UnreadableAudio, match="cannot be read: Input/output error") as caught:
        probe("/proc/self/mem")

    assert isinstance(caught.value.__cause__, OSError)


def test_a_read_error_under_ffmpeg_is_raised_and_not_taken_for_the_end(tmp_path: Path) -> None:
    write_only = os.open(tmp_path / "x", os.O_WRONLY | os.O_CREAT)
    try:
        with pytest.raises(OSError, match="Bad file descriptor"):
            ffmpeg.read(Source(write_only, 10_000, b""))
    finally:
        os.close(write_only)


def test_a_cut_file_has_the_length_of_what_is_left(tmp_path: Path) -> None:
    sound = voice(20)
    for name, container, subtype in (
        ("a.flac", "FLAC", "PCM_16"),
        ("a.ogg", "OGG", "VORBIS"),
        ("a.opus", "OGG", "OPUS"),
        ("a.mp3", "MP3", None),
        ("a.aiff", "AIFF", None),
        ("a.caf", "CAF", None),
    ):
        path = write_by_sndfile(tmp_path / name, sound, 16_000, container, subtype)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert 8 < probe(path).duration_s < 12, name
    for name, container, codec, options in (
        ("a.m4a", "ipod", "aac", {"movflags": "faststart"}),
        ("a.aac", "adts", "aac", {}),
        ("a.webm", "webm", "libopus", {}),
    ):
        path = write_by_ffmpeg(tmp_path / name, voice(20, 48_000), 48_000, container, codec, options=options)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert 6 < probe(path).duration_s < 14, name


def test_a_flac_stream_without_a_length_is_counted(tmp_path: Path) -> None:
    path = write_by_sndfile(tmp_path / "a.flac", voice(3), 16_000, "FLAC")
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)  # the number of samples: unknown, as encoders that write to a pipe say
    path.write_bytes(content)

    assert probe(path).duration_s == 3


def test_joined_mp3_files_have_the_length_of_both(tmp_path: Path) -> None:
    content = write_by_sndfile(tmp_path / "a.mp3", voice(3), 16_000, "MP3").read_bytes()
    (tmp_path / "both.mp3").write_bytes(content + content)

    assert probe(tmp_path / "both.mp3").duration_s == pytest.approx(6, abs=0.2)


def test_a_recording_app_that_died_before_its_index_is_named_as_damage(tmp_path: Path) -> None:
    path = write_by_ffmpeg(tmp_path / "a.m4a", voice(3), 16_000, "ipod", "aac")
    path.write_bytes(path.read_bytes()[:-2_000])

    with pytest.raises(UnreadableAudio, match="starts like an M4A or MP4 file, but cannot be decoded"):
        probe(path)


@pytest.mark.parametrize(
    ("start", "promise"),
    [
        (b"OggS\0\x02", "an Ogg file"),
        (b"fLaC\0\0\0\x22", "a FLAC file"),
        (b"FORM\0\0\xff\xffAIFF", "an AIFF file"),
        (b"\x1aE\xdf\xa3", "a WebM or Matroska file"),
        (b"ID3\x04\0\0\0\0\0\0", "an MP3 file"),
        (b"caff\0\1\0\0", "a CAF file"),
    ],
)
def test_a_file_that_only_starts_like_sound_is_named_as_damage(tmp_path: Path, start: bytes, promise: str) -> None:
    path = tmp_path / "take"
    path.write_bytes(start + bytes(3_000))

    with pytest.raises(UnreadableAudio, match=promise):
        probe(path)


def test_sound_of_years_is_a_damaged_header(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    path.write_bytes(wav(b"", rate_hz=1, claimed_bytes=0xFFFFFFFF))
    os.truncate(path, 1 << 30)

    with pytest.raises(UnreadableAudio, match="claims to be longer than a year"):
        probe(path)


def test_damage_anywhere_ends_in_facts_or_in_one_of_our_errors_and_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    originals = [
        wav(bytes(20_000)),
        write_by_sndfile(tmp_path / "a.flac", voice(1), 16_000, "FLAC").read_bytes(),
        write_by_sndfile(tmp_path / "a.opus", voice(1), 16_000, "OGG", "OPUS").read_bytes(),
        write_by_sndfile(tmp_path / "a.mp3", voice(1), 16_000, "MP3").read_bytes(),
        write_by_sndfile(tmp_path / "a.aiff", voice(1), 16_000, "AIFF").read_bytes(),
        write_by_ffmpeg(tmp_path / "a.m4a", voice(1), 16_000, "ipod", "aac").read_bytes(),
        write_by_ffmpeg(tmp_path / "a.webm", voice(1, 48_000), 48_000, "webm", "libopus").read_bytes(),
        write_by_ffmpeg(tmp_path / "a.wav", voice(1), 16_000, "wav", "adpcm_ms").read_bytes(),
    ]
    generator = random.Random(11)
    damaged = tmp_path / "damaged"
    outcomes = set()
    for _ in range(60):
        for original in originals:
            content = bytearray(original)
            for _ in range(generator.choice([1, 3, 10])):
                place = generator.randrange(min(len(content), generator.choice([64, 512, len(content)])))
                content[place : place + 4] = generator.choice([b"\xff" * 4, bytes(4), generator.randbytes(4)])
            damaged.write_bytes(content[: generator.choice([len(content), generator.randrange(1, len(content))])])
            try:
                outcomes.add(probe(damaged).format)
            except AudiotuiError as error:
                outcomes.add(type(error).__name__)

    assert {"wav", "mp3", "NotAudio", "UnreadableAudio"} <= outcomes
    assert capfd.readouterr() == ("", "")


def claiming_a_block_of_200_mb(folder: Path) -> bytes:
    """A WebM file whose first block claims to be huge."""
    content = write_by_ffmpeg(folder / "a.webm", voice(1, 48_000), 48_000, "webm", "libopus").read_bytes()
    cluster = bytes.fromhex("1f43b67501ffffffffffffffe78100")
    return content[: content.index(cluster[:4])] + cluster + b"\xa3\x1b\xeb\xc2\x00\x81\0\0\x80"


def claiming_a_chunk_of_4_gb(folder: Path) -> bytes:
    """A WAV file of coded sound whose list of remarks claims to be longer than the file."""
    content = write_by_ffmpeg(folder / "a.wav", voice(1), 16_000, "wav", "adpcm_ms").read_bytes()
    start = content.index(b"LIST") + 4
    return content[:start] + b"\x00\x00\x00\xe5" + content[start + 4 :]


def claiming_a_rate_of_4_gb_a_second(folder: Path) -> bytes:
    """A WAV file of coded sound whose byte rate, from which FFmpeg derives the size of its reads, is absurd."""
    content = write_by_ffmpeg(folder / "a.wav", voice(1), 16_000, "wav", "adpcm_ms").read_bytes()
    return content[:28] + b"\xff\xff\xff\xff" + content[32:]


@pytest.mark.parametrize(
    "hostile", [claiming_a_block_of_200_mb, claiming_a_chunk_of_4_gb, claiming_a_rate_of_4_gb_a_second]
)
def test_claims_of_size_take_no_memory(tmp_path: Path, hostile: Callable[[Path], bytes]) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(hostile(tmp_path))
    os.truncate(path, 250_000_000)

    done = subprocess.run([sys.executable, "-c", PEAK_OF_A_PROBE, path], capture_output=True, timeout=60, check=True)

    assert int(done.stdout) < 64 * 1024


def test_a_pipe_without_a_writer_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "take.wav")
    errors: list[BaseException] = []

    def look() -> None:
        try:
            probe(tmp_path / "take.wav")
        except InvalidInput as error:
            errors.append(error)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)

    assert not thread.is_alive()
    assert len(errors) == 1
