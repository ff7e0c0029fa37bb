"""One connection that breaks off costs a repetition of what was under way on it, and no file of the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from audiotui.model import VerifyLevel
from tests.contracts.samples import sample
from tests.servers.relay import Relay, WireFault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Literal

    from tests.servers.buckets import BucketServer
    from tests.servers.openssh import OpenSsh

FILES = 30
CONFIG = """
audio_manager:
  db_path: library.db
  locations:
    local: {{type: local, path: recordings}}
    far: {far}
"""


@pytest.fixture(params=["paramiko", "openssh", "minio"])
def kind(request: pytest.FixtureRequest) -> str:
    """How the far location is reached."""
    return str(request.param)


@pytest.fixture
def relay(kind: str, ssh: OpenSsh, minio: BucketServer) -> Iterator[Relay]:
    """What stands between."""
    with Relay(minio.port if kind == "minio" else ssh.port) as relay:
        yield relay


@pytest.fixture
def manager(kind: str, relay: Relay, ssh: OpenSsh, minio: BucketServer, tmp_path: Path) -> Iterator[AudioManager]:
    """A library of some recordings, and a far location behind the relay."""
    if kind == "minio":
        far = (
            f"{{type: minio, endpoint: '{relay.address}', secure: false, bucket: {minio.new_bucket()}, "
            f"access_key: {minio.access_key}, secret_key: {minio.secret_key}}}"
        )
    else:
        known = tmp_path / "known_hosts"
        known.write_text(ssh.known_hosts.read_text().replace(f":{ssh.port}", f":{relay.port}"))
        options = ssh.options(tmp_path / "far")
        far = (
            f"{{type: scp, host: 127.0.0.1, port: {relay.port}, user: {options.user}, transport: {kind}, "
            f"remote_path: '{options.remote_path}', identity_file: '{ssh.identity}', known_hosts: '{known}'}}"
        )
    path = tmp_path / "audiotui.yaml"
    path.write_text(CONFIG.format(far=far))
    path.chmod(0o600)
    with AudioManager(path) as manager:
        for number in range(FILES):
            note = tmp_path / f"{number}.txt"
            note.write_bytes(sample(40_000, number))
            manager.register_recording(f"number {number}", file_paths={"notes": note})
        yield manager


@pytest.mark.parametrize("at", [0, 3_000, 20_000, 200_000])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_no_file_fails_for_a_connection_that_breaks_once(
    manager: AudioManager, relay: Relay, tmp_path: Path, direction: Literal["up", "down"], at: int
) -> None:
    relay.order(WireFault(do="reset", direction=direction, at=at))
    pushed = manager.push_recordings("", "far")
    assert pushed.errors == ()

    for path in (tmp_path / "recordings").rglob("*.txt"):
        path.unlink()
    relay.order(WireFault(do="reset", direction=direction, at=at))
    pulled = manager.pull_recordings("", "far")
    assert pulled.errors == ()

    report = manager.verify(level=VerifyLevel.READ_BACK)
    assert (report.right, report.is_clean, report.problems) == (2 * FILES, True, ())
