"""What can go wrong on the wire; the backend turns each into an error for people."""

from __future__ import annotations

from audiotui.text import safe_text

OK, EOF, NO_SUCH_FILE, PERMISSION_DENIED, FAILURE, BAD_MESSAGE, NO_CONNECTION, CONNECTION_LOST, OP_UNSUPPORTED = range(
    9
)
"""The status codes of version 3 (draft-ietf-secsh-filexfer-02, section 7)."""

_MOST_TEXT = 200


class SftpFailure(Exception):
    """The base of all of them."""


class StatusError(SftpFailure):
    """The server refused one request; ``text`` is its own words, made safe to show, '' if it had none."""

    def __init__(self, code: int, text: str = "") -> None:
        self.code = code
        self.text = safe_text(text[:_MOST_TEXT]).strip()
        super().__init__(f"status {code}: {self.text}")


class ConnectionLost(SftpFailure):
    """The stream ended or fell silent; what was under way may or may not have happened."""


class ProtocolBroken(ConnectionLost):
    """The server sent what the protocol does not allow; nothing that it says can be trusted any more."""


class NameTaken(SftpFailure):
    """Something lies under a name that should be free; ``what`` says what it is."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class NoFile(SftpFailure):
    """What lies under a name is no regular file; ``what`` says what it is."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class NoFolder(SftpFailure):
    """The folder of the location is none, and cannot be made."""


class RootGone(SftpFailure):
    """The folder of the location is not the one that it was: it is away, or another one; ``what`` tells by what."""

    def __init__(self, what: str = "the folder has lost the mark that this library left in it") -> None:
        super().__init__(what)


class NoRoom(SftpFailure):
    """The server refused to store bytes, and its file system is full."""


class ReadOnly(SftpFailure):
    """The server refused to store something, and its file system can only be read."""


class WrongSize(SftpFailure):
    """A file that was written has another size than was sent."""


class Endless(SftpFailure):
    """A listing has more names than any folder could have."""
