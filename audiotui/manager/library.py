"""``AudioManager``: everything a user can do with a library, as one class made of its parts."""

from __future__ import annotations

from audiotui.manager.bulk import Bulk
from audiotui.manager.configuring import Configuring
from audiotui.manager.copies import Copies
from audiotui.manager.fetching import Fetching
from audiotui.manager.history import History
from audiotui.manager.identities import Identities
from audiotui.manager.identity_use import IdentityUses
from audiotui.manager.listening import Listening
from audiotui.manager.locations import Locations
from audiotui.manager.recordings import Recordings
from audiotui.manager.searching import Searching
from audiotui.manager.transfers import Transfers
from audiotui.manager.trust import Trust
from audiotui.manager.upkeep import Upkeep
from audiotui.manager.worker_log import WorkerLog


class AudioManager(
    Recordings,
    Listening,
    Identities,
    Searching,
    Transfers,
    Bulk,
    Configuring,
    Fetching,
    IdentityUses,
    Locations,
    Trust,
    Copies,
    History,
    Upkeep,
    WorkerLog,
):
    """A library of voice recordings: catalog, search, files and their transfers.

    The command line and the app do nothing that is not a method here. Open it with the path of a configuration (None:
    where ``find_config`` finds one), close it or use it as a context manager, and use it from as many threads as you
    like. ``actor`` is the name that its edits have in the history.

    Raises:
        ConfigError: there is no configuration, or it has mistakes.
    """
