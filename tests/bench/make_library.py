"""Generate a library of any size, the same for the same seed.

    python -m tests.bench.make_library library.db --rows 1000000

Words follow Zipf's law, as those of all languages do: a short list of real frequent words for each language, then
made-up ones. Rows go through ``Catalog.add_recordings``, the way of every import; the time to make them up is not
counted.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from audiotui.core.catalog import Catalog
from audiotui.core.index import settle
from audiotui.model import AUDIO, LOCAL, MediaFacts, NewCopy, NewFile, NewRecording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

LANGUAGE_SHARES = {
    "en-GB": 30,
    "en-US": 25,
    "de-DE": 12,
    "es-ES": 9,
    "fr-FR": 8,
    "ja-JP": 6,
    "zh-CN": 5,
    "ko-KR": 3,
    "th": 2,
}

FREQUENT = {
    "en": "the of and to in a is that for it as was with be by on not he this are or his from at which but have an "
    "had they you were there one all we can her has been if more when will would who so no said out up about "
    "into than them could time some these two may then do first any my now such like our over me even most "
    "made after also did many before must through back years where much your way well down should because "
    "long each just those people too mister little state good very make world still see own men work here "
    "morning hello please thank welcome today tomorrow",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus "
    "er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber "
    "vor zur bis mehr durch man sein wurde hatte kann gegen vom können schon wenn habe seine ihre dann unter "
    "wir soll größer schön straße grüße möchte müssen",
    "es": "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si "
    "sin sobre este ya entre cuando todo esta ser son dos también fue había era muy años hasta desde está mi "
    "porque qué sólo yo hay vez puede todos así nos ni parte tiene él uno donde bien tiempo mañana niño señor "
    "corazón",
    "fr": "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont la mais "
    "comme ou si leur y dont elle deux ces tout nous sa fait été aussi son avec cette être même très encore "
    "après où déjà élève français garçon hôtel",
}
STARTS = (*"bcdfghjklmnprstvw", "st", "tr", "pl", "gr", "sh", "ch", "br")
VOWELS = (*"aeiou", "ai", "ou", "ea")
ENDS = ("", *"nrslt")
SOUNDS = [start + vowel + end for start in STARTS for vowel in VOWELS for end in ENDS]
MADE_UP_WORDS = 30_000
CHARACTERS = {
    "ja": (0x3041, 0x3094, 0x4E00, 0x5100),
    "zh": (0x4E00, 0x5600),
    "th": (0x0E01, 0x0E2F),
    "ko": (0xAC00, 0xB200),
}
TAGS = ("keep", "redo", "noisy", "demo", "narration", "dialogue", "numbers", "whisper", "happy", "sad", "angry", "calm")
MODELS = ("kokoro-82m", "parler-large", "xtts-v2", "piper-medium", "bark-small")
VERDICTS = ("", "", "", "", "keep", "keep", "reject", "unsure")
FORMATS = (("flac", 0.5), ("wav", 1.0), ("mp3", 0.12), ("ogg", 0.1))
RATES = (16_000, 22_050, 24_000, 44_100, 48_000)
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
BATCH_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Added:
    """How the adding went."""

    rows: int
    adding_s: float
    settling_s: float


class Speaker:
    """Makes up texts in one language."""

    def __init__(self, language: str, random_: random.Random) -> None:
        self._random = random_
        code = language.partition("-")[0]
        self._joint = "" if code in {"ja", "zh", "th"} else " "
        words = self._words(code)
        self._words_by_rank = words
        self._weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(words))))

    def say(self, words: int) -> str:
        """A text of so many words."""
        return self._joint.join(self._random.choices(self._words_by_rank, cum_weights=self._weights, k=words))

    def _words(self, code: str) -> list[str]:
        choose = self._random.choice
        words = dict.fromkeys(FREQUENT.get(code, "").split())
        if code in CHARACTERS:
            bounds = CHARACTERS[code]
            alphabet = [
                chr(one) for low, high in zip(bounds[::2], bounds[1::2], strict=True) for one in range(low, high)
            ]
            make: Callable[[], str] = lambda: "".join(choose(alphabet) for _ in range(choose((1, 2, 2, 3))))  # noqa: E731
        else:
            make = lambda: "".join(choose(SOUNDS) for _ in range(choose((1, 2, 2, 3, 3, 4))))  # noqa: E731
        while len(words) < MADE_UP_WORDS:
            words[make()] = None
        return list(words)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="the library's file, which must not be there yet")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--identities", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.path.exists():
        sys.exit(f"{options.path} exists already; name a new file.")
    added = make_library(options.path, options.rows, identities=options.identities, seed=options.seed)
    rate = added.rows / added.adding_s
    whole_rate = added.rows / (added.adding_s + added.settling_s)
    size_mb = options.path.stat().st_size / 1e6
    print(f"{added.rows:,} recordings, each with a file and its copies: {added.adding_s:.1f} s, {rate:,.0f} rows/s")
    print(f"index settled in {added.settling_s:.1f} s more: {whole_rate:,.0f} rows/s in all; {size_mb:,.0f} MB")


def make_library(path: Path, rows: int, *, identities: int = 500, seed: int = 1) -> Added:
    """Write a library of made-up recordings."""
    random_ = random.Random(seed)
    adding_s = 0.0
    with Catalog(path, actor="bench") as catalog:
        for name in (LOCAL, "s3-main", "archive"):
            catalog.ensure_location(name, "local", f"bench:{name}")
        voices, people = make_identities(catalog, identities, random_)
        items = made_up_recordings(rows, voices, people, random_)
        while batch := list(islice(items, BATCH_ROWS)):
            started = time.perf_counter()
            catalog.add_recordings(batch)
            adding_s += time.perf_counter() - started
        started = time.perf_counter()
        settle(catalog.database)
        return Added(rows, adding_s, time.perf_counter() - started)


def make_identities(catalog: Catalog, number: int, random_: random.Random) -> tuple[list[tuple[str, str]], list[str]]:
    """Two thirds AI voices, as pairs of uid and model, and one third people."""
    name = Speaker("en-GB", random_)
    voices = []
    for place in range(number * 2 // 3):
        model = random_.choice(MODELS)
        uid, _ = catalog.add_ai_identity(model=model, voice=f"{name.say(1)}_{place}", provider="bench")
        voices.append((uid, model))
    people = [
        catalog.add_user_identity(
            first_name=name.say(1).title(), last_name=name.say(1).title(), username=f"user{place}"
        )[0]
        for place in range(number - len(voices))
    ]
    return voices, people


def made_up_recordings(
    rows: int, voices: list[tuple[str, str]], people: list[str], random_: random.Random
) -> Iterator[tuple[NewRecording, list[NewFile]]]:
    languages = list(LANGUAGE_SHARES)
    shares = list(accumulate(LANGUAGE_SHARES.values()))
    speakers = {language: Speaker(language, random_) for language in languages}
    for number in range(rows):
        language = random_.choices(languages, cum_weights=shares)[0]
        speaker = speakers[language]
        is_ai = random_.random() < 0.7
        voice, model = _frequent_first(voices, random_)
        has_title = random_.random() < 0.3
        text = speaker.say(random_.randint(6, 16))
        emotion = random_.choice(TAGS)
        uid = str(uuid.UUID(int=random_.getrandbits(128), version=4))
        audio = _audio(uid, f"{model if is_ai else 'take'}_{emotion}_{number:07}", number, random_)
        new = NewRecording(
            text=text,
            title=speaker.say(random_.randint(2, 4)) if has_title else "",
            folder=f"project-{number // 50_000}/batch-{number // 2_000}",
            verdict=random_.choice(VERDICTS),
            language=language,
            model=model if is_ai else "",
            ai_generated=is_ai,
            ai_identity_uid=voice if is_ai else None,
            user_identity_uid=None if is_ai else _frequent_first(people, random_),
            session=f"session-{number // 500}",
            rating=random_.choice((None, None, None, 1, 2, 3, 4, 5)),
            tags=(emotion,) if random_.random() < 0.25 else (),
            uid=uid,
            uid_is_new=True,
            created_at=FIRST_DAY + timedelta(minutes=number),
        )
        yield new, [audio]


def _audio(uid: str, stem: str, number: int, random_: random.Random) -> NewFile:
    name, factor = random_.choice(FORMATS)
    rate = random_.choice(RATES)
    duration_s = round(random_.lognormvariate(1.6, 0.7), 3)
    sha256 = random_.randbytes(32).hex()
    key = f"{uid[:2]}/{uid}/audio.{sha256[:12]}.{name}"
    places = [LOCAL, "s3-main"] if number % 4 == 0 else ["archive"] if number % 17 == 0 else [LOCAL]
    return NewFile(
        kind=AUDIO,
        original_name=f"{stem}.{name}",
        size_bytes=int(duration_s * rate * 2 * factor) + 44,
        sha256=sha256,
        media=MediaFacts(name, duration_s, rate, 1),
        copies=tuple(NewCopy(place, key) for place in places),
    )


def _frequent_first(values: list[T], random_: random.Random) -> T:
    return values[int(len(values) * random_.random() ** 2)]


if __name__ == "__main__":
    main()
