"""The service without any server keeps the contract: files in ``local``, documents in the catalog."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contracts.service import ServiceContract
from tests.contracts.service_suite import ASSET, CUSTOMER, call
from tests.library.sounds import wav

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

    MakeService = Callable[[Path], AudioLibraryService]


class TestEmbeddedService(ServiceContract):
    """The contract."""

    @pytest.fixture
    def service(self, services: MakeService, embedded_config: Path) -> AudioLibraryService:
        return services(embedded_config)

    @pytest.fixture
    def another(self, services: MakeService, embedded_config: Path) -> AudioLibraryService:
        return services(embedded_config)


def test_the_ready_instance_finds_its_configuration_and_ends_its_work_with_the_program(
    embedded_config: Path, server: SpeechServer
) -> None:
    server.put("audio_xyz.wav", wav())
    program = f"""
from audiotui.library import audio_library_service
print(audio_library_service.save_audio_to_library(**{call()!r}))
"""

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=embedded_config.parent,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "'key': 'customer_123/user_456/audio/" in done.stdout
    assert done.stderr == ""
    assert server.removed == ["audio_xyz.wav"]


def test_a_process_that_was_forked_is_told_to_open_a_service_of_its_own(
    embedded_config: Path, server: SpeechServer
) -> None:
    server.put("audio_xyz.wav", wav())
    program = f"""
import os
from audiotui.errors import InvalidInput
from audiotui.library import AudioLibraryService, audio_library_service
unused = AudioLibraryService()
audio_library_service.save_audio_to_library(**{call()!r})
if os.fork() == 0:
    try:
        audio_library_service.get_asset({ASSET!r}, customer_id={CUSTOMER!r})
    except InvalidInput as error:
        print(error.message, flush=True)
    audio_library_service.close()
    os._exit(unused._is_forked)
print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
print(audio_library_service.get_asset({ASSET!r}, customer_id={CUSTOMER!r}).asset_id)
"""

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=embedded_config.parent, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == [
        "Cannot use the service: it was open when this process was forked from another one.", "0", ASSET,
    ]  # fmt: skip
    assert done.stderr == ""


def test_the_example_of_the_readme_runs_as_it_stands(embedded_config: Path, server: SpeechServer) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```python\n(# The configuration.*?)^```", readme, flags=re.DOTALL | re.MULTILINE)
    server.put("audio_xyz.wav", wav())

    done = subprocess.run(
        [sys.executable, "-c", f"{example}\nprint(result['storage']['key'])"],
        cwd=embedded_config.parent,
        env={**os.environ, "AUDIO_GENERATION_SERVICE_URL": server.url},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "customer_123/user_456/audio/123e4567-e89b-12d3-a456-426614174000.wav\n"


def test_importing_the_service_reads_no_configuration_and_loads_no_sdk() -> None:
    program = """
import sys
import audiotui.library
print(sorted({name.partition('.')[0] for name in sys.modules} & set(
    ("boto3", "minio", "pymongo", "httpx", "obstore", "av", "numpy", "fastapi", "yaml", "textual"))))
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
