"""Replacing a configuration file whole: checked by the reader first, then exchanged in one step."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.config.load import check_config
from audiotui.errors import ConfigError
from audiotui.text import safe_text

if TYPE_CHECKING:
    import collections.abc

    from audiotui.config.edit import ConfigText


def change_config(path: Path, change: collections.abc.Callable[[ConfigText], ConfigText]) -> None:
    """Change the configuration in the file ``path``; owner, mode and a symbolic link to it stay.

    What comes out is read as every configuration is before it replaces the file, and after a crash at any moment the
    file is the old one or the new one.

    Raises:
        ConfigError: the result would have mistakes, the file cannot be written, or somebody else wrote to it meanwhile.
            It is as it was then.
    """
    from audiotui.config.edit import ConfigText

    target = Path(os.path.realpath(path))
    try:
        before = target.stat()
        old = target.read_bytes()
        new = change(ConfigText(old, path)).data
        if new == old:
            return
        check_config(new, path)
        temp = _written(target, new, before)
        try:
            _refuse_if_changed(path, target, before)
            temp.replace(target)
        except (OSError, ConfigError):
            temp.unlink(missing_ok=True)
            raise
        _make_durable(target.parent)
    except OSError as error:
        raise ConfigError(
            f"Cannot write the configuration {safe_text(str(path))}: {error.strerror or error}.",
            "Check who may write the file and its folder; it is as it was.",
        ) from error


def _written(target: Path, data: bytes, like: os.stat_result) -> Path:
    """A file beside the target with its owner and mode, durable."""
    temp = target.with_name(f".{target.name}.{os.getpid()}.new")
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), like.st_uid, like.st_gid)
            os.fchmod(file.fileno(), like.st_mode & 0o777)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        temp.unlink(missing_ok=True)
        raise
    return temp


def _refuse_if_changed(path: Path, target: Path, before: os.stat_result) -> None:
    now = target.stat()
    if (now.st_ino, now.st_mtime_ns, now.st_size) != (before.st_ino, before.st_mtime_ns, before.st_size):
        raise ConfigError(
            f"Another program changed {safe_text(str(path))} at this moment, so nothing was written.", "Save again."
        )


def _make_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
