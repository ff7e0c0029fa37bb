"""Classes that are made faster are the classes that Textual would have made."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

from textual.app import App
from textual.dom import DOMNode
from textual.reactive import Reactive

import audiotui.tui
from audiotui.tui.quick_classes import make_classes_quickly

LOADED_QUICKLY = """
import audiotui.tui
audiotui.tui._prepare_textual()
from tests.tui.test_quick_classes import assert_all_as_textual_makes_them
assert_all_as_textual_makes_them()
"""


def all_classes() -> list[type[DOMNode]]:
    """Every class of Textual's and ours that is a part of the app."""
    for module in pkgutil.walk_packages(audiotui.tui.__path__, "audiotui.tui."):
        importlib.import_module(module.name)
    found: list[type[DOMNode]] = []
    pending = [DOMNode]
    while pending:
        one = pending.pop()
        found.append(one)
        pending += one.__subclasses__()
    return found


def assert_all_as_textual_makes_them() -> None:
    """Both looks of Textual's at a class, each at all attributes of all base classes."""
    classes = all_classes()
    assert len(classes) > 100
    for one in classes:
        reactives = {
            name: value
            for base in reversed(one.__mro__)
            for name, value in base.__dict__.items()
            if isinstance(value, Reactive)
        }
        computes = {name.lstrip("_")[8:] for name in dir(one) if name.startswith(("_compute_", "compute_"))}
        if one is not DOMNode:
            assert list(one._reactives.items()) == list(reactives.items()), one
            assert one._computes == computes, one


def test_they_have_the_same_reactives_and_computes() -> None:
    subprocess.run([sys.executable, "-c", LOADED_QUICKLY], check=True, timeout=120)


def test_the_textual_that_is_installed_is_known() -> None:
    names = "from audiotui.tui.quick_classes import make_classes_quickly as quickly; print(quickly(), quickly())"
    told = subprocess.run([sys.executable, "-c", names], check=True, capture_output=True, text=True, timeout=60)

    assert told.stdout.split() == ["True", "True"]


def test_a_way_that_is_not_known_stays() -> None:
    made: list[str] = []

    class Root(App[None]):
        def __init_subclass__(cls, **_how: bool) -> None:
            made.append(cls.__name__)
            super().__init_subclass__()

    assert not make_classes_quickly(Root)

    class Further(Root):
        pass

    assert made == ["Further"]
    assert Further._css_type_name == "Further"
