"""The one way into a library for people's programs, the command line and the app: ``AudioManager`` and its values.

``AudioManager`` is loaded on first use: the app paints its first frame before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what its methods return, for type checkers: importing them would load everything below
    from audiotui.backends.check import CheckStep as CheckStep
    from audiotui.backends.check import LocationCheck as LocationCheck
    from audiotui.backends.hostkeys import HostKey as HostKey
    from audiotui.config.drafts import KindForm as KindForm
    from audiotui.config.drafts import LocationDraft as LocationDraft
    from audiotui.core.catalog.identity_use import IdentityUse as IdentityUse
    from audiotui.core.search import FacetValue as FacetValue
    from audiotui.core.search import ResultSet as ResultSet
    from audiotui.core.search import Searcher as Searcher
    from audiotui.manager.copies import Dropped as Dropped
    from audiotui.manager.copies import DropPlan as DropPlan
    from audiotui.manager.copies import FileCopies as FileCopies
    from audiotui.manager.copies import RepairReport as RepairReport
    from audiotui.manager.copies import RestoredCopies as RestoredCopies
    from audiotui.manager.deletion import Deleted as Deleted
    from audiotui.manager.doctor import Finding as Finding
    from audiotui.manager.identity_use import MergePreview as MergePreview
    from audiotui.manager.library import AudioManager as AudioManager
    from audiotui.manager.locations import Found as Found
    from audiotui.manager.locations import LocationOverview as LocationOverview
    from audiotui.manager.locations import Ping as Ping
    from audiotui.transfer.fetching import FetchReport as FetchReport
    from audiotui.transfer.jobs import ItemInfo as ItemInfo
    from audiotui.transfer.jobs import JobInfo as JobInfo
    from audiotui.transfer.listings import Unknown as Unknown
    from audiotui.transfer.reports import BulkProgress as BulkProgress
    from audiotui.transfer.reports import ExportReport as ExportReport
    from audiotui.transfer.reports import ImportReport as ImportReport
    from audiotui.transfer.scan import ScanReport as ScanReport
    from audiotui.transfer.sweep import SweepReport as SweepReport
    from audiotui.transfer.transfer_plan import PlannedFile as PlannedFile
    from audiotui.transfer.transfer_plan import TransferPlan as TransferPlan
    from audiotui.transfer.verify import VerifyReport as VerifyReport

__all__ = ["AudioManager"]


def __getattr__(name: str) -> Any:
    if name != "AudioManager":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from audiotui.manager.library import AudioManager

    return AudioManager
