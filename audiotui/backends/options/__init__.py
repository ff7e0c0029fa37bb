"""What a configuration says of a location, one frozen class per kind, and the table of kinds.

No SDK is imported here, so a configuration is read, checked and shown without any of them. Every field describes
itself: ``option_specs`` tells name, shape, help, and whether it must be given, so that the configuration's reader, its
example file and its error messages come from one place. Values arrive with ``~``, ``${NAME}`` and relative paths
already resolved.
"""

from __future__ import annotations

from audiotui.backends.options.kinds import KINDS, KindSpec, Options, option_specs
from audiotui.backends.options.local import LocalOptions
from audiotui.backends.options.minio import MinioOptions
from audiotui.backends.options.s3 import S3Options
from audiotui.backends.options.scp import SSH_PORT, ScpOptions
from audiotui.backends.options.shapes import OptionSpec, Shape

__all__ = [
    "KINDS",
    "SSH_PORT",
    "KindSpec",
    "LocalOptions",
    "MinioOptions",
    "OptionSpec",
    "Options",
    "S3Options",
    "ScpOptions",
    "Shape",
    "option_specs",
]
