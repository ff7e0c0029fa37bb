"""Who may come in, how often, and with how much: keys, rates and sizes, before any route is reached."""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from audiotui.library.http.answers import words
from audiotui.library.requests import MAX_FOLDER, MAX_PARAMETERS, MAX_TAG, MAX_TAGS, MAX_TEXT, MAX_URL, MAX_WORD
from audiotui.text import format_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping, Sequence
    from typing import Any

    from audiotui.config.library import ApiKey

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

GUARDED = "/library"
"""Paths that begin so are asked for a key, and counted."""

CHARACTER_BYTES = 12
"""What one character takes in JSON at most: ``\\ud834\\udd1e``."""

_SHORT_TEXTS = 20 * MAX_WORD
"""More than ids, words, numbers, and the names of all that is said take together."""

JSON_BYTES = CHARACTER_BYTES * (MAX_TEXT + MAX_PARAMETERS + MAX_URL + MAX_FOLDER + MAX_TAGS * MAX_TAG + _SHORT_TEXTS)
"""The biggest body that is no upload: room for the longest of all that a save may say."""

DRAINED_BYTES = 16_000_000
"""So much of a body that is too big is taken and thrown away."""

REMEMBERED = 10_000
"""Clients whose rate is counted; the ones that were silent longest are forgotten."""


class Keys:
    """The API keys of a server. Without any, everybody who reaches it may come in."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._keys = tuple((one.key.reveal().encode(), frozenset(one.customers)) for one in keys)

    @property
    def are_set(self) -> bool:
        """Whether a key is asked for."""
        return bool(self._keys)

    def customers(self, given: str) -> frozenset[str] | None:
        """The customers that a key opens; None for a wrong key. Takes as long for any key."""
        found = None
        for key, customers in self._keys:
            if hmac.compare_digest(key, given.encode("utf-8", "surrogatepass")):
                found = customers
        return found


class Rate:
    """So many requests a minute for each client, with a burst of as many."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, client: str) -> float:
        """0 if the request may be answered, else the seconds until the next may."""
        now_s = self._clock()
        with self._lock:
            left, since_s = self._buckets.pop(client, (float(self._per_minute), now_s))
            left = min(float(self._per_minute), left + (now_s - since_s) * self._per_minute / 60)
            wait_s = 0.0 if left >= 1 else (1 - left) * 60 / self._per_minute
            self._buckets[client] = (left - 1 if left >= 1 else left, now_s)
            while len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
        return wait_s


class Door:
    """ASGI middleware that judges who asks for anything of the library before any of the body is taken.

    Routes find the customers that the key opens under ``state["customers"]``: None is everybody's.
    """

    def __init__(self, app: App, keys: Keys, rate: Rate) -> None:
        self._app = app
        self._keys = keys
        self._rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 401 or 429."""
        if scope["type"] != "http" or not scope["path"].startswith(GUARDED):
            await self._app(scope, receive, send)
            return
        key = _key(dict(scope["headers"]).get(b"authorization", b"").decode("latin-1"))
        customers = self._keys.customers(key) if self._keys.are_set else None
        client = key if customers is not None else (scope.get("client") or ("",))[0]
        if wait_s := self._rate.wait_s(client):
            told = (b"retry-after", b"%d" % (int(wait_s) + 1))
            await refuse(receive, send, 429, "Too many requests came.", "Wait before the next one.", told)
        elif self._keys.are_set and customers is None:
            told = (b"www-authenticate", b"Bearer")
            reason = "The API key is wrong." if key else "There is no API key."
            await refuse(receive, send, 401, reason, "Give one: Authorization: Bearer KEY.", told)
        else:
            scope.setdefault("state", {})["customers"] = customers
            await self._app(scope, receive, send)


class BodyTooBig(Exception):
    """A client sends more than it may."""


class SizeLimit:
    """ASGI middleware that ends a request whose body is too big, whatever its headers promised."""

    def __init__(self, app: App, upload_path: str, upload_bytes: int) -> None:
        self._app = app
        self._upload_path = upload_path
        self._upload_bytes = upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._upload_bytes if scope["path"] == self._upload_path else JSON_BYTES
        promised = dict(scope["headers"]).get(b"content-length", b"0")
        if not promised.isdigit() or int(promised) > limit:
            await self._too_big(limit, receive, send)
            return
        taken, is_answered = 0, False

        async def counted() -> MutableMapping[str, Any]:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise BodyTooBig
            return message

        async def told(message: MutableMapping[str, Any]) -> None:
            nonlocal is_answered
            if taken <= limit:
                await send(message)
            elif not is_answered:  # whatever the application makes of its broken body, this is the answer
                await self._too_big(limit, receive, send)
            is_answered = True

        try:
            await self._app(scope, counted, told)
        except BodyTooBig:
            if not is_answered:
                await self._too_big(limit, receive, send)

    async def _too_big(self, limit: int, receive: Receive, send: Send) -> None:
        reason = f"The body is bigger than {format_bytes(limit)}."
        await refuse(receive, send, 413, reason, "Send less; library: limits: max_upload_mib is for uploads.")


async def refuse(
    receive: Receive, send: Send, status: int, message: str, hint: str, *headers: tuple[bytes, bytes]
) -> None:
    """Answer an error after some of the body was taken: a client that is still sending would not read the answer."""
    taken, is_open = 0, True
    while is_open and taken < DRAINED_BYTES:
        part = await receive()
        taken += len(part.get("body", b""))
        is_open = part.get("more_body", False)
    body = json.dumps(words(status, message, hint)).encode()
    always = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if is_open:
        always.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": [*always, *headers]})
    await send({"type": "http.response.body", "body": body})


def _key(authorization: str) -> str:
    """The key of an Authorization header; the name of its scheme may be written in any case."""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else authorization
