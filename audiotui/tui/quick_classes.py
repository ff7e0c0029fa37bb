"""Making classes of widgets in a fifth of the time, a twentieth of the start.

Textual 8.2.8 looks through every attribute of every base class for each of a hundred classes. Here each class is looked
through once. In a version that does anything else when a class is made, its own way stays.
"""

from __future__ import annotations

from types import CodeType
from typing import Any, NamedTuple

from textual.dom import DOMNode
from textual.reactive import Reactive

_COMPUTES = ("compute_", "_compute_")

_NAMES = """
    super __init_subclass__ _reactives reversed __mro__ update items __dict__ isinstance Reactive _inherit_css
    _inherit_bindings _inherit_component_classes set _css_bases __name__ _css_type_name add _merge_bindings
    _merged_bindings frozenset _css_type_names dir startswith lstrip _computes
"""
"""All names in the code that is replaced."""


class _Own(NamedTuple):
    """What one class adds to what it inherits."""

    reactives: dict[str, Reactive[Any]]
    computes: list[str]


_own: dict[type, _Own] = {}


def make_classes_quickly(root: type = DOMNode) -> bool:
    """Let Textual make classes faster from now on; False if its way is another one than was known here."""
    way = root.__dict__["__init_subclass__"].__func__
    if way is not _init_subclass and names_in(way.__code__) != frozenset(_NAMES.split()):
        return False
    root.__init_subclass__ = classmethod(_init_subclass)  # type: ignore[assignment]
    return True


def names_in(code: CodeType) -> frozenset[str]:
    """The global names and attributes in a function, and in those inside it."""
    inside = (names_in(one) for one in code.co_consts if isinstance(one, CodeType))
    return frozenset(code.co_names).union(*inside)


def _init_subclass(
    cls: type[DOMNode],
    inherit_css: bool = True,
    inherit_bindings: bool = True,
    inherit_component_classes: bool = True,
) -> None:
    super(DOMNode, cls).__init_subclass__()
    cls._reactives = {}
    computes: set[str] = set()
    for base in reversed(cls.__mro__):
        own = _own.get(base) or _own.setdefault(base, _look_through(base))
        cls._reactives.update(own.reactives)
        computes.update(own.computes)
    cls._inherit_css = inherit_css
    cls._inherit_bindings = inherit_bindings
    cls._inherit_component_classes = inherit_component_classes
    bases = cls._css_bases(cls)
    cls._css_type_name = bases[0].__name__
    cls._merged_bindings = cls._merge_bindings()
    cls._css_type_names = frozenset(base.__name__ for base in bases)
    cls._computes = frozenset(computes)


def _look_through(base: type) -> _Own:
    attributes = base.__dict__
    return _Own(
        {name: value for name, value in attributes.items() if isinstance(value, Reactive)},
        [name.lstrip("_")[8:] for name in attributes if name.startswith(_COMPUTES)],
    )
