"""Copies on real servers: found damaged, made good, dropped while others are proven, and given back."""

from __future__ import annotations

import os
import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from audiotui.errors import LastCopy
from audiotui.events import Progressed
from audiotui.model import PART_BYTES, CopyState
from tests.tui.small_library import write_wav

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.events import JobEvent
    from tests.servers.buckets import BucketServer
    from tests.servers.openssh import OpenSsh


FAR = ("bucket", "store", "host")

CONFIG = """audio_manager:
  db_path: library.db
  default_destination: bucket
  locations:
    local: {{type: local, path: local}}
    bucket: {{type: minio, endpoint: "127.0.0.1:{port}", bucket: {bucket}, secure: false,
      access_key: "{access}", secret_key: "{secret}"}}
    alias: {{type: minio, endpoint: "localhost:{port}", bucket: {bucket}, secure: false,
      access_key: "{access}", secret_key: "{secret}"}}
    store: {{type: s3, endpoint_url: "http://127.0.0.1:{port}", bucket: {store},
      aws_access_key_id: "{access}", aws_secret_access_key: "{secret}"}}
    host: {{type: scp, host: 127.0.0.1, port: {ssh_port}, user: {user}, remote_path: "{far}",
      identity_file: "{identity}", known_hosts: "{known_hosts}"}}
"""


@pytest.fixture
def manager(minio: BucketServer, ssh: OpenSsh, tmp_path: Path) -> Iterator[AudioManager]:
    """A library of ten recordings whose files lie at all locations but ``alias``."""
    options = ssh.options(tmp_path / "far")
    path = tmp_path / "audiotui.yaml"
    path.write_text(
        CONFIG.format(
            port=minio.port,
            bucket=minio.new_bucket(),
            store=minio.new_bucket(),
            access=minio.access_key,
            secret=minio.secret_key,
            ssh_port=ssh.port,
            user=options.user,
            far=options.remote_path,
            identity=ssh.identity,
            known_hosts=ssh.known_hosts,
        )
    )
    path.chmod(0o600)
    with AudioManager(path) as library:
        for number in range(10):
            note = tmp_path / f"{number}.txt"
            note.write_bytes(os.urandom(20_000))
            library.register_recording(f"number {number}", file_paths={"notes": note})
        for place in FAR:
            assert library.push_recordings("", place).errors == ()
        yield library


def states(manager: AudioManager, location: str) -> list[CopyState]:
    """What the catalog says of the copies at a location."""
    return [copy.state for line in manager.copies_of() if (copy := line.at(location)) is not None]


def harm(manager: AudioManager, minio: BucketServer, tmp_path: Path) -> set[tuple[str, str]]:
    """Damage a copy in each place, each in another way; their places and keys."""
    copies = {place: [line.at(place) for line in manager.copies_of()] for place in FAR}
    keys = {place: [copy.key for copy in found if copy is not None] for place, found in copies.items()}
    bucket = getattr(manager.config.locations["bucket"], "bucket", "")
    store = getattr(manager.config.locations["store"], "bucket", "")
    data = bytearray(minio.client.get_object(Bucket=bucket, Key=keys["bucket"][0])["Body"].read())
    data[777] ^= 1
    minio.client.put_object(Bucket=bucket, Key=keys["bucket"][0], Body=bytes(data))
    minio.client.delete_object(Bucket=bucket, Key=keys["bucket"][1])
    minio.client.put_object(Bucket=store, Key=keys["store"][2], Body=b"cut")
    lost, flipped = (tmp_path / "far" / keys["host"][number] for number in (3, 4))
    lost.unlink()
    flipped.chmod(0o600)
    first, *rest = flipped.read_bytes()
    flipped.write_bytes(bytes([first ^ 1, *rest]))  # a fixed byte would change nothing in one of 256 random files
    where = (("bucket", 0), ("bucket", 1), ("store", 2), ("host", 3), ("host", 4))
    return {(place, keys[place][number]) for place, number in where}


def test_damage_anywhere_is_found_and_healed(manager: AudioManager, minio: BucketServer, tmp_path: Path) -> None:
    harmed = harm(manager, minio, tmp_path)

    found = manager.verify()
    repaired = manager.repair()
    after = manager.verify()

    assert found.problems == ()
    assert {(bad.location, bad.key) for bad in (*found.damaged, *found.missing)} == harmed
    assert (repaired.repaired, repaired.errors) == (5, ())
    assert (after.right, after.is_clean) == (40, True)


def test_copies_are_dropped_while_others_are_proven_and_given_back(manager: AudioManager) -> None:
    for place in ("local", "host", "store"):
        assert manager.drop_copies("", place, agreed=True).errors == ()
    last = manager.drop_copies("", "bucket", agreed=True)

    assert (last.files, {type(error) for error in last.errors}) == (0, {LastCopy})
    assert states(manager, "bucket") == [CopyState.PRESENT] * 10

    for place in ("local", "host", "store"):
        back = manager.restore_copies("", place)
        assert (back.files, back.errors) == (10, ())
    assert manager.verify().right == 40


def test_one_bucket_under_two_names_is_one_copy(manager: AudioManager) -> None:
    assert manager.scan_location("alias").adopted_files == 10
    for place in ("local", "host", "store"):
        assert manager.drop_copies("", place, agreed=True).errors == ()

    done = manager.drop_copies("", "bucket", agreed=True)

    assert done.files == 0
    assert all("went too" in error.message for error in done.errors)
    assert manager.verify(location="bucket").right == 10


def test_one_bucket_under_two_names_counts_once_and_keeps_nothing_of_the_look(
    manager: AudioManager, minio: BucketServer
) -> None:
    manager.scan_location("alias")
    for place in ("host", "store"):
        assert manager.drop_copies("", place, agreed=True).errors == ()
    path = manager.config.path
    path.write_text(path.read_text().replace("  db_path", "  mincopies: 2\n  db_path"))

    with AudioManager(path) as strict:
        refused = strict.drop_copies("", "local", agreed=True)
        assert strict.restore_copies("", "host").files == 10
        dropped = strict.drop_copies("", "local", agreed=True)

    assert (refused.files, {type(error) for error in refused.errors}) == (0, {LastCopy})
    assert (dropped.files, dropped.errors) == (10, ())
    bucket = getattr(manager.config.locations["bucket"], "bucket", "")
    assert not any(".trash" in entry["Key"] for entry in minio.client.list_objects_v2(Bucket=bucket)["Contents"])


def test_old_trash_is_emptied_everywhere(manager: AudioManager, tmp_path: Path) -> None:
    for place in ("host", "store"):
        assert manager.drop_copies("", place, agreed=True).files == 10

    report = manager.sweep(trash_age_s=0)

    assert (report.emptied_files, report.problems) == (20, ())
    assert list((tmp_path / "far").rglob("*.txt")) == []
    assert [one.key for one in manager.browse_location("store")] == []


@pytest.mark.parametrize("place", FAR)
def test_dropped_copies_that_the_catalog_has_forgotten_go_only_while_others_are_proven_and_come_back(
    manager: AudioManager, place: str
) -> None:
    uids = [line.recording_uid for line in manager.copies_of()]
    assert manager.drop_copies("", place, agreed=True).files == 10
    forgotten = [copy.id for line in manager.copies_of() if (copy := line.at(place)) is not None]
    manager.catalog.delete_copies(forgotten)
    assert manager.restore_copies(uids[:4], place).files == 4
    for other in {"local", *FAR} - {place}:
        ids = [copy.id for line in manager.copies_of(uids[4:8]) if (copy := line.at(other)) is not None]
        manager.catalog.delete_copies(ids)

    report = manager.sweep(trash_age_s=0)

    assert (report.emptied_files, len(report.problems)) == (2, 4)
    assert manager.restore_copies("", place).files == 4
    assert manager.verify(location=place).right == 8


def test_a_scan_finds_what_a_location_lacks_and_what_is_not_ours(
    manager: AudioManager, minio: BucketServer, tmp_path: Path
) -> None:
    store = getattr(manager.config.locations["store"], "bucket", "")
    minio.client.put_object(Bucket=store, Key="somebody/else.wav", Body=b"x")
    gone = next(copy for line in manager.copies_of() if (copy := line.at("host")) is not None)
    (tmp_path / "far" / gone.key).unlink()

    clean, store_report, host_report = (manager.scan_location(place) for place in ("bucket", "store", "host"))

    assert (clean.known_files, clean.unknown_files) == (10, 0)
    assert [one.key for one in manager.list_unknown("store")] == ["somebody/else.wav"]
    assert store_report.is_clean
    assert [copy.key for copy in host_report.missing] == [gone.key]


@pytest.mark.parametrize("place", FAR)
def test_a_place_that_files_were_imported_from_is_the_same_one_the_next_time(
    manager: AudioManager, minio: BucketServer, tmp_path: Path, place: str
) -> None:
    sound = write_wav(tmp_path / "far" / "sound.wav", pitch_hz=300)
    for name in ("bucket", "store"):
        bucket = getattr(manager.config.locations[name], "bucket", "")
        minio.client.put_object(Bucket=bucket, Key="sound.wav", Body=sound.read_bytes())
    (tmp_path / "other").mkdir()
    config = tmp_path / "other" / "audiotui.yaml"
    shutil.copy(manager.config.path, config)

    with AudioManager(config) as other:
        assert other.import_from_location(place, ["sound.wav"]).failed == ()
    with AudioManager(config) as other:
        found = other.verify(location=place)

    assert (found.right, found.problems) == (1, ())


def test_a_bucket_whose_files_were_taken_in_by_a_scan_is_the_same_one_the_next_time(
    manager: AudioManager, minio: BucketServer, tmp_path: Path
) -> None:
    old, new = getattr(manager.config.locations["store"], "bucket", ""), minio.new_bucket()
    for key in [copy.key for line in manager.copies_of() if (copy := line.at("store")) is not None]:
        minio.client.copy_object(Bucket=new, Key=key, CopySource={"Bucket": old, "Key": key})
    path = manager.config.path
    manager.close()
    text = path.read_text()
    path.write_text(
        text + text[text.index("    store:") : text.index("    host:")].replace("store", "new").replace(old, new)
    )

    with AudioManager(path) as library:
        assert library.scan_location("new").adopted_files == 10
    with AudioManager(path) as library:
        report = library.scan_location("new")

    assert (report.known_files, report.is_clean) == (10, True)


@pytest.mark.parametrize("place", FAR)
def test_what_a_stopped_push_left_is_swept_once_the_job_is_given_up(
    manager: AudioManager, tmp_path: Path, place: str
) -> None:
    big = tmp_path / "big.txt"
    big.write_bytes(os.urandom(3 * PART_BYTES))
    uid = manager.register_recording("big", file_paths={"notes": big})
    cancel = threading.Event()

    def stop_in_the_middle(event: JobEvent) -> None:
        if isinstance(event, Progressed):
            cancel.set()

    manager.transfer(manager.plan_push([uid], place), stop_in_the_middle, cancel, bwlimit=20_000_000)
    [job] = [job for job in manager.list_jobs() if job.title == "Push 1 recording"]
    backend = manager.backend(place)
    assert len(list(backend.list_unfinished())) == 1

    assert manager.sweep(0).removed_temps == (0 if job.state in ("queued", "held") else 1)
    manager.cancel_job(job.id)
    manager.sweep(0)

    assert list(backend.list_unfinished()) == []
    assert manager.verify(location=place).right == 10
