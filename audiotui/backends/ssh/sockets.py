"""Names for the sockets of ssh programs that lend their connection, in a folder that nobody else may enter."""

from __future__ import annotations

import os
import re
import secrets
import socket
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

_PLAIN_PATH = re.compile(r"[\w./+-]{1,64}", re.ASCII)
"""Of the folder: nothing that ssh would replace in it, and short enough for a socket below it."""


def new_socket_path() -> Path | None:
    """A free name below a folder of this user alone; None if no socket can be there.

    The folder is the same for all programs of the user, and stays: a program that is killed leaves none of its own, for
    ssh removes its socket when it ends.
    """
    folder = Path(tempfile.gettempdir(), f"audiotui-{os.getuid()}")
    path = folder / secrets.token_hex(8)
    try:
        with suppress(FileExistsError):
            folder.mkdir(0o700)
        found = folder.lstat()
        with socket.socket(socket.AF_UNIX) as trial:
            trial.bind(str(path))  # where it fails, ssh would give up the connection
        path.unlink()
    except OSError:
        return None
    is_private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return path if is_private and _PLAIN_PATH.fullmatch(str(folder)) else None
