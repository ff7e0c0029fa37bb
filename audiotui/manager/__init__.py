"""The one way into a library for people's programs, the command line and the app: ``AudioManager`` and its values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.manager.library import AudioManager

if TYPE_CHECKING:  # what its methods return, for type checkers: importing them would load everything below
    from audiotui.core.search import FacetValue as FacetValue
    from audiotui.core.search import ResultSet as ResultSet
    from audiotui.core.search import Searcher as Searcher
    from audiotui.manager.deletion import Deleted as Deleted
    from audiotui.manager.doctor import Finding as Finding
    from audiotui.transfer.jobs import ItemInfo as ItemInfo
    from audiotui.transfer.jobs import JobInfo as JobInfo
    from audiotui.transfer.reports import ExportReport as ExportReport
    from audiotui.transfer.reports import ImportReport as ImportReport
    from audiotui.transfer.sweep import SweepReport as SweepReport
    from audiotui.transfer.transfer_plan import PlannedFile as PlannedFile
    from audiotui.transfer.transfer_plan import TransferPlan as TransferPlan
    from audiotui.transfer.verify import VerifyReport as VerifyReport

__all__ = ["AudioManager"]
