"""A rate is kept on the line itself, inside a file as well: a stream, and no bursts of whole parts between pauses."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.limits import STEP_S, Limits
from audiotui.model import PART_BYTES, VerifyLevel
from tests.backends.buckets import bucket_at
from tests.contracts.samples import put, put_all, put_item, read_all, sample
from tests.servers.relay import Relay
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from audiotui.backends.items import Outcome, PutItem
    from tests.servers.buckets import BucketServer

RATE = 1_000_000
SIZES = {"one request": 2_000_000, "parts": PART_BYTES + 2_000_000}
HEADERS_BYTES = 20_000
"""More than all requests of an upload have, and what TLS adds."""


class Gate:
    """A line that pays for so many bytes and then for no more until it is opened."""

    def __init__(self, paid_bytes: int) -> None:
        self.paid_bytes = paid_bytes
        self.booked_bytes = 0
        self._lock = threading.Lock()

    def set_rate(self, bytes_per_s: float) -> None:
        """It pays when the test wants it."""

    def book(self, byte_count: int) -> float:
        """The turn of these bytes."""
        with self._lock:
            turn, self.booked_bytes = self.booked_bytes, self.booked_bytes + byte_count
        return turn

    def seconds_until(self, turn: float) -> float:
        """No time, or too much to wait for."""
        return 0.0 if turn < self.paid_bytes else 3600.0

    def open(self) -> None:
        """Pay for everything."""
        self.paid_bytes = 10**12


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("kind", ["s3", "minio"])
def test_no_more_of_a_file_goes_into_a_bucket_than_the_rate_has_paid_for(
    kind: str, secure: bool, size: str, minio: BucketServer, tls: BucketServer
) -> None:
    server, data = tls if secure else minio, sample(SIZES[size])
    gate = Gate(paid_bytes=700_000)
    outcomes: list[Outcome[PutItem]] = []
    limits = Limits(bytes_per_s=RATE, line=gate)
    with Relay(server.port) as relay:
        bucket, keys = server.new_bucket(), (server.access_key, server.secret_key)
        with bucket_at(kind, relay.address, tls=secure, ca_file=server.ca_file, bucket=bucket, keys=keys) as backend:
            put(backend, "first", b"so that all is known of the bucket")
            relay.clear()
            moving = threading.Thread(
                target=lambda: outcomes.extend(put_all(backend, [put_item("file", data)], limits))
            )
            moving.start()
            eventually(lambda: relay.sent_bytes >= gate.paid_bytes)
            eventually(lambda: gate.booked_bytes > gate.paid_bytes)
            assert relay.sent_bytes <= gate.paid_bytes + RATE * STEP_S + HEADERS_BYTES
            gate.open()
            moving.join(PATIENCE_S)

            assert outcomes[0].error is None
            assert outcomes[0].entry is not None
            assert outcomes[0].entry.level >= VerifyLevel.STORAGE_SUM
            assert read_all(backend, "file") == data
            assert gate.booked_bytes == len(data)


def test_what_is_on_its_way_is_told_and_taken_back_when_it_has_arrived(minio: BucketServer) -> None:
    told: list[int] = []
    data = sample(SIZES["parts"])
    keys = (minio.access_key, minio.secret_key)
    with bucket_at("minio", f"127.0.0.1:{minio.port}", tls=False, bucket=minio.new_bucket(), keys=keys) as backend:
        item = put_item("file", data)
        outcome = put_all(backend, [replace(item, on_sent=told.append)])[0]

    assert outcome.error is None
    assert sum(told) == 0
    assert sum(count for count in told if count > 0) == len(data)
    assert len(told) > 2 * 16
