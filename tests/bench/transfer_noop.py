"""How long it takes to find out that nothing is to be done: a push of recordings that are all pushed already.

    python -m tests.bench.transfer_noop [--files 100000] [--bytes 64] [--rounds 5] [--kind local|s3|minio]

Each program is started anew for each round, by turns, on the same files and the same place: s5cmd and rclone compare
the folder with it, audiotui its catalog. Between folders s5cmd has nothing to say.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.backends.base import open_backend
from audiotui.backends.options import LocalOptions
from audiotui.core.catalog import Catalog
from audiotui.core.index import settle
from audiotui.manager import AudioManager
from audiotui.model import DEFAULT_KEY_LAYOUT, LOCAL, NewCopy, NewFile, NewRecording
from audiotui.transfer.layout import key_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BATCH = 2_000
BUCKET = "bench"
FAR = "far"


@dataclass(frozen=True)
class Peer:
    """A program that may find that nothing is to be done, and how it is called."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)

    def run(self) -> tuple[float, float]:
        """Seconds, and seconds of CPU."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        done = subprocess.run(
            self.command, env=os.environ | self.environment, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise SystemExit(f"{self.name} failed: {done.stderr[-2_000:]}")
        return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def make_files(folder: Path, count: int, size_bytes: int) -> None:
    """A library whose recordings all have a file in ``local`` and, as its catalog says, a copy at ``far``."""
    catalog = Catalog(folder / "library.db")
    try:
        catalog.ensure_location(LOCAL, "local", LocalOptions(path=folder / "local").fingerprint)
        with open_backend(LOCAL, LocalOptions(path=folder / "local"), library_id=catalog.library_id) as local:
            local.claim()
        for start in range(0, count, BATCH):
            numbers = range(start, min(count, start + BATCH))
            catalog.add_recordings([_recording(folder, number, size_bytes) for number in numbers], record_history=False)
        settle(catalog.database)
    finally:
        catalog.close()


def _recording(folder: Path, number: int, size_bytes: int) -> tuple[NewRecording, list[NewFile]]:
    data = hashlib.shake_128(str(number).encode()).digest(size_bytes)
    sha256 = hashlib.sha256(data).hexdigest()
    uid = f"{sha256[:8]}-{sha256[8:12]}-4{sha256[13:16]}-8{sha256[17:20]}-{sha256[20:32]}"
    key = key_for(DEFAULT_KEY_LAYOUT, uid=uid, kind="audio", sha256=sha256, extension="wav")
    path = folder / LOCAL / key
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    file = NewFile("audio", f"{number}.wav", size_bytes, sha256, copies=(NewCopy(LOCAL, key),))
    return NewRecording(uid=uid, text=f"recording {number}"), [file]


def note_copies(folder: Path, config: Path) -> None:
    """Let the catalog know that everything is at ``far`` too."""
    with AudioManager(config_path=config) as manager:
        manager.backend(FAR).claim()
        (here, there) = (manager.catalog.locations()[name] for name in (LOCAL, FAR))
        with manager.catalog.database.write() as connection:
            connection.execute(
                """INSERT INTO copies (file_id, location_id, key, managed, size_bytes, verify_level, verified_at, state)
                   SELECT file_id, ?, key, managed, size_bytes, verify_level, verified_at, state
                   FROM copies WHERE location_id = ?""",
                (there, here),
            )
    del folder


def write_config(folder: Path, far: str) -> Path:
    """A configuration with a location ``far``."""
    config = folder / "audiotui.yaml"
    config.write_text(
        f"audio_manager:\n  db_path: {folder}/library.db\n  locations:\n"
        f"    local: {{type: local, path: {folder}/local}}\n    {FAR}: {far}\n"
    )
    config.chmod(0o600)
    return config


@contextlib.contextmanager
def place(kind: str, folder: Path) -> Iterator[tuple[str, list[Peer]]]:
    """Where the copies are: the location's configuration, and the peers that can look there."""
    source = str(folder / LOCAL)
    if kind == "local":
        shutil.copytree(source, folder / FAR, copy_function=os.link)
        yield (
            f"{{type: local, path: {folder / FAR}}}",
            [Peer("rclone copy", ("rclone", "copy", "--transfers=32", "--checkers=32", source, str(folder / FAR)))],
        )
        return
    from tests.servers.minio import minio_server

    with minio_server() as server:
        url = f"http://127.0.0.1:{server.port}"
        keys = {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}
        s5cmd = ("s5cmd", "--endpoint-url", url)
        remote = f":s3,provider=Minio,env_auth=true,endpoint='{url}',no_check_bucket=true,list_chunk=1000:{BUCKET}"
        for command in ((*s5cmd, "mb", f"s3://{BUCKET}"), (*s5cmd, "cp", f"{source}/", f"s3://{BUCKET}/")):
            Peer("s5cmd", command, keys).run()
        yield (
            far_of(kind, url, server.access_key, server.secret_key),
            [
                Peer("s5cmd sync", (*s5cmd, "sync", "--size-only", f"{source}/", f"s3://{BUCKET}/"), keys),
                Peer(
                    "rclone copy",
                    ("rclone", "copy", "--checkers=32", "--size-only", "--fast-list", source, remote),
                    keys,
                ),
            ],
        )


def far_of(kind: str, url: str, access_key: str, secret_key: str) -> str:
    """The configuration of a bucket of a server on this machine."""
    if kind == "s3":
        return (
            f"{{type: s3, bucket: {BUCKET}, endpoint_url: '{url}', region_name: us-east-1, "
            f"aws_access_key_id: {access_key}, aws_secret_access_key: {secret_key}}}"
        )
    address = url.partition("//")[2]
    return (
        f"{{type: minio, bucket: {BUCKET}, endpoint: '{address}', secure: false, "
        f"access_key: {access_key}, secret_key: {secret_key}}}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--bytes", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kind", choices=("local", "s3", "minio"), default="local")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        make_files(folder, options.files, options.bytes)
        with place(options.kind, folder) as (far, peers):
            config = write_config(folder, far)
            note_copies(folder, config)
            push = (sys.executable, "-m", "audiotui", "--config", str(config), "push-recordings", "", "--yes")
            programs = [Peer("audiotui push", (*push, "--destination", FAR)), *peers]
            times = {one.name: [one.run()] for one in programs}  # the first round warms the caches, and is not counted
            for _ in range(options.rounds):
                for one in programs:
                    times[one.name].append(one.run())
    print(f"{options.files:,} files at {options.kind} already, medians of {options.rounds}")
    ours = statistics.median(wall for wall, _ in times["audiotui push"][1:])
    for label, runs in times.items():
        wall, cpu = (statistics.median(column) for column in zip(*runs[1:], strict=True))
        print(f"  {label:15} {wall:6.2f} s   {wall / ours:5.2f} times   {cpu:6.2f} s of CPU")


if __name__ == "__main__":
    main()
