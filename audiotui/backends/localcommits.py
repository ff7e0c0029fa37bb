"""Many commits in step: all wait for one sync of their bytes, and then for one of their names.

Where nobody wants them synced, they wait for the first only while memory is dear: to get it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.backends.localupload import LocalUpload
from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audiotui.backends.items import Entry
    from audiotui.backends.tree import Tree


def commit_together(uploads: Sequence[LocalUpload], tree: Tree) -> list[Entry | AudiotuiError]:
    """Commit complete uploads below one root; an entry or an error for each, as ``Upload.commit`` has them.

    An error ends that one commit, whose upload is still to be aborted or closed, as after ``Upload.commit``. Where the
    group cannot sync, each file is synced by itself.
    """
    commits = [_Commit(upload) for upload in uploads]

    def each(step: Callable[[LocalUpload], object]) -> None:
        for commit in commits:
            commit.take(step)

    devices = {upload.device for upload in uploads}
    each(LocalUpload.seal)
    if tree.syncs:
        if not tree.group.wait(devices):
            each(LocalUpload.sync)
        each(LocalUpload.let_go)
    elif tree.memory_cost.is_dear and tree.group.wait(devices):
        each(LocalUpload.let_go)
    each(LocalUpload.publish)
    if tree.syncs and not tree.group.wait(devices):
        each(LocalUpload.sync_name)
    for commit in commits:
        if commit.error is None:  # not a step: these files are stored, even if their folder has gone away since
            commit.upload.close()
    return [commit.error or commit.upload.entry for commit in commits]


class _Commit:
    """One of the commits, and its first error."""

    def __init__(self, upload: LocalUpload) -> None:
        self.upload = upload
        self.error: AudiotuiError | None = None

    def take(self, step: Callable[[LocalUpload], object]) -> None:
        """Take a step, unless one before has failed."""
        if self.error is not None:
            return
        try:
            with self.upload.backend.boundary(self.upload.key):
                step(self.upload)
        except AudiotuiError as error:
            self.error = error
