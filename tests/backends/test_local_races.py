"""Several threads and processes in one folder at once."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.keys import new_temp_name
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.errors import AlreadyExists, KeyNotFound, LocationError
from tests.contracts.samples import BIG, content_of, part_of, put, read_all, sample
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STORE_MANY = """
import hashlib, sys
from pathlib import Path
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.errors import AlreadyExists

name = sys.argv[2]
backend = LocalBackend("archive", LocalOptions(path=Path(sys.argv[1])), library_id=name)
backend.open()
print("ready", flush=True)
sys.stdin.readline()
for number in range(200):
    data = f"{name} {number}".encode()
    try:
        backend.put_small(f"in/{number}/file", data, sha256=hashlib.sha256(data).hexdigest())
        print(number, flush=True)
    except AlreadyExists:
        pass
"""

HOLD_AN_UPLOAD = """
import sys
from pathlib import Path
from audiotui.backends.base import Content
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions

backend = LocalBackend("archive", LocalOptions(path=Path(sys.argv[1])))
upload = backend.start_upload("in/file", Content(5, "0" * 64), temp=sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
"""

SWEEP_BETWEEN_TWO_STEPS = """
import hashlib, os, sys
from pathlib import Path
from audiotui.backends.keys import TEMP_NAME
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions

root = Path(sys.argv[1])
backend = LocalBackend("archive", LocalOptions(path=root))
swept = []

def sweep(event, arguments):
    if event == "os.remove" and not swept and TEMP_NAME.fullmatch(os.fsdecode(arguments[0])):
        swept.append(arguments[0])
        other = LocalBackend("archive", LocalOptions(path=root))
        for leftover in other.list_unfinished():
            other.discard(leftover.token)

sys.addaudithook(sweep)
backend.put_small("in/file", b"bytes", sha256=hashlib.sha256(b"bytes").hexdigest())
print(*swept)
"""


@pytest.fixture
def backend(root: Path) -> Iterator[LocalBackend]:
    """The folder as a location."""
    with LocalBackend("archive", LocalOptions(path=root)) as backend:
        yield backend


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Another Python process, which has said that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_of_two_processes_that_store_the_same_keys_each_key_has_one_winner(backend: LocalBackend, root: Path) -> None:
    processes = {name: start(STORE_MANY, root, name) for name in ("one", "two")}
    for process in processes.values():
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()

    won = {name: process.communicate(timeout=PATIENCE_S)[0].split() for name, process in processes.items()}

    assert sorted(won["one"] + won["two"], key=int) == [str(number) for number in range(200)]
    for name, numbers in won.items():
        assert {read_all(backend, f"in/{number}/file") for number in numbers} == {
            f"{name} {number}".encode() for number in numbers
        }
    assert list(backend.list_unfinished()) == []


def test_a_folder_that_is_yet_to_be_made_is_used_by_many_at_once(tmp_path: Path) -> None:
    for number in range(40):
        location = LocalBackend("local", LocalOptions(path=tmp_path / str(number)), library_id="library-1")
        together = threading.Barrier(8)

        def use(name: int, location: LocalBackend = location, together: threading.Barrier = together) -> bool:
            together.wait()
            assert not location.exists(f"nothing/{name}")
            put(location, f"file/{name}", b"sound")
            return location.exists(f"file/{name}")

        with ThreadPoolExecutor(8) as pool, location:
            assert all(pool.map(use, range(8)))
            assert len(list(location.list())) == 8


def test_a_folder_pruned_by_a_delete_does_not_fail_an_upload_into_it(backend: LocalBackend, root: Path) -> None:
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            backend.put_small("a/b/c/churn", b"", sha256=content_of(b"").sha256)
            backend.delete("a/b/c/churn")

    with ThreadPoolExecutor(1) as pool:
        churning = pool.submit(churn)
        try:
            for number in range(60):
                put(backend, f"a/b/c/{number}", b"x")
                backend.move(f"a/b/c/{number}", f"a/b/d/{number}")
                backend.delete(f"a/b/d/{number}")
        finally:
            stop.set()
        churning.result(PATIENCE_S)

    assert list(backend.list()) == []
    assert list(root.iterdir()) == []


def test_an_upload_that_another_process_writes_to_is_left_alone(backend: LocalBackend, root: Path) -> None:
    temp = new_temp_name(1, 2)
    process = start(HOLD_AN_UPLOAD, root, temp)
    token = f"in/{temp}"

    backend.discard(token)
    with pytest.raises(LocationError, match="Another process is writing"):
        backend.resume_upload(token, "in/file", content_of(b"12345"))
    with pytest.raises(LocationError, match="Another process is writing"):
        backend.start_upload("in/file", content_of(b"12345"), temp=temp)
    assert [unfinished.token for unfinished in backend.list_unfinished()] == [token]

    process.kill()
    process.communicate(timeout=PATIENCE_S)
    backend.discard(token)
    assert list(root.iterdir()) == []


def test_an_upload_whose_file_was_exchanged_is_not_stored(backend: LocalBackend, root: Path) -> None:
    data = sample(BIG)
    temp = new_temp_name(1, 2)
    upload = backend.start_upload("file", content_of(data), temp=temp)
    for number in upload.missing:
        upload.write_part(number, part_of(data, number))
    (root / temp).unlink()
    (root / temp).write_bytes(b"another file of the same name")

    with pytest.raises(LocationError, match="was exchanged"):
        upload.commit()

    assert not backend.exists("file")


def test_a_move_of_a_file_that_goes_meanwhile_is_told(backend: LocalBackend) -> None:
    put(backend, "file", b"x")
    backend.delete("file")

    with pytest.raises(KeyNotFound):
        backend.move("file", "in/new")


def test_a_listing_survives_files_that_come_and_go(backend: LocalBackend) -> None:
    for number in range(50):
        put(backend, f"stays/{number}", b"x")
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            backend.put_small("goes/a/file", b"", sha256=content_of(b"").sha256)
            backend.delete("goes/a/file")

    with ThreadPoolExecutor(1) as pool:
        churning = pool.submit(churn)
        try:
            for _ in range(50):
                assert sum(entry.key.startswith("stays/") for entry in backend.list()) == 50
        finally:
            stop.set()
        churning.result(PATIENCE_S)


def test_a_second_upload_of_a_key_that_is_taken_is_refused_before_any_byte(backend: LocalBackend, root: Path) -> None:
    put(backend, "in/file", b"x")

    with pytest.raises(AlreadyExists, match="has a file 'in/file' already"):
        backend.start_upload("in/file", content_of(sample(BIG)))

    assert [path.name for path in (root / "in").iterdir()] == ["file"]


def test_a_sweep_between_the_two_steps_of_a_commit_harms_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SWEEP_BETWEEN_TWO_STEPS, str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["file"]
