"""What has the wrong type is refused in words, before anything happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from audiotui import AudioManager
from audiotui.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG: dict[str, Callable[[Any, str], object]] = {
    "no text to find": lambda manager, _: manager.find_by_text(None),
    "a number to find": lambda manager, _: manager.find_text(1),
    "no query": lambda manager, _: list(manager.find(None)),
    "no query to count": lambda manager, _: manager.count(None),
    "a limit in words": lambda manager, _: list(manager.find("", limit="ten")),
    "a limit below none": lambda manager, _: list(manager.find("", limit=-1)),
    "an offset below none": lambda manager, _: list(manager.find("", offset=-1)),
    "fewer texts than none": lambda manager, _: manager.find_text("a", limit=-1),
    "fewer changes than none": lambda manager, _: manager.history(limit=-1),
    "fewer identities than none": lambda manager, _: manager.list_identities(limit=-1),
    "a trash that ends before it begins": lambda manager, _: manager.list_trash(limit=-1),
    "fewer jobs than none": lambda manager, _: manager.list_jobs(limit=-1),
    "a job's files from before the first": lambda manager, _: manager.job_items("x", offset=-1),
    "a location's files from a half on": lambda manager, _: manager.list_unknown("local", offset=0.5),
    "an order that is a number": lambda manager, _: list(manager.find("", sort=3)),
    "an id of 5,001 digits": lambda manager, _: manager.get_recording(10**5000),
    "ids of 5,001 digits": lambda manager, _: manager.get_recordings([10**5000]),
    "a limit of 5,001 digits below none": lambda manager, _: list(manager.find("", limit=-(10**5000))),
    "no id": lambda manager, _: manager.get_recording(None),
    "no selection": lambda manager, _: manager.get_recordings(None),
    "a selection of nothing": lambda manager, _: manager.get_recordings([None]),
    "an identity that is a number": lambda manager, _: manager.register_recording("a", ai_identity_id=1),
    "metadata as a list": lambda manager, _: manager.register_recording("a", metadata=[1]),
    "metadata as an empty list": lambda manager, _: manager.register_recording("a", metadata=[]),
    "parameters as a text": lambda manager, _: manager.register_recording("a", generation="x"),
    "a file without a path": lambda manager, _: manager.register_recording("a", file_paths={"audio": None}),
    "files without kinds": lambda manager, _: manager.register_recording("a", file_paths=["a.wav"]),
    "no tags": lambda manager, _: manager.register_recording("a", tags=None),
    "tags as one text": lambda manager, _: manager.register_recording("a", tags="x"),
    "names as a number": lambda manager, uid: manager.edit_recording(uid, remove_metadata=3),
    "edits without ids": lambda manager, _: manager.edit_each(None),
    "edits without fields": lambda manager, uid: manager.edit_each({uid: 3}),
    "nothing to import": lambda manager, _: manager.import_paths(None),
    "one text to import": lambda manager, _: manager.import_paths("takes"),
    "no path to import": lambda manager, _: manager.import_paths([None]),
}


@pytest.mark.parametrize("path", [3, b"audiotui.yaml", ["audiotui.yaml"]])
def test_a_configuration_that_is_no_path_is_refused_in_one_line(path: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        AudioManager(config_path=path)

    assert "\n" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG)
def test_a_value_of_the_wrong_type_is_refused_in_one_line(
    manager: AudioManager, call: Callable[[Any, str], object]
) -> None:
    uid = manager.register_recording("here")

    with pytest.raises(InvalidInput) as caught:
        call(manager, uid)

    assert "\n" not in str(caught.value)
    assert caught.value.hint
    assert manager.count() == 1
