"""How text becomes the words of the search index, and how the words of a query become the same ones.

SQLite's tokenizer (``unicode61``, see ``schema.py``) finds the words: runs of letters, digits and marks, without case
and without the diacritics of Latin, Greek and the like. Two things are done before it, here, and the same on both
sides: letters that are written in several ways become one (NFKC, ``ß`` and ``ss``, ``ł`` and ``l``, with and without
vowel points), and scripts that put no spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) become pairs
of characters, so that a word is found in the middle of a sentence. Plain ASCII passes through untouched.

A run ``abc`` of such a script is indexed as ``ab bc c``: one token for each character, so positions stay positions and
phrases work. A query of two or more characters asks for the phrase of its pairs, one of a single character for all
tokens that begin with it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from audiotui.text import normalise_name

FACET_MARK = "\ue000ff"
"""The first three characters of every filter token. The first is a private-use character that ``fold`` takes out of
all text, so no word of a text or a query is ever a filter token; and because the first three are the same, a row's
filter tokens cost three entries of the prefix index together, not three each (the index is 20 % smaller)."""

BREAK = "\ue001"
"""A token between two texts in one column, which no phrase can cross."""

_SHOWN_CHARACTERS = 40

_ESCAPED = "\ufdd0"  # with four digits: what encoding.stored_text could not store as it is
_UNWRITABLE = "\ud800-\udfff\ue000\ue001\x00"
_SILENT = (  # marks that words are written with or without, and characters that nobody sees
    "\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u061c\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\U000e0100-\U000e01ef"
)
_PLAIN_LETTERS = {
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ŧ": "t",
    "ı": "i",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ё": "е",
    **dict(zip("άέήίόύώϊϋΐΰ", "αεηιουωιυιυ", strict=True)),
}
_ODD = "".join(_PLAIN_LETTERS) + "".join(_PLAIN_LETTERS).upper()
_SPECIAL = re.compile(  # polytonic Greek, whose letters fall apart without case, and what may be a pile of marks too
    f"[{_ESCAPED}{_UNWRITABLE}{_SILENT}{_ODD}\u1f00-\u1fff]|[^\\w\\x00-\\x7f]{{6}}"
)
_BLANKED = re.compile(f"{_ESCAPED}[0-9a-f]{{4}}|[{_UNWRITABLE}]")
_DROPPED = re.compile(f"[{_SILENT}]")
_REPLACED = re.compile(f"[{''.join(_PLAIN_LETTERS)}]")

_UNSPACED = (
    # Han, kana, Bopomofo
    "\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00016fe0-\U00018dff\U0001aff0-\U0001b2ff\U00020000-\U0003ffff"
    # Thai, Lao, Khmer, Burmese
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf\u1780-\u17d3\u17d7\u17dc\u17dd"
    "\u1000-\u103f\u1050-\u108f\u109a-\u109d\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa7f"
)
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_PIECES = re.compile(f"([{_UNSPACED}]+)")
_MARKS = frozenset({"Mn", "Mc", "Me", "Co"})
_ASCII_WORD = re.compile("[A-Za-z0-9]+")


class Phrase(NamedTuple):
    """Words that stand side by side, as the index has them; with ``prefix``, the last one may go on."""

    text: str
    prefix: bool

    @property
    def match(self) -> str:
        """The phrase in the language of FTS5."""
        return f'"{self.text}"*' if self.prefix else f'"{self.text}"'

    @property
    def single_word(self) -> str:
        """The one ASCII word that the phrase consists of, in lower case as the index has it; '' if it is not such."""
        return self.text.lower() if _ASCII_WORD.fullmatch(self.text) else ""


def indexed(text: str) -> str:
    """The form in which a text goes into the index."""
    if text.isascii():
        return text
    return _UNSPACED_RUN.sub(lambda run: f" {' '.join(_pairs(run[0]))} ", fold(text))


def phrase(text: str, *, prefix: bool) -> Phrase | None:
    """What finds a text in the index, with ``prefix`` also if its last word goes on; None if it has no word."""
    pieces = [piece for piece in _PIECES.split(fold(text)) if has_word(piece)]
    if not pieces:
        return None
    tokens: list[str] = []
    for piece in pieces:
        tokens += _pairs(piece) if _UNSPACED_RUN.match(piece) else [piece.replace('"', " ").strip()]
    if _UNSPACED_RUN.match(pieces[-1]):
        prefix = len(pieces[-1]) == 1
        tokens = tokens if prefix else tokens[:-1]
    return Phrase(" ".join(tokens), prefix)


def fold(text: str) -> str:
    """The text with all ways to write a letter made one; case and common diacritics are left to the tokenizer."""
    if text.isascii():
        return text.replace("\x00", " ")
    if _SPECIAL.search(text) is None and unicodedata.is_normalized("NFKC", text):
        return text.casefold()  # what all that follows would make of it, in a fifth of the time
    text = normalise_name(_BLANKED.sub(" ", text))
    return _REPLACED.sub(lambda letter: _PLAIN_LETTERS[letter[0]], _DROPPED.sub("", text))


def fold_value(value: str) -> str:
    """The form in which two values of a field (a tag, a session, a language) count as the same."""
    if not value.isascii():
        value = _DROPPED.sub("", unicodedata.normalize("NFD", fold(value)))
    return " ".join(value.lower().split())


def has_word(text: str) -> bool:
    """Whether there is anything in a text that can be searched for: a letter, a digit or a mark."""
    if text.isascii():
        return _ASCII_WORD.search(text) is not None
    return any(one.isalnum() or unicodedata.category(one) in _MARKS for one in fold(text))


def shown(text: str) -> str:
    """A part of a query as notes quote it: at most its beginning."""
    short = text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
    return f"“{short}”"


def _pairs(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(len(run))]
