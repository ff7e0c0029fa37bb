"""Locations in words: their state, what is known of them, and what forms ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from audiotui.model import LOCAL
from audiotui.text import age, format_bytes, format_count, safe_text
from audiotui.tui.widgets.form import Asked
from audiotui.tui.words import things

if TYPE_CHECKING:
    from datetime import datetime

    from audiotui.manager import FetchReport, HostKey, KindForm, LocationOverview, Ping, ScanReport
    from audiotui.tui.widgets.text_pane import Part

KIND_WORDS = {"local": "folder", "s3": "S3", "minio": "MinIO", "scp": "SSH"}

OK = "ok"

SSH = "scp"
"""The kind whose hosts have keys."""

LABEL_CELLS = 14

NAMED = 5
"""Copies of each sort that a scan names; the Library finds all of them."""


class Place(NamedTuple):
    """A location with what the app found out since it looks."""

    info: LocationOverview
    ping: Ping | None
    """None: not asked yet."""
    is_asking: bool

    @property
    def state(self) -> str:
        """The word for its state: of the live answer, else of the last check."""
        return str(self.ping.state if self.ping is not None else self.info.state)


def state_words(place: Place) -> str:
    """``ok  41 ms``, ``✗ unreachable``, ``asking…``."""
    if place.ping is None:
        return "asking…" if place.is_asking else f"? {place.state}"
    if place.ping.state == OK:
        return f"ok  {max(1, round(1000 * place.ping.latency_s)):,} ms"
    return f"✗ {place.ping.state}"


def state_style(place: Place) -> str:
    """The style of a list for the state."""
    if place.ping is None:
        return "side"
    return "good" if place.ping.state == OK else "bad"


def describe(place: Place, now_ms: int) -> list[Part]:
    """All that is known of a location, in lines."""
    info, ping = place.info, place.ping
    parts: list[Part] = [(info.name, "bold"), (f"   {KIND_WORDS.get(info.kind, info.kind)}", "dim")]
    if info.default:
        parts.append(("   * pushes go here", "$text-accent"))
    parts += [("\n\n", ""), *_line("Address", info.address), *_line("State", state_words(place))]
    if ping is not None and ping.state != OK:
        parts += [(f"{'':{LABEL_CELLS}}{safe_text(ping.reason, limit=300)}\n", "$text-error")]
        if ping.hint:
            parts += [(f"{'':{LABEL_CELLS}}{safe_text(ping.hint, limit=300)}\n", "")]
    parts += _line("Files", f"{format_count(info.copies)}, {format_bytes(info.size_bytes)}")
    troubled = [(info.damaged, "damaged"), (info.missing, "missing")]
    if words := ", ".join(f"{format_count(count)} {word}" for count, word in troubled if count):
        parts += [(f"{'':{LABEL_CELLS}}{words}\n", "$text-error")]
    if info.trashed:
        parts += _line("", f"{format_count(info.trashed)} in its trash")
    parts += _line("Last check", _check_words(info, now_ms))
    parts += _line("Last scan", _scan_words(info, now_ms))
    able = [name.replace("_", " ") for name, word in info.capabilities.items() if word == "yes"]
    if able:
        parts += _line("Can also", ", ".join(able))
    said = [
        f"{name.replace('_', ' ')}: {word}" for name, word in info.capabilities.items() if word not in {"yes", "no"}
    ]
    for words in said:
        parts += _line("", words)
    return parts


def asked_for(form: KindForm, *, is_new: bool, kept: frozenset[str]) -> tuple[Asked, ...]:
    """What the form of a kind asks for; secrets by the names of their variables."""
    asked = [Asked("name", "name", "a-z, 0-9, _ and -; what everything calls it", required=True, fixed=not is_new)]
    for field in form.fields:
        if field.is_flag:
            asked.append(Asked(field.name, field.name, field.help, flag=True, default=field.default))
            continue
        help_ = f"{field.default}: {field.help}" if field.default else field.help
        if field.name in kept:
            help_ = "stands in the file; the NAME of a variable here takes it out"
        elif field.is_secret:
            help_ = f"the NAME of the environment variable: {field.help}"
        asked.append(Asked(field.name, field.name, help_, required=field.required and field.name not in kept))
    return tuple(asked)


def removal_question(info: LocationOverview) -> str:
    """What removing a location means."""
    lines = [f"“{info.name}” is taken out of the configuration. Its files stay: {info.address}"]
    if info.copies:
        lines.append(
            f"\nThe library remembers {things(info.copies, 'copy').replace('copys', 'copies')} there, and uses them "
            "again if a location of this name comes back."
        )
    if info.default:
        lines.append(f"\nPushes without a destination will go to the first other location than {LOCAL}.")
    return "\n".join(lines) + "\n\nThis cannot be undone with u; add it again with n."


def scan_parts(report: ScanReport) -> list[Part]:
    """What a scan found, in lines."""
    parts: list[Part] = [
        (f"{things(report.listed_files, 'file')}, {format_bytes(report.listed_bytes)} lie there.\n\n", "bold")
    ]
    if report.doubt:
        return [*parts, (f"✗ Nothing was changed. {safe_text(report.doubt, limit=500)}\n", "$text-error")]
    for count, what, style, named in (
        (report.known_files, "in the library and in order", "$text-success", ()),
        (report.adopted_files, "of the library, which knows of them now", "$text-success", ()),
        (report.returned_files, "there again after they were missing", "$text-success", ()),
        (report.missing_files, "missing", "$text-error", report.missing),
        (report.damaged_files, "of another size than they should be", "$text-error", report.damaged),
        (report.unclear_files, "that could not be looked at", "$text-error", report.unclear),
        (report.unknown_files, "not in the library; enter in the list shows them, i imports", "$text-warning", ()),
        (report.refused_files, "left out, because no key can be called so", "$text-warning", report.refused),
    ):
        if count:
            parts += [(f"{format_count(count):>9}  ", "bold"), (f"{what}\n", style)]
        names = (one if isinstance(one, str) else one.key for one in named[:NAMED])
        parts += [(f"           {safe_text(name, limit=120)}\n", "dim") for name in names]
        if len(named) > NAMED:
            parts.append((f"           … and {format_count(count - NAMED)} more\n", "dim"))
    return parts


def fetch_parts(report: FetchReport) -> list[Part]:
    """What an import from a location did, in lines."""
    parts: list[Part] = [
        (f"{things(len(report.added))} imported.", "bold $text-success"),
        (" u undoes all of it.\n" if report.added else "\n", "dim"),
    ]
    if report.linked:
        parts.append((f"{things(len(report.linked))} had the same sound already, and one more copy now.\n", ""))
    if report.cancelled:
        parts.append(("Stopped before the end; what was imported stays.\n", "$text-warning"))
    for key, error in report.failed:
        parts += [(f"✗ {safe_text(key, limit=120)}\n", "$text-error"), (f"  {safe_text(str(error), limit=300)}\n", "")]
    return parts


def host_key_words(key: HostKey) -> str:
    """The key that a host shows, what is known of it, and how to make sure that it is the right one."""
    way = f", on the way to {key.leads_to}," if key.leads_to else ""
    shown = f"{key.known_as}{way} shows this key ({key.kind}):\n\n{key.fingerprint}\n\n"
    compare = f"Compare it with the host's own, where you trust the line:\nssh-keygen -lf {key.host_file}"
    if key.state == "trusted":
        return f"{shown}It is trusted already."
    if key.state == "unknown":
        return f"{shown}Nobody has trusted a key of this host yet. {compare}"
    if key.state == "revoked":
        return f"{shown}✗ Somebody declared that this key must never be trusted again. Do not connect."
    trusted = "\n".join(key.trusted)
    return (
        f"{shown}✗ Another key is trusted for this host:\n{trusted}\n\nThe host was set up anew, or somebody listens "
        f"in between. {compare}\n\nIf the new one is right, remove the old one: ssh-keygen -R '{key.known_as}'"
    )


def ago(moment: datetime | None, now_ms: int) -> str:
    """``2h ago``, ``never``."""
    if moment is None:
        return "never"
    words = age(int(moment.timestamp() * 1000), now_ms)
    return "now" if words == "now" else f"{words} ago"


def _line(label: str, value: str) -> list[Part]:
    return [(f"{label:{LABEL_CELLS}}", "dim"), (f"{safe_text(value, limit=500)}\n", "")]


def _check_words(info: LocationOverview, now_ms: int) -> str:
    if info.checked_at is None:
        return "never; T tries everything out"
    result = "all is well" if info.state == OK else f"{info.state}: {info.reason}"
    return f"{ago(info.checked_at, now_ms)}: {result}"


def _scan_words(info: LocationOverview, now_ms: int) -> str:
    if info.scanned_at is None:
        return "never; S compares it with the library"
    unknown = info.unknown_files or 0
    words = f"{things(unknown, 'file')} not in the library" if unknown else "nothing unknown"
    return f"{ago(info.scanned_at, now_ms)}: {words}"
