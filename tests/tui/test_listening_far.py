"""A recording whose only copy lies in a bucket: the app says so, and pulls and plays it if one wants that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui import AudioManager
from tests.tui.driving import driven
from tests.tui.test_listening import spoken

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.servers.buckets import BucketServer


CONFIG = """audio_manager:
  db_path: library.db
  locations:
    local: {{type: local, path: local}}
    bucket: {{type: minio, endpoint: "127.0.0.1:{port}", bucket: {bucket}, secure: false,
      access_key: "{access}", secret_key: "{secret}"}}
"""


async def test_what_lies_in_a_bucket_alone_is_pulled_and_played_if_one_wants_it(
    minio: BucketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIOTUI_PLAYER", "silent")
    config = tmp_path / "audiotui.yaml"
    access, secret = minio.access_key, minio.secret_key
    config.write_text(CONFIG.format(port=minio.port, bucket=minio.new_bucket(), access=access, secret=secret))
    config.chmod(0o600)
    with AudioManager(config, actor="app") as manager:
        uid = manager.register_recording(
            text="far", title="Far away", file_paths={"audio": spoken(tmp_path / "far.wav", 30, 300)}
        )
        manager.push_recording(uid, "bucket")
        assert manager.drop_copies([uid], "local").files == 1
        async with driven(manager) as driver:
            await driver.until_text("It is only at bucket.", "⏎ play")
            await driver.press("enter")
            await driver.until_text("Far away: it is only at bucket. Pull 480 kB and play it?")
            await driver.press("y")

            await driver.until_text("▶ 00:0", "00:30")
            assert manager.local_path(uid) is not None
