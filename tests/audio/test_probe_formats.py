"""Files from real encoders: every format has its name, its length, its rate and its channels."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from audiotui.audio.decoder import decode
from audiotui.audio.probe import probe
from audiotui.model import MediaFacts
from tests.audio.sounds import caf, voice, write_by_ffmpeg, write_by_sndfile, write_film

BY_SNDFILE = [
    ("a.wav", "WAV", "PCM_U8", "wav"),
    ("b.wav", "WAV", "PCM_16", "wav"),
    ("c.wav", "WAV", "PCM_24", "wav"),
    ("d.wav", "WAV", "PCM_32", "wav"),
    ("e.wav", "WAV", "FLOAT", "wav"),
    ("f.wav", "WAV", "DOUBLE", "wav"),
    ("g.wav", "WAV", "ALAW", "wav"),
    ("h.wav", "WAV", "ULAW", "wav"),
    ("i.wav", "WAVEX", "PCM_24", "wav"),
    ("j.wav", "RF64", "PCM_16", "wav"),
    ("a.flac", "FLAC", "PCM_16", "flac"),
    ("a.ogg", "OGG", "VORBIS", "ogg"),
    ("a.opus", "OGG", "OPUS", "opus"),
    ("a.mp3", "MP3", "MPEG_LAYER_III", "mp3"),
    ("a.aiff", "AIFF", "PCM_16", "aiff"),
    ("a.au", "AU", "PCM_16", "au"),
    ("a.caf", "CAF", "PCM_16", "caf"),
    ("a.w64", "W64", "PCM_16", "w64"),
    ("a.sph", "NIST", "PCM_16", "nist"),
    ("a.voc", "VOC", "PCM_16", "voc"),
]

BY_FFMPEG = [
    ("a.m4a", "ipod", "aac", "m4a", {}),
    ("b.m4a", "ipod", "alac", "m4a", {}),
    ("c.m4a", "mp4", "aac", "m4a", {"movflags": "frag_keyframe+empty_moov"}),
    ("a.3gp", "3gp", "aac", "3gp", {}),
    ("a.aac", "adts", "aac", "aac", {}),
    ("a.webm", "webm", "libopus", "webm", {}),
    ("b.webm", "webm", "libopus", "webm", {"live": "1"}),
    ("a.mka", "matroska", "flac", "mka", {}),
    ("a.ac3", "ac3", "ac3", "ac3", {}),
    ("a.wav", "wav", "adpcm_ms", "wav", {}),
    ("b.wav", "wav", "libmp3lame", "wav", {}),
    ("a.mp2", "mp2", "mp2", "mp2", {}),
    ("a.mp3", "mp3", "libmp3lame", "mp3", {}),
    ("b.mp3", "mp3", "libmp3lame", "mp3", {"write_xing": "0"}),
]


@pytest.mark.parametrize(("file_name", "container", "subtype", "format_name"), BY_SNDFILE)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_file_of_libsndfile_is_read_to_the_sample(
    tmp_path: Path, file_name: str, container: str, subtype: str, format_name: str, channels: int
) -> None:
    path = write_by_sndfile(tmp_path / file_name, voice(1.5, channels=channels), 16_000, container, subtype)

    assert probe(path) == MediaFacts(format_name, 1.5, 16_000, channels, subtype)


@pytest.mark.parametrize(("file_name", "container", "codec", "format_name", "options"), BY_FFMPEG)
def test_a_file_of_ffmpeg_is_read_to_the_length_of_a_frame(
    tmp_path: Path, file_name: str, container: str, codec: str, format_name: str, options: dict[str, str]
) -> None:
    path = write_by_ffmpeg(tmp_path / file_name, voice(3, 48_000), 48_000, container, codec, options=options)

    facts = probe(path)

    assert (facts.format, facts.sample_rate_hz, facts.channels) == (format_name, 48_000, 1)
    assert facts.duration_s == pytest.approx(3, abs=0.06)


def test_the_contents_decide_and_not_the_name(tmp_path: Path) -> None:
    path = write_by_sndfile(tmp_path / "really-flac.mp3", voice(1), 16_000, "FLAC", "PCM_16")

    assert probe(str(path)).format == "flac"


@pytest.mark.parametrize("xing", ["0", "1"])
def test_mp3_of_variable_rate_has_its_true_length_with_and_without_an_index(tmp_path: Path, xing: str) -> None:
    loud_then_quiet = voice(20, 44_100)
    loud_then_quiet[44_100:] *= 0.0001
    path = tmp_path / "v.mp3"
    write_by_ffmpeg(path, loud_then_quiet, 44_100, "mp3", "libmp3lame", options={"write_xing": xing})
    write_by_sndfile(tmp_path / "sf.mp3", loud_then_quiet, 44_100, "MP3")

    assert probe(path).duration_s == pytest.approx(20, abs=0.06)
    assert probe(tmp_path / "sf.mp3").duration_s == 20


@pytest.mark.parametrize("tag_bytes", [10, 300, 100_000])
def test_a_tag_before_the_sound_changes_nothing(tmp_path: Path, tag_bytes: int) -> None:
    size = bytes([tag_bytes >> 21 & 127, tag_bytes >> 14 & 127, tag_bytes >> 7 & 127, tag_bytes & 127])
    tag = b"ID3\x04\0\0" + size + bytes(tag_bytes)
    for name, container in (("a.mp3", "MP3"), ("a.flac", "FLAC")):
        path = write_by_sndfile(tmp_path / name, voice(1), 16_000, container)
        path.write_bytes(tag + path.read_bytes())

    assert probe(tmp_path / "a.mp3").duration_s == 1
    assert probe(tmp_path / "a.flac").duration_s == 1


def test_tags_that_are_no_utf_8_change_nothing(tmp_path: Path) -> None:
    path = write_by_ffmpeg(tmp_path / "a.m4a", voice(1), 16_000, "ipod", "aac", title="Gr\u00fc\u00dfe")
    content = path.read_bytes()
    utf_8, latin_1 = "Gr\u00fc\u00dfe".encode(), b"Gr\xfc\xdf!!e"
    assert content.count(utf_8) == 1
    path.write_bytes(content.replace(utf_8, latin_1))

    assert probe(path).duration_s == pytest.approx(1, abs=0.1)


def test_the_commonest_files_are_read_without_importing_a_decoder(tmp_path: Path) -> None:
    paths = [
        write_by_sndfile(tmp_path / "a.wav", voice(1), 16_000, "WAV"),
        write_by_sndfile(tmp_path / "a.mp3", voice(1), 16_000, "MP3"),
    ]
    script = (
        "import sys\n"
        "from audiotui.audio.probe import probe\n"
        "assert [probe(path).duration_s for path in sys.argv[1:]] == [1, 1]\n"
        "print({'numpy', 'soundfile', 'av'} & set(sys.modules))\n"
    )

    done = subprocess.run([sys.executable, "-c", script, *paths], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


def test_a_film_with_sound_is_a_recording_too(tmp_path: Path) -> None:
    facts = probe(write_film(tmp_path / "talk.mp4", seconds=2, with_sound=True))

    assert (facts.format, facts.codec) == ("mp4", "aac")
    assert facts.duration_s == pytest.approx(2, abs=0.1)


def test_many_threads_read_the_same_as_one(tmp_path: Path) -> None:
    paths = [
        write_by_sndfile(tmp_path / name, voice(0.5), 16_000, container, subtype)
        for name, container, subtype, _ in BY_SNDFILE
    ]
    paths.append(write_by_ffmpeg(tmp_path / "t.m4a", voice(0.5), 16_000, "ipod", "aac"))
    alone = [probe(path) for path in paths]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(probe, paths * 10))

    assert together == alone * 10


@pytest.mark.parametrize("labels", [[2, 1], [3, 4, 2, 1], [1, 2, 3, 4, 10, 11, 5, 6]], ids=len)
def test_channels_in_an_order_of_their_own_kill_no_process(tmp_path: Path, labels: list[int]) -> None:
    samples = np.zeros((4_000, len(labels)), np.int16)
    path = tmp_path / "cut.caf"
    path.write_bytes(caf(samples, labels, claimed_bytes=1_000_000))  # what is cut is FFmpeg's to read
    reading = "for _ in range(20): print(probe(sys.argv[1]).channels, sum(1 for _ in decode(sys.argv[1])) > 0)"
    program = f"import sys; from {decode.__module__} import decode; from {probe.__module__} import probe\n{reading}"

    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)

    assert done.stdout.splitlines() == [f"{len(labels)} True"] * 20, done.stderr
    assert done.returncode == 0
