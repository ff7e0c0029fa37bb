"""``AudioLibraryService``: everything that a product does with generated speech, as one class made of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.library.finding import Finding
from audiotui.library.keeping import Keeping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.library.leftovers import ResumeReport
    from audiotui.library.orphans import RemovalPlan
    from audiotui.library.reconciling import Discrepancy, Reconciler


class AudioLibraryService(Keeping, Finding):
    """Generated speech, kept safely: downloaded, proven, stored, described, found again.

    A service is ready when it is made: the configuration is read, and servers are connected to, on first use.
    ``config_path`` and ``config`` are as for ``AudioManager``; without them the configuration is where ``find_config``
    finds it. ``opener`` makes the parts, by default ``opening.open_parts``. All methods may be called from any thread.
    ``storage.url`` of an answer is a link of 7 days where the storage makes such, a ``file://`` URL where it is a
    folder.
    """

    def resume(self) -> ResumeReport:
        """Finish or undo what dead processes and failed servers left, and do what follows saves."""
        return self._open().leftovers.resume()

    def reconcile(self, *, repair: bool = False, agreed: bool = False) -> Iterator[Discrepancy]:
        """What differs between documents, storage and catalog, as it is found; repaired only if that is asked for.

        Objects without a document go to the storage's trash, from which a repair gives them back once they have one.
        More than 20 of them, a tenth of what is there or all of it, need ``agreed``; at a storage that other documents
        have marked they stay in any case. What is not removed is told as not repaired, and ``plan_removal`` says why.
        """
        return self._reconciler().run(repair=repair, agreed=agreed)

    def plan_removal(self) -> RemovalPlan:
        """How many objects without a document a repair would remove, and what keeps it from that."""
        return self._reconciler().plan()

    def check_health(self) -> None:
        """Raise unless documents and storage can be used now; a server that keeps silent for 3 s cannot."""
        self._open().health.check()

    def _reconciler(self) -> Reconciler:
        from audiotui.library.reconciling import Reconciler

        machine = self._open()
        return Reconciler(machine.parts, machine.renderer, machine.background)
