"""A day with the app, in the real program on a real terminal: a push that is seen, left as it runs, and found done."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from audiotui.transfer.jobs import JobState
from tests.servers.openssh import OpenSsh
from tests.servers.relay import Relay
from tests.terminal import Terminal
from tests.tui.small_library import CONFIG, make_small_library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = """    nas:
      type: scp
      host: 127.0.0.1
      port: {port}
      user: {user}
      identity_file: "{identity}"
      known_hosts: "{known_hosts}"
      remote_path: "{remote_path}"
"""


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Relay]:
    """The line to a host, which can be made to stand still."""
    folder = tmp_path / "ssh"
    folder.mkdir()
    server = OpenSsh(folder)
    server.prepare()
    with server.running(), Relay(server.port) as relay:
        server.known_hosts.write_text(server.known_hosts.read_text().replace(f":{server.port} ", f":{relay.port} "))
        (tmp_path / "host.yaml").write_text(
            HOST.format(
                port=relay.port,
                user=server.options(tmp_path).user,
                identity=server.identity,
                known_hosts=server.known_hosts,
                remote_path=tmp_path / "nas",
            )
        )
        yield relay


@pytest.fixture
def config(tmp_path: Path, line: Relay) -> Path:
    """Twelve recordings, and the host as the place to push to."""
    text = CONFIG.replace("  locations:\n", "  default_destination: nas\n  locations:\n")
    return make_small_library(tmp_path, text + (tmp_path / "host.yaml").read_text())


def test_a_push_is_watched_left_while_it_runs_and_goes_on_when_the_app_is_started_again(
    tmp_path: Path, config: Path, line: Relay
) -> None:
    with AudioManager(config) as manager:
        with app(config) as terminal:
            mark_three(terminal)
            terminal.send("P")
            terminal.until_text("Push 3 files")
            line.stand_still()
            terminal.send("\r")
            terminal.until(lambda: "Push 3 files" not in terminal.text, what="the sheet gone")
            terminal.send("3")
            terminal.until_text("1 job running   0%   0 of 3 files")
            terminal.send("q")
            assert terminal.until_end() == 0

        [job] = manager.list_jobs()
        assert (job.state, job.open_items) == (JobState.RUNNING, 3)
        assert list((tmp_path / "nas").rglob("*.wav")) == []
    with app(config, columns=120, lines=40) as terminal:
        terminal.until_text("12  newest first")
        terminal.send("3")
        terminal.until_text("1 job running   0%   0 of 3 files")
        line.go_on()
        terminal.until_text("100%")
        terminal.until_text("✓ 3 done")
        edit_an_identity_and_take_it_back(terminal)
        terminal.send("1")
        terminal.until_text("L · N")
        terminal.send("q")

        assert terminal.until_end() == 0
    assert len(list((tmp_path / "nas").rglob("*.wav"))) == 3


def app(config: Path, *, columns: int = 80, lines: int = 24) -> Terminal:
    """The program, started."""
    return Terminal([sys.executable, "-m", "audiotui", "--config", str(config), "tui"], columns=columns, lines=lines)


def mark_three(terminal: Terminal) -> None:
    """All that a search finds, and one more."""
    terminal.until_text("12  newest first")
    terminal.send("/wind")
    terminal.until_text("2 of 12")
    terminal.send("\r")
    terminal.send("a")
    terminal.until_text("✓ 2 marked")
    terminal.send("\x1b")
    terminal.until(lambda: "2 of 12" not in terminal.text, what="everything again")
    terminal.send(" ")
    terminal.until_text("✓ 3 marked")


def edit_an_identity_and_take_it_back(terminal: Terminal) -> None:
    """A voice's model, in its form."""
    terminal.send("2")
    terminal.until_text("Aria")
    terminal.settle()
    terminal.send("e")
    terminal.until_text("revert")
    terminal.send("\x05 of the north\x13")
    terminal.until_text("tts-1 of the north")
    terminal.settle()
    terminal.send("u")
    terminal.until_text("undone: changed")
