"""The name gate: which keys a location may have, and how unfinished files are named.

Every key passes ``check_key`` before a backend sees it, and every name that a storage lists passes it before a caller
sees it. So no name from outside can leave a location's root, meet a temporary file, or break a listing.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from zlib import crc32

from audiotui.errors import LocationError

MAX_KEY_BYTES = 1024
"""The limit of S3; every other kind allows more."""

MAX_SEGMENT_BYTES = 200
"""File systems allow 255; the rest is left for the suffixes that other programs add."""

TEMP_SUFFIX = ".atpart"
"""Ends the names of unfinished files; no key may use it, in any case."""

RESERVED_PREFIX = ".audiotui"
"""Begins the names of the program's own files in a location, such as its marker."""

TEMP_NAME = re.compile(r"\.(?:(?P<library>[0-9a-f]{8})-)?(?P<job>[0-9a-f]{8})-[0-9a-f]{8}\.atpart")
"""What an unfinished file is called; ``sweep`` removes nothing whose name does not match whole.

Earlier versions did not name the library; theirs are found, resumed and swept all the same.
"""

_PLAIN = re.compile(r"(?:[a-z0-9][\w.-]{0,49}/){0,15}[a-z0-9][\w.-]{0,49}", re.ASCII | re.IGNORECASE)
"""What nearly all keys look like; these pass without a further look, which matters where a million are listed."""

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")
"""Control characters, and the two that XML listings cannot carry."""


def check_key(key: str) -> str:
    """Return the key if every kind of location can store it as it is.

    Raises:
        LocationError: the key is absolute, leaves the root, has an empty part, or a character or a length that some
            location would change or refuse.
    """
    problem = key_problem(key)
    if problem:
        raise LocationError(f"{_shown(key)} cannot be a key: {problem}.", "Choose another name for the file.", key=key)
    return key


@lru_cache(maxsize=4_096)  # a key is looked at by every call on its way
def key_problem(key: str) -> str:
    """Why a name cannot be a key, as the end of a sentence; '' if it can."""
    if _PLAIN.fullmatch(key) and TEMP_SUFFIX not in key.lower():
        return ""
    if not key:
        return "it is empty"
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        return "it is not valid Unicode"
    if size > MAX_KEY_BYTES:
        return f"it is longer than {MAX_KEY_BYTES} bytes"
    if _UNSAFE.search(key):
        return "it has a control character"
    if "\\" in key:
        return "it has a backslash"
    if key.startswith("/"):
        return "it begins with '/'"
    if key.startswith(RESERVED_PREFIX):
        return f"names that begin with {RESERVED_PREFIX!r} belong to audiotui itself"
    return next(filter(None, map(_segment_problem, key.split("/"))), "")


def is_own_name(name: str) -> bool:
    """Whether a name is that of one of audiotui's own files in a location: a mark, or an unfinished file."""
    return name.startswith(RESERVED_PREFIX) or TEMP_NAME.fullmatch(name.rpartition("/")[2]) is not None


def check_prefix(prefix: str) -> str:
    """Return the prefix of a listing if keys can begin with it: a plain string, cut anywhere, '' for all."""
    if prefix and key_problem(prefix) and key_problem(prefix + "x"):
        check_key(prefix + "x")
    return prefix


def new_temp_name(job: int | None = None, item: int | None = None, *, library_id: str = "") -> str:
    """A name for an unfinished file of a library: of a numbered item of a job, else a random one."""
    library = f"{library_tag(library_id)}-" if library_id else ""
    return f".{library}{_eight(job)}-{_eight(item)}{TEMP_SUFFIX}"


def library_tag(library_id: str) -> str:
    """What stands for a library in the names of its unfinished files, where several may share a location."""
    return f"{crc32(library_id.encode()):08x}"


def check_temp_name(name: str) -> str:
    """Return the name if it is one of ``new_temp_name``; LocationError otherwise."""
    if not TEMP_NAME.fullmatch(name):
        raise LocationError(f"{_shown(name)} is no name for an unfinished file.", "This is an error in audiotui.")
    return name


def _segment_problem(segment: str) -> str:
    if not segment:
        return "it has an empty part between slashes"
    if segment in {".", ".."}:
        return f"it has a part {segment!r}"
    if segment.lower().endswith(TEMP_SUFFIX):
        return f"names that end in {TEMP_SUFFIX!r} belong to unfinished files"
    if len(segment) > MAX_SEGMENT_BYTES // 4 and len(segment.encode()) > MAX_SEGMENT_BYTES:
        return f"it has a part longer than {MAX_SEGMENT_BYTES} bytes"
    return ""


def _eight(number: int | None) -> str:
    return os.urandom(4).hex() if number is None else f"{number & 0xFFFFFFFF:08x}"


def _shown(name: str) -> str:
    return repr(name if len(name) <= 80 else name[:77] + "...")
