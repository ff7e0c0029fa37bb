"""What every backend promises, asked of each on a real storage.

A kind's test module subclasses ``BackendContract`` and gives it a ``storage`` fixture. Behaviour that only one kind has
is tested in that module.
"""

from __future__ import annotations

from tests.contracts.changing import ChangingPromises
from tests.contracts.checking import CheckingPromises
from tests.contracts.names import NamePromises
from tests.contracts.reading import ReadingPromises
from tests.contracts.storing import StoringPromises
from tests.contracts.trouble import TroublePromises
from tests.contracts.uploading import UploadPromises


class BackendContract(
    NamePromises,
    StoringPromises,
    UploadPromises,
    ReadingPromises,
    ChangingPromises,
    TroublePromises,
    CheckingPromises,
):
    """All promises. Subclass it, and give it a ``storage``."""
