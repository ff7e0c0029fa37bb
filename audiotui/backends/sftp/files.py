"""Steps on files: looking at them, storing under a temporary name, and giving the final one only if it is free.

The order is the promise. The name of a file is given after every byte was acknowledged, the file was synced, its size
was looked at, and closing it went well; requests on one open file are carried out in the order in which they arrive
(draft-ietf-secsh-filexfer-02, section 4.1), so all of them may be under way at once.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from audiotui.backends.marker import MARKER_NAME
from audiotui.backends.sftp import packets
from audiotui.backends.sftp.failures import (
    FAILURE,
    NO_SUCH_FILE,
    OP_UNSUPPORTED,
    NameTaken,
    NoFile,
    NoFolder,
    NoRoom,
    ReadOnly,
    SftpFailure,
    StatusError,
    WrongSize,
)
from audiotui.backends.sftp.folders import make_folders, make_root, prune
from audiotui.backends.sftp.names import Root, parent_of
from audiotui.backends.sftp.packets import CREATE_FLAG, EXCLUSIVE_FLAG, READ_FLAG, WRITE_FLAG, Attributes
from audiotui.crashpoints import crashpoint

if TYPE_CHECKING:
    from audiotui.backends.sftp.marker import RootWatch
    from audiotui.backends.sftp.reading import Pace
    from audiotui.backends.sftp.session import Session
    from audiotui.backends.sftp.tasks import Waiting

RACES_BORNE = 10
"""How often a folder may be removed by another process just before a file is made in it."""

MOST_REMEMBERED = 10_000

NEW_FILE_MODE = 0o644
"""The rights that a new file asks for; the server's mask takes away from them."""


class Files:
    """The files of a location, over one session; keys are checked by the caller.

    With a ``watch`` nothing is stored where another folder stands in the place of the root.
    """

    def __init__(self, session: Session, root: Root, watch: RootWatch | None = None) -> None:
        self.session = session
        self.root = root
        self._watch = watch
        self._made: set[str] = set()

    async def stat(self, key: str) -> Attributes:
        """What a regular file is; NoFile if something else lies there."""
        return regular(await self.look(key))

    def look(self, key: str) -> Waiting[Attributes]:
        """Ask what lies under a key, whatever it is."""
        return self.session.ask(packets.lstat(self.root.of(key)))

    async def refuse_taken(self, key: str, looking: Waiting[Attributes] | None = None) -> None:
        """NameTaken if anything lies under the key; ``looking`` if that was asked already."""
        try:
            found = await (looking or self.look(key))
        except StatusError as refusal:
            if refusal.code == NO_SUCH_FILE:
                return
            raise
        raise NameTaken("a folder has that name" if found.is_folder else "the name is taken")

    async def create(self, key: str) -> bytes:
        """Open a new file for writing, and make its folders; a leftover of that name is removed. Its handle.

        Raises:
            NameTaken: something that is no folder stands where one is needed.
            RootGone: what stands in the place of the root is not it; nothing stays there.
        """
        ask, path, folder = self.session.ask, self.root.of(key), parent_of(key)
        request = packets.open_file(path, WRITE_FLAG | CREATE_FLAG | EXCLUSIVE_FLAG, mode=NEW_FILE_MODE)
        for above in self._perhaps_missing(folder):
            ask(packets.make_folder(self.root.of(above)))  # whether it was there or is now: opening tells
        opening = ask(request)
        looking = self.look(MARKER_NAME) if self._watch is not None and self._watch.is_marked else None
        for _ in range(RACES_BORNE):
            try:
                handle = await opening
            except StatusError as refusal:
                if refusal.code == NO_SUCH_FILE:
                    await self.make_folders(folder)
                elif refusal.code == FAILURE:
                    await self._remove_leftover(path, refusal)
                else:
                    raise
            else:
                crashpoint("scp.after_temp")
                if looking is not None:
                    await self._check_place(key, handle, looking)
                self._remember(folder)
                return handle
            opening = ask(request)
        return await opening

    async def make_root(self) -> None:
        """Make the root, and the folders above it, where they are missing.

        Raises:
            NoFolder, NoRoom, ReadOnly, StatusError: why that cannot be.
        """
        try:
            await make_root(self.session, self.root)
        except NoFolder as refusal:
            for above in (*reversed(self.root.above()[:-1]), b"/" if self.root.path.startswith(b"/") else b"."):
                if await self._explain_at(above, refusal):
                    break
            raise

    async def make_folders(self, folder: str) -> None:
        """Make a folder of keys, and those above it, where they are missing.

        Raises:
            RootGone, NameTaken, NoFolder, NoRoom, ReadOnly, StatusError: why that cannot be.
        """
        await self._check_root()
        try:
            await make_folders(self.session, self.root, folder)
        except (NoFolder, StatusError) as refusal:
            await self._check_root()  # it may have gone meanwhile
            if isinstance(refusal, StatusError):
                await self.explain(refusal)
            raise

    async def move(self, key: str, new_key: str) -> None:
        """Give a file a name that is free, in a folder that may have to be made.

        Raises:
            NameTaken: it is not free.
            RootGone, NoFolder, NoRoom, ReadOnly: why the folder cannot be made.
            StatusError: the server refuses; that there is no such file is said of ``key`` alone.
        """
        for _ in range(RACES_BORNE):
            await self.make_folders(parent_of(new_key))
            try:
                return await self.publish(key, new_key)
            except StatusError as refusal:
                if refusal.code != NO_SUCH_FILE:
                    raise
                await self.stat(key)  # it is there: then the folder was removed by another process
        raise StatusError(FAILURE, "its new folder is removed again and again")

    def _perhaps_missing(self, folder: str) -> list[str]:
        """A folder and those above it, the outermost first, as far as nobody has seen them here yet."""
        missing: list[str] = []
        while folder and folder not in self._made:
            missing.insert(0, folder)
            folder = parent_of(folder)
        return missing

    def _remember(self, folder: str) -> None:
        """Note that folders were there a moment ago: of those above a file's own, many files have the same."""
        if len(self._made) >= MOST_REMEMBERED:
            self._made.clear()
        while folder := parent_of(folder):
            self._made.add(folder)

    async def _check_root(self) -> None:
        if self._watch is not None:
            await self._watch.check(self)

    async def _check_place(self, key: str, handle: bytes, looking: Waiting[Attributes]) -> None:
        """Whether a new file lies below the root; one of which that is not sure is removed, with folders made for it.

        The mark was asked for behind the request that made the file: if it is there, so was the root. That goes with
        the other requests and is not felt, while a look now and then would let files through in between.
        """
        if self._watch is None:
            return
        try:
            await self._watch.check(self, looking)
        except SftpFailure:
            self.let_go(handle)
            await self.take_back(key)
            raise

    async def _remove_leftover(self, path: bytes, refusal: StatusError) -> None:
        """Make way for a new file; if nothing is in its way, the refusal was for another reason."""
        try:
            await self.session.ask(packets.remove(path))
        except StatusError as error:
            await self.explain(refusal)
            raise refusal from error

    async def write(self, handle: bytes, offset: int, data: bytes, pace: Pace | None = None) -> list[Waiting[None]]:
        """Ask for the bytes to be written; await every reply before anything is built on them.

        ``pace`` is awaited before each block, to keep to a rate.
        """
        view, step = memoryview(data), self.session.block_bytes
        replies = []
        for start in range(0, len(data), step):
            block = view[start : start + step]
            if pace is not None:
                await pace(len(block))
            replies.append(self.session.ask(packets.write(handle, offset + start, block)))
        return replies

    async def written(self, replies: list[Waiting[None]]) -> None:
        """Wait until the server has done all of that; NoRoom or ReadOnly if it refused to for that reason."""
        try:
            for reply in replies:
                await reply
        except StatusError as refusal:
            await self.explain(refusal)
            raise

    async def seal(self, handle: bytes, replies: list[Waiting[None]], size_bytes: int) -> Attributes:
        """Sync and close a file whose last writes are under way; WrongSize if it is not as big as it should be.

        The handle is given back in any case. After any other error than ConnectionLost nothing may be built on the
        file: a server's memory claims to have bytes that its disk refused, and a second sync of them succeeds.
        """
        ask = self.session.ask
        syncing = [ask(packets.sync(handle))] if self.session.can_sync else []
        looking = ask(packets.fstat(handle))
        closing = ask(packets.close(handle))
        await self.written([*replies, *syncing])
        found = await looking
        await self.written([closing])
        if found.size_bytes != size_bytes:
            raise WrongSize(f"it has {found.size_bytes} bytes instead of {size_bytes}")
        crashpoint("scp.after_seal")
        return found

    async def publish(self, temp: str, key: str) -> None:
        """Give a stored file its final name; NameTaken if that is not free.

        A link and a removal are two steps: a crash between them leaves the file under both names, which the next
        attempt and the sweep know how to end.
        """
        old, new = self.root.of(temp), self.root.of(key)
        if self.session.can_link:
            try:
                await self.session.ask(packets.hardlink(old, new))
            except StatusError as refusal:
                await self.refuse_taken(key)
                if refusal.code not in {FAILURE, OP_UNSUPPORTED}:
                    raise
            else:
                crashpoint("scp.after_link")
                await self.remove(temp)
                return
        else:
            await self.refuse_taken(key)  # not every server that cannot link refuses to overwrite
        try:
            await self.session.ask(packets.rename(old, new))
        except StatusError:
            await self.refuse_taken(key)
            raise

    async def remove(self, key: str) -> None:
        """Remove a file; one that is missing is fine."""
        try:
            await self.session.ask(packets.remove(self.root.of(key)))
        except StatusError as refusal:
            if refusal.code != NO_SUCH_FILE:
                raise

    async def take_back(self, key: str) -> None:
        """Remove what was begun, with folders that this leaves empty, as far as the server lets us.

        Called after an error, which is the one to tell.
        """
        with suppress(SftpFailure):
            await self.remove(key)
        with suppress(SftpFailure):
            await prune(self.session, self.root, parent_of(key))

    async def open_known(self, key: str, *, flags: int = READ_FLAG) -> tuple[bytes, Attributes]:
        """Open a regular file; its handle, and what lay there just before. Pipes are not opened, they wait for ever."""
        found = await self.stat(key)
        return await self.session.ask(packets.open_file(self.root.of(key), flags)), found

    def look_at(self, handle: bytes) -> Waiting[Attributes]:
        """Ask what an open file is."""
        return self.session.ask(packets.fstat(handle))

    async def open(self, key: str, *, flags: int = READ_FLAG) -> tuple[bytes, Attributes]:
        """Open a regular file; its handle, and what it is."""
        handle, _ = await self.open_known(key, flags=flags)
        return handle, regular(await self.look_at(handle))

    async def close(self, handle: bytes) -> None:
        """Give a handle back."""
        await self.session.ask(packets.close(handle))

    def let_go(self, handle: bytes) -> None:
        """Give back a handle that was only read from: nothing depends on the answer."""
        self.session.wire.tell(packets.close(handle))

    async def truncate(self, key: str, size_bytes: int) -> None:
        """Cut a file off."""
        await self.session.ask(packets.truncate(self.root.of(key), size_bytes))

    async def sync(self, key: str) -> None:
        """Make a stored file durable, where the server can."""
        if self.session.can_sync:
            handle, _ = await self.open(key)
            syncing, closing = self.session.ask(packets.sync(handle)), self.session.ask(packets.close(handle))
            await syncing
            await closing

    async def explain(self, refusal: StatusError) -> None:
        """NoRoom or ReadOnly if the server refused to store something for that reason; else nothing."""
        if refusal.code == FAILURE:
            await self._explain_at(self.root.path, refusal)

    async def _explain_at(self, path: bytes, refusal: SftpFailure) -> bool:
        """NoRoom or ReadOnly if the file system of a path is; whether there is such a path, as far as can be told."""
        if not self.session.can_tell_room:
            return False
        try:
            found = await self.session.ask(packets.file_system(path))
        except StatusError:
            return False
        if found.is_read_only:
            raise ReadOnly from refusal
        if found.free_bytes < self.session.block_bytes or not found.takes_files:
            raise NoRoom from refusal
        return True


def regular(found: Attributes) -> Attributes:
    """The same, if it is a regular file; NoFile if it is anything else."""
    if found.is_file:
        return found
    if found.is_link:
        raise NoFile("a symbolic link")
    raise NoFile("a folder" if found.is_folder else "a device or a pipe")
