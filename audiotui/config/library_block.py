"""Reading the ``library`` block of a configuration, and the environment that wins over it.

Speech servers are mostly deployed with two variables, ``AUDIO_GENERATION_SERVICE_URL`` and ``CLEANUP_TEMP_AUDIO``;
where they are set, they are what counts.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from audiotui.backends.options import LocalOptions, MinioOptions, S3Options, Shape
from audiotui.backends.options.checks import bucket_problems, url_problems
from audiotui.config.library import DEFAULT_BUCKET, LibraryOptions, ServiceLimits
from audiotui.config.library_keys import read_api_keys
from audiotui.config.problems import did_you_mean, quoted
from audiotui.config.tree import Mapping
from audiotui.model import LOCAL

if TYPE_CHECKING:
    import collections.abc

    from audiotui.backends.options import Options
    from audiotui.config.reader import Reader
    from audiotui.config.tree import Entry

BLOCK = "library"

SPEECH_URL_VARIABLE = "AUDIO_GENERATION_SERVICE_URL"
CLEANUP_VARIABLE = "CLEANUP_TEMP_AUDIO"

_YES = {"true", "1", "yes", "on"}
_NO = {"false", "0", "no", "off"}


def storage_bucket(entry: Entry | None, reader: Reader) -> dict[str, str | None]:
    """The bucket of the location that keeps the files, by its name, should it name none itself; None after a mistake.

    The mistakes that are noted are those that ``read_library`` finds, too.
    """
    if entry is None or not isinstance(entry.value, Mapping):
        return {}
    given = {name: entry.value.entries[name] for name in ("storage", "bucket") if name in entry.value.entries}
    said = {name: reader.read(one.value, Shape.TEXT, (f"{BLOCK}.{name}",)) for name, one in given.items()}
    storage, bucket = said.get("storage"), said.get("bucket", DEFAULT_BUCKET)
    if storage is None:
        return {}
    return {storage: None if bucket is None or any(bucket_problems(bucket, "")) else bucket}


def read_library(
    entry: Entry | None,
    reader: Reader,
    locations: collections.abc.Mapping[str, Options],
    names: collections.abc.Collection[str],
) -> LibraryOptions:
    """The block with the environment's values over it; mistakes are noted, and the defaults stand for them.

    ``names`` are those of all locations, also of those that have mistakes and are not among ``locations``.
    """
    options = LibraryOptions() if entry is None else _read_block(entry, reader, locations, names)
    return _from_environment(options, reader)


def _read_block(
    entry: Entry,
    reader: Reader,
    locations: collections.abc.Mapping[str, Options],
    names: collections.abc.Collection[str],
) -> LibraryOptions:
    node = entry.value
    if not isinstance(node, Mapping):
        reader.problems.add(entry.line, f"{BLOCK} must be a block of options. Put them below it, further to the right.")
        return LibraryOptions()
    known = [option.name for option in fields(LibraryOptions)]
    reader.refuse_unknown_keys(node, known, BLOCK)
    values = _values(LibraryOptions, node, reader, ())
    if "allowed_hosts" in node.entries:
        values["allowed_hosts"] = reader.texts(node.entries["allowed_hosts"].value, f"{BLOCK}.allowed_hosts")
    if "api_keys" in node.entries:
        values["api_keys"] = read_api_keys(node.entries["api_keys"].value, reader)
    if "limits" in node.entries:
        values["limits"] = _limits(node.entries["limits"], reader)
    _check_storage(values, node, reader, locations, names)
    options = LibraryOptions(**values)
    for mistake in options.problems():
        named = node.entries.get(mistake.partition(":")[0])
        reader.problems.add(named.line if named else entry.line, f"{BLOCK}, {mistake}")
    return options


def _values(kind: type[Any], node: Mapping, reader: Reader, above: tuple[str, ...]) -> dict[str, Any]:
    """The plain options of a block that have no mistake."""
    values = {}
    for option in fields(kind):
        entry = node.entries.get(option.name)
        if entry is None or "shape" not in option.metadata:
            continue
        shape, where = option.metadata["shape"], (".".join((BLOCK, *above, option.name)),)
        value = reader.read(entry.value, shape, where, may_be_empty=shape is Shape.SECRET or option.default == "")
        if value is not None:
            values[option.name] = value or option.default if shape is Shape.SECRET else value
    return values


def _limits(entry: Entry, reader: Reader) -> ServiceLimits:
    if not isinstance(entry.value, Mapping):
        reader.problems.add(entry.line, f"{BLOCK}.limits must be a block of numbers.")
        return ServiceLimits()
    options = {option.name: option for option in fields(ServiceLimits)}
    reader.refuse_unknown_keys(entry.value, list(options), f"{BLOCK}.limits")
    values = _values(ServiceLimits, entry.value, reader, ("limits",))
    for name, value in values.items():
        most = options[name].metadata.get("most", value)
        if not 1 <= value <= most:
            bounds = f"1 to {most}" if "most" in options[name].metadata else "1 or more"
            reader.problems.add(entry.value.entries[name].line, f"{BLOCK}.limits.{name} is {value}. Give {bounds}.")
    return ServiceLimits(**values)


def _check_storage(
    values: dict[str, Any],
    node: Mapping,
    reader: Reader,
    locations: collections.abc.Mapping[str, Options],
    names: collections.abc.Collection[str],
) -> None:
    """The storage is a configured location; where it has a bucket of its own, that is the one."""
    name = values.get("storage", LOCAL)
    options = locations.get(name)
    if options is None:
        if "storage" in values and names and name not in names:
            line = node.entries["storage"].line
            reader.problems.add(
                line, f"{BLOCK}.storage {quoted(name)} is not one of the locations. {did_you_mean(name, names)}"
            )
        return
    if isinstance(options, MinioOptions | S3Options):
        if values.get("bucket", options.bucket) != options.bucket:
            reader.problems.add(
                node.entries["bucket"].line,
                f"{BLOCK}.bucket is {quoted(values['bucket'])}, but location {name!r} has the bucket "
                f"{options.bucket!r}. Remove this line, or name another location.",
            )
        values["bucket"] = options.bucket
    elif not isinstance(options, LocalOptions):
        reader.problems.add(
            node.entries["storage"].line,
            f"{BLOCK}.storage {quoted(name)} has type {options.kind!r}, which cannot serve assets. "
            "Name a location of type minio, s3 or local.",
        )


def _from_environment(options: LibraryOptions, reader: Reader) -> LibraryOptions:
    url = reader.environ.get(SPEECH_URL_VARIABLE, "").strip()
    if url:
        for mistake in url_problems(SPEECH_URL_VARIABLE, url):
            reader.problems.add(1, f"The environment variable {mistake}")
        options = replace(options, speech_url=url)
        reader.origins[(f"{BLOCK}.speech_url",)] = (SPEECH_URL_VARIABLE,)
    wish = reader.environ.get(CLEANUP_VARIABLE, "").strip().lower()
    if not wish:
        return options
    if wish not in _YES | _NO:
        reader.problems.add(
            1, f"The environment variable {CLEANUP_VARIABLE} is neither true nor false. Set one of them."
        )
    reader.origins[(f"{BLOCK}.cleanup",)] = (CLEANUP_VARIABLE,)
    return replace(options, cleanup=wish in _YES)
