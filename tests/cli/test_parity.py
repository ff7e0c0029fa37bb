"""Everything that ``AudioManager`` can do has a command, or a reason to have none; so the faces never drift apart."""

from __future__ import annotations

import inspect

from audiotui.cli.commands import COMMANDS
from audiotui.manager import AudioManager

COMMAND_OF = {
    "add_file": "add-file",
    "backup": "backup",
    "cancel_job": "cancel-job",
    "check_location": "locations check",
    "copies_of": "status",
    "default_destination": "locations",
    "delete_identity": "delete-identity",
    "delete_recording": "delete-recording",
    "delete_recordings": "delete-recording",
    "delete_search": "delete-search",
    "doctor": "doctor",
    "drop_copies": "drop",
    "edit_each": "edit-recording",
    "edit_identity": "edit-identity",
    "edit_recording": "edit-recording",
    "edit_recordings": "edit-recording",
    "export_recordings": "export-recordings",
    "find": "list-recordings",
    "find_by_text": "find-recording",
    "find_text": "find-recording",
    "forget_finished_jobs": "forget-jobs",
    "get_identity": "show-identity",
    "get_job": "show-job",
    "get_recording": "show-recording",
    "get_recordings": "show-recording",
    "history": "history",
    "host_key": "locations trust",
    "import_paths": "import",
    "job_items": "show-job",
    "list_identities": "list-identities",
    "list_jobs": "list-jobs",
    "list_locations": "locations",
    "list_tags": "list-tags",
    "list_trash": "list-trash",
    "list_unknown": "locations scan",
    "load_plan": "push-recordings",
    "locations": "locations",
    "merge_identities": "merge-identities",
    "move_job": "move-job",
    "open_player": "play",
    "plan_drop": "drop",
    "plan_pull": "pull-recordings",
    "plan_push": "push-recordings",
    "pull_recording": "pull-recording",
    "pull_recordings": "pull-recordings",
    "push_recording": "push-recording",
    "push_recordings": "push-recordings",
    "query_notes": "list-recordings",
    "redo": "redo",
    "rebuild_index": "rebuild-index",
    "rebuild_index": "rebuild-index",
    "register_ai_identity": "register-ai-identity",
    "register_recording": "register-recording",
    "register_user_identity": "register-user-identity",
    "remove_file": "remove-file",
    "repair": "repair",
    "restore_copies": "restore-copies",
    "restore_recording": "restore-recording",
    "resume_job": "retry-job",
    "retry_job": "retry-job",
    "run_job": "retry-job",
    "save_plan": "push-recordings",
    "save_search": "save-search",
    "scan_location": "locations scan",
    "saved_searches": "list-searches",
    "set_job_limits": "limit-job",
    "sweep": "sweep",
    "transfer": "push-recordings",
    "trust_location": "locations trust",
    "undo": "undo",
    "verify": "verify",
}

NO_COMMAND = {
    "backend": "what the parts of the manager share",
    "browse_location": "for the app; `locations scan` lists what is not ours",
    "catalog": "what the parts of the manager share",
    "close": "the end of a program does it",
    "config": "`config --show` shows the file itself",
    "count": "`list-recordings QUERY | wc -l` counts",
    "current_file": "`show-recording` shows all files",
    "data_version": "for programs that watch",
    "hold_job": "Ctrl-C, or the app: a command line has no job that rests",
    "journal": "what the parts of the manager share",
    "local_path": "`show-recording --json` has the keys",
    "open_searcher": "for programs with threads of their own",
    "ping_location": "for programs that watch; `locations check` tries everything",
    "queue": "the command line runs its jobs itself",
    "open_measurer": "for the app, which draws waveforms",
    "sound_of": "`show-recording` tells where copies are",
    "why_no_player": "`play` says it",
    "start_worker": "the command line runs its jobs itself",
    "warnings": "every command tells them",
}


def test_every_method_of_the_manager_has_a_command_or_a_reason_to_have_none() -> None:
    public = {name for name, _ in inspect.getmembers(AudioManager) if not name.startswith("_")}

    assert public == set(COMMAND_OF) | set(NO_COMMAND)


def test_the_commands_are_there() -> None:
    assert set(COMMAND_OF.values()) <= set(COMMANDS)
