"""The user's own keys and theme, as the configuration has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.config import load_config
from audiotui.config.app import AppOptions
from audiotui.errors import ConfigError
from audiotui.tui.keymap import checked, default_keys, normal_key
from tests.tui.driving import driven
from tests.tui.generated import GeneratedManager
from tests.tui.small_library import CONFIG, write_config

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("key", "name"),
    [("P", "P"), ("?", "question_mark"), ("question_mark", "question_mark"), ("ctrl+x", "ctrl+x"), ("F5", "f5"),
     ("ctrl+?", "ctrl+question_mark"), ("+", "plus"), ("nokey", None), ("cmd+x", None)],
)  # fmt: skip
def test_keys_may_be_written_as_they_are_on_the_keyboard(key: str, name: str | None) -> None:
    assert normal_key(key) == name


def test_two_keys_can_be_swapped() -> None:
    assert checked({"lib.push": "p", "lib.pull": "P"}) == ({"lib.push": "p", "lib.pull": "P"}, ())


def test_a_key_that_is_taken_is_reported_and_not_used() -> None:
    keys, problems = checked({"lib.push": "d", "lib.tag": "ctrl+t"})

    assert keys == {"lib.tag": "ctrl+t"}
    assert problems == ("keys: lib.push and lib.trash are both on d; lib.push keeps its own key",)


def test_what_is_no_binding_and_what_is_no_key_is_reported() -> None:
    keys, problems = checked({"lib.pusch": "x", "lib.tag": "hyper+x"})

    assert keys == {}
    assert problems == (
        "keys: there is no binding lib.pusch; did you mean lib.push?",
        "keys: lib.tag: there is no key hyper+x",
    )


def test_no_two_bindings_of_the_app_clash_with_one_another() -> None:
    assert checked(default_keys()).problems == ()


def test_the_configuration_has_a_theme_and_keys(tmp_path: Path) -> None:
    block = '  app:\n    theme: nord\n    keys:\n      lib.push: "p"\n      lib.pull: P\n'
    config = load_config(write_config(tmp_path, CONFIG + block))

    assert config.app == AppOptions("nord", {"lib.push": "p", "lib.pull": "P"})
    assert load_config(write_config(tmp_path, config.show())).app == config.app


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("app: dark", "app must be a block"),
        ("app: {colour: x}", "unknown key 'colour'"),
        ("app: {keys: x}", "keys of app must be a block"),
        ("app: {keys: {push: x}}", "'push' is no binding"),
        ("app: {keys: {lib.push: [x]}}", "'' is no key"),
        ("app: {keys: {lib.push: 'a b'}}", "'a b' is no key"),
    ],
)
def test_mistakes_in_the_block_are_named(tmp_path: Path, block: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        load_config(write_config(tmp_path, f"{CONFIG}  {block}\n"))


async def test_the_app_takes_the_theme_and_the_keys_and_says_what_is_wrong_with_them() -> None:
    manager = GeneratedManager(size=9)
    manager.options = AppOptions("nord", {"lib.trash": "delete", "lib.nothing": "x"})
    async with driven(manager.as_manager) as driver:
        await driver.until_text("there is no binding lib.nothing")
        assert driver.app.theme == "nord"
        await driver.press("d")
        assert manager.done == []
        await driver.press("delete")
        await driver.until(lambda: manager.done == [("trash", [9])], "the trash")
        await driver.press("question_mark", *"trash")

        await driver.until_text("del  Put into the trash")


async def test_a_theme_that_does_not_exist_is_named() -> None:
    manager = GeneratedManager(size=9)
    manager.options = AppOptions("[/]")
    async with driven(manager.as_manager) as driver:
        await driver.until_text("there is no theme [/]")


@pytest.mark.parametrize(
    ("typed", "hit", "query"),
    [
        ("archiv", "archive   place", "where:archive"),
        ("aria", "Aria   AI voice", "voice:Aria"),
        ("night", "aria at night   saved search", '@"aria at night"'),
        ("77", "Take 1001   recording", f"id:{1001:08x}-0000-4000-8000-000000000000"),
    ],
)
async def test_the_palette_finds_things_of_the_library_and_shows_their_recordings(
    typed: str, hit: str, query: str
) -> None:
    async with driven(GeneratedManager(size=1001).as_manager) as driver:
        await driver.press("colon", *typed)
        await driver.until_text(hit)
        await driver.press("down", "enter") if typed == "77" else await driver.press("enter")

        await driver.until(lambda: driver.box.value.startswith(query[:4]), "the query")
