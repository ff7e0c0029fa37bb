"""One file on its way into ``local``: read, hashed, proven to be what it should be, and written under a temp name.

What is staged is invisible. It becomes a file of the library when its bytes have their key and the catalog has its row
(``batch``), and is removed without a trace otherwise. Sources are copied even where they are to be moved: a hard
link would leave the library's bytes open to whoever has the source open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import PurePath
from typing import TYPE_CHECKING

from audiotui.audio.probe import probe_open
from audiotui.backends.keys import key_problem
from audiotui.cleanup import on_failure
from audiotui.errors import IntegrityError, InvalidInput
from audiotui.model import AUDIO, LOCAL, MediaFacts, NewCopy, NewFile, VerifyLevel
from audiotui.transfer.digest import FileDigest
from audiotui.transfer.layout import key_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from audiotui.backends.local import LocalBackend
    from audiotui.backends.newfile import NewLocalFile
    from audiotui.transfer.userfile import Fingerprint, Opener, UserFile

IN_MEMORY_BYTES = 4 * 1024 * 1024
"""Files up to this size are hashed before anything is written, so bytes that are known already cost no write."""


@dataclass(frozen=True, slots=True)
class FileToStage:
    """A file to be added to the recording ``uid``."""

    uid: str
    kind: str
    path: Path
    open: Opener
    temp: str
    """A name of ``keys.new_temp_name``, which the journal knows already; '' if the file stays where it is."""
    original_name: str
    sha256: str = ""
    """What the bytes must be; '' if any will do."""
    version: int = 0
    """Which version of its kind it is; 0 for the next."""

    @property
    def in_place(self) -> bool:
        """Whether the file lies inside ``local`` and stays there."""
        return not self.temp


@dataclass(frozen=True, slots=True)
class StagedFile:
    """Bytes that are hashed, proven and durable: under a temp name, or, if they stay in place, under their own key."""

    path: Path
    fingerprint: Fingerprint
    key: str
    new: NewFile
    unpublished: NewLocalFile | None
    """The temp file; None if the bytes lie under their key already."""
    was_expected: bool = False
    """Whether the bytes had to have a given SHA-256: they come back to a recording that had them before."""

    def discard(self) -> None:
        """Remove the temp file; a file that stays in place stays."""
        if self.unpublished is not None:
            self.unpublished.remove()


_ANY_SHA256 = "0" * 64

DigestCheck = Callable[[FileToStage, FileDigest], None]
"""Called as soon as the digest of a file is known; what it raises ends the staging."""


class Stager:
    """Stages files; any number of threads may call it. ``on_bytes`` hears how much was read, and may raise to stop."""

    def __init__(
        self,
        local: LocalBackend,
        *,
        key_layout: str,
        check: DigestCheck,
        on_bytes: Callable[[int], None] = lambda _count: None,
    ) -> None:
        self._local = local
        self._layout = key_layout
        self._check = check
        self._on_bytes = on_bytes
        self._known_folders = _known_folders(key_layout)

    def stage(self, task: FileToStage) -> StagedFile:
        """Read and prove one file, and write it under its temp name unless it stays in place.

        Raises:
            InvalidInput: it is no regular file, cannot be read, or cannot stay where it is.
            NotAudio, UnreadableAudio: it is to be audio and is none.
            SourceChanged: it was written to meanwhile.
            IntegrityError: its bytes are not what they must be.
            LocationError: ``local`` cannot take it. Whatever the check raises comes out too.
        """
        with task.open() as file:
            if task.in_place:
                return self._stage_in_place(task, file)
            return self._stage_copy(task, file)

    def inspect(self, task: FileToStage) -> NewFile:
        """Read and prove one file, and write nothing; errors as ``stage`` raises them."""
        with task.open() as file:
            return self._inspect(task, file)

    def folder_of(self, task: FileToStage) -> str:
        """The folder that the temp file lies in: that of the key, as far as it does not depend on the bytes."""
        return "/".join(self._key(task, _ANY_SHA256).split("/")[: self._known_folders])

    def _stage_copy(self, task: FileToStage, file: UserFile) -> StagedFile:
        digest = FileDigest()
        blocks: Iterable[bytes] = self._read(file)
        is_small = file.size_bytes <= IN_MEMORY_BYTES
        if is_small:
            blocks = [digest.update(block) for block in blocks]
            self._accept(task, digest)
        unpublished = self._local.new_file(self.folder_of(task), task.temp)
        with on_failure(unpublished.remove):
            for block in blocks:
                unpublished.write(block if is_small else digest.update(block))
            if not is_small:
                self._accept(task, digest)
            media = _probe(task, unpublished.descriptor)
            unpublished.sync()
        key = self._key(task, digest.sha256)
        copy = NewCopy(LOCAL, key, verify_level=VerifyLevel.SIZE)  # the disk was not asked yet what it really holds
        new = replace(_new_file(task, digest, media), copies=(copy,))
        return StagedFile(task.path, file.fingerprint, key, new, unpublished, was_expected=bool(task.sha256))

    def _stage_in_place(self, task: FileToStage, file: UserFile) -> StagedFile:
        new = self._inspect(task, file)
        key = key_in_place(self._local.path, task.path)
        self._local.persist(key)
        copy = NewCopy(LOCAL, key, managed=False)
        return StagedFile(task.path, file.fingerprint, key, replace(new, copies=(copy,)), None)

    def _inspect(self, task: FileToStage, file: UserFile) -> NewFile:
        if task.in_place:
            key_in_place(self._local.path, task.path)
        digest = FileDigest()
        for block in self._read(file):
            digest.update(block)
        self._accept(task, digest)
        media = _probe(task, file.descriptor)
        file.check_unchanged()
        return _new_file(task, digest, media)

    def _read(self, file: UserFile) -> Iterator[bytes]:
        for block in file.blocks():
            self._on_bytes(len(block))
            yield block

    def _accept(self, task: FileToStage, digest: FileDigest) -> None:
        if task.sha256 not in {"", digest.sha256}:
            raise IntegrityError(
                f"{task.path} has other bytes than its manifest says.", "Export it again, or get another copy."
            )
        self._check(task, digest)

    def _key(self, task: FileToStage, sha256: str) -> str:
        suffix = PurePath(task.original_name).suffix
        return key_for(self._layout, uid=task.uid, kind=task.kind, sha256=sha256, extension=suffix)


def key_in_place(root: Path, path: Path) -> str:
    """The key that a file inside the folder ``root`` has already.

    Raises:
        InvalidInput: it lies elsewhere, or is called what no key may be called.
    """
    try:
        relative = path.resolve(strict=True).relative_to(root.resolve(strict=True))
    except ValueError:
        reason = f"it does not lie in {root}"
    except (OSError, RuntimeError) as error:
        reason = str(error)
    else:
        reason = key_problem(relative.as_posix())
    if reason:
        raise InvalidInput(f"{path} cannot stay where it is: {reason}.", "Leave out in-place, and it will be copied.")
    return relative.as_posix()


def _probe(task: FileToStage, descriptor: int) -> MediaFacts | None:
    return probe_open(descriptor, str(task.path)) if task.kind == AUDIO else None


def _known_folders(layout: str) -> int:
    """How many folders of a key are known before the bytes are."""
    one, other = (key_for(layout, uid="u", kind="k", sha256=digit * 64, extension="").split("/") for digit in "0f")
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=True)))


def _new_file(task: FileToStage, digest: FileDigest, media: MediaFacts | None) -> NewFile:
    return NewFile(
        kind=task.kind,
        original_name=task.original_name,
        size_bytes=digest.size_bytes,
        sha256=digest.sha256,
        part_sha256=digest.part_sha256,
        media=media,
        version=task.version,
    )
