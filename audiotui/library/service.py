"""``AudioLibraryService``: everything that a product does with generated speech, as one class made of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.library.finding import Finding
from audiotui.library.keeping import Keeping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.library.leftovers import ResumeReport
    from audiotui.library.reconciling import Discrepancy


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

    def reconcile(self, *, repair: bool = False) -> Iterator[Discrepancy]:
        """What differs between documents, storage and catalog, as it is found; repaired only if that is asked for."""
        from audiotui.library.reconciling import Reconciler

        machine = self._open()
        return Reconciler(machine.parts, machine.renderer, machine.background).run(repair=repair)

    def check_health(self) -> None:
        """Raise unless documents and storage can be used now; a server that keeps silent for 3 s cannot."""
        self._open().health.check()
