"""A small library whose location ``archive`` is a folder of an SSH host, which any process learns from a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.backends.base import open_backend
from tests.servers.openssh import OpenSsh
from tests.transfer.library import Library

if TYPE_CHECKING:
    from audiotui.backends.options import ScpOptions

FILE = "registry.scp.json"


def put_beside(folder: Path, server: OpenSsh, transport: str, *, measured: bool) -> None:
    """Let the library in a folder reach its archive by this server; ``measured``: the host measures SHA-256 itself."""
    says = {"folder": str(server.folder), "port": server.port, "transport": transport, "exec": measured}
    (folder / FILE).write_text(json.dumps(says), encoding="utf-8")


class ScpLibrary(Library):
    """A library with the host that the file beside it names; the host's folder lies in the library's own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        says = json.loads((folder / FILE).read_text(encoding="utf-8"))
        server = OpenSsh(Path(says.pop("folder")), says.pop("port"))
        self.requests = 16
        self.reach(server.options(folder / "archive", **says))

    def reach(self, options: ScpOptions) -> None:
        """Use these options for ``archive`` from now on."""
        self.backends["archive"].close()
        self.catalog.ensure_location("archive", options.kind, options.fingerprint)
        self.backends["archive"] = open_backend(
            "archive",
            options,
            library_id=self.catalog.library_id,
            used_before=self.catalog.has_copies_at("archive"),
        )


def main(folder: str) -> None:
    """Run every job that waits, until somebody kills this process."""
    with ScpLibrary(Path(folder)) as library:
        while (job_id := library.journal.next_job()) is not None:
            library.run(job_id)


if __name__ == "__main__":
    main(*sys.argv[1:])
