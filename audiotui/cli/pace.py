"""How fast a transfer may go: ``--bwlimit`` and ``--jobs``."""

import re
from typing import Annotated, NamedTuple

import typer

from audiotui.errors import InvalidInput

BandwidthLimit = Annotated[
    str | None,
    typer.Option(
        "--bwlimit",
        metavar="RATE",
        help="At most so many bytes a second, such as 500k or 5M; all transfers with a limit to a location share it.",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", min=1, max=256, help="At most so many files or parts at a time (else what helps)."),
]

_RATE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([kmgt]?)(i?)b?(?:/s)?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


class Pace(NamedTuple):
    """What a person allows; None: no limit."""

    bwlimit: int | None = None
    jobs: int | None = None


def pace(bwlimit: str | None, jobs: int | None) -> Pace:
    """The options as values.

    Raises:
        InvalidInput: the rate is none.
    """
    return Pace(None if bwlimit is None else rate(bwlimit), jobs)


def rate(text: str) -> int | None:
    """Bytes a second: ``5M`` is 5,000,000, ``5Mi`` is 5 * 2**20; ``off`` and ``0`` are no limit.

    Raises:
        InvalidInput: the text is no rate.
    """
    if text.strip().lower() in {"off", "0"}:
        return None
    found = _RATE.fullmatch(text.strip())
    value = float(found[1]) * (1024 if found[3] else 1000) ** _POWERS[found[2].lower()] if found else 0.0
    if value < 1:
        raise InvalidInput(f"{text!r} is no rate.", "Give bytes a second, such as 500k, 5M or 2.5Mi; off is no limit.")
    return round(value)
