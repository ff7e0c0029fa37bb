"""The catalog's tables as SQL: what version 1 of a library looks like, and what each later version adds.

Conventions: times are integer milliseconds since 1970 UTC; JSON columns hold objects as text; digests are 32-byte
blobs; '' means "not given" for text that people type, NULL for a number or a link that is not there.
``tables.py`` has the same tables for peewee; a test compares the two.
"""

VERSION = 3

APPLICATION_ID = 0x41554449
"""Marks our SQLite files ("AUDI"), so that no other program's database is ever touched."""

VERSION_1 = """
CREATE TABLE library (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE ai_identities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    provider TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL,
    voice TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    version TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    settings TEXT NOT NULL DEFAULT '{}',
    notes TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (provider, model, voice)
) STRICT;

CREATE TABLE user_identities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    unique_name TEXT NOT NULL UNIQUE,  -- '@' and the username, without one '=' and the normalised full name
    first_name TEXT NOT NULL DEFAULT '',
    middle_name TEXT NOT NULL DEFAULT '',
    last_name TEXT NOT NULL DEFAULT '',
    username TEXT NOT NULL DEFAULT '',
    affiliation TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    settings TEXT NOT NULL DEFAULT '{}',
    notes TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE recordings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL DEFAULT '',
    text_hash INTEGER,
    folder TEXT NOT NULL DEFAULT '',
    verdict TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    ai_generated INTEGER NOT NULL DEFAULT 0,
    ai_identity_id INTEGER REFERENCES ai_identities (id),
    user_identity_id INTEGER REFERENCES user_identities (id),
    session TEXT NOT NULL DEFAULT '',
    duration_s REAL,
    sample_rate_hz INTEGER,
    channels INTEGER,
    format TEXT NOT NULL DEFAULT '',
    size_bytes INTEGER,
    rating INTEGER CHECK (rating BETWEEN 0 AND 5),
    notes TEXT NOT NULL DEFAULT '',
    generation TEXT NOT NULL DEFAULT '{}',
    metadata TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
-- In stretches of ids, see exact.py: so a batch of new rows changes a few pages rather than one page for each row.
CREATE UNIQUE INDEX recordings_uid ON recordings (id >> 14, uid);
CREATE INDEX recordings_text_hash ON recordings (id >> 14, text_hash) WHERE text_hash IS NOT NULL;
CREATE INDEX recordings_ai_identity ON recordings (ai_identity_id) WHERE ai_identity_id IS NOT NULL;
CREATE INDEX recordings_user_identity ON recordings (user_identity_id) WHERE user_identity_id IS NOT NULL;
CREATE INDEX recordings_trash ON recordings (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE tags (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE recording_tags (
    recording_id INTEGER NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags (id),
    PRIMARY KEY (recording_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recording_tags_tag ON recording_tags (tag_id);

CREATE TABLE recording_files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    recording_id INTEGER NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    current INTEGER NOT NULL DEFAULT 1,
    original_name TEXT NOT NULL DEFAULT '',
    size_bytes INTEGER NOT NULL,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    part_sha256 BLOB,                  -- 32 bytes for each 16 MiB, of files above 16 MiB
    format TEXT NOT NULL DEFAULT '',
    codec TEXT NOT NULL DEFAULT '',
    duration_s REAL,
    sample_rate_hz INTEGER,
    channels INTEGER,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER,
    UNIQUE (recording_id, kind, version)
) STRICT;
CREATE INDEX recording_files_sha256 ON recording_files (id >> 14, sha256);  -- as above
CREATE UNIQUE INDEX recording_files_current ON recording_files (recording_id, kind) WHERE current;

CREATE TABLE locations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    fingerprint TEXT NOT NULL DEFAULT '',   -- what the name pointed at when it was first used
    probe TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE copies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    file_id INTEGER NOT NULL REFERENCES recording_files (id) ON DELETE CASCADE,
    location_id INTEGER NOT NULL REFERENCES locations (id),
    key TEXT NOT NULL,
    managed INTEGER NOT NULL DEFAULT 1,
    size_bytes INTEGER NOT NULL,
    etag TEXT NOT NULL DEFAULT '',
    version_id TEXT NOT NULL DEFAULT '',
    verify_level INTEGER NOT NULL DEFAULT 0,
    verified_at INTEGER,
    state TEXT NOT NULL CHECK (state IN ('present', 'missing', 'damaged', 'trashed')),
    UNIQUE (location_id, key)
) STRICT;
CREATE INDEX copies_file ON copies (file_id);

CREATE TABLE saved_searches (
    name TEXT PRIMARY KEY,
    query TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    group_id INTEGER NOT NULL,         -- the id of the first change of one user action
    actor TEXT NOT NULL DEFAULT '',
    verb TEXT NOT NULL,
    subject TEXT NOT NULL,             -- what kind of thing changed: see history.py
    subject_id INTEGER NOT NULL,
    before TEXT,                       -- JSON object of the columns that changed; NULL: did not exist
    after TEXT,                        -- NULL: does not exist any more
    at INTEGER NOT NULL,
    undone_at INTEGER
) STRICT;
CREATE INDEX changes_group ON changes (group_id);
CREATE INDEX changes_subject ON changes (subject, subject_id);

CREATE TABLE dirty (recording_id INTEGER PRIMARY KEY) STRICT;  -- rows whose search index is behind

CREATE TABLE search_values (field TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (field, value)) STRICT, WITHOUT ROWID;

-- A word costs two bytes less in the first column. Without marks (M*) in words, Hindi and Thai words fall to pieces.
CREATE VIRTUAL TABLE recordings_fts USING fts5 (
    text, title, facets,
    content = '', contentless_delete = 1, prefix = '1 2 3',
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
);
INSERT INTO recordings_fts (recordings_fts, rank) VALUES ('automerge', 0);
INSERT INTO recordings_fts (recordings_fts, rank) VALUES ('crisismerge', 1900);
INSERT INTO recordings_fts (recordings_fts, rank) VALUES ('hashsize', 33554432);  -- a batch fits: a third faster
"""

VERSION_2 = """
CREATE TABLE assets (                  -- documents of the service for generated speech, where it has no MongoDB
    customer_id TEXT NOT NULL,
    asset_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    folder TEXT NOT NULL,
    voice TEXT NOT NULL,
    search TEXT NOT NULL,
    generation_hash TEXT NOT NULL,
    total_size INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    is_deleted INTEGER NOT NULL,
    is_visible INTEGER NOT NULL,
    has_work INTEGER NOT NULL,
    document TEXT NOT NULL,            -- the whole of it as JSON; the columns are what queries need
    PRIMARY KEY (customer_id, asset_id)
) STRICT;
CREATE INDEX assets_newest ON assets (customer_id, is_deleted, created_at DESC, asset_id) WHERE is_visible;
CREATE INDEX assets_generation ON assets (customer_id, generation_hash);
CREATE INDEX assets_work ON assets (customer_id, asset_id) WHERE has_work;
"""

VERSION_3 = """
ALTER TABLE copies ADD COLUMN looked_at INTEGER;  -- the last look that could have proven it, whatever it showed
"""
