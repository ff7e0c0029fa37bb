"""What text from outside becomes before a terminal sees it, how texts are compared, and how numbers read."""

import sys
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from audiotui import text

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
"""Every code point, lone surrogates too."""

JOINED_TEXT = st.text(st.sampled_from("aक्षمی👩💻❤🏽\u200c\u200d\u200b\ufe0f\u0301\u0323 \r\n\t⟨"), max_size=30)
"""The code points whose treatment depends on their neighbours."""

ACTING_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def acting_characters(shown: str) -> set[str]:
    return {character for character in shown if unicodedata.category(character) in ACTING_CATEGORIES}


HOSTILE_VALUES: dict[str, object] = {
    "a number of more digits than Python writes": 10**5000,
    "such a number in a list": [1, [10**5000]],
    "such a number as a key": {-(10**5000): 1},
    "a whole file": b"x" * 10_000_000,
    "a million numbers": list(range(1_000_000)),
    "a list of lists of lists": [[[[[[[[[[[]]]]]]]]]]],
}


@pytest.mark.parametrize("value", HOSTILE_VALUES.values(), ids=HOSTILE_VALUES)
def test_no_value_is_too_much_for_a_message(value: object) -> None:
    assert 0 < len(text.briefly(value)) <= 80
    assert text.briefly(value, 10) == text.briefly(value)[:10]


def test_a_small_value_is_shown_as_python_writes_it() -> None:
    values: list[object] = [
        "it's",
        b"x",
        12,
        -(2**70),
        1.5,
        True,
        None,
        [1, "a"],
        {"a": (1,)},
        {1},
        frozenset(),
        "x" * 78,
    ]
    for value in values:
        assert text.briefly(value) == repr(value)


@given(ANY_TEXT | JOINED_TEXT)
def test_safe_text_never_holds_a_character_that_acts_or_hides(value: str) -> None:
    assert not acting_characters(text.safe_text(value))
    assert acting_characters(text.safe_text(value, one_line=False)) <= {"\n", "\t"}


@given(ANY_TEXT | JOINED_TEXT, st.integers(0, 40), st.booleans())
def test_safe_text_applied_twice_changes_nothing(value: str, limit: int, one_line: bool) -> None:
    once = text.safe_text(value, limit=limit, one_line=one_line)

    assert text.safe_text(once, limit=limit, one_line=one_line) == once


@given(ANY_TEXT, st.integers(1, 40))
def test_safe_text_is_never_longer_than_its_limit(value: str, limit: int) -> None:
    assert len(text.safe_text(value, limit=limit)) <= limit


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\u115f\u1160\u3164\uffa0")))
def test_plain_text_of_any_script_stays_as_it_is(value: str) -> None:
    assert text.safe_text(value) == value


def test_every_acting_character_that_unicode_has_becomes_visible() -> None:
    everything = [chr(code) for code in range(sys.maxunicode + 1)]
    acting = [character for character in everything if unicodedata.category(character) in ACTING_CATEGORIES]

    shown = text.safe_text("".join(acting), limit=10_000_000)

    assert len(acting) > 2200
    assert not acting_characters(shown)
    assert all(text.safe_text(character) for character in acting)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("\x1b]0;owned\x07", "␛]0;owned␇"),
        ("\x1b[2J\x7f\x00", "␛[2J␡␀"),
        ("\x9b31m\x85", "⟨U+009B⟩31m⟨U+0085⟩"),
        ("one\ntwo\r\nthree\rfour\tfive", "one␤two␤three␍four five"),
        ("invoice\u202egpj.exe", "invoice⟨U+202E⟩gpj.exe"),
        ("a\u200bb\ufeffc\u00ad", "a⟨U+200B⟩b⟨U+FEFF⟩c⟨U+00AD⟩"),
        ("line\u2028para\u2029", "line⟨U+2028⟩para⟨U+2029⟩"),
        (b"take\xff.wav".decode("utf-8", "surrogateescape"), "take⟨U+DCFF⟩.wav"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("ad\u200dmin", "ad⟨U+200D⟩min"),
        ("[/][red]x[/red] [@click=app.quit]", "[/][red]x[/red] [@click=app.quit]"),
        ("Crème brûlée · 東京\u3000大阪 · Привет", "Crème brûlée · 東京\u3000大阪 · Привет"),
        ("", ""),
    ],
)
def test_what_acts_or_hides_is_shown_by_name(value: str, shown: str) -> None:
    assert text.safe_text(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u062e\u0648\u0627\u0647\u0645"),  # Persian
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u0937"),  # Hindi, after a virama
        ("👩🏽\u200d💻", "👩🏽💻"),
        ("❤\ufe0f\u200d🔥", "❤🔥"),
    ],
)
def test_joiners_that_words_and_emoji_need_are_left_out_instead_of_breaking_them(value: str, shown: str) -> None:
    assert text.safe_text(value) == shown


def test_several_lines_keep_their_line_ends_and_tabs() -> None:
    assert text.safe_text("one\r\n\ttwo\x1b\nthree", one_line=False) == "one\n\ttwo␛\nthree"


def test_a_letter_buried_under_marks_is_cut_and_says_how_many() -> None:
    assert text.safe_text("e" + "\u0301" * 5 + "x") == "e" + "\u0301" * 5 + "x"
    assert text.safe_text("e" + "\u0301" * 9_000 + "x") == "e" + "\u0301" * 5 + "⟨+8995 marks⟩x"


def test_a_text_beyond_the_limit_ends_in_an_ellipsis() -> None:
    assert text.safe_text("abcdef", limit=6) == "abcdef"
    assert text.safe_text("abcdef", limit=5) == "abcd…"
    assert text.safe_text("\x1b[m" * 4, limit=5) == "␛[m␛…"
    assert len(text.safe_text("x" * 1_000_000)) == 10_000


@given(ANY_TEXT | JOINED_TEXT)
def test_normalising_a_text_twice_changes_nothing(value: str) -> None:
    once = text.normalise_text(value)

    assert text.normalise_text(once) == once


@given(ANY_TEXT)
def test_normalising_a_name_twice_changes_nothing(value: str) -> None:
    once = text.normalise_name(value)

    assert text.normalise_name(once) == once


@pytest.mark.parametrize("same", ["Caf\u00e9 au lait", "Cafe\u0301 au lait", "  Caf\u00e9\tau\n\u00a0lait "])
def test_the_same_words_have_the_same_hash(same: str) -> None:
    assert text.normalise_text(same) == "Café au lait"
    assert text.text_hash(same) == text.text_hash("Café au lait")


def test_other_words_have_another_hash_and_no_words_have_none() -> None:
    assert text.text_hash("Hello world") == 0x64EC88CA00B268E5  # sha256sum of the same bytes
    assert text.text_hash("hello world") != text.text_hash("Hello world")
    assert text.text_hash("") is None
    assert text.text_hash(" \n\u3000") is None


@given(ANY_TEXT)
def test_a_hash_fits_a_signed_column(value: str) -> None:
    hashed = text.text_hash(value)

    assert hashed is None or -(2**63) <= hashed < 2**63


def test_names_count_as_the_same_whatever_their_case_and_width() -> None:
    assert text.normalise_name("  Ａnna  STRASSE ") == text.normalise_name("anna straße")


def test_a_letter_with_half_a_million_marks_is_compared_in_linear_time() -> None:
    start_s = time.perf_counter()
    hashed = text.text_hash("a" + "\u0301\u0323" * 250_000)

    assert hashed is not None
    assert time.perf_counter() - start_s < 10  # sorting them all takes minutes


@pytest.mark.parametrize(
    ("value", "cells", "shown"),
    [
        ("Hello world", 11, "Hello world"),
        ("Hello world", 8, "Hello w…"),
        ("Hello world", 7, "Hello…"),
        ("Hello", 1, "…"),
        ("Hello", 0, ""),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("Grüße aus Köln", 8, "Grüße a…"),
    ],
)
def test_shorten_cuts_by_cells(value: str, cells: int, shown: str) -> None:
    assert text.shorten(value, cells) == shown


@given(ANY_TEXT, st.integers(0, 30))
def test_a_shortened_text_never_takes_more_than_its_cells(value: str, cells: int) -> None:
    assert cell_len(text.shorten(text.safe_text(value), cells)) <= cells


@pytest.mark.parametrize(
    ("size_bytes", "long", "short"),
    [
        (0, "0 B", "0B"),
        (999, "999 B", "999B"),
        (1_000, "1.0 kB", "1.0k"),
        (9_960, "10.0 kB", "10k"),
        (99_960, "100 kB", "100k"),
        (999_600, "1.0 MB", "1.0M"),
        (2_100_000, "2.1 MB", "2.1M"),
        (21_400_000_000, "21.4 GB", "21G"),
        (3_000_000_000_000_000_000_000, "3000 EB", "3000E"),
    ],
)
def test_sizes_read_in_decimal_units(size_bytes: int, long: str, short: str) -> None:
    assert text.format_bytes(size_bytes) == long
    assert text.format_bytes_short(size_bytes) == short


@given(st.integers(0, 10**21))
def test_a_short_size_fits_five_cells(size_bytes: int) -> None:
    assert len(text.format_bytes_short(size_bytes)) <= 5


@pytest.mark.parametrize(
    ("duration_s", "shown"),
    [(None, ""), (0, "00:00"), (1.5, "00:02"), (47, "00:47"), (3599.6, "1:00:00"), (3723, "1:02:03"), (-1, "")],
)
def test_durations_read_as_clocks(duration_s: float | None, shown: str) -> None:
    assert text.format_duration(duration_s) == shown


@pytest.mark.parametrize("duration_s", [float("nan"), float("inf")])
def test_a_duration_that_is_no_number_is_unknown(duration_s: float) -> None:
    assert text.format_duration(duration_s) == text.format_eta(duration_s) == ""


@pytest.mark.parametrize(
    ("remaining_s", "shown"),
    [(None, ""), (40, "40s"), (160, "2m 40s"), (3900, "1h 05m"), (273_600, "3d 04h")],
)
def test_waiting_times_read_in_their_two_largest_units(remaining_s: float | None, shown: str) -> None:
    assert text.format_eta(remaining_s) == shown


def test_rates_and_counts_read_as_people_write_them() -> None:
    assert text.format_rate(12_345_678.9) == "12.3 MB/s"
    assert text.format_rate(None) == ""
    assert text.format_count(1204) == "1,204"


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(-60, "now"), (0.5, "now"), (5, "5m"), (130, "2h"), (4_400, "3d"), (10_080, "1w"), (525_600 * 5.5, "5y")],
)
def test_ages_read_in_one_unit(minutes: float, shown: str) -> None:
    now_ms = 1_763_725_860_000

    assert text.age(now_ms - int(minutes * 60_000), now_ms) == shown


@pytest.mark.parametrize(
    ("time_ms", "shown"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_763_725_860_999, "2025-11-21T11:51:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59Z"),
        (253_402_300_800_000, "?"),
        (-(10**30), "?"),
    ],
)
def test_times_read_as_iso_in_utc(time_ms: int, shown: str) -> None:
    assert text.timestamp(time_ms) == shown
