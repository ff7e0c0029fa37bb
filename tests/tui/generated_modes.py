"""Identities and locations that are the same in every run, for pictures of the modes that show them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from audiotui.backends.check import CheckStep, LocationCheck
from audiotui.config.drafts import KindForm, LocationDraft, kind_forms
from audiotui.core.catalog.identity_use import IdentityUse
from audiotui.errors import Unreachable
from audiotui.manager.identity_use import MergePreview
from audiotui.manager.locations import Found, LocationOverview, LocationState, Ping
from audiotui.model import AIIdentity, UserIdentity
from tests.tui.generated import NOW, GeneratedManager, row

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping

MONTH = timedelta(days=30)

VOICES = (
    AIIdentity(
        1, "a1a1a1a1-0000-4000-8000-000000000001", "speech-large", "aria-en-gb-03", "acme-tts", "Aria", "2.1", "en-GB",
        {"speed": 1.0, "style": "calm"}, "House narrator. Keep below −16 LUFS.", 1_204, NOW - MONTH, NOW,
    ),
    AIIdentity(2, "a1a1a1a1-0000-4000-8000-000000000002", "speech-small", "aria", name="Aria (old)"),
    AIIdentity(3, "a1a1a1a1-0000-4000-8000-000000000003", "tts-1", "Nova v2", recording_count=9_310),
)  # fmt: skip

PEOPLE = (
    UserIdentity(1, "b2b2b2b2-0000-4000-8000-000000000001", "Maya", "", "Ortiz", "maya", recording_count=2_077),
    UserIdentity(2, "b2b2b2b2-0000-4000-8000-000000000002", username="field-kit", recording_count=22_918),
)

USE = IdentityUse(
    1_204, 3, 50_520.0, NOW - timedelta(hours=2), (("dragons", 1_101), ("trailers", 88), ("tests", 15)), 3,
    'voice:"Aria"',
)  # fmt: skip


def place(name: str, kind: str, address: str, **changes: Any) -> LocationOverview:
    """A location with a thousand files."""
    base = LocationOverview(
        name=name, kind=kind, address=address, default=False, state=LocationState.OK, reason="", copies=1_000,
        size_bytes=2_100_000_000, damaged=0, missing=0, trashed=0, unknown_files=None, checked_at=NOW - MONTH,
        scanned_at=None,
    )  # fmt: skip
    return replace(base, **changes)


PLACES = (
    place("local", "local", "/library/recordings", copies=301_220, size_bytes=1_400_000_000_000),
    place(
        "s3-main", "s3", "s3://acme-voices/prod", default=True, copies=655_018, size_bytes=3_100_000_000_000,
        unknown_files=12, missing=3, scanned_at=NOW - timedelta(hours=2), capabilities={"checksum": "yes"},
    ),
    place("studio", "scp", "rec@studio:/srv/takes", checked_at=None),
)  # fmt: skip

PINGS = {
    "local": Ping("local", LocationState.OK, 0.002),
    "s3-main": Ping("s3-main", LocationState.OK, 0.041),
    "studio": Ping(
        "studio", LocationState.DENIED, 0.3, "studio (scp) refused the key.", "Try `ssh rec@studio`, then T again."
    ),
}


class ModesManager(GeneratedManager):
    """A manager with identities and locations, too."""

    def list_identities(  # type: ignore[override]  # both kinds
        self, kind: str | None = None, text: str = "", **_: Any
    ) -> list[AIIdentity | UserIdentity]:
        """The few there are."""
        found = [*(VOICES if kind != "human" else ()), *(PEOPLE if kind != "ai" else ())]
        return [one for one in found if text.casefold() in one.label.casefold()]

    def identity_use(self, _identity_id: str) -> IdentityUse:
        """The same for all."""
        return USE

    def identity_problems(self, _kind: str, fields: Mapping[str, str], *, identity_id: str | None) -> dict[str, str]:
        """A voice may not be called Nova."""
        del identity_id
        return {"voice": "“Nova v2” is the same already."} if "Nova" in fields.get("voice", "") else {}

    def preview_merge(self, _source_id: str, target_id: str) -> MergePreview:
        """Two recordings move."""
        target = next(one for one in (*VOICES, *PEOPLE) if one.uid == target_id)
        return MergePreview(VOICES[0], target, 1_204, 3, (row(7), row(9)))

    def list_locations(self, *, cancel: threading.Event) -> list[LocationOverview]:
        """The few there are."""
        return list(PLACES)

    def ping_location(self, name: str) -> Ping:
        """One of them refuses."""
        return PINGS[name]

    def location_kinds(self) -> tuple[KindForm, ...]:
        """Those of the program."""
        return kind_forms()

    def location_draft(self, name: str) -> LocationDraft:
        """A bucket with its secret in the file."""
        values = {"bucket": "acme-voices", "prefix": "prod", "aws_access_key_id": "${S3_KEY}"}
        return LocationDraft(name, "s3", values, frozenset({"aws_secret_access_key"}))

    def location_problems(self, _draft: LocationDraft, *, is_new: bool) -> dict[str, str]:
        """None."""
        del is_new
        return {}

    def browse_location(self, _name: str, folder: str) -> Iterator[Found]:
        """A folder and two files."""
        yield Found("ai", f"{folder}ai/", is_folder=True)
        yield Found("known.flac", f"{folder}known.flac", False, 2_100_000, NOW - MONTH, row(7).uid)
        yield Found("take [red].wav", f"{folder}take [red].wav", False, 900_000, NOW - timedelta(hours=3))

    def check_location(self, name: str, *, listener: Callable[[CheckStep], None]) -> LocationCheck:
        """The second step fails."""
        steps = (
            CheckStep("connect"),
            CheckStep("store a file", Unreachable(f"{name} does not answer.", "Look at the line.")),
            CheckStep("clean up"),
        )
        for step in steps:
            listener(step)
        return LocationCheck(name, "s3", steps, {})
