"""The promises about keys: which are refused, and that the others are kept as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.backends.keys import MAX_KEY_BYTES, MAX_SEGMENT_BYTES, TEMP_SUFFIX, new_temp_name
from audiotui.backends.notes import note_key
from audiotui.errors import KeyNotFound, LocationError
from tests.contracts.samples import content_of, put, read_all
from tests.contracts.suite import BackendSuite

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.backends.base import Backend

BAD_KEYS = {
    "empty": "",
    "absolute": "/etc/cron.d/x",
    "host": "//host/share/x",
    "dot": ".",
    "dots": "..",
    "dots first": "../../.bashrc",
    "dots inside": "a/../../b.wav",
    "dots last": "x/..",
    "dot part": "a/./b",
    "dots and slashes": "./..//",
    "empty part": "a//b",
    "folder": "a/",
    "drive": "C:\\Windows\\x.wav",
    "backslash": "a\\..\\..\\b",
    "nul": "a\0b",
    "line end": "a\nb",
    "tab": "a\tb",
    "escape": "\x1b[2J",
    "c1": "a\x9bb",
    "not a character": "a\uffffb",
    "surrogate": "a\udcffb",
    "long": "/".join(["a" * 100] * 11)[: MAX_KEY_BYTES + 1],
    "long part": "a" * (MAX_SEGMENT_BYTES + 1),
    "long part in bytes": "ä" * (MAX_SEGMENT_BYTES // 2 + 1),
    "unfinished": new_temp_name(1, 2),
    "unfinished suffix": f"a{TEMP_SUFFIX.upper()}/b",
    "own file": ".audiotui-location",
}

ODD_KEYS = {
    "spaces": "a folder/a file .wav",
    "leading space": " a/ b",
    "quotes": 'it\'s "quoted".wav',
    "shell": "'; $(id) `id` && rm -rf ~ | cat > x *.wav",
    "percent": "100%/%2e%2e/%00.wav",
    "url": "a?b=c&d#e+f;g:h@i",
    "dashes": "-rf/--help",
    "dots": "...a/..b/c..",
    "colon": "C:/x",
    "nfc": "caf\u00e9.wav",
    "nfd": "cafe\u0301.wav",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467/\U0001f3b5.wav",
    "right to left": "\u202egpj.exe",
    "markup": "take[/1].wav",
    "device": "CON/nul.wav",
    "longest": ("b" * MAX_SEGMENT_BYTES + "/") * 5 + "c" * (MAX_KEY_BYTES - 5 * (MAX_SEGMENT_BYTES + 1)),
}


class NamePromises(BackendSuite):
    """Bad keys are refused, all others are kept as they are."""

    @pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS)
    def test_a_key_that_some_location_could_not_keep_is_refused_by_every_verb(self, backend: Backend, key: str) -> None:
        content = content_of(b"x")
        calls: list[Callable[[], object]] = [
            lambda: backend.stat(key),
            lambda: list(backend.read(key)),
            lambda: backend.put_small(key, b"x", sha256=content.sha256),
            lambda: backend.start_upload(key, content),
            lambda: backend.resume_upload("token", key, content),
            lambda: backend.delete(key),
            lambda: backend.move(key, "good"),
            lambda: backend.open_source(key),
            lambda: put(backend, key, b"x"),
        ]

        for call in calls:
            with pytest.raises(LocationError, match="cannot be a key"):
                call()
        assert list(backend.list()) == []

    @pytest.mark.parametrize("key", ODD_KEYS.values(), ids=ODD_KEYS)
    def test_an_odd_key_is_kept_as_it_is(self, backend: Backend, key: str) -> None:
        put(backend, key, b"odd")

        assert [entry.key for entry in backend.list()] == [key]
        assert backend.stat(key).size_bytes == 3
        assert read_all(backend, key) == b"odd"
        backend.delete(key)
        assert not backend.exists(key)

    def test_keys_that_look_alike_are_two_files(self, backend: Backend) -> None:
        put(backend, "caf\u00e9", b"composed")
        put(backend, "cafe\u0301", b"decomposed")

        assert read_all(backend, "caf\u00e9") == b"composed"
        assert read_all(backend, "cafe\u0301") == b"decomposed"

    def test_a_missing_key_is_told_with_location_key_and_cause(self, backend: Backend) -> None:
        put(backend, "folder/there", b"x")
        calls: list[Callable[[str], object]] = [
            backend.stat,
            lambda key: list(backend.read(key)),
            lambda key: backend.move(key, "new"),
        ]

        for key in ("missing", "folder/missing", "no/folder", "folder/there/below"):
            for call in calls:
                with pytest.raises(KeyNotFound) as caught:
                    call(key)
                assert (caught.value.location, caught.value.key) == (backend.name, key)
                assert caught.value.__cause__ is not None
            assert not backend.exists(key)

    def test_a_note_stays_and_is_no_file(self, backend: Backend, other: Backend) -> None:
        assert backend.notes() == frozenset()

        backend.leave_note("documents/a")
        backend.leave_note("documents/a")
        other.leave_note("documents/b")
        other.leave_note("more")

        assert backend.notes("documents/") == {"documents/a", "documents/b"}
        assert list(backend.list()) == []
        with pytest.raises(LocationError, match="belong to audiotui itself"):
            backend.delete(note_key("more"))
