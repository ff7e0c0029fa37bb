"""A small speech server on loopback, to try the service with: it speaks through espeak-ng, else plays packaged clips.

It speaks the two languages that real ones do: ``POST /v1/audio/speech`` with bare audio as answer, and ``POST
/generate`` that lays a temporary file down, which is fetched from ``/temp`` and removed at ``/api/cleanup/temp``.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote

from audiotui.errors import InvalidInput

if TYPE_CHECKING:
    from types import TracebackType

MAX_BODY = 100_000
MAX_FILES = 100
SPEAKING_S = 30

_CLEANUP = "/api/cleanup/temp/"
_PROGRAM = "espeak-ng"


class SpeechDemo:
    """The server; a context. Temporary files are kept in memory, the newest hundred of them."""

    def __init__(self, port: int = 0) -> None:
        self._program = shutil.which(_PROGRAM)
        self._files: dict[str, bytes] = {}
        self._lock = threading.Lock()
        try:
            self._http = _QuietServer(("127.0.0.1", port), _handler(self))
        except OSError as error:
            raise InvalidInput(f"Cannot listen on port {port}: {error.strerror}.", "Choose another port.") from error
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def voice(self) -> str:
        """What it speaks with, for people."""
        return _PROGRAM if self._program else "packaged clips (espeak-ng is not installed)"

    def speak(self, text: str, *, voice: str = "", speed: float = 1.0) -> bytes:
        """A sound file that says the text, or one of the clips."""
        if self._program is None:
            return _clip(text)
        known = voice if voice.replace("-", "").isalnum() and len(voice) < 20 else "en"
        words_per_minute = str(round(min(max(speed, 0.25), 4.0) * 175))
        for name in (known, "en"):
            done = subprocess.run(
                [self._program, "--stdout", "-v", name, "-s", words_per_minute, "--stdin"],
                input=text.encode(),
                capture_output=True,
                timeout=SPEAKING_S,
                check=False,
            )
            if done.returncode == 0 and done.stdout:
                return done.stdout
        return _clip(text)

    def lay_down(self, data: bytes) -> str:
        """Keep a temporary file; its URL, relative to the server."""
        name = f"audio_{secrets.token_hex(6)}.{'wav' if data[:4] == b'RIFF' else 'flac'}"
        with self._lock:
            self._files[name] = data
            for old in list(self._files)[:-MAX_FILES]:
                del self._files[old]
        return f"/temp/{name}"

    def taken(self, name: str) -> bytes | None:
        """A temporary file; None if there is none of this name."""
        with self._lock:
            return self._files.get(name)

    def remove(self, name: str) -> bool:
        """Remove a temporary file; False if there is none of this name."""
        with self._lock:
            return self._files.pop(name, None) is not None

    def examples(self) -> list[str]:
        """Command lines to try."""
        environment = f"AUDIO_GENERATION_SERVICE_URL={self.url}"
        who = "--customer customer_123 --user user_456"
        url = self.lay_down(self.speak("Hello world"))
        return [
            f'curl -s {self.url}/generate -d \'{{"input": "Hello world"}}\'',
            f"{environment} audiotui library save {url} {who} --text 'Hello world'",
            f"{environment} audiotui library generate 'Good morning' {who} --voice en-us --model demo",
            "audiotui library list --customer customer_123",
        ]


class _QuietServer(ThreadingHTTPServer):
    """A server that takes it calmly when a client leaves in the middle of an answer."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Forget the connection."""


def story(speech: SpeechDemo) -> dict[str, Any]:
    """Save one asset in a throw-away library, the way a product does; returns what the call gave."""
    from audiotui.config import load_config
    from audiotui.library.service import AudioLibraryService

    with tempfile.TemporaryDirectory(prefix="audiotui-library-") as folder:
        path = Path(folder) / "audiotui.yaml"
        path.write_text(
            f"audio_manager:\n  db_path: library.db\n  locations:\n    local: {{type: local, path: recordings}}\n"
            f"  library: {{speech_url: {json.dumps(speech.url)}}}\n",
            encoding="utf-8",
        )
        # What the environment says of speech servers is meant for others than this one.
        with AudioLibraryService(config=load_config(path, environ={})) as service:
            return service.save_audio_to_library(
                asset_id="123e4567-e89b-12d3-a456-426614174000",
                customer_id="customer_123",
                user_id="user_456",
                audio_url=speech.lay_down(speech.speak("Hello world")),
                text="Hello world",
                voice="en-us",
                model="demo",
                folder="greetings",
                tags=["test", "demo"],
            )


def _clip(text: str) -> bytes:
    """One of the packaged clips, the same for the same text."""
    folder = files("audiotui") / "demo_clips"
    clips = sorted(one.name for one in folder.iterdir() if one.name.endswith(".flac"))
    return (folder / clips[sum(text.encode()) % len(clips)]).read_bytes()


def _handler(demo: SpeechDemo) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            data = demo.taken(unquote(self.path.removeprefix("/temp/")))
            if data is None:
                self._send(404, b'{"error": "no such file"}')
            else:
                self._send(200, data, "audio/wav" if data[:4] == b"RIFF" else "audio/flac")

        def do_POST(self) -> None:
            try:
                length = int(self.headers.get("content-length") or 0)
                asked = json.loads(self.rfile.read(min(length, MAX_BODY)))
                text, voice = str(asked["input"]), str(asked.get("voice", ""))
                data = demo.speak(text, voice=voice, speed=float(asked.get("speed", 1.0)))
            except (ValueError, KeyError, TypeError, AttributeError, subprocess.TimeoutExpired) as error:
                self._send(400, json.dumps({"error": type(error).__name__}).encode())
                return
            if self.path == "/v1/audio/speech":
                self._send(200, data, "audio/wav")
            else:
                self._send(200, json.dumps({"audio_url": demo.lay_down(data)}).encode())

        def do_DELETE(self) -> None:
            is_there = self.path.startswith(_CLEANUP) and demo.remove(unquote(self.path.removeprefix(_CLEANUP)))
            self._send(200 if is_there else 404, b"{}")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Stay silent."""

        def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
