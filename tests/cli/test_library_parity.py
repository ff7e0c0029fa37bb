"""Everything that ``AudioLibraryService`` can do has a command, or a reason to have none."""

from __future__ import annotations

import inspect

from audiotui.cli.commands import COMMANDS
from audiotui.library import AudioLibraryService

COMMAND_OF = {
    "check_health": "library",
    "count_assets": "library list",
    "delete_asset": "library delete",
    "generate": "library generate",
    "get_asset": "library show",
    "get_url": "library url",
    "list_assets": "library list",
    "list_versions": "library versions",
    "plan_removal": "library reconcile",
    "purge_asset": "library delete",
    "reconcile": "library reconcile",
    "restore_asset": "library restore",
    "resume": "library resume",
    "save_audio_to_library": "library save",
    "save_file": "library add",
    "save_many": "library save-many",
    "saving_many": "library save-many",
    "stream_asset": "library get",
    "transcode_asset": "library transcode",
    "update_asset": "library edit",
}

NO_COMMAND = {
    "close": "the end of a program does it",
    "find_generated": "`library generate` uses what it finds",
    "parts": "what the parts of the service share",
    "settle": "the end of a program does it",
}


def test_every_method_of_the_service_has_a_command_or_a_reason_to_have_none() -> None:
    public = {name for name, _ in inspect.getmembers(AudioLibraryService) if not name.startswith("_")}

    assert public == set(COMMAND_OF) | set(NO_COMMAND)


def test_the_commands_are_there_and_stand_for_something() -> None:
    commands = {name for name in COMMANDS if name.startswith("library")}

    assert set(COMMAND_OF.values()) | {"library serve", "library demo"} == commands
