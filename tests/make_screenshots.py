"""Make the pictures in ``screenshots`` from the demo library, without a terminal.

    python tests/make_screenshots.py [FOLDER]

Ids and times of the library are made the same in each run. The push that is on its way in the picture of Transfers is a
real one, so that picture is another one each time.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import threading
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from audiotui import AudioManager
from audiotui.core.database import sqlite3
from audiotui.events import ignore
from audiotui.manager.demo import make_demo_library
from audiotui.tui.app import AudiotuiApp
from tests.tui.driving import LARGE, SMALL, Driver, begin_tasks_at_once

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

NOW = datetime(2026, 5, 17, 12, 0, tzinfo=UTC)
STEP = timedelta(hours=7)
"""Between two recordings of the library in the pictures."""

NAMES_OF_HOSTS = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", re.DOTALL)
"""Where fonts come from, and what made the picture; a picture asks no host for anything."""

SLOW_BYTES_S = 60_000


def ms(time: datetime) -> int:
    """Milliseconds since 1970."""
    return int(time.timestamp() * 1000)


def fix_ids_and_times(database: Path) -> None:
    """Make the library the same in each run."""
    connection = sqlite3.connect(database)
    with connection:
        rows = connection.execute("SELECT id, title FROM recordings ORDER BY id DESC").fetchall()
        for number, (row_id, title) in enumerate(rows):
            at = ms(NOW - (number + 1) * STEP)
            uid = str(uuid.uuid5(uuid.NAMESPACE_URL, title))
            connection.execute(
                "UPDATE recordings SET uid = ?, created_at = ?, updated_at = ? WHERE id = ?", (uid, at, at, row_id)
            )
        connection.execute("UPDATE copies SET verified_at = ?", (ms(NOW - STEP),))
    connection.close()


async def take(
    manager: AudioManager, folder: Path, name: str, size: tuple[int, int], play: Callable[[Driver], Awaitable[None]]
) -> None:
    """Open the app in a size, do something, and make the picture."""
    app = AudiotuiApp(lambda: manager, now_ms=lambda: ms(NOW))
    begin_tasks_at_once()
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot)
        await driver.until_text("14  newest first")
        await play(driver)
        path = folder / f"{name}-{size[0]}x{size[1]}.svg"
        path.write_text(NAMES_OF_HOSTS.sub("", app.export_screenshot(title="audiotui")), encoding="utf-8")


async def the_library(driver: Driver) -> None:
    """Three marked, the cursor on a recording with much to tell."""
    await driver.press("j", "j", "space", "space", "space", "k", "k")
    await driver.until_text("✓ 3 marked", "▾ Session", "peak")


async def a_search(driver: Driver) -> None:
    """A word in the search box."""
    await driver.press("space", "slash", *"train")
    await driver.until_text("6 of 14")
    await driver.press("enter", "j", "j")
    await driver.until_text("Último tren")


async def the_identities(driver: Driver) -> None:
    """A voice with what it was used for."""
    await driver.press("2")
    await driver.until_text("USED FOR")


async def the_locations(driver: Driver) -> None:
    """The places, one of them looked at."""
    await driver.press("4")
    await driver.until_text("archive", "local")
    await driver.until_still()


async def the_plan(driver: Driver) -> None:
    """A push of which a part is there already."""
    await driver.press("j", "j", "space", "space", "space", "P")
    await driver.until_text("to send", "there already")


async def the_transfers(driver: Driver) -> None:
    """A push on its way, one that failed in part, one that is over."""
    await driver.press("3")
    await driver.until_text("1 job running", "✓ 3 done", "▶", "╸")


def push_some(manager: AudioManager, database: Path) -> None:
    """Two pushes: one is done, in the other a damaged file is found out."""
    uids = [row.uid for row in manager.find()]
    manager.push_recordings(uids[:3])
    damaged = manager.local_path(uids[4])
    assert damaged is not None
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.chmod(0o600)
    damaged.write_bytes(data)
    manager.push_recordings(uids[4:7])
    fix_ids_and_times(database)


@contextmanager
def slow_push(manager: AudioManager) -> Iterator[None]:
    """A push of everything else, so slow that it is on its way for a while."""
    plan = manager.plan_push("")
    job_id = manager.journal.create_job(plan.new_job(parallel=2, bytes_per_s=SLOW_BYTES_S), plan.items())
    cancel = threading.Event()
    thread = threading.Thread(target=manager.run_job, args=(job_id, ignore, cancel))
    thread.start()
    try:
        yield
    finally:
        cancel.set()
        thread.join()


async def make_all(folder: Path) -> None:
    """All pictures."""
    with tempfile.TemporaryDirectory() as work:
        config = make_demo_library(Path(work))
        with AudioManager(config) as manager:
            database = manager.config.db_path
            fix_ids_and_times(database)
            push_some(manager, database)
            await take(manager, folder, "library", LARGE, the_library)
            await take(manager, folder, "library", SMALL, a_search)
            await take(manager, folder, "plan", SMALL, the_plan)
            await take(manager, folder, "identities", LARGE, the_identities)
            await take(manager, folder, "locations", LARGE, the_locations)
            with slow_push(manager):
                await take(manager, folder, "transfers", LARGE, the_transfers)


def main() -> None:
    """Make them."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[1] / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(make_all(folder))


if __name__ == "__main__":
    main()
