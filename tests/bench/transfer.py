"""How fast files go to and from buckets, beside s5cmd and rclone.

    python -m tests.bench.transfer [--rows push pull big-push big-pull] [--servers minio seaweed]
        [--files 2000] [--kilobytes 200] [--big-mib 1024] [--repeat 5] [--quick] [--folder DIR]

All racers take turns at the same server in one run, each into a bucket or folder of its own, after a round to warm up.
Ours is the manager as programs use it: plan, transfer, every byte hashed, every copy verified and in the catalog, and
pulled files synced to the disk except in the rows that say otherwise. The parts of big files are hashed by the server,
which compares them with the catalog's SHA-256. The peers hash nothing that they pull.
``--quick`` takes medians of two. The row of 100,000 files that are there already is a program of its own,
``transfer_noop``.

Small files and buckets of them stay until the end, the files emptied once they were counted: an ext4 without a journal
gives out no inode again for minutes after its removal, and looks for another past all of those, which doubles the work
of a server and slows who comes next, not who removed them. So leave five minutes between two runs, too.

And before each run as much memory is used and given back as the work needs: a virtual machine has to ask its host for
memory that nobody used for a while, which takes longer than to fill it with a file, so that whoever runs after a pause,
or after somebody who left no files in memory, would pay for that.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sysconfig
import tempfile
import wave
from contextlib import ExitStack
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.manager import AudioManager
from tests.bench.races import OURS, QUICK_ROUNDS, Race, Racer, Run, run_command, run_here
from tests.servers.minio import minio_server
from tests.servers.seaweed import seaweed_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.servers.buckets import BucketServer

SERVERS = {"seaweed": seaweed_server, "minio": minio_server}
"""The one that keeps few files on its disk first, as each removes its own when it ends."""
ROWS = ("push", "pull", "big-push", "big-pull")
RCLONE_TRANSFERS = 32


class Bench:
    """A library of files, and the servers' buckets to move them to."""

    def __init__(self, folder: Path, server: BucketServer, *, keeps: bool) -> None:
        self.folder = folder
        self.server = server
        self.keeps = keeps
        """Whether what a racer made stays, but for its bytes; big files go, as they are few."""
        self.recordings = folder / "recordings"
        self._made = 0
        self._bucket = ""
        self._work_bytes = 0

    def add(self, sizes: Sequence[int]) -> None:
        """Put noise of these sizes into the library."""
        name = tempfile.mkdtemp(dir=self.folder)
        self._work_bytes += sum(sizes)
        for number, size_bytes in enumerate(sizes):
            with wave.open(f"{name}/{number:06}.wav", "wb") as sound:
                sound.setparams((1, 2, 48_000, 0, "NONE", ""))
                sound.writeframes(os.urandom(size_bytes - 44))
        with self.manager() as manager:
            manager.import_paths([Path(name)])

    def manager(self, location: str = "local", *, sync: bool = True) -> AudioManager:
        """A manager that knows a bucket, by a name of its own."""
        kind = "minio" if self.server.name == "minio" else "s3"
        address = f"127.0.0.1:{self.server.port}"
        options = (
            f"type: minio, endpoint: '{address}', secure: false, access_key: {self.server.access_key}, "
            f"secret_key: {self.server.secret_key}"
            if kind == "minio"
            else f"type: s3, endpoint_url: 'http://{address}', aws_access_key_id: {self.server.access_key}, "
            f"aws_secret_access_key: {self.server.secret_key}"
        )
        path = self.folder / "audiotui.yaml"
        path.touch(mode=0o600)
        path.write_text(
            f"audio_manager:\n  db_path: library.db\n  locations:\n"
            f"    local: {{type: local, path: recordings, sync: {str(sync).lower()}}}\n"
            + (f"    {location}: {{{options}, bucket: {location}}}\n" if location != "local" else ""),
            encoding="utf-8",
        )
        return AudioManager(path)

    def new_bucket(self) -> str:
        """An empty bucket; the one before goes, if it may."""
        if not self.keeps:
            self.drop_bucket()
        self._bucket = self.server.new_bucket()
        return self._bucket

    def drop_bucket(self) -> None:
        """Remove the bucket that was made last."""
        if self._bucket:
            self.server.empty(self._bucket)
            self.server.client.delete_bucket(Bucket=self._bucket)
            self._bucket = ""

    def put_aside(self, folder: Path) -> None:
        """Take away what a racer pulled."""
        if not self.keeps:
            shutil.rmtree(folder)
            return
        for path in files_in(folder):
            os.truncate(path, 0)
        self._made += 1
        aside = self.folder / "aside"
        aside.mkdir(exist_ok=True)
        folder.rename(aside / str(self._made))

    def level(self) -> None:
        """Let everybody find the disk at rest, and memory that is at hand."""
        os.sync()
        used = b"\1" * (self._work_bytes * 5 // 4)
        del used

    def count(self, bucket: str) -> int:
        """How many files there are in a bucket, without our mark."""
        pages = self.server.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        names = [found["Key"] for page in pages for found in page.get("Contents", [])]
        return sum(not name.startswith(".audiotui") for name in names)


def files_in(folder: Path) -> list[Path]:
    """The finished files in a folder, without our mark."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".audiotui")]


class Pusher:
    """Our push of the whole library into a new bucket."""

    def __init__(self, bench: Bench, files: int) -> None:
        self.name = OURS
        self.bench = bench
        self.files = files

    def prepare(self) -> None:
        """A bucket that nobody wrote to."""
        self.bucket = self.bench.new_bucket()
        self.manager = self.bench.manager(self.bucket)
        self.bench.level()

    def run(self) -> Run:
        """Plan and push."""
        return run_here(lambda: self.manager.push_recordings("", self.bucket))

    def check(self) -> None:
        """All files are there."""
        self.manager.close()
        expect(self.bench.count(self.bucket), self.files, self.name)


class Puller:
    """Our pull of the whole library from a bucket, with an empty local folder."""

    def __init__(self, bench: Bench, files: int, bucket: str, *, sync: bool = True) -> None:
        self.name = OURS if sync else f"{OURS}, not synced"
        self.bench = bench
        self.files = files
        self.bucket = bucket
        self.sync = sync

    def prepare(self) -> None:
        """Empty the folder, but for its mark."""
        for path in self.bench.recordings.iterdir():
            if path.is_dir():
                self.bench.put_aside(path)
        self.manager = self.bench.manager(self.bucket, sync=self.sync)
        self.bench.level()

    def run(self) -> Run:
        """Plan and pull."""
        return run_here(lambda: self.manager.pull_recordings("", self.bucket))

    def check(self) -> None:
        """All files are there."""
        self.manager.close()
        expect(len(files_in(self.bench.recordings)), self.files, self.name)


class Peer:
    """s5cmd or rclone, in either direction."""

    def __init__(self, name: str, bench: Bench, files: int, *, source: str = "") -> None:
        self.name = name
        self.bench = bench
        self.files = files
        self.source = source
        self.target = bench.folder / "pulled"

    def prepare(self) -> None:
        """A new bucket to push to, or an empty folder to pull into."""
        self.bucket = self.source or self.bench.new_bucket()
        if self.target.exists():
            self.bench.put_aside(self.target)
        self.target.mkdir()
        self.bench.level()

    def run(self) -> Run:
        """Copy everything."""
        server = self.bench.server
        near = str(self.target if self.source else self.bench.recordings)
        environment = {
            "HOME": str(self.bench.folder),
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": server.access_key,
            "AWS_SECRET_ACCESS_KEY": server.secret_key,
            "AWS_REGION": "us-east-1",
        }
        program = str(Path(sysconfig.get_path("scripts")) / self.name)
        address = f"http://127.0.0.1:{server.port}"
        if self.name == "s5cmd":
            ends = (f"s3://{self.bucket}/*", f"{near}/") if self.source else (f"{near}/", f"s3://{self.bucket}/")
            return run_command([program, "--endpoint-url", address, "--log", "error", "cp", *ends], environment)
        remote = f":s3,provider=Other,env_auth=true,endpoint='{address}',region=us-east-1:{self.bucket}"
        ends = (remote, near) if self.source else (near, remote)
        options = ["--transfers", str(RCLONE_TRANSFERS), "--checkers", "32", "--s3-no-check-bucket", "--config", ""]
        return run_command([program, "copy", *ends, *options], environment)

    def check(self) -> None:
        """All files are there."""
        found = len(files_in(self.target)) if self.source else self.bench.count(self.bucket)
        expect(found, self.files, self.name)


def expect(found: int, wanted: int, who: str) -> None:
    """End the benchmark if somebody did not do all the work."""
    if found < wanted:
        raise SystemExit(f"{who} moved {found} of {wanted} files")


def races(bench: Bench, what: str, sizes: Sequence[int], rows: Sequence[str], stack: ExitStack) -> list[Race]:
    """The races over one set of files at one server."""
    big = len(sizes) == 1
    files = len(sizes)
    made = []
    push, pull = ("big-push", "big-pull") if big else ("push", "pull")
    both = ("s5cmd", "rclone")
    if push in rows:
        racers: list[Racer] = [Pusher(bench, files), Peer("s5cmd", bench, files), Peer("rclone", bench, files)]
        made.append(Race(f"push of {what}, {bench.server.name}", racers, {OURS: (0.9 if big else 1.0, both)}))
    if pull in rows:
        source = bench.server.new_bucket()
        with bench.manager(source) as manager:
            manager.push_recordings("", source)
        unsynced = f"{OURS}, not synced"
        pullers = [Puller(bench, files, source), Puller(bench, files, source, sync=False)]
        peers = [Peer(name, bench, files, source=source) for name in both]
        bars: dict[str, tuple[float, tuple[str, ...]]] = {OURS: (1.25, both), unsynced: (1.0, both)}
        if big:
            bars = {OURS: (1.6, ("s5cmd",)), unsynced: (1.6, ("s5cmd",))}
        made.append(Race(f"pull of {what}, {bench.server.name}", [*pullers, *peers], bars))
    if not bench.keeps:
        stack.callback(bench.drop_bucket)
    return made


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--kilobytes", type=int, default=200)
    parser.add_argument("--big-mib", type=int, default=1_024)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    rounds = min(options.repeat, QUICK_ROUNDS) if options.quick else options.repeat
    many = [options.kilobytes * 1_000] * options.files
    one = [options.big_mib * 1024 * 1024]
    works = [
        (many, f"{options.files} x {options.kilobytes} kB", {"push", "pull"} & set(options.rows)),
        (one, f"1 x {options.big_mib} MiB", {"big-push", "big-pull"} & set(options.rows)),
    ]
    with tempfile.TemporaryDirectory(dir=options.folder) as everything:
        for name in SERVERS:
            if name not in options.servers:
                continue
            with SERVERS[name]() as server:
                for sizes, what, _ in filter(itemgetter(2), works):
                    with ExitStack() as stack:
                        bench = Bench(Path(tempfile.mkdtemp(dir=everything)), server, keeps=sizes is many)
                        bench.add(sizes)
                        for race in races(bench, what, sizes, options.rows, stack):
                            race.go(rounds)
                            race.print()


if __name__ == "__main__":
    main()
