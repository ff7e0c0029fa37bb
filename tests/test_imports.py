"""Heavy libraries are loaded only where they serve: proved in fresh interpreters."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SDKS = (
    "boto3", "minio", "paramiko", "pymongo", "httpx", "h11", "fastapi", "miniaudio", "obstore", "av", "numpy",
    "soundfile",
)  # fmt: skip

LOADED = (
    "import sys, json; import {module}; print(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
)


def loaded_by(module: str) -> set[str]:
    """Top-level packages in ``sys.modules`` after an import in a new interpreter."""
    code = LOADED.format(module=module)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "module",
    [
        "audiotui.manager",
        "audiotui.core.catalog",
        "audiotui.core.search",
        "audiotui.config",
        "audiotui.transfer.engine",
        "audiotui.transfer.ingest",
        "audiotui.backends.local",
        "audiotui.backends.objectstore.backend",
        "audiotui.backends.scp",
        "audiotui.documents.base",
        "audiotui.library",
        "audiotui.manager.listening",
        "audiotui.manager.sounds",
        "audiotui.worker",
        "audiotui.__main__",
    ],
)
def test_nothing_below_the_app_loads_textual_or_an_sdk(module: str) -> None:
    loaded = loaded_by(module)

    assert loaded.isdisjoint({"textual", *SDKS})


def test_the_package_itself_loads_nothing() -> None:
    loaded = loaded_by("audiotui")

    assert loaded.isdisjoint({"peewee", "yaml", "typer", "rich", "textual", *SDKS})


def test_peewee_does_not_drag_a_postgresql_driver_in() -> None:
    loaded = loaded_by("audiotui.core.database")

    assert loaded.isdisjoint({"psycopg", "psycopg2", "psycopg2cffi", "psycopg_c"})


def test_every_public_name_resolves() -> None:
    import audiotui

    missing = [name for name in audiotui.__all__ if not hasattr(audiotui, name)]

    assert missing == []
    assert sorted(audiotui.__all__) == audiotui.__all__
