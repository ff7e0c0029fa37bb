"""What MongoDB itself holds the documents to: a schema, checked on every write, and indexes for our queries."""

from __future__ import annotations

from typing import Any

_STRING = {"bsonType": "string"}
_TIME = {"bsonType": "date"}
_FLAG = {"bsonType": "bool"}
_TEXTS = {"bsonType": "array", "items": _STRING}
_WHOLE = {"bsonType": ["int", "long"], "minimum": 0}
_NUMBER = {"bsonType": ["double", "int", "long"], "minimum": 0}
_SHA256 = {"bsonType": "string", "pattern": "^[0-9a-f]{64}$"}
_ID = {"bsonType": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"}

_STORAGE = {
    "bsonType": "object",
    "required": ["bucket", "key"],
    "properties": {"bucket": _STRING, "key": {"bsonType": "string", "minLength": 1}},
}
_GENERATION = {
    "bsonType": "object",
    "required": ["provider", "model", "voice", "voice_name", "language", "text", "speed", "parameters"],
    "properties": {
        **dict.fromkeys(("provider", "model", "voice", "voice_name", "language", "text"), _STRING),
        "speed": _NUMBER,
        "parameters": {"bsonType": "object"},
    },
}

VALIDATOR: dict[str, Any] = {
    "$jsonSchema": {
        "bsonType": "object",
        "required": [
            "_id", "customer_id", "asset_id", "revision", "type", "name", "folder", "tags", "versions", "renditions",
            "total_size", "is_deleted", "is_visible", "has_work", "created_at", "updated_at",
        ],
        "properties": {
            "_id": _STRING,
            "customer_id": _ID,
            "asset_id": _ID,
            "user_id": _ID,
            "revision": _WHOLE,
            "type": {"enum": ["audio"]},
            "source": {"enum": ["generated", "uploaded"]},
            "name": _STRING,
            "folder": _STRING,
            "tags": _TEXTS,
            "facets": _TEXTS,
            "version": _WHOLE,
            "versions": {"bsonType": "array"},
            "renditions": {"bsonType": "array"},
            "duration": _NUMBER,
            "declared_duration": {"bsonType": ["double", "int", "long", "null"]},
            "format": _STRING,
            "size": _WHOLE,
            "total_size": _WHOLE,
            "sha256": _SHA256,
            "storage": _STORAGE,
            "generation": _GENERATION,
            "generation_hash": _SHA256,
            "fingerprint": _SHA256,
            "pending": {"bsonType": ["object", "null"]},
            "cleanup": _TEXTS,
            "origin": _STRING,
            **dict.fromkeys(("is_deleted", "is_visible", "has_work", "is_unsynced"), _FLAG),
            **dict.fromkeys(("created_at", "updated_at"), _TIME),
        },
    }
}  # fmt: skip

INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    ("newest", [("customer_id", 1), ("is_deleted", 1), ("created_at", -1), ("asset_id", 1)], {}),
    ("by_facet", [("customer_id", 1), ("facets", 1), ("created_at", -1)], {}),
    ("by_generation", [("customer_id", 1), ("generation_hash", 1)], {}),
    ("one_key_one_document", [("storage.bucket", 1), ("storage.key", 1)],
     {"unique": True, "partialFilterExpression": {"version": {"$gte": 1}}}),
    ("work", [("has_work", 1), ("_id", 1)], {"partialFilterExpression": {"has_work": True}}),
)  # fmt: skip
"""Name, keys and options of each index."""
