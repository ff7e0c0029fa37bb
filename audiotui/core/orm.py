"""peewee, as this program uses it: without the drivers of other databases, and on connections that it does not own.

peewee takes longer to import than everything else in ``core`` together, so it is loaded by the first query that is
built with it, never by a command that only lists recordings: import this module, or ``tables``, inside a function.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import peewee as peewee

    from audiotui.core.database import Database, sqlite3
else:
    # It imports every driver that it finds, and psycopg alone doubles the time. A name that is None in sys.modules
    # cannot be imported. A library in PostgreSQL will have to let psycopg in.
    _drivers = {"psycopg", "psycopg2", "psycopg2cffi", "pymysql", "MySQLdb"} - sys.modules.keys()
    sys.modules.update(dict.fromkeys(_drivers))
    try:
        import peewee
    finally:
        for _driver in _drivers:
            del sys.modules[_driver]


class Borrower(peewee.SqliteDatabase):
    """peewee's side of a ``Database``: it borrows this thread's connection and never opens one.

    Errors are SQLite's own, for ``Database.translated``; peewee would wrap them.
    """

    def __init__(self, owner: Database) -> None:
        super().__init__(str(owner.path))
        self._owner = owner

    def execute_sql(self, sql: str, params: Any = None) -> sqlite3.Cursor:
        """Run one statement."""
        return self._owner.connection().execute(sql, params or ())
