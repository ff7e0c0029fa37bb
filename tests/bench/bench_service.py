"""How many assets a second the service keeps, beside a plain script, with MinIO and MongoDB on loopback.

Run: ``python -m tests.bench.bench_service [COUNT]``. The plain script does what one would write first: GET,
``put_object`` and ``insert_one``, one after the other, without a hash, a proof, a journal or the removal of temporary
files. The service does all that. ``--big`` keeps one file of 2 GiB instead and reports the memory that this took.
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
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


def plain_script(count: int, speech: str, minio: Any, mongo: str) -> float:
    """Saves a second of the script that one would write first."""
    import requests
    from minio import Minio
    from pymongo import MongoClient

    client = Minio(f"127.0.0.1:{minio.port}", minio.access_key, minio.secret_key, secure=False)
    bucket = f"plain-{secrets.token_hex(4)}"
    client.make_bucket(bucket)
    with MongoClient[dict[str, Any]](mongo) as database, requests.Session() as session:
        assets = database.get_default_database()["plain"]
        started_s = time.perf_counter()
        for number in range(count):
            data = session.get(f"{speech}/temp/{number}.wav", timeout=30).content
            key = f"customer_1/user_1/audio/plain-{number}.wav"
            client.put_object(bucket, key, io.BytesIO(data), len(data), content_type="audio/wav")
            assets.insert_one({"_id": f"plain-{number}", "customer_id": "customer_1", "key": key, "size": len(data)})
        return count / (time.perf_counter() - started_s)


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


def service_rate(config: Path, count: int) -> tuple[float, float]:
    """Saves a second of the service, until the calls are answered and until all that follows is done too."""
    from audiotui.library import AudioLibraryService

    with AudioLibraryService(config) as service:
        service.check_health()
        service.save_audio_to_library(**item(10**9, "/temp/warm.wav"))
        service.settle()
        started_s = time.perf_counter()
        failed = sum(
            one.error is not None for one in service.saving_many(item(n, f"/temp/{n}.wav") for n in range(count))
        )
        answered_s = time.perf_counter() - started_s
        service.settle(600)
        settled_s = time.perf_counter() - started_s
        assert not failed, f"{failed} failed"
        assert service.count_assets(customer_id="customer_1").count == count + 1
    return count / answered_s, count / settled_s


def main() -> None:
    """Run the benchmark and print a table."""
    from tests.servers.minio import minio_server
    from tests.servers.mongo import mongo

    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("count", type=int, nargs="?", default=2_000)
    arguments.add_argument("--big", action="store_true")
    given = arguments.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="audiotui-bench-")))
        minio = stack.enter_context(minio_server())
        database = stack.enter_context(mongo(folder))
        speech = stack.enter_context(speech_server())

        def configured(name: str, *, register: bool = False, in_mongo: bool = True) -> Path:
            path = folder / name / "audiotui.yaml"
            path.parent.mkdir()
            bucket = f"assets-{secrets.token_hex(4)}"
            documents = f"documents: {database.address(name)}" if in_mongo else ""
            text = CONFIG.format(
                minio=minio, bucket=bucket, documents=documents, speech=speech, register=str(register).lower()
            )
            path.write_text(text)
            path.chmod(0o600)
            return path

        if given.big:
            from audiotui.library import AudioLibraryService

            before_mb, started_s = rss_mb(), time.perf_counter()
            with AudioLibraryService(configured("big", register=True)) as service:
                result = service.save_audio_to_library(**item(1, "/temp/big.wav"))
            seconds = time.perf_counter() - started_s
            size = result["storage"]["size"]
            print(f"{size / 1e9:.2f} GB in {seconds:.1f} s, {size / seconds / 1e6:.0f} MB/s;", end=" ")
            print(f"memory {before_mb:.0f} MB before, {rss_mb():.0f} MB at most")
            return
        plain = plain_script(given.count, speech, minio, database.address("plain"))
        print(f"{'plain script, one after the other':44} {plain:7.1f} saves/s   1.0")
        for told, config in (
            ("documents in MongoDB", configured("mongo")),
            ("and told to the library", configured("told", register=True)),
            ("documents in the catalog", configured("catalog", in_mongo=False)),
        ):
            answered, settled = service_rate(config, given.count)
            print(f"{'save_many, ' + told:44} {answered:7.1f} saves/s {answered / plain:5.1f}")
            print(f"{'  until temporary files are gone':44} {settled:7.1f} saves/s {settled / plain:5.1f}")
        print(f"memory at most: {rss_mb():.0f} MB")


if __name__ == "__main__":
    main()
