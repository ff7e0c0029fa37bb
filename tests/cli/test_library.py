"""``audiotui library``: keeping generated speech from a shell, and its upkeep."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.errors import DatabaseFailed
from tests.library.sounds import wav
from tests.servers.process import answers, free_port, running
from tests.servers.relay import Relay
from tests.servers.speech import CLEANUP, Fault, SpeechServer, speech
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import InTerminal, Run
    from tests.servers.mongo import MongoServer

WHO = ("--customer", "anna", "--user", "u1")
HERS = ("--customer", "anna")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SpeechServer]:
    """A speech server that the environment names."""
    with speech() as running:
        monkeypatch.setenv("AUDIO_GENERATION_SERVICE_URL", running.url)
        yield running


def save(run: Run, server: SpeechServer, asset_id: str = "a1", *more: str, number: int = 1) -> dict[str, Any]:
    url = server.put(f"{asset_id}.wav", wav(number))
    done = run("library", "save", url, *WHO, "--id", asset_id, "--text", "Hello world", "--voice", "af_bella", *more)
    assert done.code == 0, done.err
    result: dict[str, Any] = json.loads(done.out)
    return result


def test_a_saved_asset_is_listed_shown_and_read(run: Run, server: SpeechServer, tmp_path: Path) -> None:
    result = save(run, server, "a1", "--folder", "greetings", "--tag", "test", "--generation", "seed=7")

    assert result["storage"]["key"] == "anna/u1/audio/a1.wav"
    [row] = map(json.loads, run("library", "list", *HERS, "--tag", "test", "--json").out.splitlines())
    assert row["generation"]["parameters"] == {"seed": 7}
    assert json.loads(run("library", "show", "a1", *HERS).out)["folder"] == "greetings"
    assert run("library", "url", "a1", *HERS).out.startswith("file://")
    assert run("library", "get", "a1", str(tmp_path / "out.wav"), *HERS).code == 0
    assert (tmp_path / "out.wav").read_bytes() == wav(1)
    assert "Hello world" in run("list-recordings").out
    assert server.removed == ["a1.wav"]


def test_audio_that_is_damaged_leaves_no_file(run: Run, server: SpeechServer, tmp_path: Path) -> None:
    stored = save(run, server)["storage"]["url"].removeprefix("file://")
    damaged = bytearray(wav(1))
    damaged[100] ^= 1
    Path(stored).write_bytes(damaged)

    done = run("library", "get", "a1", str(tmp_path / "out.wav"), *HERS)

    assert (done.code, "is damaged" in done.err) == (6, True)
    assert not (tmp_path / "out.wav").exists()


def test_a_listing_is_a_table_of_lines(run: Run, server: SpeechServer) -> None:
    save(run, server)

    done = run("library", "list", *HERS)

    assert done.out.split("\t")[0] == "a1"
    assert "1 of 1" in done.err


def test_versions_and_renditions_have_their_own_names(run: Run, server: SpeechServer) -> None:
    save(run, server)
    save(run, server, "a1", "--speed", "1.5", number=2)
    rendition = json.loads(run("library", "transcode", "a1", "flac", *HERS).out)

    versions = [json.loads(line) for line in run("library", "versions", "a1", *HERS, "--json").out.splitlines()]

    assert [one["key"] for one in versions] == ["anna/u1/audio/a1.v2.wav", "anna/u1/audio/a1.wav"]
    assert rendition["storage"]["key"] == "anna/u1/audio/a1.v2.copy.flac"


def test_assets_are_changed_deleted_restored_and_purged(run: Run, server: SpeechServer) -> None:
    save(run, server)

    assert run("library", "edit", "a1", *HERS, "--folder", "new", "--tag", "x").code == 0
    assert json.loads(run("library", "show", "a1", *HERS).out)["tags"] == ["x"]
    assert run("library", "edit", "a1", *HERS).code == 2
    assert run("library", "delete", "a1", "none", *HERS).code == 8
    assert run("library", "list", *HERS).out == ""
    assert run("library", "restore", "a1", *HERS).code == 0
    assert run("library", "delete", "a1", *HERS, "--purge").code == 2
    assert run("library", "delete", "a1", *HERS, "--purge", "--yes").code == 0
    assert run("library", "show", "a1", *HERS).code == 7


def test_taking_all_tags_away_and_giving_some_is_wrong_usage(run: Run, server: SpeechServer) -> None:
    save(run, server, "a1", "--tag", "old")

    done = run("library", "edit", "a1", *HERS, "--no-tags", "--tag", "new")

    assert (done.code, "--no-tags" in done.err) == (2, True)
    assert json.loads(run("library", "show", "a1", *HERS).out)["tags"] == ["old"]


def test_a_file_and_the_servers_own_voice_are_kept_too(run: Run, server: SpeechServer, tmp_path: Path) -> None:
    (tmp_path / "take.wav").write_bytes(wav(5))
    server.voice = lambda parameters: wav(6)
    spoken = ("library", "generate", "Good morning", *WHO, "--voice", "af", "--model", "kokoro")

    added = json.loads(run("library", "add", str(tmp_path / "take.wav"), *WHO).out)
    first, again = json.loads(run(*spoken).out), json.loads(run(*spoken).out)

    assert added["asset_id"] != first["asset_id"] == again["asset_id"]
    assert len(server.spoken) == 1


def test_an_odd_format_for_speech_is_wrong_usage(run: Run, server: SpeechServer) -> None:
    spoken = ("library", "generate", "Hi", *WHO, "--voice", "af", "--model", "kokoro", "--format", "x" * 201)

    done = run(*spoken)

    assert (done.code, "Cannot take response_format" in done.err) == (2, True)
    assert server.requests == []


def test_what_a_file_was_generated_with_is_kept_with_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "take.wav").write_bytes(wav())
    told = ("--voice-name", "Anna", "--provider", "here", "--speed", "1.5", "--generation", "seed=7")

    added = json.loads(run("library", "add", str(tmp_path / "take.wav"), *WHO, *told).out)

    shown = json.loads(run("library", "show", added["asset_id"], *HERS).out)
    generation = shown["generation"]
    assert (generation["voice_name"], generation["provider"], generation["speed"]) == ("Anna", "here", 1.5)
    assert generation["parameters"]["seed"] == 7


@pytest.mark.parametrize("command", ["save", "add", "generate"])
def test_an_empty_id_is_wrong_usage(run: Run, server: SpeechServer, tmp_path: Path, command: str) -> None:
    (tmp_path / "take.wav").write_bytes(wav())
    what = {"save": server.put("x.wav", wav()), "add": str(tmp_path / "take.wav"), "generate": "Hi"}[command]
    voice = ("--voice", "af", "--model", "kokoro")

    done = run("library", command, what, *WHO, *voice, "--id", "")

    assert (done.code, "Cannot take asset_id ''" in done.err) == (2, True)
    assert run("library", "list", *HERS).out == ""


def test_a_batch_tells_what_came_of_each_item(run: Run, server: SpeechServer) -> None:
    server.put("x.wav", wav())
    common = {"customer_id": "anna", "user_id": "u1"}
    items = [
        {**common, "asset_id": "a1", "audio_url": "/temp/x.wav"},
        {**common, "asset_id": "a2", "audio_url": "/temp/gone.wav"},
    ]

    done = run("library", "save-many", "-", stdin="\n".join(map(json.dumps, items)))

    first, second = map(json.loads, done.out.splitlines())
    assert done.code == 8
    assert first["storage"]["key"] == "anna/u1/audio/a1.wav"
    assert "404" in second["error"]
    assert run("library", "save-many", "-", stdin="{").code == 2


@pytest.mark.parametrize(
    "broken", ["{", "[]", "5", '{"asset_id": "a2"}', "[" * 100_000, "\udcff"], ids=lambda one: one[:9]
)
def test_a_line_that_is_no_item_fails_by_itself(run: Run, server: SpeechServer, broken: str) -> None:
    items = [
        {"customer_id": "anna", "user_id": "u1", "asset_id": one, "audio_url": server.put(f"{one}.wav", wav())}
        for one in ("a1", "a3")
    ]

    done = run("library", "save-many", "-", stdin=f"{json.dumps(items[0])}\n{broken}\n\n{json.dumps(items[1])}")

    first, second, third = map(json.loads, done.out.splitlines())
    assert done.code == 8
    assert (first["asset_id"], third["asset_id"]) == ("a1", "a3")
    assert (second["index"], second["line"], third["line"]) == (1, 2, 4)
    assert second["error"].startswith("Line 2 ")
    assert "error: Line 2 " in done.err


def test_many_lines_that_are_no_items_are_told_by_a_few_and_counted(run: Run) -> None:
    done = run("library", "save-many", "-", stdin="{\n" * 1_500)

    assert done.code == 2
    assert len(done.out.splitlines()) == 1_500
    assert done.err.count("error: ") == 20
    assert "Line 2 is no JSON: Expecting property name enclosed in double quotes: line 1 column 2" in done.err
    assert "1,480 more failed." in done.err


def test_a_batch_calls_its_items_by_their_lines(run: Run, server: SpeechServer) -> None:
    server.put("x.wav", wav())
    fine = {"customer_id": "anna", "user_id": "u1", "asset_id": "a1", "audio_url": "/temp/x.wav", "text": "a\u2028b"}

    done = run("library", "save-many", "-", stdin=f'{json.dumps(fine, ensure_ascii=False)}\r\n\n{{"asset_id": "a2"}}\n')

    told = [json.loads(line) for line in done.out.splitlines()]
    assert [(one["index"], one["line"]) for one in told] == [(0, 1), (1, 3)]
    assert told[1]["error"].startswith("Line 3 cannot be saved: missing")
    assert "Line 3 cannot be saved: missing" in done.err
    for broken in ("{", "[]"):
        assert "Line 2 is no JSON" in run("library", "save-many", "-", stdin=f"\n{broken}").err


def test_what_failed_is_done_by_resume(run: Run, server: SpeechServer) -> None:
    server.fail(f"{CLEANUP}a1.wav", Fault(status=500))
    save(run, server)
    assert server.removed == []

    done = run("library", "resume")

    assert done.code == 0
    assert server.removed == ["a1.wav"]
    assert run("library", "reconcile").out == ""


@pytest.fixture
def strays(run: Run, server: SpeechServer, tmp_path: Path) -> list[Path]:
    """Two old files beside that of an asset, of which no document knows."""
    save(run, server)
    folder = tmp_path / "library" / "audio" / "audio-assets" / "anna" / "u1" / "audio"
    paths = [folder / "s1.wav", folder / "s2.wav"]
    for path in paths:
        path.write_bytes(b"x")
        os.utime(path, (1e9, 1e9))
    return paths


def test_many_strays_go_only_if_somebody_says_so(run: Run, strays: list[Path], tmp_path: Path) -> None:
    held = run("library", "reconcile", "--repair")
    are_held = [path.exists() for path in strays]
    done = run("library", "reconcile", "--repair", "--yes")

    assert held.code == 7
    assert "2 of the 3 files in folder audio-assets at local have no document in the catalog" in held.err
    assert "--yes" in held.err
    assert are_held == [True, True]
    assert done.code == 0, done.err
    assert not any(path.exists() for path in strays)
    assert len(list((tmp_path / "library" / "audio" / ".trash").rglob("s?.wav"))) == 2


@pytest.mark.parametrize(("typed", "are_there"), [(b"y\n", False), (b"n\n", True)])
def test_in_a_terminal_many_strays_are_asked_about(
    in_terminal: InTerminal, strays: list[Path], typed: bytes, are_there: bool
) -> None:
    in_terminal("library", "reconcile", "--repair", prompt=b"[y/N]", typed=typed, columns=200)

    assert [path.exists() for path in strays] == [are_there, are_there]


def test_a_refused_url_is_7_with_the_way_out(run: Run, server: SpeechServer) -> None:
    done = run("library", "save", "http://169.254.169.254/x", *WHO)

    assert done.code == 7
    assert "allowed_hosts" in done.err


def test_the_state_of_the_service_is_shown(run: Run, server: SpeechServer) -> None:
    done = run("library")

    assert done.code == 0
    assert "local, bucket audio-assets" in done.out


def test_documents_that_keep_silent_are_told_and_nothing_is_counted(
    run: Run, config: Path, mongo_server: MongoServer
) -> None:
    with Relay(mongo_server.port) as relay:
        relay.stand_still()
        address = mongo_server.address("status").replace(f":{mongo_server.port}", f":{relay.port}")
        config.write_text(f"{config.read_text()}\n  library: {{documents: '{address}'}}\n")
        done = run("library")

    assert done.code == DatabaseFailed.exit_code
    assert "does not answer within 3 s" in done.err
    assert [line.split()[-2:] for line in done.out.splitlines() if "unfinished" in line] == [["not", "known"]]


def test_the_demo_speaks_and_keeps_it_whatever_the_environment_says_of_other_servers(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIO_GENERATION_SERVICE_URL", "http://127.0.0.1:9")

    done = run("library", "demo", "--once")

    assert done.code == 0
    assert json.loads(done.out)["storage"]["size"] > 1000


def test_the_demo_serves_until_it_is_ended() -> None:
    command = [sys.executable, "-m", "audiotui", "library", "demo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().partition("=")[2].strip()
        request = urllib.request.Request(f"{url}/generate", data=b'{"input": "Hello"}')
        with urllib.request.urlopen(request) as answer:
            audio_url = json.loads(answer.read())["audio_url"]
        with urllib.request.urlopen(url + audio_url) as sound:
            data = sound.read()
        os.kill(process.pid, signal.SIGINT)

        assert process.wait(PATIENCE_S) == 0
    assert data[:4] in {b"RIFF", b"fLaC"}


def test_the_library_is_served_until_the_server_is_ended(config: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "audiotui", "--config", str(config), "library", "serve", "--port", str(port)]
    with running(command, log=config.with_name("serve.log"), ready=lambda: answers(port)) as process:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
            told = json.loads(answer.read())
        process.terminate()
        process.wait(PATIENCE_S)

    assert told == {"status": "ok"}
    assert process.returncode in {0, -signal.SIGTERM}


def test_what_happens_while_the_library_is_served_is_in_the_log_file(config: Path, server: SpeechServer) -> None:
    port, log = free_port(), config.with_name("audiotui.log")
    server.put("said.wav", wav())
    body = json.dumps({"audio_url": "/temp/said.wav", "asset_id": "said", "duration": 99.0}).encode()
    headers = {"content-type": "application/json", "x-customer-id": "c", "x-user-id": "u"}
    command = [sys.executable, "-m", "audiotui", "--config", str(config), "--log-file", str(log)]
    command += ["library", "serve", "--port", str(port)]

    with running(command, log=config.with_name("serve.log"), ready=lambda: answers(port)) as process:
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/library", body, headers)).close()
        process.terminate()
        process.wait(PATIENCE_S)

    assert "declared as 99.00 s" in log.read_text()
    assert "Logging error" not in config.with_name("serve.log").read_text()


def test_others_are_not_served_without_keys(run: Run, server: SpeechServer) -> None:
    done = run("library", "serve", "--host", "0.0.0.0")

    assert done.code == 2
    assert "API keys" in done.err
