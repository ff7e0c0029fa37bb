"""The check-up: configuration, SQLite, catalog, journal and locations, each with what to do if something is wrong.

It works without a valid configuration, changes nothing, and never stops at the first finding.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from audiotui.config import find_config, load_config
from audiotui.errors import AudiotuiError
from audiotui.manager.locations import LocationState
from audiotui.model import LOCAL
from audiotui.text import format_bytes, format_count
from audiotui.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.config import Config
    from audiotui.manager.library import AudioManager

LITTLE_SPACE_BYTES = 1_000_000_000
"""Less free space than this is worth a warning."""


class Severity(StrEnum):
    """How bad a finding is; only ``error`` means that something does not work."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what, how it is, and what to do about it ('' if nothing)."""

    severity: Severity
    subject: str
    message: str
    hint: str = ""


def examine(config_path: Path | None = None) -> Iterator[Finding]:
    """Look at everything, as far as the configuration can be used."""
    from audiotui.core.database import sqlite3

    yield _ok(
        "program",
        f"audiotui {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {sys.platform}",
    )
    try:
        config = load_config(find_config(config_path))
    except AudiotuiError as error:
        yield _error("configuration", error)
        return
    yield _ok("configuration", str(config.path))
    for warning in config.warnings:
        yield Finding(Severity.WARNING, "configuration", warning)
    yield from examine_library(config)


def examine_library(config: Config) -> Iterator[Finding]:
    """Look at the library of a valid configuration."""
    from audiotui.manager.library import AudioManager
    from audiotui.transfer.journal import journal_path

    yield from _proxies(config)
    if not config.db_path.exists() and not journal_path(config.db_path).exists():
        yield _ok("catalog", f"{config.db_path} does not exist yet; it is made on first use")
        return
    with AudioManager(config=config, actor="doctor") as manager:
        try:
            yield from _catalog(manager)
        except AudiotuiError as error:
            yield _error("catalog", error)
            return
        yield from _journal(manager)
        for name in config.locations:
            yield from _location(manager, name)
        yield from _forgotten_locations(manager)


def _proxies(config: Config) -> Iterator[Finding]:
    """What the environment puts between this machine and the buckets; a proxy's password stays untold."""
    from urllib.request import getproxies

    from audiotui.backends.options.checks import host

    if not any(options.kind in {"s3", "minio"} for options in config.locations.values()):
        return
    for scheme, proxy in sorted(getproxies().items()):
        if scheme in {"http", "https", "all"} and proxy:
            name = host(proxy if "//" in proxy else f"//{proxy}")
            yield _ok("proxy", f"{scheme}_proxy: buckets are reached by way of {name}, except for what no_proxy names")


def _catalog(manager: AudioManager) -> Iterator[Finding]:
    catalog = manager.catalog
    for warning in catalog.database.warnings:
        yield Finding(Severity.WARNING, "SQLite", warning)
    problems = catalog.check()
    for problem in problems:
        yield Finding(Severity.ERROR, "catalog", problem, _REBUILD if _is_of_index(problem) else _RESTORE)
    if not problems:
        size = format_bytes(manager.config.db_path.stat().st_size)
        count = manager.count()
        recordings = "1 recording" if count == 1 else f"{format_count(count)} recordings"
        yield _ok("catalog", f"{manager.config.db_path}: {recordings}, {size}")
        if catalog.database.read_only:
            hint = "Check the owner and the permissions of the file and its folder, and that the disk is writable."
            yield Finding(Severity.WARNING, "catalog", "It can only be read; every change is refused.", hint)


def _journal(manager: AudioManager) -> Iterator[Finding]:
    try:
        jobs = manager.list_jobs(limit=1000)
    except AudiotuiError as error:
        yield _error("journal", error)
        return
    for job in jobs:
        if job.state == "running" and not job.is_live:
            hint = (
                f"`audiotui retry-job {job.id}` goes on where it stopped; `audiotui cancel-job {job.id}` gives it up."
            )
            yield Finding(Severity.WARNING, "journal", f"Job {job.id} ({job.title}) was interrupted.", hint)
    yield _ok("journal", f"{format_count(len(jobs))} jobs")


def _location(manager: AudioManager, name: str) -> Iterator[Finding]:
    subject = f"location {name}"
    ping = manager.ping_location(name)
    if ping.state is not LocationState.OK:
        # A place where nothing lies yet hurts nobody; often it is one of an example, or the next disk.
        is_needed = name == LOCAL or manager.catalog.has_copies_at(name)
        is_error = is_needed and ping.state is not LocationState.NOT_READY
        yield Finding(Severity.ERROR if is_error else Severity.WARNING, subject, ping.reason, ping.hint)
        return
    path = getattr(manager.config.locations[name], "path", None)
    if path is None or not path.exists():
        yield _ok(subject, ping.reason or "reachable")
        return
    free = shutil.disk_usage(path).free
    message = f"{path}, {format_bytes(free)} free"
    if not os.access(path, os.W_OK | os.X_OK):
        hint = "Make it writable for you, or push elsewhere."
        severity = Severity.ERROR if name == LOCAL else Severity.WARNING
        yield Finding(severity, subject, f"{path} cannot be written.", hint)
    elif free < LITTLE_SPACE_BYTES:
        yield Finding(Severity.WARNING, subject, message, "Free some space before you add or pull files.")
    else:
        yield _ok(subject, message)


def _forgotten_locations(manager: AudioManager) -> Iterator[Finding]:
    catalog, known = manager.catalog, manager.config.locations
    for name in sorted(catalog.locations().keys() - known.keys()):
        if catalog.oldest_verified(name, 1):
            yield Finding(
                Severity.WARNING,
                f"location {name}",
                "Copies lie there, and the configuration no longer says where it is.",
                f"Name it again under locations: in {manager.config.path}; was it renamed?",
            )


_REBUILD = "`audiotui rebuild-index` writes it anew, from what the catalog holds."
_RESTORE = "Make a copy of the file, then restore the newest `audiotui backup`."


def _is_of_index(problem: str) -> bool:
    """Whether only the search index is wrong, which can be made again from the rest."""
    return "recordings_fts" in problem or "search index" in problem


def _ok(subject: str, message: str) -> Finding:
    return Finding(Severity.OK, subject, message)


def _error(subject: str, error: AudiotuiError) -> Finding:
    return Finding(Severity.ERROR, subject, error.message, error.hint)
