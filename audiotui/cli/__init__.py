"""The command line: one file per noun, a table that names their commands, and one writer to standard output.

Standard output carries data, standard error everything that is said about it. A command is a plain function with Typer
annotations; it returns None or an exit code, raises errors of the tree, and is imported only when it is invoked. Its
modules do without ``from __future__ import annotations``, because Typer evaluates the annotations.
"""
