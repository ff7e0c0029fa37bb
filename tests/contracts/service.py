"""What the service promises, asked of it with every storage and every store of documents that it knows.

A test module subclasses ``ServiceContract`` and gives it a ``service``, ``another`` (the same one, as another process
has it) and the speech ``server``.
"""

from __future__ import annotations

from tests.contracts.service_assets import AssetPromises
from tests.contracts.service_saving import SavingPromises


class ServiceContract(SavingPromises, AssetPromises):
    """All promises."""
