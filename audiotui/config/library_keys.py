"""Reading the API keys of the ``library`` block: one that could be guessed, or opens nothing, is a mistake."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audiotui.backends.options import Shape
from audiotui.config.library import ApiKey
from audiotui.config.problems import quoted
from audiotui.config.tree import Mapping, Sequence
from audiotui.kinds import ASSET_ID

if TYPE_CHECKING:
    from audiotui.config.reader import Reader
    from audiotui.config.tree import Node
    from audiotui.model import SecretStr

LEAST_CHARACTERS = 16
"""Of a key, which may be asked for from afar as often as the rate allows."""

_NAME = "library.api_keys"
_IN_A_HEADER = re.compile("[!-~]*")
_CUSTOMER = re.compile(ASSET_ID)


def read_api_keys(node: Node, reader: Reader) -> tuple[ApiKey, ...]:
    """The items that have no mistake; the others are noted."""
    if not isinstance(node, Sequence):
        reader.problems.add(node.line, f"{_NAME} must be a list; each item has key: and customers:.")
        return ()
    read: dict[SecretStr, ApiKey] = {}
    for item in node.items:
        one = _api_key(item, reader)
        if one is not None and one.key in read:
            reader.problems.add(
                item.line,
                f"{_NAME} has the same key as in an item before. List all customers that a key opens in one item.",
            )
        elif one is not None:
            read[one.key] = one
    return tuple(read.values())


def _api_key(node: Node, reader: Reader) -> ApiKey | None:
    entries = node.entries if isinstance(node, Mapping) else {}
    if entries.keys() != {"key", "customers"}:
        reader.problems.add(node.line, f"An item of {_NAME} has exactly key: and customers: [...].")
        return None
    key: SecretStr | None = reader.read(entries["key"].value, Shape.SECRET, (f"{_NAME}.key",))
    if key is not None and (problem := _key_problem(key.reveal())):
        reader.problems.add(entries["key"].line, f"{_NAME}.key {problem}")
    customers = _customers(entries["customers"].value, reader)
    return ApiKey(key, customers) if key is not None else None


def _key_problem(key: str) -> str:
    """What is wrong with a key, in words that do not show it; '' if nothing is."""
    if not _IN_A_HEADER.fullmatch(key):
        return "has a character that no header can have. Use letters from a to z, digits and signs, without spaces."
    if len(key) < LEAST_CHARACTERS:
        return (
            f"is short enough to be guessed. Give it {LEAST_CHARACTERS} characters or more, "
            "such as those that `openssl rand -hex 16` prints."
        )
    return ""


def _customers(node: Node, reader: Reader) -> tuple[str, ...]:
    name = f"{_NAME}.customers"
    if isinstance(node, Sequence) and not node.items:
        reader.problems.add(
            node.line, f"{name} is empty, so the key opens nothing. List the customers' ids, or remove the item."
        )
    customers = reader.texts(node, name)
    for one in customers:
        if not _CUSTOMER.fullmatch(one):
            reader.problems.add(
                node.line, f"{name}: {quoted(one)} is no customer's id. Use 1 to 128 letters, digits, '_' and '-'."
            )
    return customers
