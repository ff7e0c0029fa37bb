"""A configuration as YAML for people: what is in effect and where it came from, without any secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audiotui.backends.options import option_specs
from audiotui.config.environment import escape
from audiotui.config.library import LibraryOptions, option_values
from audiotui.config.yamltext import yaml_key, yaml_string
from audiotui.model import DEFAULT_KEY_LAYOUT, SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.backends.options import Options
    from audiotui.config.values import Config

MASK = "***"


def show(config: Config) -> str:
    """The effective values; see ``Config.show``."""
    return "\n".join(_lines(config)) + "\n"


def _lines(config: Config) -> Iterator[str]:
    yield f"# {yaml_string(str(config.path))}"
    yield "audio_manager:"
    yield f"  db_path: {_value(config.db_path)}{_origin(config, 'db_path')}"
    if config.destination is not None:
        chosen = "" if config.default_destination else "  # the first location besides local"
        yield f"  default_destination: {_value(config.destination)}{_origin(config, 'default_destination') or chosen}"
    default = "  # the default" if config.key_layout == DEFAULT_KEY_LAYOUT else ""
    yield f"  key_layout: {_value(config.key_layout)}{_origin(config, 'key_layout') or default}"
    if config.mincopies != 1:
        yield f"  mincopies: {_value(config.mincopies)}{_origin(config, 'mincopies')}"
    if config.listening.is_chosen:
        yield f"  player: {_value(config.listening.player)}{_origin(config, 'player')}"
    yield from _app_lines(config)
    yield "  locations:"
    for name, options in config.locations.items():
        yield from _location_lines(config, name, options)
    yield from _library_lines(config)


def _location_lines(config: Config, name: str, options: Options) -> Iterator[str]:
    yield f"    {yaml_key(name)}:"
    yield f"      type: {_value(options.kind)}{_origin(config, name, 'type')}"
    for spec in option_specs(options.kind):
        value = getattr(options, spec.name)
        origin = _origin(config, name, spec.name)
        if value in (None, "") and not origin:
            continue
        default = "  # the default" if not spec.required and value == spec.default else ""
        yield f"      {spec.name}: {_value(value)}{origin or default}"


def _app_lines(config: Config) -> Iterator[str]:
    """The ``app`` block, if it says anything."""
    if config.app.theme or config.app.keys:
        yield "  app:"
    if config.app.theme:
        yield f"    theme: {_value(config.app.theme)}{_origin(config, 'app', 'theme')}"
    if config.app.keys:
        yield "    keys:"
        yield from (f"      {yaml_key(name)}: {_value(keys)}" for name, keys in config.app.keys.items())


def _library_lines(config: Config) -> Iterator[str]:
    """The ``library`` block, of which only what is no default is worth a line."""
    options = config.library
    if options == LibraryOptions():
        return
    yield "  library:"
    for name, value, is_default in option_values(options):
        if not is_default or _origin(config, f"library.{name}"):
            yield f"    {name}: {_value(value)}{_origin(config, f'library.{name}')}"
    if options.allowed_hosts:
        yield f"    allowed_hosts: [{', '.join(map(_value, options.allowed_hosts))}]"
    if options.api_keys:
        yield "    api_keys:"
    for one in options.api_keys:
        yield f"      - {{key: {_value(one.key)}, customers: [{', '.join(map(_value, one.customers))}]}}"
    changed = [(name, value) for name, value, is_default in option_values(options.limits) if not is_default]
    if changed:
        yield "    limits:"
        yield from (f"      {name}: {value}" for name, value in changed)


def _value(value: Any) -> str:
    if isinstance(value, SecretStr):
        return yaml_string(MASK)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return yaml_string(escape(str(value or "")))


def _origin(config: Config, *where: str) -> str:
    variables = config.origins.get(where)
    return f"  # from {' and '.join(f'${{{name}}}' for name in variables)}" if variables else ""
