"""An asset as a document of plain values, and back.

The layout is public: other programs of a product read it in MongoDB. Names are spelled as people query them, the
current version lies at the top, and times are datetimes, which the stores write in their own way.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from audiotui.documents.asset import Asset, Generation, Pending, Rendition, StoredFile, Version, Work
from audiotui.documents.unreadable import read_as_ours
from audiotui.model import MediaFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

Document = dict[str, Any]

TYPE = "audio"
GENERATED = "generated"
UPLOADED = "uploaded"

UPLOAD_DIGEST = "upload_sha256"
"""The parameter that makes uploads of other bytes other requests, and marks them as uploads."""

RESPONSE_FORMAT = "response_format"
"""The parameter that says in which format the speech server was to answer."""


def document_of(asset: Asset) -> Document:
    """The document of an asset."""
    current = _version(asset.versions[-1]) if asset.versions else {}
    return {
        "customer_id": asset.customer_id,
        "asset_id": asset.asset_id,
        "revision": asset.revision,
        "type": TYPE,
        "source": UPLOADED if asset.versions and UPLOAD_DIGEST in asset.current.generation.parameters else GENERATED,
        "name": asset.name,
        "folder": asset.folder,
        "tags": list(asset.tags),
        **current,
        "versions": [_version(one) for one in asset.versions[:-1]],
        "renditions": [_rendition(one) for one in asset.renditions],
        "total_size": sum(file.size_bytes for file in asset.files),
        "is_deleted": asset.is_deleted,
        "is_visible": asset.is_visible,
        "has_work": asset.has_work,
        "pending": None if asset.pending is None else document_of_pending(asset.pending),
        "cleanup": list(asset.cleanup),
        "is_unsynced": asset.is_unsynced,
        "origin": asset.origin,
        "facets": facets(asset),
        "search": search_text(asset),
        "created_at": asset.created_at,
        "updated_at": asset.updated_at,
    }


def asset_of(document: Mapping[str, Any]) -> Asset:
    """The asset of a document.

    Raises:
        UnreadableDocument: it is none that ``document_of`` makes.
    """
    with read_as_ours(f"{document.get('customer_id')}/{document.get('asset_id')}"):
        return _asset_of(document)


def _asset_of(document: Mapping[str, Any]) -> Asset:
    versions = [_to_version(one) for one in document["versions"]]
    if "version" in document:
        versions.append(_to_version(document))
    pending = document["pending"]
    return Asset(
        customer_id=document["customer_id"],
        asset_id=document["asset_id"],
        created_at=_time(document["created_at"]),
        updated_at=_time(document["updated_at"]),
        revision=document["revision"],
        folder=document["folder"],
        tags=tuple(document["tags"]),
        versions=tuple(versions),
        renditions=tuple(
            Rendition(one["name"], one["version"], _to_file(one), _time(one["created_at"]))
            for one in document["renditions"]
        ),
        is_deleted=document["is_deleted"],
        pending=None if pending is None else pending_of_document(pending),
        cleanup=tuple(document["cleanup"]),
        is_unsynced=document["is_unsynced"],
        origin=document.get("origin", ""),
    )


def document_of_pending(pending: Pending) -> Document:
    """The part of a document that stands for the work on it."""
    return {
        "token": pending.token,
        "work": pending.work.value,
        "owner": pending.owner,
        "lease_until": pending.lease_until,
        "request": pending.request,
        "file": None if pending.file is None else _file(pending.file),
        "cleanup": list(pending.cleanup),
        "is_unsynced": pending.is_unsynced,
        "deleted_since": pending.deleted_since,
    }


def pending_of_document(document: Mapping[str, Any]) -> Pending:
    """The work that ``document_of_pending`` wrote."""
    return Pending(
        token=document["token"],
        work=Work(document["work"]),
        owner=document["owner"],
        lease_until=_time(document["lease_until"]),
        request=document["request"],
        file=None if document["file"] is None else _to_file(document["file"]),
        cleanup=tuple(document.get("cleanup", ())),
        is_unsynced=document.get("is_unsynced", False),
        deleted_since=document.get("deleted_since", False),
    )


def facets(asset: Asset) -> list[str]:
    """What an asset is found by, each as one word with its kind: one index serves all of them, in any combination.

    The folders above its own are among them, so that a folder is asked for with all that lies below it.
    """
    if not asset.versions:
        return []
    parts = asset.folder.split("/") if asset.folder else []
    return [
        facet("user", asset.current.user_id),
        facet("voice", asset.current.generation.voice),
        *(facet("folder", "/".join(parts[: end + 1])) for end in range(len(parts))),
        *(facet("tag", tag) for tag in asset.tags),
    ]


def facet(kind: str, value: str) -> str:
    """One word of ``facets``."""
    return f"{kind}:{value}"


def search_text(asset: Asset) -> str:
    """What a search by text looks into: the current text, in one case."""
    return fold(asset.current.generation.text) if asset.versions else ""


def fold(text: str) -> str:
    """Text in the form in which two spellings compare equal."""
    return " ".join(text.casefold().split())


def generation_hash(generation: Generation) -> str:
    """Equal for generations that must sound the same: all that the speech server was told but the format."""
    told = {name: value for name, value in _generation(generation).items() if name != "voice_name"}
    told["parameters"] = {name: value for name, value in generation.parameters.items() if name != RESPONSE_FORMAT}
    return sha256(canonical(told).encode()).hexdigest()


def canonical(value: Any) -> str:
    """A JSON value as text that is equal for equal values."""
    import json

    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def _time(value: object) -> datetime:
    """What compares with other times; a text in its place would only be noticed far from here."""
    if not isinstance(value, datetime):
        raise TypeError("a time is none")
    return value


def _file(file: StoredFile) -> Document:
    media = file.media
    return {
        "storage": {"bucket": file.bucket, "key": file.key},
        "size": file.size_bytes,
        "sha256": file.sha256,
        "part_sha256": list(file.part_sha256),
        "format": media.format,
        "codec": media.codec,
        "duration": media.duration_s,
        "sample_rate": media.sample_rate_hz,
        "channels": media.channels,
    }


def _to_file(document: Mapping[str, Any]) -> StoredFile:
    return StoredFile(
        bucket=document["storage"]["bucket"],
        key=document["storage"]["key"],
        size_bytes=document["size"],
        sha256=document["sha256"],
        part_sha256=tuple(document["part_sha256"]),
        media=MediaFacts(
            document["format"],
            document["duration"],
            document["sample_rate"],
            document["channels"],
            document["codec"],
        ),
    )


def _generation(generation: Generation) -> Document:
    return {
        "provider": generation.provider,
        "model": generation.model,
        "voice": generation.voice,
        "voice_name": generation.voice_name,
        "language": generation.language,
        "text": generation.text,
        "speed": float(generation.speed),
        "parameters": generation.parameters,
    }


def _version(version: Version) -> Document:
    return {
        "version": version.number,
        "user_id": version.user_id,
        **_file(version.file),
        "declared_duration": version.declared_duration_s,
        "duration_differs": version.duration_differs,
        "generation": _generation(version.generation),
        "generation_hash": generation_hash(version.generation),
        "fingerprint": version.fingerprint,
        "source_url": version.source_url,
        "version_created_at": version.created_at,
        "wanted_rendition": version.wanted_rendition,
    }


def _to_version(document: Mapping[str, Any]) -> Version:
    return Version(
        number=document["version"],
        user_id=document["user_id"],
        file=_to_file(document),
        generation=Generation(**document["generation"]),
        fingerprint=document["fingerprint"],
        created_at=_time(document["version_created_at"]),
        source_url=document["source_url"],
        declared_duration_s=document["declared_duration"],
        wanted_rendition=document.get("wanted_rendition", ""),
    )


def _rendition(rendition: Rendition) -> Document:
    return {
        "name": rendition.name,
        "version": rendition.version,
        **_file(rendition.file),
        "created_at": rendition.created_at,
    }
