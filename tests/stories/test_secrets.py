"""Secrets never show: twelve canaries in configuration and environment, a whole story at the most talkative level.

What is searched: everything that was printed, logs, the catalog, the journal and everything beside them, and the
command lines of all processes. A canary counts in any form: as it is, in base64, and escaped for an address.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import pytest

from tests.servers.openssh import OpenSsh, make_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.buckets import BucketServer


CANARIES = tuple(f"canary{number:02}/+secret=={number:02}" for number in range(12))
"""With characters that encodings change."""

ENVIRONMENT = {
    "STORE_SECRET": 1,
    "AWS_SECRET_ACCESS_KEY": 2,
    "AWS_SESSION_TOKEN": 3,
    "SSH_PASSPHRASE": 4,
    "SPEECH_KEY": 5,
    "MINIO_ROOT_PASSWORD": 6,
}
"""Variables that hold canaries, by the number of the canary."""

CONFIG = """audio_manager:
  db_path: library.db
  default_destination: bucket
  locations:
    local: {{type: local, path: local}}
    bucket: {{type: minio, endpoint: "127.0.0.1:{port}", bucket: {bucket}, prefix: bucket, secure: false,
      access_key: "{access}", secret_key: "{secret}"}}
    denied: {{type: minio, endpoint: "127.0.0.1:{port}", bucket: {bucket}, prefix: denied, secure: false,
      access_key: "{access}", secret_key: "{c[0]}"}}
    store: {{type: s3, endpoint_url: "http://127.0.0.1:{port}", bucket: {bucket}, prefix: store,
      aws_access_key_id: "{access}", aws_secret_access_key: "${{STORE_SECRET}}"}}
    chain: {{type: s3, endpoint_url: "http://127.0.0.1:{port}", bucket: {bucket}, prefix: chain}}
    host: {{type: scp, host: 127.0.0.1, port: {ssh_port}, user: {user}, remote_path: "{far}",
      identity_file: "{locked}", known_hosts: "{known_hosts}", passphrase: "${{SSH_PASSPHRASE}}"}}
    stranger: {{type: scp, host: 127.0.0.1, port: {ssh_port}, user: {user}, remote_path: "{far}-stranger",
      identity_file: "{locked}", known_hosts: "{known_hosts}", passphrase: "{c[7]}"}}
  library:
    documents: "mongodb://user:{mongo}@127.0.0.1:9/database"
    speech_key: "${{SPEECH_KEY}}"
    api_keys:
      - {{key: "{c[9]}", customers: [one]}}
      - {{key: "{c[10]}", customers: [two]}}
      - {{key: "{c[11]}", customers: [three]}}
"""


class Story(NamedTuple):
    """A library whose configuration is full of secrets."""

    folder: Path
    environment: dict[str, str]
    real_secret: str
    """The secret that the MinIO server knows; it must not show either."""


@pytest.fixture(scope="module")
def story(minio: BucketServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Servers, and a configuration that names them."""
    folder = tmp_path_factory.mktemp("story")
    ssh = OpenSsh(tmp_path_factory.mktemp("ssh"))
    ssh.prepare()
    locked = ssh.folder / "locked"
    make_key(locked, passphrase=CANARIES[4])
    with (ssh.folder / "authorized_keys").open("a") as file:
        file.write((ssh.folder / "locked.pub").read_text())
    with ssh.running():
        options = ssh.options(folder / "far")
        (folder / "audiotui.yaml").write_text(
            CONFIG.format(
                port=minio.port,
                bucket=minio.new_bucket(),
                access=minio.access_key,
                secret=minio.secret_key,
                ssh_port=ssh.port,
                user=options.user,
                far=options.remote_path,
                locked=locked,
                known_hosts=ssh.known_hosts,
                mongo=quote(CANARIES[8], safe=""),
                c=CANARIES,
            )
        )
        (folder / "audiotui.yaml").chmod(0o600)
        given = {name: CANARIES[number] for name, number in ENVIRONMENT.items()}
        yield Story(folder, {**os.environ, **given}, minio.secret_key)


def forms(secret: str) -> set[bytes]:
    """How a secret may look."""
    data = secret.encode()
    return {data, base64.b64encode(data), base64.urlsafe_b64encode(data), quote(secret, safe="").encode()}


class Watch:
    """Reads the command lines of all processes, again and again, until it is closed."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closed.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._closed.wait(0.02):
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(process.read_bytes())
                except OSError:
                    continue


def run(story: Story, *arguments: str) -> bytes:
    """Run the program at its most talkative; everything that it printed."""
    command = [sys.executable, "-m", "audiotui", "-vv", "--log-file", str(story.folder / "debug.log"), *arguments]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**story.environment, "AUDIOTUI_CONFIG": str(story.folder / "audiotui.yaml")},
        check=False,
        timeout=120,
    )
    return done.stdout


COMMANDS = (
    ("push-recordings", "", "--yes"),
    ("push-recordings", "", "--destination", "store", "--yes"),
    ("push-recordings", "", "--destination", "host", "--yes", "--json"),
    ("push-recordings", "", "--destination", "denied", "--yes"),
    ("push-recordings", "", "--destination", "chain", "--yes"),
    ("push-recordings", "", "--destination", "stranger", "--yes"),
    ("config", "--show"),
    ("doctor", "--json"),
    ("locations", "--json"),
    *(("locations", "check", name, "--json") for name in ("bucket", "denied", "store", "chain", "host", "stranger")),
    ("locations", "scan", "bucket"),
    ("verify",),
    ("drop", "", "--from", "local", "--yes"),
    ("pull-recordings", "", "--yes"),
    ("repair",),
    ("restore-copies", "", "--from", "local"),
    ("sweep", "--age", "0", "--trash-age", "0"),
    ("list-jobs", "--json"),
    ("history", "--json"),
    ("status", "--json"),
)


@pytest.mark.matrix
def test_no_secret_shows_anywhere(story: Story) -> None:
    note = story.folder / "note.txt"
    printed = []
    with Watch() as watch:
        for number in range(3):
            note.write_bytes(os.urandom(5_000))
            printed.append(run(story, "register-recording", "--text", f"number {number}", "--file", f"notes={note}"))
        printed += [run(story, *command) for command in COMMANDS]

    written = {path: path.read_bytes() for path in story.folder.rglob("*") if path.is_file()}
    del written[story.folder / "audiotui.yaml"]
    artefacts = {
        "output": b"\n".join(printed),
        "process list": b"\n".join(watch.seen),
        **{str(path.relative_to(story.folder)): data for path, data in written.items()},
    }
    shown = [
        f"{secret} in {name}"
        for secret in (*CANARIES, story.real_secret)
        for form in forms(secret)
        for name, data in artefacts.items()
        if form in data
    ]

    assert shown == []
    assert b"DEBUG" in artefacts["debug.log"]
    assert any(b"audiotui" in line for line in watch.seen)
    assert b"denied" in artefacts["output"]
    assert b'"state": "present"' in artefacts["output"]
