"""What a library knows: one SQLite file, its tables, the search over it, and the history of its edits.

``catalog`` is the door for everything that writes, ``search`` for everything that finds.
"""
