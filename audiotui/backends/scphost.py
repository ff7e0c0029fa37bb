"""A host that is reached: the sessions on it, whether its folder is the one that was used, and what its failures mean.

A folder may go while it is used, as when a disk is unmounted there: then nothing is stored in its place, and nothing
counts as missing.
"""

from __future__ import annotations

import shlex
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from audiotui.backends.base import Backend
from audiotui.backends.items import Capability
from audiotui.backends.marker import MARKER_NAME
from audiotui.backends.options.scp import OPENSSH
from audiotui.backends.sftp.failures import NO_SUCH_FILE, RootGone, SftpFailure, StatusError
from audiotui.backends.sftp.files import Files
from audiotui.backends.sftp.marker import RootWatch, is_marked, mark
from audiotui.backends.sftp.names import Root
from audiotui.backends.ssh.errors import as_error
from audiotui.backends.ssh.pool import Connection, SessionPool
from audiotui.crashpoints import crashpoint
from audiotui.errors import AudiotuiError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from audiotui.backends.options import ScpOptions
    from audiotui.backends.sftp.session import Session

T = TypeVar("T")

NARROW_FROM_S = 0.010
"""At this round trip the ssh program's window makes 200 MB/s; what is nearer is held up by other things."""

PUT_SESSIONS, PROGRAM_PUT_SESSIONS = 3, 4
"""Measured: more gain nothing, and the client inside this program pays for each with its own processor time."""


class HostFolder(Backend):
    """The part of the backend for hosts that opens and closes them, and watches over their folder."""

    def __init__(self, name: str, options: ScpOptions, *, library_id: str = "", used_before: bool = False) -> None:
        super().__init__(name, library_id=library_id, used_before=used_before)
        self._options = options
        self.root = Root.at(options.remote_path)
        self.pool = SessionPool(self._connect, patience_s=options.connect_timeout)
        self.watch = RootWatch(library_id)
        self._is_claimed = False
        if options.exec:
            self.capabilities = self.capabilities | {Capability.CHECKSUM}

    @property
    def session_is_narrow(self) -> bool:
        """Whether two sessions bring files faster: the ssh program lets only 2 MiB be under way on each."""
        return self._options.transport == OPENSSH and self.pool.round_trip_s >= NARROW_FROM_S

    @property
    def put_sessions(self) -> int:
        """Over how many sessions many files are stored soonest."""
        return PROGRAM_PUT_SESSIONS if self._options.transport == OPENSSH else PUT_SESSIONS

    def run(self, steps: Callable[[Files], Coroutine[Any, Any, T]]) -> T:
        """Take some steps over a session of their own."""
        with self.pool.session() as session:
            return session.run(steps(self.files(session)))

    def files(self, session: Session) -> Files:
        """The files of the location, over a session."""
        return Files(session, self.root, self.watch)

    def close(self) -> None:
        """As every location; also one that counts as closed since its root was found to be gone."""
        super().close()
        self.pool.close()

    def translated(self, error: Exception, key: str) -> AudiotuiError:
        """The error for people that stands for one of the wire, which may have been ``doubted``."""
        if isinstance(error, AudiotuiError):
            return error
        if isinstance(error, RootGone):
            known: AudiotuiError = self._root_gone(error, key)
        else:
            known = as_error(error, location=self.name, host=self._options.host, key=key) or super()._translate(
                error, key
            )
        known.__cause__ = error
        return known

    async def doubted(self, error: Exception, files: Files) -> Exception:
        """The same error, or a worse one: a file is missing only where the location is still the one that it was."""
        if is_missing(error):
            try:
                await self.watch.check(files)
            except SftpFailure as worse:  # then nothing can be said of the file
                return worse
        return error

    def _connect(self) -> Connection:
        if self._options.transport == OPENSSH:
            from audiotui.backends.ssh.program import ProgramConnection

            return ProgramConnection(self._options)
        from audiotui.backends.ssh.inside import InsideConnection
        from audiotui.backends.ssh.target import find_target

        return InsideConnection(find_target(self._options), location=self.name)

    def _open(self) -> None:
        self.run(self._look)

    async def _look(self, files: Files) -> None:
        """Whether this is the folder that the library used, if it did."""
        if not self.library_id:
            with suppress(StatusError):
                await files.look("")  # how long the answer takes is worth knowing
        elif await is_marked(files, self.library_id):
            # Never taken back: who stores files at this moment has to miss the mark, not to leave it anew.
            self._is_claimed = self.watch.is_marked = self.used_before = True
        elif self.used_before:
            if not self.landmarks:
                raise RootGone
            self.watch.landmarks = self.landmarks
            await self.watch.check(files)

    @property
    def _renew(self) -> str:
        """The command by which a person declares a folder of the host, old or new, to be the right one."""
        root = shlex.quote(self._options.remote_path.rstrip("/"))
        return f"mkdir -p {root} && echo {self.library_id} >> {root}/{MARKER_NAME}"

    def _close(self) -> None:
        self.pool.close()

    def _claim(self) -> None:
        if not self._is_claimed:
            self.run(self.claim_steps)

    async def claim_steps(self, files: Files) -> None:
        """Make the root and leave the mark of use, unless that is done."""
        if self._is_claimed:
            return
        if self.library_id:
            await self.watch.check(files)  # a folder that has no mark yet may be another one by now
            await mark(files, self.library_id, makes_root=not self.used_before)
            self.used_before = self.watch.is_marked = True
        else:
            await files.make_root()
        crashpoint("scp.after_claim")
        self._is_claimed = True

    def _translate(self, error: Exception, key: str) -> AudiotuiError:
        if is_missing(error):  # also when another thread has heard of it, and the location counts as closed
            try:
                with self._translated(key):
                    error = self.run(partial(self.doubted, error))
            except AudiotuiError as worse:  # then nothing can be said of the file
                return worse
        return self.translated(error, key)

    def _root_gone(self, error: RootGone, key: str) -> Unreachable:
        self._is_open = False  # the next call looks again, and asks for the mark
        return Unreachable(
            f"Cannot reach {self.name} ({self._options.address}): {error}, as if its disk were not mounted.",
            f"Mount its disk on the host. If the folder may begin anew on this disk, run there: {self._renew}",
            location=self.name,
            key=key,
        )


def is_missing(error: Exception) -> bool:
    """Whether a host says by it that there is no such file."""
    return isinstance(error, StatusError) and error.code == NO_SUCH_FILE
