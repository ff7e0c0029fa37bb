"""A failure that took long is shared with those who come a little later; a quick one is found out anew by everybody."""

from __future__ import annotations

import pytest

from audiotui.backends.lastfailure import LastFailure
from audiotui.errors import AccessDenied, LocationError, Unreachable


class Clock:
    """A clock that the tries move."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Tries:
    """Tries that each take some time and fail."""

    def __init__(self, takes_s: float, error: LocationError) -> None:
        self.clock = Clock()
        self.failure = LastFailure(Unreachable, clock=self.clock)
        self.made = 0
        self._takes_s = takes_s
        self._error = error

    def fail(self) -> LocationError:
        """Try; the error that was raised."""
        with pytest.raises(type(self._error)) as caught, self.failure.shared():
            self._try()
        return caught.value

    def _try(self) -> None:
        self.made += 1
        self.clock.now_s += self._takes_s
        raise self._error


AWAY = Unreachable("nas does not answer.", "Is it up?", location="nas", key="some/key")


def test_who_comes_soon_after_a_long_wait_in_vain_fails_at_once_in_the_same_words() -> None:
    tries = Tries(3.0, AWAY)
    tries.fail()
    tries.clock.now_s += 2.9

    error = tries.fail()

    assert tries.made == 1
    assert (str(error), error.location, error.key) == (str(AWAY), "nas", "some/key")
    assert error.__cause__ is AWAY


def test_later_it_is_tried_again() -> None:
    tries = Tries(3.0, AWAY)
    tries.fail()
    tries.clock.now_s += 3.1

    tries.fail()

    assert tries.made == 2


@pytest.mark.parametrize(
    ("takes_s", "error"), [(0.1, AWAY), (3.0, AccessDenied("nas refuses."))], ids=["at once", "another error"]
)
def test_what_fails_at_once_or_for_another_reason_is_tried_by_everybody(takes_s: float, error: LocationError) -> None:
    tries = Tries(takes_s, error)
    tries.fail()
    tries.fail()

    assert tries.made == 2
