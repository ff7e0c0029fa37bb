"""The table of kinds of locations: the options of each, and where its backend is."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from functools import cache

from audiotui.backends.options.local import LocalOptions
from audiotui.backends.options.minio import MinioOptions
from audiotui.backends.options.s3 import S3Options
from audiotui.backends.options.scp import ScpOptions
from audiotui.backends.options.shapes import OptionSpec

Options = LocalOptions | S3Options | MinioOptions | ScpOptions
"""The options of any location."""


@dataclass(frozen=True, slots=True)
class KindSpec:
    """One kind of location: its options, and where its backend is ('' if this version has none)."""

    options: type[LocalOptions] | type[S3Options] | type[MinioOptions] | type[ScpOptions]
    title: str
    """What a message calls locations of this kind."""
    backend: str = ""
    """``module:class``, imported when a location of the kind is first used."""

    @property
    def ready(self) -> bool:
        """False if locations of this kind can be configured but not used yet."""
        return bool(self.backend)


KINDS: dict[str, KindSpec] = {
    "local": KindSpec(LocalOptions, "folders", "audiotui.backends.local:LocalBackend"),
    "s3": KindSpec(S3Options, "S3 locations", "audiotui.backends.s3:S3Backend"),
    "minio": KindSpec(MinioOptions, "MinIO locations", "audiotui.backends.minio:MinioBackend"),
    "scp": KindSpec(ScpOptions, "SSH hosts", "audiotui.backends.scp:ScpBackend"),
}
"""Every kind of location by the ``type`` that names it in the configuration."""


@cache
def option_specs(kind: str) -> tuple[OptionSpec, ...]:
    """The options of a kind, in the order in which the example configuration shows them."""
    return tuple(
        OptionSpec(
            name=option.name,
            shape=option.metadata["shape"],
            help=option.metadata["help"],
            required=option.default is MISSING,
            default=None if option.default is MISSING else option.default,
        )
        for option in fields(KINDS[kind].options)
    )
