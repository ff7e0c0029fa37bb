"""All kinds of actions that undo takes back, a library to do them in, and all that must be as it was afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.core.samples import FLAC, add, index_words, new_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.core.catalog import Catalog


def snapshot(catalog: Catalog) -> object:
    """Everything that undo has to bring back; times of the last change are not among it."""
    connection = catalog.database.connection()
    queries = (
        "SELECT id, uid, title, text, text_hash, folder, verdict, language, model, ai_generated, ai_identity_id,"
        " user_identity_id, session, duration_s, sample_rate_hz, channels, format, size_bytes, rating, notes,"
        " generation, metadata, created_at, deleted_at FROM recordings",
        "SELECT recording_id, name FROM recording_tags JOIN tags ON id = tag_id ORDER BY recording_id, name",
        "SELECT id, uid, provider, model, voice, name, settings, created_at FROM ai_identities",
        "SELECT id, uid, unique_name, first_name, last_name, settings, created_at FROM user_identities",
        "SELECT id, current FROM recording_files WHERE deleted_at IS NULL",
        "SELECT * FROM saved_searches",
    )
    return [connection.execute(query).fetchall() for query in queries], index_words(catalog)


def stock(catalog: Catalog) -> Catalog:
    """Fill an empty catalog with what the actions need: recordings 1 to 3, the last in the trash, and identities."""
    for location in ("local", "archive"):
        catalog.ensure_location(location, "local", "")
    voice, _ = catalog.add_ai_identity("kokoro", "one", settings={"a": 1})
    catalog.add_ai_identity("kokoro", "two")
    person, _ = catalog.add_user_identity("Ada", "Lovelace")
    catalog.add_user_identity("Grace", "Hopper")
    add(catalog, "first", new_file("a"), new_file("t", "transcript"), ai_identity_uid=voice, tags=("x", "y"))
    add(catalog, "second", new_file("b", media=FLAC), user_identity_uid=person, metadata={"k": [1]})
    add(catalog, "third", ai_identity_uid=voice)
    catalog.save_search("mine", "tag:x")
    catalog.trash_recordings([3])
    return catalog


def uid_of(catalog: Catalog, name: str) -> str:
    """The id of the identity whose label contains a name."""
    return next(identity.uid for identity in catalog.list_identities() if name in identity.label)


def edit_everything(catalog: Catalog) -> None:
    """Change every field of a recording that can be edited."""
    changes = {
        "text": "new",
        "title": "t",
        "folder": "f",
        "verdict": "v",
        "language": "l",
        "model": "m",
        "session": "s",
    }
    more = {
        "rating": 1,
        "notes": "n",
        "generation": {"a": 1},
        "metadata": {"b": 2},
        "tags": ["z"],
        "ai_generated": True,
    }
    links = {"ai_identity_uid": uid_of(catalog, "two"), "user_identity_uid": None}
    catalog.edit_recordings([1, 2, 3], {**changes, **more, **links})


def retag(catalog: Catalog) -> None:
    """Add one tag and remove another."""
    catalog.edit_recordings([1, 2], {}, add_tags=["z"], remove_tags=["x"])


def merge_voices(catalog: Catalog) -> None:
    """Merge a voice that recordings have into one that none has."""
    catalog.merge_identities(uid_of(catalog, "one"), uid_of(catalog, "two"))


def merge_people(catalog: Catalog) -> None:
    """Merge a person whom a recording has into one whom none has."""
    catalog.merge_identities(uid_of(catalog, "Ada"), uid_of(catalog, "Grace"))


def several_at_once(catalog: Catalog) -> None:
    """Add and edit, some of it twice, within one action, which is undone as a whole."""
    with catalog.action("import"):
        uid, _ = catalog.add_user_identity("New")
        add(catalog, "imported", new_file("i"), user_identity_uid=uid)
        catalog.edit_recordings([1], {"title": "one"})
        catalog.edit_recordings([1], {"title": "two", "rating": 3})
        catalog.edit_recordings([1], {"title": "one"})
        catalog.add_file(1, new_file("i2"))


ACTIONS: dict[str, Callable[[Catalog], object]] = {
    "edit": edit_everything,
    "tags": retag,
    "metadata": lambda catalog: catalog.edit_recordings([1, 2], {}, update_metadata={"q": 1}),
    "trash": lambda catalog: catalog.trash_recordings([1, 2]),
    "restore": lambda catalog: catalog.restore_recordings([3]),
    "add-file": lambda catalog: catalog.add_file(1, new_file("n", media=FLAC)),
    "add-kind": lambda catalog: catalog.add_file(1, new_file("p", "picture")),
    "remove-file": lambda catalog: catalog.remove_file(1, "audio"),
    "edit-ai": lambda catalog: catalog.edit_identity(uid_of(catalog, "one"), {"voice": "other", "settings": {}}),
    "edit-user": lambda catalog: catalog.edit_identity(uid_of(catalog, "Ada"), {"username": "ada"}),
    "merge-voices": merge_voices,
    "merge-people": merge_people,
    "delete-identity": lambda catalog: catalog.delete_identity(uid_of(catalog, "two")),
    "add-identity": lambda catalog: catalog.add_user_identity("New", "One"),
    "save-search": lambda catalog: catalog.save_search("new", "q"),
    "replace-search": lambda catalog: catalog.save_search("mine", "q"),
    "delete-search": lambda catalog: catalog.delete_search("mine"),
}
