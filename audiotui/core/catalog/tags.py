"""Tags of the whole library, and searches that have a name."""

from __future__ import annotations

from audiotui.core.catalog import fields
from audiotui.core.catalog.base import CatalogPart
from audiotui.core.changes import SAVED_SEARCHES, RowChange
from audiotui.core.encoding import original_text, stored_text
from audiotui.errors import InvalidInput

_COUNTS = """
SELECT t.name, used.total - coalesce(trashed.total, 0) AS live
FROM tags AS t
JOIN (SELECT tag_id, count(*) AS total FROM recording_tags GROUP BY tag_id) AS used ON used.tag_id = t.id
LEFT JOIN (
    SELECT rt.tag_id, count(*) AS total
    FROM recordings AS r INDEXED BY recordings_trash JOIN recording_tags AS rt ON rt.recording_id = r.id
    WHERE r.deleted_at IS NOT NULL GROUP BY rt.tag_id
) AS trashed ON trashed.tag_id = t.id
WHERE live > 0
"""


class TagsPart(CatalogPart):
    """Listing tags; saving searches."""

    def tags(self) -> list[tuple[str, int]]:
        """Tags with their numbers of recordings, those in the trash not counted, by name."""
        with self.database.read() as connection:
            rows = connection.execute(_COUNTS).fetchall()
        return sorted(
            ((original_text(name), count) for name, count in rows), key=lambda row: (row[0].casefold(), row[0])
        )

    def saved_searches(self) -> dict[str, str]:
        """Named queries, by name."""
        from audiotui.core.tables import SavedSearches

        query = SavedSearches.select(SavedSearches.name, SavedSearches.query).tuples()
        with self.database.read():
            rows = list(query.execute(self.database.peewee))
        return {original_text(name): original_text(text) for name, text in sorted(rows)}

    def save_search(self, name: str, query: str) -> None:
        """Keep a query under a name; the same name again replaces it. Can be undone."""
        stored_name, stored_query = fields.name_text("name", name), fields.text("query", query)
        if not stored_name:
            raise InvalidInput("A saved search needs a name.", "Name it.")
        self._write_search("save-search", stored_name, stored_query)

    def delete_search(self, name: str) -> None:
        """Forget a named query; a name that is not there is no error. Can be undone."""
        self._write_search("delete-search", fields.name_text("name", name), None)

    def _write_search(self, verb: str, name: str, query: str | None) -> None:
        from audiotui.core.tables import SavedSearches

        with self._edit(verb) as edit:
            select = SavedSearches.select().where(SavedSearches.name == stored_text(name)).dicts()
            before = next(iter(select.execute(self.database.peewee)), None)
            if query == (before and before["query"]):
                return
            SavedSearches.delete().where(SavedSearches.name == name).execute(self.database.peewee)
            after = None if query is None else {"name": name, "query": query, "created_at": edit.now_ms}
            if after is not None:
                SavedSearches.insert(**after).execute(self.database.peewee)
            edit.record(RowChange(SAVED_SEARCHES, 0, before, after))
