"""A small library in which every kind of value meets many others, and what is in it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from audiotui.core.catalog import Catalog
from audiotui.model import AUDIO, CopyState, CopyUpdate, MediaFacts, NewCopy, NewFile, NewRecording
from tests.core.samples import digest
from tests.core.search_reference import Item

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ITEMS = 90
TRASHED = {4, 44}
DAMAGED = 3
MARKED = {2, 3, 5, 8, 13, 21, 34, 55, 89}
SAVED = {"good": "good OR tag:keep", "nested": "@good -dur:>30", "loop": "x OR @loop", "Two Words": '"of the"'}

TEXTS = (
    "the good morning of the day",
    "Good Café au lait",
    "of the people, by the people",
    "Straße und Größe",
    "今日はいい天気です",
    "東京、大阪 and tokyo",
    "東京tower 5月",
    "สวัสดีครับ hello",
    "안녕하세요 세계",
    "goodbye well-known take_07",
    "",
)
TITLES = ("", "", "Good title", "kokoro_happy_01", "東京", "morning the")
NAMES = ("take_{}.wav", "good_day_{}.flac", "東京_{}.ogg", "x{}.wav")
PLACES = (("local",), ("local", "s3-main"), ("archive",), ("s3-main", "archive"), (), ("local", "archive"))
LANGUAGES = ("en-GB", "en", "de_AT", "", "ja", "en-" + "x" * 300)
FOLDERS = ("", "Greetings", "greetings/short", "greetings/Short/a", "other")
DURATIONS = (0.0, 0.004, 0.5, 1.0, 2.0, 2.05, 15.999, 16.0, 29.999, 30.0, 30.04, 45.0, 90.0, 3600.0, 500_000.0)
SIZES = (0, 15, 16, 1000, 16_383, 16_384, 999_999, 1_000_000, 1_000_001, 5_000_000_000, 2**40)
RATES = (8000, 16_000, 22_050, 24_000, 44_100, 48_000)
DATES = ("1969-12-31", "1970-01-01", "2024-02-29", "2025-12-31", "2026-01-01", "2026-05-17", "2061-03-04")


VOICES = ("Heart af_heart kokoro", "af_bella kokoro", "Überflieger echo whisper")
PEOPLE = ("John Doe jdoe", "Ana María López ana")


def recordings(voices: list[str], people: list[str]) -> Iterator[tuple[NewRecording, list[NewFile], Item]]:
    """A mixture, the same each time."""
    choose = random.Random(7).choice
    for number in range(1, ITEMS + 1):
        text, title, name = choose(TEXTS), choose(TITLES), choose(NAMES).format(number)
        language, folder, places = choose(LANGUAGES), choose(FOLDERS), choose(PLACES)
        moment = datetime.fromisoformat(f"{choose(DATES)}T00:00:00Z").astimezone(UTC) + timedelta(hours=number % 24)
        who = number % 3
        has_audio = number % 7 > 0
        files = [_audio(number, name, choose(SIZES), choose(RATES), choose(DURATIONS), places)] if has_audio else []
        if number % 5 == 0 or not (text or files):
            files.append(NewFile("transcript", "t.txt", 3, digest(f"t{number}")))
        new = NewRecording(
            text=text,
            title=title,
            folder=folder,
            verdict=("", "keep", "reject")[number % 3],
            language=language,
            model=("", "Whisper", "kokoro-82M")[number % 3],
            ai_identity_uid=voices[number % len(voices)] if who == 0 else None,
            user_identity_uid=people[number % len(people)] if who == 1 else None,
            ai_generated=who == 0,
            session=("", "monday", "Two Words")[number % 3],
            rating=None if number % 2 else number % 6,
            notes="a good note of day" if number % 9 == 0 else "",
            tags=[(), ("keep",), ("Two words", "Réglé")][number % 3],
            created_at=moment,
        )
        yield new, files, _item(number, new, files, places if has_audio else ())


def _audio(number: int, name: str, size: int, rate: int, duration_s: float, places: tuple[str, ...]) -> NewFile:
    copies = tuple(NewCopy(place, f"{number}/audio") for place in places)
    return NewFile(AUDIO, name, size, digest(str(number)), media=MediaFacts("wav", duration_s, rate, 1), copies=copies)


def _item(number: int, new: NewRecording, files: list[NewFile], places: tuple[str, ...]) -> Item:
    audio = next((file for file in files if file.kind == AUDIO), None)
    media = audio.media if audio else None
    ratings = {"rating"} if new.rating is not None else set()
    known = {
        "text": new.text,
        "notes": new.notes,
        "tags": new.tags,
        "identity": new.ai_identity_uid or new.user_identity_uid,
    }
    return Item(
        id=number,
        uid="",
        texts=(new.title, new.text, new.notes, audio.original_name.rpartition(".")[0] if audio else ""),
        voice=VOICES[number % len(VOICES)] if new.ai_identity_uid else "",
        user=PEOPLE[number % len(PEOPLE)] if new.user_identity_uid else "",
        kind="ai" if new.ai_generated else "human",
        tags=tuple(new.tags),
        folder=new.folder,
        fmt=media.format if media else "",
        where=places,
        states=(_state(has_audio=audio is not None, places=places),),
        dur=media.duration_s if media else None,
        size=audio.size_bytes if audio else None,
        date=round(new.created_at.timestamp() * 1000) if new.created_at else 0,
        rate=media.sample_rate_hz if media else None,
        rating=new.rating,
        lang=new.language,
        session=new.session,
        model=new.model,
        verdict=new.verdict,
        has=frozenset({name for name, value in known.items() if value} | ratings | {file.kind for file in files}),
    )


def _state(*, has_audio: bool, places: tuple[str, ...]) -> str:
    if not has_audio:
        return "nofile"
    if not places:
        return "missing"
    if "local" not in places:
        return "remote-only"
    return "pushed" if len(places) > 1 else "local-only"


def make_search_library(path: Path) -> list[Item]:
    """Write the library; returns what can be found in it."""
    with Catalog(path) as catalog:
        for name in ("local", "s3-main", "archive"):
            catalog.ensure_location(name, "local", name)
        voices = [
            catalog.add_ai_identity(model="kokoro", voice="af_heart", name="Heart")[0],
            catalog.add_ai_identity(model="kokoro", voice="af_bella")[0],
            catalog.add_ai_identity(model="whisper", voice="echo", name="Überflieger")[0],
        ]
        people = [
            catalog.add_user_identity(first_name="John", last_name="Doe", username="jdoe")[0],
            catalog.add_user_identity(first_name="Ana", middle_name="María", last_name="López", username="ana")[0],
        ]
        made = list(recordings(voices, people))
        uids = catalog.add_recordings((new, files) for new, files, _ in made)
        items = [replace(item, uid=uid) for (_, _, item), uid in zip(made, uids, strict=True)]
        for name, query in SAVED.items():
            catalog.save_search(name, query)
        damaged = {item.id for item in [item for item in items if item.where][:DAMAGED]}
        items = [_damage(catalog, item) if item.id in damaged else item for item in items]
        catalog.trash_recordings(sorted(TRASHED))
        catalog.reindex_dirty()
    return [item for item in items if item.id not in TRASHED]


def _damage(catalog: Catalog, item: Item) -> Item:
    """Let a copy of the audio be found damaged; returns the recording as it is then."""
    (audio,) = [file for file in catalog.recording(item.uid).files if file.kind == AUDIO]
    copy = audio.copies[0]
    catalog.put_copies([CopyUpdate(audio.id, copy.location, copy.key, copy.size_bytes, CopyState.DAMAGED)])
    where = tuple(place for place in item.where if place != copy.location)
    return replace(item, where=where, states=(_state(has_audio=True, places=where), "damaged"))
