"""The table of all commands: where each one lives, and its line in the help.

With it the program lists its commands without importing any, and imports only the module of the one that runs. A test
holds every line here to the first line of its function's docstring.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """Where a command lives, as ``module:function`` under ``audiotui.cli``, and what it does in one line."""

    target: str
    help: str


SECTIONS: dict[str, dict[str, Entry]] = {
    "Start": {
        "tui": Entry("app_command:tui", "Open the app, with a search if one is given."),
        "pick": Entry("pick:pick", "Choose recordings by typing, under the prompt; prints their ids."),
        "serve": Entry("serve:serve", "Open the app in a browser on this machine; ctrl+c ends it."),
        "demo": Entry("demo:demo", "Try everything on a throw-away library of a dozen spoken clips."),
        "init": Entry("init:init", "Write a commented configuration."),
        "config": Entry("config:config", "Show the configuration in use, with secrets masked."),
        "doctor": Entry(
            "upkeep:doctor", "Check the configuration, the library and its locations; say how to fix what is wrong."
        ),
    },
    "Recordings": {
        "register-recording": Entry(
            "recordings:register_recording", "Add a recording with its text, details and files; prints its id."
        ),
        "find-recording": Entry("search:find_recording", "Find recordings by their text, best first, or by a query."),
        "list-recordings": Entry("search:list_recordings", "List recordings, newest first."),
        "show-recording": Entry("recordings:show_recording", "Show all that is known of recordings."),
        "edit-recording": Entry("editing:edit_recording", "Change details of recordings."),
        "delete-recording": Entry(
            "trash:delete_recording", "Move recordings to the trash, or remove them for good with --purge."
        ),
        "play": Entry("listening:play", "Play recordings, one after the other."),
        "list-trash": Entry("trash:list_trash", "List what is in the trash, last trashed first."),
        "restore-recording": Entry("trash:restore_recording", "Take recordings out of the trash."),
        "list-tags": Entry("search:list_tags", "List all tags with their numbers of recordings."),
    },
    "Searches": {
        "save-search": Entry("searches:save_search", "Keep a query under a name; @NAME then stands for it."),
        "list-searches": Entry("searches:list_searches", "List the queries that were kept."),
        "delete-search": Entry("searches:delete_search", "Forget a query that was kept."),
    },
    "Identities": {
        "register-ai-identity": Entry(
            "identities:register_ai_identity", "Register a model and a voice; prints the identity's id."
        ),
        "register-user-identity": Entry(
            "identities:register_user_identity", "Register a person; prints the identity's id."
        ),
        "list-identities": Entry(
            "identities:list_identities", "List AI voices and people with their numbers of recordings."
        ),
        "show-identity": Entry("identities:show_identity", "Show all that is known of an identity."),
        "edit-identity": Entry("identity_editing:edit_identity", "Change details of an identity."),
        "merge-identities": Entry(
            "identity_editing:merge_identities", "Move all recordings of one identity to another and remove the first."
        ),
        "delete-identity": Entry("identity_editing:delete_identity", "Remove identities that no recording uses."),
    },
    "Files": {
        "add-file": Entry("files:add_file", "Add a file to a recording."),
        "remove-file": Entry("files:remove_file", "Take a file off a recording."),
        "import": Entry("bulk:import_files", "Add whole folders of recordings; prints their ids."),
        "export-recordings": Entry(
            "bulk:export_recordings",
            "Write recordings to a folder, with a manifest for import; prints its name.",
        ),
    },
    "Transfers": {
        "push-recording": Entry("transfers:push_recording", "Copy recordings from local to another location."),
        "push-recordings": Entry("transfers:push_recordings", "Copy all recordings of a query to another location."),
        "pull-recording": Entry("transfers:pull_recording", "Copy recordings from another location to local."),
        "pull-recordings": Entry("transfers:pull_recordings", "Copy all recordings of a query to local."),
        "list-jobs": Entry(
            "jobs:list_jobs", "List transfers: open ones in their order, then finished ones, newest first."
        ),
        "show-job": Entry("jobs:show_job", "Show a transfer and its files."),
        "move-job": Entry("jobs:move_job", "Let a transfer that waits run one place earlier or later."),
        "limit-job": Entry(
            "jobs:limit_job", "Set how fast a transfer may go, also while it runs; without options, as fast as it can."
        ),
        "cancel-job": Entry("jobs:cancel_job", "Stop transfers; what arrived is kept."),
        "forget-jobs": Entry("jobs:forget_jobs", "Remove transfers that have ended from the list."),
        "retry-job": Entry("jobs:retry_job", "Go on with a transfer that failed, was cancelled or was cut off."),
    },
    "Locations": {
        "locations": Entry(
            "locations:locations", "List the places that the configuration names, with what lies there."
        ),
        "locations check": Entry("locations:check", "Try out on a location all that transfers need of it."),
        "locations trust": Entry(
            "locations_trust:trust", "Trust the key of a location's SSH host, after its fingerprint was compared."
        ),
        "locations add": Entry(
            "locations_editing:add", "Add a location to the configuration, comments and order kept."
        ),
        "locations edit": Entry(
            "locations_editing:edit",
            "Change options of a location in the configuration; OPTION= alone takes one away.",
        ),
        "locations remove": Entry(
            "locations_editing:remove", "Take a location out of the configuration; its files stay where they are."
        ),
        "locations default": Entry("locations_editing:default", "Let pushes go to a location that name no other."),
        "locations import": Entry(
            "locations_editing:import_from", "Add files that lie at a location already; prints their ids."
        ),
        "locations scan": Entry(
            "locations:scan",
            "Compare what lies at a location with the catalog; prints the files that are not ours.",
        ),
    },
    "Copies": {
        "status": Entry(
            "copies:status", "Show which location has which file, and how far and when each copy was proven."
        ),
        "repair": Entry(
            "copies:repair", "Make damaged and missing copies good again, from copies that are proven first."
        ),
        "drop": Entry("copies:drop", "Remove copies from a location, as long as others are proven just now."),
        "restore-copies": Entry(
            "copies:restore_copies", "Give back what was dropped from a location, out of its trash."
        ),
    },
    "Generated speech": {
        "library": Entry(
            "library_service:library", "Show where generated speech is kept, and whether its servers answer."
        ),
        "library save": Entry(
            "library:save", "Keep audio from a URL as an asset of a customer; prints where it is, as JSON."
        ),
        "library add": Entry(
            "library:add", "Keep a file of this machine as an asset of a customer; prints where it is, as JSON."
        ),
        "library generate": Entry(
            "library:generate",
            "Let the speech server speak a text, and keep it as an asset; prints where it is, as JSON.",
        ),
        "library save-many": Entry(
            "library_service:save_many", "Keep many assets; prints what came of each, as lines of JSON."
        ),
        "library list": Entry("library:list_assets", "List a customer's assets, newest first."),
        "library show": Entry("library:show", "Show all that is known of an asset, as JSON."),
        "library versions": Entry("library:versions", "List the versions of an asset, the newest first."),
        "library url": Entry("library:url", "Print a link to an asset's audio."),
        "library get": Entry("library:get", "Write an asset's audio into a file."),
        "library edit": Entry("library:edit", "Change folder and tags of assets."),
        "library delete": Entry(
            "library:delete", "Delete assets; `library restore` brings them back, unless they are purged."
        ),
        "library restore": Entry("library:restore", "Bring deleted assets back."),
        "library transcode": Entry(
            "library:transcode", "Keep an asset in another format too; prints where that is, as JSON."
        ),
        "library resume": Entry("library_service:resume", "Finish or undo what crashes and failed servers left."),
        "library reconcile": Entry(
            "library_service:reconcile", "Compare documents, storage and catalog; prints what differs."
        ),
        "library serve": Entry(
            "library_service:serve", "Serve the library over HTTP, with its documentation at /docs."
        ),
        "library demo": Entry(
            "library_service:demo", "Start a small speech server on loopback, to try the service with."
        ),
    },
    "Upkeep": {
        "verify": Entry("upkeep:verify", "Prove that the copies of recordings are what the library says."),
        "sweep": Entry("upkeep:sweep", "Remove what cut-off transfers left behind, and old trash of locations."),
        "rebuild-index": Entry(
            "upkeep:rebuild_index", "Write the search index anew, if it is damaged or misses recordings."
        ),
        "backup": Entry("upkeep:backup", "Write a copy of the catalog to a file; prints its name."),
        "undo": Entry("history:undo", "Undo the last edit."),
        "redo": Entry("history:redo", "Do the last undone edit again."),
        "history": Entry("history:history", "List what was done to the library, newest first."),
    },
}
"""All commands by the heading they have in the help, in its order. ``locations check`` is one below ``locations``."""

COMMANDS: dict[str, Entry] = {name: entry for section in SECTIONS.values() for name, entry in section.items()}
