"""Text at the program's borders: made safe to show, normalised to compare, and formatted for people.

Everything that came from outside (titles, transcripts, file names, messages of servers) passes ``safe_text`` before a
screen, a table or a log shows it. Sizes, durations and times become words here and nowhere else. Nothing here knows
markup: what it returns is still plain text and must never be handed to Rich or Textual as markup.
"""

from __future__ import annotations

import re
import reprlib
import time
import unicodedata
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from hashlib import _Hash as Hash

SHOWN_MARKS = 5
"""Combining marks that ``safe_text`` leaves on one letter; pointed Hebrew, the densest living script, needs five."""

COMPARED_MARKS = 30
"""Combining marks per letter that comparisons look at, as in Unicode's stream-safe text (UAX #15, section 13)."""

_HIDDEN = (
    # C0, DEL, C1; then every format character (Cf), surrogate, line and paragraph separator, and what else
    # Unicode's Default_Ignorable_Code_Point lists except the variation selectors of single scripts.
    r"[\x00-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180e"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe0e\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
# No combining mark is a word character, so a long run of marks always lies inside such a run; text rarely has one.
_MAY_BE_MARKS = rf"[^\w\x00-\x7f]{{{SHOWN_MARKS + 1},}}"

_PICTURES = {chr(code): chr(0x2400 + code) for code in range(0x20)} | {"\x7f": "␡", "\n": "␤", "\t": " "}
_EMOJI_SELECTORS = "\ufe0e\ufe0f"
_JOINERS = "\u200c\u200d"
_VIRAMA_CLASS = 9

_YEAR_1_S, _YEAR_10000_S = -62_135_596_800, 253_402_300_800


@cache
def _pattern(regex: str) -> re.Pattern[str]:
    """A pattern when it is needed: to compile these takes 2 ms of a start, which mostly shows nothing but ASCII."""
    return re.compile(regex)


def safe_text(value: str, *, one_line: bool = True, limit: int = 10_000) -> str:
    """The text as a terminal may get it: the same for plain text, with everything that acts or hides made visible.

    Control characters become their pictures (``␛``), a newline ``␤`` and a tab a space (both stay without
    ``one_line``); bidirectional and zero-width controls and the undecodable bytes of file names become ``⟨U+202E⟩``.
    Joiners where words and emoji need them, and emoji selectors, are left out: words stay readable, and every program
    agrees on the width. Longer texts end in ``…`` after ``limit`` characters. Applying it twice changes nothing.
    """
    if value.isascii() and value.isprintable() and len(value) <= limit:
        return value
    show = _show if one_line else _show_in_lines
    shown = _pattern(_HIDDEN).sub(show, value[:limit].replace("\r\n", "\n"))
    shown = _pattern(_MAY_BE_MARKS).sub(lambda run: _trim_marks(run[0], SHOWN_MARKS, "⟨+{} marks⟩"), shown)
    if len(value) > limit or len(shown) > limit:
        return shown[: max(limit - 1, 0)] + "…"
    return shown


def briefly(value: object, limit: int = 80) -> str:
    """The beginning of a value as Python writes it, for a message that refuses the value; never an error of its own.

    ``repr`` raises for numbers of more than 4,300 digits, wherever in the value they stand, and takes for ever where
    somebody hands over a whole file. What it returns may hold anything that the value does: see ``safe_text``.
    """
    return _Briefly(limit).repr(value)[:limit]


class _Briefly(reprlib.Repr):
    """``repr`` that looks at no more of a value than is shown."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = self.maxdeque = limit
        self.maxstring = self.maxlong = self.maxother = limit

    def repr_str(self, x: str, _level: int) -> str:
        """Its beginning; what is left out at the end, the caller cuts off."""
        return repr(x[: self.maxstring])

    def repr_bytes(self, x: bytes, _level: int) -> str:
        """As of a text: one of these may be a whole recording."""
        return repr(x[: self.maxstring])

    def repr_int(self, x: int, _level: int) -> str:
        """In full as long as that is short."""
        return repr(x) if x.bit_length() < 4 * self.maxlong else f"a number of {x.bit_length():,} bits"


def normalise_text(text: str) -> str:
    """The form in which two texts count as the same: NFC, runs of white space as one space, none at the ends."""
    return " ".join(_normalise("NFC", text).split())


def text_hash(text: str) -> int | None:
    """The first 8 bytes of the SHA-256 of ``normalise_text(text)`` as a signed integer; None if that is empty."""
    normalised = normalise_text(text)
    if not normalised:
        return None
    digest = _sha256()(normalised.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def normalise_name(text: str) -> str:
    """The form in which two names count as the same: NFKC without case, runs of white space as one space."""
    return " ".join(_normalise("NFKC", _normalise("NFKC", text).casefold()).split())


def shorten(text: str, cells: int) -> str:
    """The text cut to a number of terminal cells, with ``…`` as its last one if something was cut.

    Widths are those of Rich, which draws the tables and the screens; expects what ``safe_text`` returned.
    """
    if cells <= 0:
        return ""
    if text.isascii():
        return text if len(text) <= cells else text[: cells - 1].rstrip() + "…"
    from rich.cells import cell_len, set_cell_size

    head = text[: cells * (SHOWN_MARKS + 1) + 1]  # no cell of safe text takes more characters
    if len(head) == len(text) and cell_len(text) <= cells:
        return text
    return set_cell_size(head, cells - 1).rstrip() + "…"


def format_count(number: int) -> str:
    """1204 as ``1,204``."""
    return f"{number:,}"


def format_bytes(size_bytes: int) -> str:
    """A size in decimal units: ``999 B``, ``2.1 MB``, ``214 MB``."""
    return "{} {}B".format(*_scaled(size_bytes, exact_below=100))


def format_bytes_short(size_bytes: int) -> str:
    """A size in at most four cells: ``999B``, ``2.1M``, ``21M``."""
    number, prefix = _scaled(size_bytes, exact_below=10)
    return number + (prefix or "B")


def format_rate(bytes_per_s: float | None) -> str:
    """``12.3 MB/s``; '' if unknown."""
    return "" if bytes_per_s is None else f"{format_bytes(round(bytes_per_s))}/s"


def format_duration(duration_s: float | None) -> str:
    """A length of sound to the nearest second: ``00:47``, ``1:02:03``; '' if unknown."""
    if duration_s is None or not 0 <= duration_s < float("inf"):
        return ""
    minutes, seconds = divmod(int(duration_s + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def format_eta(remaining_s: float | None) -> str:
    """A time to wait in its two largest units: ``40s``, ``2m 40s``, ``1h 05m``, ``3d 04h``; '' if unknown."""
    if remaining_s is None or not 0 <= remaining_s < float("inf"):
        return ""
    minutes, seconds = divmod(int(remaining_s + 0.5), 60)
    if not minutes:
        return f"{seconds}s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes}m {seconds:02}s"
    days, hours = divmod(hours, 24)
    return f"{days}d {hours:02}h" if days else f"{hours}h {minutes:02}m"


def age(time_ms: int, now_ms: int) -> str:
    """How long ago something was: ``now``, ``5m``, ``2h``, ``3d``, ``1w``, ``5y``.

    Both in milliseconds since 1970 UTC. What lies in the future (a clock that jumped) is ``now``.
    """
    minutes = (now_ms - time_ms) // 60_000
    if minutes < 1:
        return "now"
    for unit, length in (("y", 525_600), ("w", 10_080), ("d", 1_440), ("h", 60)):
        if minutes >= length:
            return f"{minutes // length}{unit}"
    return f"{minutes}m"


def timestamp(time_ms: int) -> str:
    """Milliseconds since 1970 UTC as ``2026-01-31T08:15:00Z``; ``?`` outside the years 1 to 9999."""
    if not _YEAR_1_S <= time_ms // 1000 < _YEAR_10000_S:
        return "?"
    year, month, day, hour, minute, second = time.gmtime(time_ms // 1000)[:6]
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"


def _show(match: re.Match[str]) -> str:
    """What stands for a hidden character in one line."""
    character = match[0]
    picture = _PICTURES.get(character)
    if picture is not None:
        return picture
    if character in _EMOJI_SELECTORS or (character in _JOINERS and _belongs(match.string, match.start())):
        return ""
    return f"⟨U+{ord(character):04X}⟩"


def _show_in_lines(match: re.Match[str]) -> str:
    """What stands for a hidden character where line breaks and tabs are kept."""
    return match[0] if match[0] in "\n\t" else _show(match)


def _belongs(text: str, index: int) -> bool:
    """Whether spelling asks for the joiner at ``index``: after a virama, inside an Arabic word, between emoji.

    The first two are the rules by which domain names may hold joiners (RFC 5892, appendix A).
    """
    before, after = text[index - 1 : index], text[index + 1 : index + 2]
    if not before or not after:
        return False
    if unicodedata.combining(before) == _VIRAMA_CLASS:
        return True
    if unicodedata.bidirectional(before) == unicodedata.bidirectional(after) == "AL":
        return True
    emoji_before = before == "\ufe0f" or unicodedata.category(before) in {"So", "Sk"}
    return emoji_before and unicodedata.category(after) == "So"


@cache
def _sha256() -> Callable[[bytes], Hash]:
    from hashlib import sha256  # 2 ms, and most commands hash nothing

    return sha256


def _normalise(form: str, text: str) -> str:
    """``unicodedata.normalize`` in linear time: it sorts marks, which takes minutes for a letter with 500,000."""
    if text.isascii() or (_pattern(_MAY_BE_MARKS).search(text) is None and unicodedata.is_normalized(form, text)):  # type: ignore[arg-type]
        return text
    for _ in range(2):  # the second round is for single marks that decompose to several
        text = _pattern(_MAY_BE_MARKS).sub(lambda run: _trim_marks(run[0], COMPARED_MARKS), text)
        text = unicodedata.normalize(form, text)  # type: ignore[arg-type]
    return text


def _trim_marks(run: str, keep: int, sign: str = "") -> str:
    """The run with at most ``keep`` combining marks in a row; ``sign`` says how many were dropped."""
    parts = []
    for marks, group in groupby(run, _is_mark):
        part = "".join(group)
        if marks and len(part) > keep:
            part = part[:keep] + sign.format(len(part) - keep)
        parts.append(part)
    return "".join(parts)


def _is_mark(character: str) -> bool:
    """Whether a character sits on the letter before it (a few that take a cell of their own are sorted with them)."""
    return unicodedata.category(character) in {"Mn", "Me"} or unicodedata.combining(character) != 0


def _scaled(number: float, *, exact_below: int) -> tuple[str, str]:
    """A number of at most three digits and its decimal prefix; one decimal where it is below ``exact_below``."""
    if number < 1000:
        return str(number), ""
    for prefix in "kMGTPE":
        number /= 1000
        if round(number) < 1000 or prefix == "E":
            break
    digits = 1 if round(number, 1) < exact_below else 0
    return f"{number:.{digits}f}", prefix
