"""Files on an SSH host that no key can name: a listing leaves them out, and says so, wherever they lie."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.scp import ScpBackend
from tests.contracts.samples import put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack
    from pathlib import Path

    from tests.servers.openssh import OpenSsh


@pytest.fixture
def backend(openssh: OpenSsh, sshd: ExitStack, tmp_path: Path) -> Iterator[ScpBackend]:
    """A folder of a host."""
    with ScpBackend("nas", openssh.options(tmp_path / "nas"), library_id="library-1") as backend:
        backend.claim()
        yield backend


def test_files_in_folders_that_no_key_can_name_are_told(backend: ScpBackend, tmp_path: Path) -> None:
    put(backend, "in/file", b"x")
    odd = ["dir\\bad/f.wav", "dir\\bad/sub/g.wav", os.fsdecode(b"no utf-8 \xff/h.wav"), os.fsdecode(b"in/\xff.wav")]
    for name in (*odd, "dir\\bad/.0123abcd-00000001.atpart"):
        path = tmp_path / "nas" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not ours")
    refused: list[str] = []

    listed = [entry.key for entry in backend.list(on_refused=refused.append)]

    assert listed == ["in/file"]
    assert sorted(refused) == sorted(odd)
    assert not list(backend.list_unfinished())
