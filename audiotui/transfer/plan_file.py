"""A plan in a file, to be looked at and applied later: exactly as it is, or not at all.

Lines of JSON: a head, one line for each file, and an end with the SHA-256 of all lines before it. Nothing of the file
is ever carried out. To apply it, the same recordings are planned anew, through the same gates, and the new plan is
taken if it says the same, line by line; so a plan that was edited, or that the world has overtaken, is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import IO, TYPE_CHECKING, Any

from audiotui.core.encoding import stored_text
from audiotui.core.exact import WITH_UIDS
from audiotui.core.row_edits import chunks
from audiotui.errors import InvalidInput, TransferError
from audiotui.transfer.jobs import JobKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.core.catalog import Catalog
    from audiotui.transfer.transfer_plan import PlannedFile, TransferPlan

VERSION = 2

_VERSION_FIELD = "audiotui_plan"
_LONGEST_LINE = 64 * 1024
_TOLD_DIFFERENCES = 3
_RECORDINGS_TOGETHER = 1_000


@dataclass(frozen=True, slots=True)
class PlanHead:
    """What a plan in a file is about."""

    path: Path
    verb: JobKind
    library_id: str
    source: str
    """The location that was asked for, '' for the best copy of each file."""
    destination: str
    kinds: tuple[str, ...] | None
    recording_count: int
    fingerprints: dict[str, str]


def save_plan(plan: TransferPlan, path: Path) -> None:
    """Write a plan to a new file, which only its owner can read.

    Raises:
        InvalidInput: the file exists or cannot be written.
    """
    digest = hashlib.sha256()
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            for line in _lines(plan):
                digest.update(line)
                file.write(line)
            file.write(_encoded({"files": len(plan.files), "sha256": digest.hexdigest()}))
    except OSError as error:
        raise InvalidInput(f"Cannot write the plan {path}: {error.strerror}.", "Name a new file.") from error


def read_head(path: Path) -> PlanHead:
    """Read the head of a plan, once the whole file has proven to be what was written.

    Raises:
        InvalidInput: it cannot be read, is no plan or of another version, or was changed since it was written.
    """
    try:
        with _opened(path) as file:
            head = _checked(file, path)
            if head.get(_VERSION_FIELD) != VERSION:
                raise InvalidInput(
                    f"{path} is a plan of version {head.get(_VERSION_FIELD)!r}; this audiotui knows {VERSION}.",
                    _AGAIN,
                )
            return PlanHead(
                path=path,
                verb=JobKind(head["verb"]),
                library_id=str(head["library"]),
                source=str(head["source"]),
                destination=str(head["destination"]),
                kinds=None if head["kinds"] is None else tuple(map(str, head["kinds"])),
                recording_count=int(head["recordings"]),
                fingerprints={str(name): str(value) for name, value in head["fingerprints"].items()},
            )
    except OSError as error:
        raise InvalidInput(f"Cannot read the plan {path}: {error.strerror}.", "Name a file of --plan-out.") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidInput(f"{path} is no transfer plan.", _AGAIN) from error


def recording_ids(head: PlanHead, catalog: Catalog) -> list[int]:
    """The row ids of the recordings that a plan is about, in its order.

    Raises:
        InvalidInput: the file is no plan.
        TransferError: it is for another library, or one of them is not in this one any more.
    """
    if head.library_id != catalog.library_id:
        raise TransferError(f"{head.path} is a plan for another library.", _AGAIN)
    ids: list[int] = []
    for uids in chunks(_recordings(head.path), _RECORDINGS_TOGETHER):
        with catalog.database.read() as connection:
            rows = connection.execute(f"{WITH_UIDS} AND deleted_at IS NULL", (json.dumps(uids),))
            found = {uid: row_id for row_id, uid in rows}
        gone = next((uid for uid in uids if uid not in found), None)
        if gone is not None:
            raise TransferError(
                f"{head.path} is out of date, so nothing was done. Recording {gone} is not in the library any more.",
                _AGAIN,
            )
        ids += [found[uid] for uid in uids]
    return ids


def check_same(head: PlanHead, plan: TransferPlan) -> None:
    """Refuse a plan in a file that says anything else than one that was made just now.

    Raises:
        TransferError: another place behind a name, or other files; the message names some.
    """
    moved = [name for name, place in head.fingerprints.items() if plan.fingerprints.get(name, place) != place]
    if moved:
        raise TransferError(f"{head.path}: location {moved[0]!r} pointed at another place when it was made.", _AGAIN)
    told = list(islice(_differences(head, plan), _TOLD_DIFFERENCES + 1))
    if told:
        more = " And there are more." if len(told) > _TOLD_DIFFERENCES else ""
        raise TransferError(
            f"{head.path} is out of date, so nothing was done. {' '.join(told[:_TOLD_DIFFERENCES])}{more}", _AGAIN
        )


def _opened(path: Path) -> IO[bytes]:
    """The file of a plan. It is read more than once, which a pipe cannot be, and a device may have no end."""
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise InvalidInput(f"Cannot read the plan {path}: it is a pipe or a device.", "Name a file of --plan-out.")
    return file


def _recordings(path: Path) -> Iterator[str]:
    """The uids that a plan names, in its order; the files of a recording stand together."""
    last = ""
    for line in _file_lines(path):
        uid = stored_text(str(_fields(line, path)["recording"]))
        if uid != last:
            yield uid
        last = uid


def _differences(head: PlanHead, plan: TransferPlan) -> Iterator[str]:
    """What is not the same any more, a sentence each."""
    for old, new in zip_longest(_file_lines(head.path), map(_file_line, plan.files)):
        if old == new:
            continue
        then, now = (_fields(line, head.path) if line is not None else {} for line in (old, new))
        name = (then or now)["name"]
        if not (then and now):
            yield f"{name}: {'no longer there' if then else 'new'}."
        elif then["action"] != now["action"]:
            yield f"{name}: it was to {_verb(then)}, and now to {_verb(now)}."
        else:
            fields = ", ".join(field for field in then if then[field] != now.get(field))
            yield f"{name}: changed ({fields})."


def _fields(line: bytes, path: Path) -> dict[str, Any]:
    """What a line about a file says; a hash is no proof that somebody who knows how to make one wrote sense."""
    try:
        fields = json.loads(line)
        if isinstance(fields, dict) and {"recording", "name", "action", "reason"} <= fields.keys():
            return fields
    except (ValueError, RecursionError):
        pass
    raise InvalidInput(f"{path} is no transfer plan: a line of it is not about a file.", _AGAIN)


def _verb(line: dict[str, Any]) -> str:
    return {"send": "be sent", "skip": "be left as it is there"}.get(line["action"], f"stay away, as {line['reason']}")


def _lines(plan: TransferPlan) -> Iterator[bytes]:
    yield _encoded(
        {
            _VERSION_FIELD: VERSION,
            "verb": plan.verb,
            "library": plan.library_id,
            "source": plan.asked_source,
            "destination": plan.destination,
            "kinds": plan.kinds,
            "recordings": plan.recording_count,
            "fingerprints": plan.fingerprints,
        }
    )
    yield from map(_file_line, plan.files)


def _file_line(file: PlannedFile) -> bytes:
    item = file.item
    return _encoded(
        {
            "action": file.action,
            "recording": item.recording_uid,
            "file": item.file_id,
            "kind": file.kind,
            "name": item.name,
            "size_bytes": item.size_bytes,
            "sha256": item.sha256,
            "source": item.source,
            "source_key": item.source_key,
            "key": item.key,
            "managed": item.managed,
            "reason": file.reason,
        }
    )


def _encoded(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _checked(file: IO[bytes], path: Path) -> dict[str, Any]:
    """The head of a plan; the rest of the file is read to its end and compared with the hash there."""
    head = line = file.readline(_LONGEST_LINE)
    digest, count = hashlib.sha256(), 0
    while following := file.readline(_LONGEST_LINE):
        digest.update(line)
        line, count = following, count + 1
    if json.loads(line) != {"files": count - 1, "sha256": digest.hexdigest()}:
        raise InvalidInput(f"{path} is not as it was written: it was edited, or is not whole.", _AGAIN)
    value: dict[str, Any] = json.loads(head)
    return value


def _file_lines(path: Path) -> Iterator[bytes]:
    """The lines of a plan that are about files."""
    with _opened(path) as file:
        file.readline()
        line = file.readline()
        for following in file:
            yield line
            line = following


_AGAIN = "Make it again with --dry-run --plan-out."
