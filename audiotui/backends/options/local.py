"""What a configuration says of a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from os.path import abspath
from typing import TYPE_CHECKING, ClassVar

from audiotui.backends.options.shapes import Shape, about

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOptions:
    """A folder of this machine: the library's own files, an external disk, a mounted share."""

    kind: ClassVar[str] = "local"

    path: Path = field(metadata=about(Shape.PATH, "the folder that holds the files"))
    sync: bool = field(
        default=True,
        metadata=about(Shape.FLAG, "wait until files are on the disk; without it a power cut may lose the last ones"),
    )

    @property
    def address(self) -> str:
        """Where it is, for people."""
        return str(self.path)

    @property
    def fingerprint(self) -> str:
        """Which target it is; the same for two names of one target."""
        return f"folder:{abspath(self.path)}"  # noqa: PTH100 - resolve() asks the disk, which may not be mounted

    def problems(self) -> Iterator[str]:
        """Every mistake in the values, each as a sentence that names the option."""
        if not self.path.is_absolute():
            yield f"path: {str(self.path)!r} is not an absolute path."
