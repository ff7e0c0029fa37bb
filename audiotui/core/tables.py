"""The tables of ``schema.py`` for peewee.

They are bound to no database: a query names the one it runs on, ``query.execute(database.peewee)`` (two threads put
rows into each other's libraries when models were bound). There are no foreign-key fields either, so nothing is fetched
behind a reader's back: joins say what they join. Queries for people, which have conditions and orders to put together,
use these tables; hot and bulk paths are plain SQL. Import this module inside a function: see ``orm.py``.
"""

from __future__ import annotations

from audiotui.core.orm import peewee


class Table(peewee.Model):
    """Base of all tables; each is called like its class, in snake case."""

    class Meta:  # noqa: D106 - peewee's place for what is no column
        legacy_table_names = False


class Library(Table):
    """Facts about the library itself, by key."""

    key = peewee.TextField(primary_key=True)
    value = peewee.TextField()


class AIIdentities(Table):
    """Models and voices that generated recordings."""

    id = peewee.AutoField()
    uid = peewee.TextField()
    provider = peewee.TextField()
    model = peewee.TextField()
    voice = peewee.TextField()
    name = peewee.TextField()
    version = peewee.TextField()
    language = peewee.TextField()
    settings = peewee.TextField()
    notes = peewee.TextField()
    created_at = peewee.IntegerField()
    updated_at = peewee.IntegerField()


class UserIdentities(Table):
    """People who spoke recordings."""

    id = peewee.AutoField()
    uid = peewee.TextField()
    unique_name = peewee.TextField()
    first_name = peewee.TextField()
    middle_name = peewee.TextField()
    last_name = peewee.TextField()
    username = peewee.TextField()
    affiliation = peewee.TextField()
    email = peewee.TextField()
    language = peewee.TextField()
    settings = peewee.TextField()
    notes = peewee.TextField()
    created_at = peewee.IntegerField()
    updated_at = peewee.IntegerField()


class Recordings(Table):
    """Utterances and takes."""

    id = peewee.AutoField()
    uid = peewee.TextField()
    title = peewee.TextField()
    text = peewee.TextField()
    text_hash = peewee.IntegerField(null=True)
    folder = peewee.TextField()
    verdict = peewee.TextField()
    language = peewee.TextField()
    model = peewee.TextField()
    ai_generated = peewee.IntegerField()
    ai_identity_id = peewee.IntegerField(null=True)
    user_identity_id = peewee.IntegerField(null=True)
    session = peewee.TextField()
    duration_s = peewee.FloatField(null=True)
    sample_rate_hz = peewee.IntegerField(null=True)
    channels = peewee.IntegerField(null=True)
    format = peewee.TextField()
    size_bytes = peewee.IntegerField(null=True)
    rating = peewee.IntegerField(null=True)
    notes = peewee.TextField()
    generation = peewee.TextField()
    metadata = peewee.TextField()
    created_at = peewee.IntegerField()
    updated_at = peewee.IntegerField()
    deleted_at = peewee.IntegerField(null=True)


class Tags(Table):
    """Names that recordings are tagged with; never removed, so their ids can stand in the index."""

    id = peewee.AutoField()
    name = peewee.TextField()


class RecordingTags(Table):
    """Which recording has which tag."""

    recording_id = peewee.IntegerField()
    tag_id = peewee.IntegerField()

    class Meta:  # noqa: D106 - peewee's place for what is no column
        primary_key = peewee.CompositeKey("recording_id", "tag_id")


class RecordingFiles(Table):
    """Files of recordings; a row never changes what bytes it stands for."""

    id = peewee.AutoField()
    recording_id = peewee.IntegerField()
    kind = peewee.TextField()
    version = peewee.IntegerField()
    current = peewee.IntegerField()
    original_name = peewee.TextField()
    size_bytes = peewee.IntegerField()
    sha256 = peewee.BlobField()
    part_sha256 = peewee.BlobField(null=True)
    format = peewee.TextField()
    codec = peewee.TextField()
    duration_s = peewee.FloatField(null=True)
    sample_rate_hz = peewee.IntegerField(null=True)
    channels = peewee.IntegerField(null=True)
    created_at = peewee.IntegerField()
    deleted_at = peewee.IntegerField(null=True)


class Locations(Table):
    """Places for files that this library has used."""

    id = peewee.AutoField()
    uid = peewee.TextField()
    name = peewee.TextField()
    kind = peewee.TextField()
    fingerprint = peewee.TextField()
    probe = peewee.TextField()
    created_at = peewee.IntegerField()


class Copies(Table):
    """Where the bytes of files lie, and how far that was proven."""

    id = peewee.AutoField()
    file_id = peewee.IntegerField()
    location_id = peewee.IntegerField()
    key = peewee.TextField()
    managed = peewee.IntegerField()
    size_bytes = peewee.IntegerField()
    etag = peewee.TextField()
    version_id = peewee.TextField()
    verify_level = peewee.IntegerField()
    verified_at = peewee.IntegerField(null=True)
    state = peewee.TextField()
    looked_at = peewee.IntegerField(null=True)


class SavedSearches(Table):
    """Queries that the user gave a name."""

    name = peewee.TextField(primary_key=True)
    query = peewee.TextField()
    created_at = peewee.IntegerField()


class Changes(Table):
    """The history: see ``history.py``."""

    id = peewee.AutoField()
    group_id = peewee.IntegerField()
    actor = peewee.TextField()
    verb = peewee.TextField()
    subject = peewee.TextField()
    subject_id = peewee.IntegerField()
    before = peewee.TextField(null=True)
    after = peewee.TextField(null=True)
    at = peewee.IntegerField()
    undone_at = peewee.IntegerField(null=True)


class Dirty(Table):
    """Recordings whose entry in the search index is out of date."""

    recording_id = peewee.IntegerField(primary_key=True)


class SearchValues(Table):
    """Values that free fields of recordings have or had; ``index.py`` writes them."""

    field = peewee.TextField()
    value = peewee.TextField()

    class Meta:  # noqa: D106 - peewee's place for what is no column
        primary_key = peewee.CompositeKey("field", "value")


class Assets(Table):
    """Documents of the service for generated speech; ``documents.catalog`` reads and writes them."""

    customer_id = peewee.TextField()
    asset_id = peewee.TextField()
    revision = peewee.IntegerField()
    user_id = peewee.TextField()
    folder = peewee.TextField()
    voice = peewee.TextField()
    search = peewee.TextField()
    generation_hash = peewee.TextField()
    total_size = peewee.IntegerField()
    created_at = peewee.IntegerField()
    is_deleted = peewee.IntegerField()
    is_visible = peewee.IntegerField()
    has_work = peewee.IntegerField()
    document = peewee.TextField()

    class Meta:  # noqa: D106 - peewee's place for what is no column
        primary_key = peewee.CompositeKey("customer_id", "asset_id")


TABLES: tuple[type[Table], ...] = (
    Library,
    AIIdentities,
    UserIdentities,
    Recordings,
    Tags,
    RecordingTags,
    RecordingFiles,
    Locations,
    Copies,
    SavedSearches,
    Changes,
    Dirty,
    SearchValues,
    Assets,
)
"""Every table of the schema except the search index, which only ``index.py`` and ``search.py`` know."""
