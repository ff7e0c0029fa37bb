"""A real server of MongoDB's protocol, as a process of its own, with faults to order."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.servers.process import answers, free_port, program, running

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@dataclass
class MongoServer:
    """A running server; ``stop`` and ``start`` act as a server that goes down and comes back with its data."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def address(self, database: str, *, options: str = "") -> str:
        """The address of one of its databases."""
        return f"mongodb://127.0.0.1:{self.port}/{database}?directConnection=true{options}"

    @contextmanager
    def failing(
        self, commands: Sequence[str], *, times: int = 1, app_name: str = "audiotui", **how: Any
    ) -> Iterator[None]:
        """Let the next ``times`` of these commands fail: ``errorCode``, ``closeConnection``, ``writeConcernError``."""
        from pymongo import MongoClient

        data = {"failCommands": list(commands), "appName": app_name, **how}
        with MongoClient[dict[str, Any]](self.address("admin")) as client:
            client.admin.command("configureFailPoint", "failCommand", mode={"times": times}, data=data)
            try:
                yield
            finally:
                client.admin.command("configureFailPoint", "failCommand", mode="off")


@contextmanager
def mongo(folder: Path) -> Iterator[MongoServer]:
    """A server that keeps its data in a folder."""
    path = program("secantusd-py", install="pip install 'audiotui[dev]'")
    server = MongoServer(free_port(), folder)
    command = [path, "--port", str(server.port), "--storage-path", str(folder / "data"), "--enable-test-commands"]
    with running(command, log=folder / "mongo.log", ready=lambda: answers(server.port)) as process:
        server.process = process
        yield server
