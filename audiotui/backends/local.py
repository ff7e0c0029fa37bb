"""Folders of this machine: the library's own files, an external disk, a mounted share.

A file is written under a temporary name in the folder of its key, synced, given its key only if that is free, and then
its folders are synced. The steps inside the folder are in ``tree``, those of unfinished files in ``tempfiles``.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from audiotui.backends.base import Backend
from audiotui.backends.entries import entry_of, etag_of, modified_at
from audiotui.backends.items import Capability, Checksum, Content, Entry, Unfinished, take_turns
from audiotui.backends.keys import TEMP_NAME, check_temp_name, key_problem, new_temp_name
from audiotui.backends.localcommits import commit_together
from audiotui.backends.localerrors import FOLDER_IN_THE_WAY, as_location_error
from audiotui.backends.localupload import LocalUpload, proven_parts
from audiotui.backends.marker import MARKER_NAME, MAX_MARKER_BYTES, is_marked, mark, names_others
from audiotui.backends.newfile import NewLocalFile
from audiotui.backends.pagecache import let_go
from audiotui.backends.publish import publish
from audiotui.backends.sources import FileSource
from audiotui.backends.tempfiles import TempFile
from audiotui.backends.tree import RootGone, Tree, parent_of
from audiotui.cleanup import on_failure
from audiotui.crashpoints import crashpoint
from audiotui.errors import AlreadyExists, KeyNotFound, LocationError, SourceChanged, Unreachable, UploadExpired
from audiotui.model import LOCAL, VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from audiotui.backends.base import CommitTogether
    from audiotui.backends.items import Pace, Source
    from audiotui.backends.limits import Limits
    from audiotui.backends.options import LocalOptions
    from audiotui.backends.upload import Upload
    from audiotui.errors import AudiotuiError

BLOCK_BYTES = 1024 * 1024
"""How much is read at a time."""

_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Never through a symbolic link, and never waiting for the writer of a FIFO."""


class FolderLoan(NamedTuple):
    """What ``Backend.lend`` gives for a folder."""

    name: str
    path: Path
    sync: bool
    library_id: str

    def open(self) -> LocalBackend:
        """The folder; one that has lost the library's mark since is Unreachable."""
        return LocalBackend(self.name, self, library_id=self.library_id, used_before=True)


class LocalBackend(Backend):
    """A folder. A missing root is made when the library stores its first file there, and never again."""

    kind: ClassVar[str] = "local"
    capabilities = frozenset({Capability.CHECKSUM, Capability.RESUME, Capability.DIRECT})

    def __init__(
        self, name: str, options: LocalOptions | FolderLoan, *, library_id: str = "", used_before: bool = False
    ) -> None:
        super().__init__(name, library_id=library_id, used_before=used_before)
        self._tree = Tree(name, options.path, syncs=options.sync)
        self._syncs = options.sync
        self._is_claimed = False
        self._file_mode = 0o666 & ~_umask()

    @property
    def path(self) -> Path:
        """The root folder."""
        return self._tree.path

    def open(self) -> None:
        """As every location; a root that is yet to be made is looked for again by each call."""
        with self._opening:
            super().open()
            if self._tree.is_awaited:
                self._is_open = False

    def new_file(self, folder: str, temp: str) -> NewLocalFile:
        """An unfinished file in a folder, for bytes whose hash is known only when all of them were written."""
        with self.boundary(folder):
            self._claim()
            unfinished = TempFile.create(self._tree, folder, check_temp_name(temp))
            crashpoint("local.after_temp")
            return NewLocalFile(self, unfinished, mode=self._file_mode)

    @property
    def commit_together(self) -> CommitTogether | None:
        """While many write at a time."""
        group = self._tree.group
        return self._commit_together if group.is_of_use or (group.is_shared and not self._syncs) else None

    def lend(self) -> FolderLoan:
        """The folder, which has the library's mark from then on."""
        with self.boundary(""):
            self._claim()
            return FolderLoan(self.name, self._tree.path, self._syncs, self.library_id)

    def sync_names(self, keys: Iterable[str]) -> None:
        """Make durable that files have these keys."""
        with self.boundary(""):
            self._tree.sync_all(parent_of(key) for key in keys)

    def _open(self) -> None:
        self._tree.attach(awaits=not self.used_before and (self.name == LOCAL or bool(self.library_id)))
        if not self.library_id or self._tree.is_awaited:
            return
        if is_marked(self._tree, self.library_id):
            self.used_before = True  # by another process, perhaps: if it goes from now on, it is missed
            return
        if not self.used_before:
            return
        if not self.landmarks:
            raise RootGone("the folder has lost the mark that this library left in it, as if its disk were not mounted")
        if not self._has_landmark():
            raise RootGone("the folder has no file that this library knows there, as if its disk were not mounted")

    def _claim(self) -> None:
        if self._is_claimed:
            return
        with self._opening:  # which looks for the folder, too
            if self._tree.is_awaited:
                self._tree.make()
                self._is_open = True
        if self.library_id:
            mark(self._tree, self.library_id)
            self.used_before = True
        self._is_claimed = True

    def _is_shared(self) -> bool:
        return names_others(self._read(MARKER_NAME, 0, MAX_MARKER_BYTES, ""), self.library_id)

    def _stat(self, key: str) -> Entry:
        return entry_of(key, self._status(key))

    def _list(self, prefix: str) -> Iterator[Entry]:
        for path, status in self._tree.walk(prefix):
            yield entry_of(path, status)

    def _list_unfinished(self, key: str) -> Iterator[Unfinished]:
        folder = parent_of(key)
        for path, status in self._tree.walk(f"{folder}/" if folder else ""):
            found = parent_of(path)
            if not TEMP_NAME.fullmatch(path.rpartition("/")[2]) or (found and key_problem(found)):
                continue  # nothing of ours lies in a folder that no key can name
            if not key or found == folder:
                yield Unfinished(path, size_bytes=status.st_size, modified_at=modified_at(status))

    def _read(self, key: str, offset: int, length: int | None, if_etag: str) -> Iterator[bytes]:
        descriptor = self._open_file(key, if_etag)
        try:
            end = offset + length if length is not None else None
            while end is None or offset < end:
                block = os.pread(descriptor, BLOCK_BYTES if end is None else min(BLOCK_BYTES, end - offset), offset)
                if not block:
                    return
                yield block
                offset += len(block)
        finally:
            os.close(descriptor)

    def _open_source(self, key: str) -> Source:
        return FileSource(self._open_file(key), f"{self.name}:{key}")

    def _checksum(self, key: str) -> Checksum:
        digest = hashlib.sha256()
        size = 0
        for block in self._read(key, 0, None, ""):
            digest.update(block)
            size += len(block)
        return Checksum(size, VerifyLevel.READ_BACK, sha256=digest.hexdigest())

    def _put_small(
        self, key: str, data: bytes, *, sha256: str, temp: str, attributes: Mapping[str, str], pace: Pace | None
    ) -> Entry:
        take_turns(pace, data)
        upload = self._start_upload(key, Content(len(data), sha256), temp=temp, attributes=attributes)
        with on_failure(upload.abort):
            upload.write_part(0, data)
            return upload.commit()

    def _start_upload(self, key: str, content: Content, *, temp: str, attributes: Mapping[str, str]) -> LocalUpload:
        del attributes  # a folder keeps bytes alone
        self._claim()
        unfinished = TempFile.create(
            self._tree,
            parent_of(key),
            temp or new_temp_name(library_id=self.library_id),
            check=partial(self._refuse_taken, key),
        )
        crashpoint("local.after_temp")
        return LocalUpload(self, key, content, unfinished, mode=self._file_mode, syncs=self._syncs)

    def _commit_together(self, uploads: Sequence[Upload]) -> list[Entry | AudiotuiError]:
        return commit_together(cast("Sequence[LocalUpload]", uploads), self._tree)

    def _resume_upload(self, token: str, key: str, content: Content, limits: Limits) -> LocalUpload:
        path, _, name = token.rpartition("/")
        unfinished = None
        if path == parent_of(key) and TEMP_NAME.fullmatch(name):
            unfinished = TempFile.reopen(self._tree, path, name)
        if unfinished is None:
            raise UploadExpired(
                f"{self.name} has no unfinished file {token!r} for {key!r}.",
                "The upload starts again from the beginning.",
                location=self.name,
                key=key,
            )
        with on_failure(unfinished.close):
            held = proven_parts(unfinished.descriptor, content, limits)
        return LocalUpload(self, key, content, unfinished, mode=self._file_mode, syncs=self._syncs, held=held)

    def _discard(self, token: str, key: str) -> bool:
        del key  # the token says it all
        path, _, name = token.rpartition("/")
        if not TEMP_NAME.fullmatch(name) or (path and key_problem(path)):
            return False
        return TempFile.discard(self._tree, path, name)

    def _delete(self, key: str, if_etag: str) -> None:
        path, _, name = key.rpartition("/")
        try:
            status = self._status(key)
            self._check_etag(key, status, if_etag)
            with self._tree.folder(path) as folder:
                os.unlink(name, dir_fd=folder)
                crashpoint("local.after_delete")
                self._tree.sync(path, folder)
        except (FileNotFoundError, KeyNotFound):
            return
        self._tree.prune(path)

    def _move(self, key: str, new_key: str, if_etag: str) -> Entry:
        self._claim()
        path, _, name = key.rpartition("/")
        new_path, _, new_name = new_key.rpartition("/")
        self._check_etag(key, self._status(key), if_etag)
        with self._tree.folder(path) as folder:

            def rename(new_folder: int) -> None:
                self._refuse_taken(new_key, new_folder)
                publish(name, folder, new_name, new_folder)
                crashpoint("local.after_move")
                self._tree.sync(new_path, new_folder)

            self._tree.in_folder(new_path, rename)
            self._tree.sync(path, folder)
        self._tree.prune(path)
        return self._stat(new_key)

    def _persist(self, key: str) -> None:
        self._claim()
        if not self._syncs:
            return
        path, _, name = key.rpartition("/")
        with self._tree.folder(path) as folder:
            file = os.open(name, _READ_FLAGS, dir_fd=folder)
            try:
                os.fsync(file)
            except OSError:
                # The system tells this once, and has right bytes in memory that the disk has not: whoever proves the
                # file has to see those of the disk, or the next attempt succeeds.
                let_go(file)
                raise
            finally:
                os.close(file)
            self._tree.sync(path, folder)

    @property
    def _renew(self) -> str:
        """The command by which a person declares a folder, old or new, to be the right one."""
        root = shlex.quote(str(self._tree.path))
        return f"mkdir -p {root} && echo {self.library_id} >> {root}/{MARKER_NAME}"

    def _translate(self, error: Exception, key: str) -> AudiotuiError:
        if isinstance(error, RootGone):
            self._is_open = False  # the next call looks again, and asks for the mark
            return Unreachable(
                f"Cannot reach {self.name} ({self._tree.path}): {error}.",
                f"Connect or mount its disk. If the folder may begin anew on this disk: {self._renew}",
                location=self.name,
                key=key,
            )
        known = as_location_error(error, location=self.name, key=key) if isinstance(error, OSError) else None
        return known or super()._translate(error, key)

    def _status(self, key: str) -> os.stat_result:
        path, _, name = key.rpartition("/")
        with self._tree.folder(path) as folder:
            return self._regular(key, os.stat(name, dir_fd=folder, follow_symlinks=False))

    def _open_file(self, key: str, if_etag: str = "") -> int:
        path, _, name = key.rpartition("/")
        with self._tree.folder(path) as folder:
            descriptor = os.open(name, _READ_FLAGS, dir_fd=folder)
        with on_failure(partial(os.close, descriptor)):
            status = self._regular(key, os.fstat(descriptor))
            self._check_etag(key, status, if_etag)
        return descriptor

    def _refuse_taken(self, key: str, folder: int) -> None:
        """Say early, and in words, what the commit would refuse anyway; ``folder`` is that of the key."""
        try:
            status = os.stat(key.rpartition("/")[2], dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return
        what, hint = "a file", "Nothing is ever overwritten."
        if stat.S_ISDIR(status.st_mode):
            what, hint = "a folder", FOLDER_IN_THE_WAY
        raise AlreadyExists(f"{self.name} has {what} {key!r} already.", hint, location=self.name, key=key)

    def _check_etag(self, key: str, status: os.stat_result, if_etag: str) -> None:
        if if_etag and etag_of(status) != if_etag:
            raise SourceChanged(
                f"{key!r} at {self.name} is not the file that it was: it was written to or replaced.",
                "Look at it again before you decide.",
            )

    def _regular(self, key: str, status: os.stat_result) -> os.stat_result:
        """The status of what lies under a key, if it is a regular file; folders and devices are none of ours."""
        if stat.S_ISREG(status.st_mode):
            return status
        if stat.S_ISLNK(status.st_mode):
            raise LocationError(
                f"{key!r} at {self.name} is a symbolic link, which is not followed.",
                "Replace the link by the file that it points at.",
                location=self.name,
                key=key,
            )
        raise KeyNotFound(f"{key!r} at {self.name} is a folder or a device, not a file.", location=self.name, key=key)


def _umask() -> int:
    """The rights that new files of this process do not get.

    Linux tells it; elsewhere it can only be read by setting it, for one instant, to the strictest value.
    """
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    except OSError:
        pass
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
