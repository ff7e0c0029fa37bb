"""Reading what an object store answered out of the exceptions of three SDKs; no SDK is imported for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

_STATUS = re.compile(r"Server returned (?:non-2xx status code|error response|non-XML)?:? ?(\d{3})")
_BARE_REDIRECT = "redirect without LOCATION"
_DEBUG = "\n\nDebug source:"
_ADDRESS = re.compile(r"\w+://\S+")
_WANTS_TLS = re.compile("HTTP request (?:was sent )?to (?:an )?HTTPS (?:server|port)")
"""What Go's and nginx's servers say to plain words on their TLS port."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the store said: ``status`` 0 if it said nothing, ``code`` '' if it gave no name for the reason."""

    status: int = 0
    code: str = ""
    message: str = ""
    region: str = ""
    """Where the bucket really is, if the store told."""
    retry_after_s: float | None = None
    creates: bool = False
    """Whether the request was to store something new."""
    wants_tls: bool = False
    """Whether the request came in plain words, and the server takes none."""
    is_bare: bool = False
    """Whether it has words, and they are those of no store but of the HTTP server or a proxy before it."""


class NoAnswer(Exception):
    """A connection of ours that ended without an answer that can be read; its message has no address in it."""


class Refused(Exception):
    """An answer that no SDK read for us. ``creates``: the request was to store something new."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str], *, creates: bool = False) -> None:
        text = body.decode(errors="replace")
        code = _element(text, "Code")
        super().__init__(f"{status} {code}".strip())
        self.answer = Answer(
            status=status,
            code=code,
            message=_element(text, "Message"),
            region=_element(text, "Region"),
            retry_after_s=_retry_after(headers),
            creates=creates,
            wants_tls=bool(_WANTS_TLS.search(text)),
            is_bare=bool(text.strip()) and "<Error" not in text,
        )


def answer_in(error: BaseException) -> Answer | None:
    """The store's answer that an SDK's exception carries; None for an exception of none of them.

    The message of one without any answer has no name and no address in it.
    """
    if isinstance(error, Refused):
        return error.answer
    if isinstance(error, NoAnswer):
        return Answer(message=str(error))
    package = type(error).__module__.partition(".")[0]
    if isinstance(error, FileNotFoundError) and not error.errno:
        package = "obstore"  # it raises Python's own class for "not found"
    reader = _READERS.get(package)
    return reader(error) if reader is not None else None


class refused_as:  # noqa: N801 - reads as a word of the sentence that its ``with`` is
    """Inside it, what the store answers with is no error if ``expected`` says so: ``answer`` is that, else None.

    The SDKs' exceptions have no base in common, and only a look into them tells which one this is.
    """

    __slots__ = ("_expected", "answer")

    def __init__(self, expected: Callable[[Answer], bool]) -> None:
        self._expected = expected
        self.answer: Answer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        answer = answer_in(error) if isinstance(error, Exception) else None
        if answer is None or not self._expected(answer):
            return False
        self.answer = answer
        return True


def _from_obstore(error: Any) -> Answer:
    text = str(error).partition(_DEBUG)[0]
    status = _STATUS.search(text)
    if status is None:
        # Why there was no answer is only told to programmers; the address could contain any word.
        return Answer(status=301 if _BARE_REDIRECT in text else 0, message=_ADDRESS.sub("", str(error)))
    return Answer(
        status=int(status[1]),
        code=_element(text, "Code"),
        message=_element(text, "Message"),
        wants_tls=bool(_WANTS_TLS.search(text)),
        region=_element(text, "Region"),
        creates=type(error).__name__ == "AlreadyExistsError",
        is_bare="<Error" not in text,
    )


def _from_botocore(error: Any) -> Answer:
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return Answer()
    about = response.get("Error", {})
    meta = response.get("ResponseMetadata", {})
    code = str(about.get("Code", ""))
    headers = meta.get("HTTPHeaders", {})
    return Answer(
        status=int(meta.get("HTTPStatusCode", 0)),
        code="" if code.isdecimal() else code,
        message=str(about.get("Message", "")),
        region=str(about.get("Region", "") or headers.get("x-amz-bucket-region", "")),
        retry_after_s=_retry_after(headers),
        creates=getattr(error, "operation_name", "") in {"PutObject", "CompleteMultipartUpload", "CopyObject"},
    )


def _from_minio(error: Any) -> Answer:
    response = getattr(error, "response", None)
    if response is not None:
        return Answer(
            status=response.status,
            code=error.code or "",
            message=error.message or "",
            retry_after_s=_retry_after(response.headers),
        )
    status = getattr(error, "status_code", None) or getattr(error, "_code", None)
    return Answer(status=int(status or 0))


def _from_urllib3(_error: Any) -> Answer:
    return Answer()


_READERS: Mapping[str, Callable[[Any], Answer]] = {
    "obstore": _from_obstore,
    "botocore": _from_botocore,
    "boto3": _from_botocore,
    "minio": _from_minio,
    "urllib3": _from_urllib3,
}


def _element(text: str, name: str) -> str:
    found = re.search(f"<{name}>([^<]*)</{name}>", text)
    from xml.sax.saxutils import unescape  # here, because it takes longer to import than all that a good answer needs

    return unescape(found[1]) if found else ""


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait; the header has them as they are, or as a date (RFC 9110, 10.2.3)."""
    value = (headers.get("retry-after") or headers.get("Retry-After") or "").strip()
    if value.isdecimal():
        return float(value)
    from email.utils import parsedate_to_datetime  # here, because hardly any answer needs it

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time()) if value else None
    except (ValueError, OverflowError):
        return None
