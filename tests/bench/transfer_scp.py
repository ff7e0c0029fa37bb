"""How fast files go to and from an SSH host, beside scp, sftp, rclone and asyncssh.

    python -m tests.bench.transfer_scp [--rows push pull far-push far-pull big-push big-pull]
        [--transports paramiko openssh] [--files 1000] [--kilobytes 200] [--big-mib 512] [--repeat 5] [--quick]
        [--folder DIR]

All racers take turns at the same server in one run, after a round to warm up. Ours is the manager as programs use it:
plan, transfer, every byte hashed, files synced on the host and, when pulled, on this machine, every copy in the
catalog. The peers hash and sync nothing. The ``far`` rows go through a relay, a process of its own, that holds each
chunk 10 ms in either direction. ``--quick`` takes medians of two, and leaves out scp over the long line, which takes
more than a minute each time.
"""

from __future__ import annotations

import argparse
import getpass
import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import wave
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.manager import AudioManager
from tests.bench.races import OURS, QUICK_ROUNDS, Race, Racer, Run, run_command, run_here
from tests.servers.openssh import OpenSsh

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROWS = ("push", "pull", "far-push", "far-pull", "big-push", "big-pull")
DELAY_S = 0.010

_RELAY = """
import sys
from tests.servers.relay import Relay
with Relay(int(sys.argv[1]), delay_s=float(sys.argv[2])) as relay:
    print(relay.port, flush=True)
    sys.stdin.read()
"""

_ASYNCSSH = """
import asyncio, sys, os
import asyncssh
async def main(port, identity, verb, near, far):
    options = {"known_hosts": None, "client_keys": [identity], "config": None}
    connecting = asyncssh.connect("127.0.0.1", int(port), **options)
    async with connecting as connection, connection.start_sftp_client() as sftp:
        slots = asyncio.Semaphore(8)
        async def move(name):
            async with slots:
                if verb == "push":
                    await sftp.put(f"{near}/{name}", f"{far}/{name}")
                else:
                    await sftp.get(f"{far}/{name}", f"{near}/{name}")
        if verb == "push":
            await sftp.makedirs(far, exist_ok=True)
        names = os.listdir(near) if verb == "push" else [name for name in await sftp.listdir(far) if name[0] != "."]
        await asyncio.gather(*map(move, names))
asyncio.run(main(*sys.argv[1:]))
"""


@dataclass(frozen=True)
class Place:
    """How the host is reached: directly, or over a long line."""

    server: OpenSsh
    port: int

    @property
    def options(self) -> list[str]:
        """What OpenSSH's programs need to be told."""
        known = f"UserKnownHostsFile={self.server.known_hosts}"
        return ["-q", "-i", str(self.server.identity), "-o", known, "-o", "StrictHostKeyChecking=yes"]

    def trust(self) -> None:
        """Note the host's key for the port too."""
        key = (self.server.folder / "host_key.pub").read_text().split()
        with self.server.known_hosts.open("a") as file:
            file.write(f"[127.0.0.1]:{self.port} {key[0]} {key[1]}\n")


class Bench:
    """A library of files, the same files in a flat folder for the peers, and folders of the host to move them to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.flat = folder / "flat"
        self.recordings = folder / "recordings"
        self.files = 0
        self._made = 0

    def add(self, sizes: Sequence[int]) -> None:
        """Put noise of these sizes into the library."""
        self.flat.mkdir()
        for number, size_bytes in enumerate(sizes):
            with wave.open(str(self.flat / f"{number:06}.wav"), "wb") as sound:
                sound.setparams((1, 2, 48_000, 0, "NONE", ""))
                sound.writeframes(os.urandom(size_bytes - 44))
        self.files = len(sizes)
        with AudioManager(self.configuration()) as manager:
            manager.import_paths([self.flat])

    def configuration(self, location: str = "", place: Place | None = None, transport: str = "") -> Path:
        """The path of a configuration that knows a folder of the host, by a name of its own."""
        path = self.folder / "audiotui.yaml"
        path.touch(mode=0o600)
        text = "audio_manager:\n  db_path: library.db\n  locations:\n    local: {type: local, path: recordings}\n"
        if place is not None:
            text += (
                f"    {location}: {{type: scp, host: 127.0.0.1, port: {place.port}, user: {getpass.getuser()}, "
                f"identity_file: '{place.server.identity}', known_hosts: '{place.server.known_hosts}', "
                f"remote_path: '{self.folder / 'host' / location}', transport: {transport}}}\n"
            )
        path.write_text(text, encoding="utf-8")
        return path

    def new_name(self) -> str:
        """A name for a folder of the host that nothing has had yet."""
        self._made += 1
        return f"host{self._made}"

    def drop(self, name: str) -> None:
        """Remove a folder of the host."""
        shutil.rmtree(self.folder / "host" / name, ignore_errors=True)


class Ours:
    """Our push or pull of the whole library by one transport."""

    def __init__(self, bench: Bench, place: Place, transport: str, *, source: str = "") -> None:
        self.name = f"{OURS}, {transport}"
        self.bench = bench
        self.place = place
        self.transport = transport
        self.source = source
        self.location = source

    def prepare(self) -> None:
        """A folder of the host that nobody wrote to, or an empty one here."""
        if self.source:
            for path in self.bench.recordings.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
        else:
            self.location = self.bench.new_name()
        os.sync()
        self.path = self.bench.configuration(self.location, self.place, self.transport)

    def run(self) -> Run:
        """Plan and transfer; the ssh program that does so for us counts too."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run = run_here(self._move)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return Run(run.wall_s, run.cpu_s + after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def check(self) -> None:
        """All files are there."""
        target = self.bench.recordings if self.source else self.bench.folder / "host" / self.location
        expect(files_below(target), self.bench.files, self.name)
        if not self.source:
            self.bench.drop(self.location)

    def _move(self) -> None:
        with AudioManager(self.path) as manager:
            if self.source:
                manager.pull_recordings("", self.source)
            else:
                manager.push_recordings("", self.location)


class Peer:
    """Another program, in either direction, with a flat folder on both sides."""

    def __init__(self, name: str, bench: Bench, place: Place, *, source: str = "") -> None:
        self.name = name
        self.bench = bench
        self.place = place
        self.source = source
        self.target = bench.folder / "pulled"

    def prepare(self) -> None:
        """An empty folder to move into."""
        shutil.rmtree(self.target, ignore_errors=True)
        self.target.mkdir()
        self.location = self.source or self.bench.new_name()
        if not self.source:
            (self.bench.folder / "host" / self.location).mkdir(parents=True)
        os.sync()

    def run(self) -> Run:
        """Copy everything."""
        near = self.target if self.source else self.bench.flat
        far = self.bench.folder / "host" / self.location
        return getattr(self, f"_{self.name.partition(' ')[0]}")(near, far)  # type: ignore[no-any-return]

    def check(self) -> None:
        """All files are there."""
        target = self.target if self.source else self.bench.folder / "host" / self.location
        expect(files_below(target), self.bench.files, self.name)
        if not self.source:
            self.bench.drop(self.location)

    def _scp(self, near: Path, far: Path) -> Run:
        host = f"{getpass.getuser()}@127.0.0.1:{far}"
        ends = (f"{host}/.", str(near)) if self.source else (f"{near}/.", host)
        return run_command(["scp", "-r", "-P", str(self.place.port), *self.place.options, *ends], os.environ)

    def _sftp(self, near: Path, far: Path) -> Run:
        order = f"get {far}/* {near}/\n" if self.source else f"put {near}/* {far}/\n"
        command = ["sftp", "-b", "-", "-P", str(self.place.port), *self.place.options]
        return run_command([*command, f"{getpass.getuser()}@127.0.0.1"], os.environ, given=order)

    def _rclone(self, near: Path, far: Path) -> Run:
        remote = (
            f":sftp,host=127.0.0.1,port={self.place.port},user={getpass.getuser()},"
            f"key_file='{self.place.server.identity}',shell_type=unix,md5sum_command=none,sha1sum_command=none:{far}"
        )
        ends = (remote, str(near)) if self.source else (str(near), remote)
        program = str(Path(sysconfig.get_path("scripts")) / "rclone")
        return run_command([program, "copy", *ends, "--transfers", "8", "--config", ""], os.environ)

    def _asyncssh(self, near: Path, far: Path) -> Run:
        verb = "pull" if self.source else "push"
        arguments = [str(self.place.port), str(self.place.server.identity), verb, str(near), str(far)]
        return run_command([sys.executable, "-c", _ASYNCSSH, *arguments], os.environ)


def files_below(folder: Path) -> int:
    """How many finished files lie in a folder."""
    return sum(path.is_file() and not path.name.startswith(".audiotui") for path in folder.rglob("*"))


def expect(found: int, wanted: int, who: str) -> None:
    """End the benchmark if somebody did not do all the work."""
    if found < wanted:
        raise SystemExit(f"{who} moved {found} of {wanted} files")


@contextmanager
def far_away(server: OpenSsh) -> Iterator[Place]:
    """The same host over a long line."""
    command = [sys.executable, "-c", _RELAY, str(server.port), str(DELAY_S)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as relay:
        assert relay.stdin is not None
        assert relay.stdout is not None
        place = Place(server, int(relay.stdout.readline()))
        place.trust()
        try:
            yield place
        finally:
            relay.stdin.close()


def race(bench: Bench, row: str, place: Place, transports: Sequence[str], what: str, *, quick: bool) -> Race:
    """One row of the table."""
    source = ""
    if row.endswith("pull"):
        source = "source"
        if not (bench.folder / "host" / source).exists():
            with AudioManager(bench.configuration(source, place, "openssh")) as manager:
                manager.push_recordings("", source)
            for number, path in enumerate((bench.folder / "host" / source).rglob("*.wav")):
                flat = bench.folder / "host" / "flat" / f"{number:06}.wav"
                flat.parent.mkdir(exist_ok=True)
                flat.hardlink_to(path)
    peers = {"far": ("rclone",) if quick else ("rclone", "scp -r"), "big": ("scp -r", "rclone")}.get(
        row.partition("-")[0], ("scp -r", "sftp -b", "rclone", "asyncssh 8 at once")
    )
    ours: list[Racer] = [Ours(bench, place, transport, source=source) for transport in transports]
    others: list[Racer] = [Peer(name, bench, place, source="flat" if source else "") for name in peers]
    bars: dict[str, tuple[float, tuple[str, ...]]] = {}
    for transport in transports:
        name = f"{OURS}, {transport}"
        if row.startswith("far"):
            bars[name] = (0.2, ("rclone",))
        else:
            bars[name] = ({"openssh": 1.3, "paramiko": 2.3}[transport] if row.startswith("big") else 1.0, peers)
    line = f", {2 * DELAY_S * 1000:.0f} ms away" if row.startswith("far") else ""
    return Race(f"{row.rpartition('-')[2]} of {what}{line}", [*ours, *others], bars)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--transports", nargs="+", choices=("paramiko", "openssh"), default=["paramiko", "openssh"])
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--kilobytes", type=int, default=200)
    parser.add_argument("--big-mib", type=int, default=512)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    rounds = min(options.repeat, QUICK_ROUNDS) if options.quick else options.repeat
    many, one = [options.kilobytes * 1_000] * options.files, [options.big_mib * 1024 * 1024]
    with ExitStack() as stack:
        server = OpenSsh(Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder))))
        server.prepare()
        stack.enter_context(server.running())
        near, far = Place(server, server.port), stack.enter_context(far_away(server))
        for sizes, what, kind in (
            (many, f"{options.files} x {options.kilobytes} kB", ("push", "pull", "far-push", "far-pull")),
            (one, f"1 x {options.big_mib} MiB", ("big-push", "big-pull")),
        ):
            rows = [row for row in kind if row in options.rows]
            if rows:
                with tempfile.TemporaryDirectory(dir=options.folder) as name:
                    bench = Bench(Path(name))
                    bench.add(sizes)
                    for row in rows:
                        place = far if row.startswith("far") else near
                        one_race = race(bench, row, place, options.transports, what, quick=options.quick)
                        one_race.go(rounds)
                        one_race.print()


if __name__ == "__main__":
    main()
