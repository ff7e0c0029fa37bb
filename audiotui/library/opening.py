"""Opening what the configuration names: the storage, the documents, the client of the speech server."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from audiotui.backends.base import open_backend
from audiotui.backends.options import LocalOptions, MinioOptions, S3Options
from audiotui.documents.catalog import CatalogDocuments
from audiotui.documents.grouped import GroupedWrites
from audiotui.library.claims import Claims, utc_now
from audiotui.library.parts import Parts
from audiotui.library.shelf import Shelf
from audiotui.library.spool import Rooms
from audiotui.speech.client import SpeechClient, SpeechServer
from audiotui.speech.download import FetchLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.documents.base import Documents
    from audiotui.manager import AudioManager


def open_parts(manager: AudioManager) -> Parts:
    """The parts of a service on an open library; nothing is connected to yet."""
    options = manager.config.library
    documents = open_documents(manager)
    limits = FetchLimits(
        max_bytes=options.limits.max_bytes,
        max_seconds=options.limits.max_seconds,
        min_bytes_per_second=options.limits.min_bytes_per_second,
    )
    return Parts(
        options=options,
        manager=manager,
        documents=documents,
        writes=GroupedWrites(documents),
        shelf=_open_shelf(manager, documents.identity),
        speech=SpeechClient(
            SpeechServer(
                url=options.speech_url,
                key=options.speech_key,
                allowed_hosts=options.allowed_hosts,
                allow_public_hosts=options.allow_public_hosts,
                limits=limits,
            )
        ),
        claims=Claims(),
        spool_folder=manager.config.db_path.parent,
        rooms=Rooms(),
        clock=utc_now,
    )


def open_documents(manager: AudioManager) -> Documents:
    """The store of documents that the configuration names."""
    address = manager.config.library.documents
    if address is None:
        return CatalogDocuments(manager.catalog.database, manager.catalog.library_id)
    from audiotui.documents.mongo import MongoDocuments  # brings pymongo

    return MongoDocuments(address)


def _open_shelf(manager: AudioManager, identity: Callable[[], str]) -> Shelf:
    config = manager.config
    name, bucket = config.library.storage, config.library.bucket
    options = config.locations[name]
    catalog = manager.catalog
    catalog.ensure_location(name, options.kind, options.fingerprint)
    prefix, root = "", None
    if isinstance(options, MinioOptions):
        options = replace(options, create_bucket=True)
        prefix = options.prefix
    elif isinstance(options, S3Options):
        prefix = options.prefix
    elif isinstance(options, LocalOptions):
        root = options.path
    backend = open_backend(name, options, library_id=catalog.library_id, used_before=catalog.was_used(name))
    backend.landmarks = catalog.landmarks(name)
    return Shelf(
        backend,
        bucket,
        identity=identity,
        note_use=partial(catalog.note_use, name),
        prefix=prefix,
        root=root,
        cdn_url=config.library.cdn_url,
        give_up_s=config.library.limits.max_store_seconds,
    )
