"""The journal's tables as SQL: what each version of ``<library>.jobs.db`` added.

Times named ``_at`` are milliseconds since 1970 UTC, for people. Times named ``_boot_s`` are seconds of
``leases.boot_clock_s``, for decisions: they mean nothing after a restart, so ``boot`` or the owner stands beside them.
"""

VERSION = 2

APPLICATION_ID = 0x4155444A
"""Marks journals ("AUDJ"), so that no other program's database is ever touched."""

VERSION_1 = """
CREATE TABLE journal (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    temp_tag INTEGER NOT NULL UNIQUE,  -- 32 random bits in the names of its temps, so that no two libraries meet
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    source TEXT NOT NULL DEFAULT '',          -- '' if its items come from several locations
    destination TEXT NOT NULL DEFAULT '',
    fingerprints TEXT NOT NULL DEFAULT '{}',  -- JSON: what the names of its locations pointed at when it was made
    params TEXT NOT NULL DEFAULT '{}',
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'held', 'done', 'failed', 'cancelled')),
    wish TEXT NOT NULL DEFAULT '' CHECK (wish IN ('', 'held', 'cancelled')),
    position INTEGER NOT NULL,         -- queued jobs run in this order
    parallel INTEGER,
    bytes_per_s INTEGER,
    total_items INTEGER NOT NULL,
    done_items INTEGER NOT NULL DEFAULT 0,
    skipped_items INTEGER NOT NULL DEFAULT 0,
    failed_items INTEGER NOT NULL DEFAULT 0,
    cancelled_items INTEGER NOT NULL DEFAULT 0,
    total_bytes INTEGER NOT NULL,
    done_bytes INTEGER NOT NULL DEFAULT 0,
    rate_bytes_s REAL,
    eta_s REAL,
    error TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT '',
    owner TEXT NOT NULL DEFAULT '',    -- str of leases.Owner; '' if nobody holds the job
    lease_until_boot_s REAL NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER
) STRICT;
CREATE INDEX jobs_open ON jobs (position) WHERE state IN ('queued', 'running', 'held');

CREATE TABLE items (
    job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    file_id INTEGER NOT NULL,
    recording_uid TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    source_key TEXT NOT NULL,
    key TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    part_sha256 BLOB NOT NULL,         -- 32 bytes a part, empty for small files
    managed INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'active', 'done', 'skipped', 'failed', 'cancelled')),
    attempt INTEGER NOT NULL DEFAULT 0,
    done_bytes INTEGER NOT NULL DEFAULT 0,
    token TEXT NOT NULL DEFAULT '',    -- of an unfinished upload at the destination, written before its first byte
    error TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX items_state ON items (job, state);

CREATE TABLE locations (
    name TEXT PRIMARY KEY,
    boot TEXT NOT NULL,                -- the run of the machine that the times in health belong to
    health TEXT NOT NULL               -- pacing.Health as JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE intents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    batch INTEGER NOT NULL,            -- files that are added together are settled together
    location TEXT NOT NULL,
    temp TEXT NOT NULL,
    key TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    owner TEXT NOT NULL,
    lease_until_boot_s REAL NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX intents_batch ON intents (batch);
"""

VERSION_2 = """
CREATE TABLE lines (
    name TEXT PRIMARY KEY,             -- a location and a direction
    boot TEXT NOT NULL,
    rate REAL NOT NULL,                -- bytes a second; the rest is backends.line.LineState
    paid_at_boot_s REAL NOT NULL,
    booked REAL NOT NULL,
    paid REAL NOT NULL
) STRICT, WITHOUT ROWID
"""

VERSIONS = (VERSION_1, VERSION_2)
