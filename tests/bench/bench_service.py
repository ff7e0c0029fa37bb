"""How many assets a second the service keeps, beside a plain script, with MinIO and MongoDB on loopback.

Run: ``python -m tests.bench.bench_service [COUNT]``. The plain script does what one would write first: GET,
``put_object`` and ``insert_one``, one after the other, without a hash, a proof, a journal or the removal of temporary
files. The service does all that. ``--big`` keeps one file of 2 GiB instead and reports the memory that this took.

``--mongodb HOST:PORT`` takes a server that runs already in place of that of the tests, which is written in Python; its
processor time is in no column then.

Beside each rate stands the processor time of one save, of the program and of the servers that it asks. They share the
machine, so no program can be faster than its cores divided by the time of the servers alone; the last line says what
that is.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import secrets
import socket
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SOUND_BYTES = 200_000
BIG_BYTES = 2 * 1024**3

CONFIG = """audio_manager:
  db_path: library.db
  locations:
    local: {{type: local, path: recordings}}
    studio: {{type: minio, endpoint: "127.0.0.1:{minio.port}", bucket: {bucket}, access_key: {minio.access_key},
      secret_key: {minio.secret_key}, secure: false}}
  library:
    storage: studio
    {documents}
    speech_url: {speech}
    register: {register}
    limits: {{max_mib: 4096}}
"""


def header(data_bytes: int) -> bytes:
    """The header of a WAV file."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + data_bytes, b"WAVE", b"fmt ", 16, 1, 1, 24_000, 48_000, 2, 16, b"data", data_bytes),
    )


SAMPLES = os.urandom(SOUND_BYTES - 44)


async def speech_app(scope: Any, _receive: Any, send: Any) -> None:
    """A speech server as an ASGI application: ``/temp/N.wav``, ``/temp/big.wav``, and removal."""
    if scope["type"] != "http":
        return
    name = scope["path"].rpartition("/")[2]
    if scope["method"] == "DELETE":
        pieces = [b"{}"]
    elif name == "big.wav":
        block = SAMPLES * 40
        data_bytes = BIG_BYTES // len(block) * len(block)
        pieces = [header(data_bytes)] + [block] * (data_bytes // len(block))
    else:
        number = name.partition(".")[0].encode().rjust(16, b"\0")
        pieces = [header(len(SAMPLES)) + number + SAMPLES[16:]]
    length = str(sum(map(len, pieces))).encode()
    headers = [(b"content-length", length), (b"etag", b'"%s"' % name.encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def speech_server() -> Iterator[str]:
    """The speech server as a process of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "tests.bench.bench_service:speech_app", "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "error", "--no-access-log"])
    try:
        while True:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


class Cost(NamedTuple):
    """What some saves took."""

    rate: float
    """Saves a second."""
    own_ms: float
    """Processor time of this process, for one save."""
    servers_ms: float
    """Processor time of all servers, for one save."""

    @property
    def row(self) -> str:
        """The figures as a part of the table."""
        return f"{self.rate:7.1f} saves/s  {self.own_ms:5.2f} ms + {self.servers_ms:5.2f} ms of the servers"


class Stopwatch:
    """Measures from its making on; Linux alone tells the processor time of other processes."""

    def __init__(self) -> None:
        self._started_s, self._used_s = time.perf_counter(), processor_s()

    def cost(self, count: int) -> Cost:
        """What so many saves took until now."""
        own_s, servers_s = (now - then for now, then in zip(processor_s(), self._used_s, strict=True))
        rate = count / (time.perf_counter() - self._started_s)
        return Cost(rate, own_s * 1000 / count, servers_s * 1000 / count)


def processor_s() -> tuple[float, float]:
    """Processor time of this process and of all below it that run."""
    parents, used_s = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = file.read_text().rpartition(")")[2].split()
            process = int(file.parent.name)
            parents[process] = int(fields[1])
            used_s[process] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    below: set[int] = set()
    found = {os.getpid()}
    while found:
        found = {process for process, parent in parents.items() if parent in found}
        below |= found
    return time.process_time(), sum(used_s[process] for process in below)


def plain_script(count: int, speech: str, minio: Any, mongo: str) -> Cost:
    """The script that one would write first."""
    import requests
    from minio import Minio
    from pymongo import MongoClient

    client = Minio(f"127.0.0.1:{minio.port}", minio.access_key, minio.secret_key, secure=False)
    bucket = f"plain-{secrets.token_hex(4)}"
    client.make_bucket(bucket)
    with MongoClient[dict[str, Any]](mongo) as database, requests.Session() as session:
        assets = database.get_default_database()["plain"]
        watch = Stopwatch()
        for number in range(count):
            data = session.get(f"{speech}/temp/{number}.wav", timeout=30).content
            key = f"customer_1/user_1/audio/plain-{number}.wav"
            client.put_object(bucket, key, io.BytesIO(data), len(data), content_type="audio/wav")
            assets.insert_one({"_id": f"plain-{number}", "customer_id": "customer_1", "key": key, "size": len(data)})
        return watch.cost(count)


def item(number: int, url: str) -> dict[str, Any]:
    """One save."""
    return {
        "asset_id": f"asset-{number}",
        "customer_id": "customer_1",
        "user_id": "user_1",
        "audio_url": url,
        "text": f"Take {number} of something that a voice says",
        "model": "kokoro-82m",
        "voice": "af_bella",
        "folder": "bench",
        "tags": ["bench"],
    }


def rss_mb() -> float:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def service_cost(config: Path, count: int) -> tuple[Cost, Cost]:
    """Saves of the service, until the calls are answered and until all that follows is done too."""
    from audiotui.library import AudioLibraryService

    with AudioLibraryService(config) as service:
        service.check_health()
        service.save_audio_to_library(**item(10**9, "/temp/warm.wav"))
        service.settle()
        watch = Stopwatch()
        failed = sum(
            one.error is not None for one in service.saving_many(item(n, f"/temp/{n}.wav") for n in range(count))
        )
        answered = watch.cost(count)
        assert service.settle(600), "it did not come to an end"
        settled = watch.cost(count)
        assert not failed, f"{failed} failed"
        assert service.count_assets(customer_id="customer_1").count == count + 1
    return answered, settled


def keep_big(config: Path) -> None:
    """Keep one file of 2 GiB, and print what it took."""
    from audiotui.library import AudioLibraryService

    before_mb, started_s = rss_mb(), time.perf_counter()
    with AudioLibraryService(config) as service:
        result = service.save_audio_to_library(**item(1, "/temp/big.wav"))
    seconds = time.perf_counter() - started_s
    size = result["storage"]["size"]
    print(f"{size / 1e9:.2f} GB in {seconds:.1f} s, {size / seconds / 1e6:.0f} MB/s;", end=" ")
    print(f"memory {before_mb:.0f} MB before, {rss_mb():.0f} MB at most")


def main() -> None:
    """Run the benchmark and print a table."""
    from tests.servers.minio import minio_server
    from tests.servers.mongo import mongo

    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("count", type=int, nargs="?", default=2_000)
    arguments.add_argument("--big", action="store_true")
    arguments.add_argument("--mongodb", metavar="HOST:PORT", default="")
    given = arguments.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="audiotui-bench-")))
        minio = stack.enter_context(minio_server())
        database = None if given.mongodb else stack.enter_context(mongo(folder))
        run = secrets.token_hex(4)  # a server that runs already may have the databases of other runs

        def address_of(name: str) -> str:
            if database is not None:
                return database.address(name)
            return f"mongodb://{given.mongodb}/{name}_{run}?directConnection=true"

        speech = stack.enter_context(speech_server())

        def configured(name: str, *, register: bool = False, in_mongo: bool = True) -> Path:
            path = folder / name / "audiotui.yaml"
            path.parent.mkdir()
            documents = f"documents: {address_of(name)}" if in_mongo else ""
            settings = {"documents": documents, "speech": speech, "register": str(register).lower()}
            path.write_text(CONFIG.format(minio=minio, bucket=f"assets-{secrets.token_hex(4)}", **settings))
            path.chmod(0o600)
            return path

        if given.big:
            keep_big(configured("big", register=True))
            return
        plain_script(50, speech, minio, address_of("warm"))
        plain = plain_script(given.count, speech, minio, address_of("plain"))
        print(f"{'plain script, one after the other':44} {plain.row}   1.0")
        for told, config in (
            ("documents in MongoDB", configured("mongo")),
            ("and told to the library", configured("told", register=True)),
            ("documents in the catalog", configured("catalog", in_mongo=False)),
        ):
            answered, settled = service_cost(config, given.count)
            print(f"{'save_many, ' + told:44} {answered.row} {answered.rate / plain.rate:5.1f}")
            print(f"{'  until temporary files are gone':44} {settled.row} {settled.rate / plain.rate:5.1f}")
        print(f"memory at most: {rss_mb():.0f} MB")
        best = (os.cpu_count() or 1) * 1000 / plain.servers_ms
        print(f"the script's servers alone: {best:.0f} saves/s on {os.cpu_count()} cores, {best / plain.rate:.1f}")


if __name__ == "__main__":
    main()
