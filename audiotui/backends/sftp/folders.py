"""Steps on folders: making those that a key needs, removing empty ones, and walking through all of them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from audiotui.backends.sftp import packets
from audiotui.backends.sftp.failures import (
    FAILURE,
    NO_SUCH_FILE,
    PERMISSION_DENIED,
    Endless,
    NameTaken,
    NoFolder,
    StatusError,
)
from audiotui.backends.sftp.names import Root, can_hold, child, parent_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.backends.sftp.packets import Attributes
    from audiotui.backends.sftp.session import Session
    from audiotui.backends.sftp.tasks import Task

MOST_NAMES = 2_000_000
"""In one folder; a server that names more does not tell the truth."""

ATTEMPTS = 2
"""A folder may be removed by another process just after it was found to be there; hardly twice in a row."""

_FOLDERS_AT_ONCE = 32

_LINES_AHEAD = 2
"""Requests for more lines of one listing that are under way at a time: one of them learns of the end."""


async def make_root(session: Session, root: Root) -> None:
    """Make the root, and the folders above it, where they are missing.

    Raises:
        NoFolder: the root is not there, and cannot be.
        StatusError: the rights do not allow it.
    """
    refusals = await _ask_for(session, root.above())
    if refusals and refusals[-1] is None:
        return
    await _check_root(session, root, refusals)


async def make_folders(session: Session, root: Root, folder: str) -> None:
    """Make a folder of keys, and those above it below the root, where they are missing.

    Raises:
        NameTaken: something that is no folder has the name.
        NoFolder: the root is not there.
        StatusError: the server refuses the first folder that is missing; never that there is no such file.
    """
    parts = folder.split("/") if folder else []
    folders = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    refusal: StatusError | None = None
    for _ in range(ATTEMPTS):
        refusals = await _ask_for(session, list(map(root.of, folders)))
        if refusals and refusals[-1] is None:
            return
        await _check_root(session, root, [])
        refusal = await _why_missing(session, root, folders, refusals)
        if refusal is None:
            return
    if refusal is not None and refusal.code != NO_SUCH_FILE:
        raise refusal
    raise StatusError(FAILURE, "a folder vanished as soon as it was made") from refusal


async def _ask_for(session: Session, paths: list[bytes]) -> list[StatusError | None]:
    """Make folders, the outermost first; for each the refusal, which most often means that it is there."""
    refusals: list[StatusError | None] = []
    for reply in [session.ask(packets.make_folder(path)) for path in paths]:
        try:
            await reply
        except StatusError as error:
            refusals.append(error)
        else:
            refusals.append(None)
    return refusals


async def _check_root(session: Session, root: Root, refusals: list[StatusError | None]) -> None:
    """Whether the root is there; ``refusals`` are the answers to the attempt to make it."""
    try:
        # The root may be reached through a symbolic link, which opening it follows; folders of keys may not.
        found = await session.ask(packets.lstat(root.path + b"/."))
    except StatusError as error:
        # Below the folder that was refused there is nothing to make others in, so theirs say no more than that.
        told = [refusal for refusal in refusals if refusal is not None and refusal.code != NO_SUCH_FILE]
        if told and told[-1].code == PERMISSION_DENIED:
            raise told[-1] from error
        raise NoFolder from error
    if not found.is_folder:
        raise NoFolder


async def _why_missing(
    session: Session, root: Root, folders: list[str], refusals: list[StatusError | None]
) -> StatusError | None:
    """Why the first folder that is not there was not made; None if all of them are there."""
    for folder, refusal in zip(folders, refusals, strict=True):
        try:
            found = await session.ask(packets.lstat(root.of(folder)))
        except StatusError as error:
            return refusal or error
        if not found.is_folder:
            raise NameTaken(f"{folder!r} is no folder")
    return None


async def prune(session: Session, root: Root, folder: str) -> None:
    """Remove a folder if it is empty, then those above it; never the root."""
    while folder:
        try:
            await session.ask(packets.remove_folder(root.of(folder)))
        except StatusError as refusal:
            if refusal.code != NO_SUCH_FILE:
                return  # not empty, or not ours to remove: both are fine
        folder = parent_of(folder)


def walk(session: Session, root: Root, prefix: str) -> Iterator[tuple[str, Attributes]]:
    """Every regular file whose path begins with the prefix, in any order, many folders at a time.

    Symbolic links are not followed. No key may have such a path. What vanishes meanwhile is left out
    too; any other trouble is raised, so a walk that ends is complete.
    """
    return _Walk(session, root, prefix).run()


class _Walk:
    """The folders still to be listed, and what was found in others."""

    def __init__(self, session: Session, root: Root, prefix: str) -> None:
        self._session = session
        self._root = root
        self._prefix = prefix
        self._folders = [parent_of(prefix)]
        self._tasks: list[Task[None]] = []
        self._found: deque[tuple[str, Attributes]] = deque()

    def run(self) -> Iterator[tuple[str, Attributes]]:
        """What is found, by its path, as the folders answer."""
        wire = self._session.wire
        while self._folders or self._tasks:
            while self._folders and len(self._tasks) < _FOLDERS_AT_ONCE:
                self._tasks.append(wire.start(self._list(self._folders.pop())))
            wire.turn()
            for task in [task for task in self._tasks if task.is_done]:
                self._tasks.remove(task)
                task.result  # noqa: B018 - raises what went wrong
            while self._found:
                yield self._found.popleft()

    async def _list(self, folder: str) -> None:
        ask = self._session.ask
        try:
            handle = await ask(packets.open_folder(self._root.of(folder)))
        except StatusError as refusal:
            if refusal.code == NO_SUCH_FILE:
                return
            raise
        replies = deque(ask(packets.read_folder(handle)) for _ in range(_LINES_AHEAD))
        seen = 0
        while names := await replies.popleft():
            replies.append(ask(packets.read_folder(handle)))
            seen += len(names)
            if seen > MOST_NAMES:
                raise Endless(f"{folder!r} has more than {MOST_NAMES:,} names")
            for name, attributes in names:
                self._sort(child(folder, name), attributes)
        for reply in replies:
            await reply
        await ask(packets.close(handle))

    def _sort(self, key: str, attributes: Attributes) -> None:
        if not key:
            return
        if attributes.is_folder:
            if can_hold(key, self._prefix):
                self._folders.append(key)
        elif attributes.is_file and key.startswith(self._prefix):
            self._found.append((key, attributes))
