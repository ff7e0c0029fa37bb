"""The routes. Each is one call of the service for the customer that the headers name, and that the key opens.

They answer without FastAPI's looking at each value: what it is told of their form is for the documentation.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, FastAPI, Form, Header, HTTPException, Query, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from pydantic_core import to_json
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match, Route

from audiotui.errors import AudiotuiError
from audiotui.library.http.answers import RETRY_AFTER_S, body_of, problem_of, status_of, words
from audiotui.library.http.guard import JSON_BYTES, Door, Keys, Rate, SizeLimit
from audiotui.library.http.metrics import Measured, Metrics
from audiotui.library.http.names import OwnNames
from audiotui.library.http.results import COUNTERS, PROBLEMS, STREAMS, AssetRecord, Health, Link, Page, Saved
from audiotui.library.http.schema import (
    BEARER,
    Folder,
    Id,
    LinkSeconds,
    RenditionName,
    SaveBody,
    Search,
    Tag,
    UploadBody,
    VersionNumber,
    Word,
)
from audiotui.library.http.streaming import answer_of, etag_of, is_known, unchanged
from audiotui.library.reading import UnsatisfiableRange, entry_of, record_of, stream_of
from audiotui.library.requests import new_asset_id
from audiotui.library.service import AudioLibraryService
from audiotui.library.shelf import LONGEST_LINK_S
from audiotui.library.spool import no_room
from audiotui.text import format_bytes
from audiotui.version import __version__

UPLOAD_PATH = "/library/upload"
COPY_BYTES = 1024 * 1024

WATCHERS = 16
"""Questions for the health at once. Their threads are their own: all others may wait for a server that is ill."""


def create_app(
    service: AudioLibraryService, *, names: Collection[str] = (), clock: Callable[[], float] = time.monotonic
) -> FastAPI:
    """The application that serves a service, with the keys and limits of its configuration.

    It answers under ``names`` alone, if there are any.
    """
    options = service.parts.options
    keys, rate, metrics = Keys(options.api_keys), Rate(options.limits.requests_per_minute, clock=clock), Metrics()
    app = FastAPI(title="audiotui library", version=__version__, responses=PROBLEMS)
    upload_bytes = options.limits.max_upload_bytes + JSON_BYTES  # the file, and all that a form says of it
    app.add_middleware(SizeLimit, upload_path=UPLOAD_PATH, upload_bytes=upload_bytes)
    app.add_middleware(Door, keys=keys, rate=rate)
    if names:
        app.add_middleware(OwnNames, names=names)
    app.add_middleware(Measured, metrics=metrics, clock=clock)

    _add_errors(app)
    _add_saving(app, service)
    _add_reading(app, service)
    _add_listening(app, service)
    _add_upkeep(app, service, metrics)
    return app


def customer(
    request: Request, _key: Annotated[object, Security(BEARER)], x_customer_id: Annotated[Id, Header()]
) -> str:
    """Whose assets a request is about, if the key that it came with opens them."""
    customers = request.state.customers
    if customers is not None and x_customer_id not in customers:
        raise HTTPException(404, "There is nothing here.")
    return x_customer_id


Customer = Annotated[str, Depends(customer)]
User = Annotated[Id, Header(alias="x-user-id")]
"""Who of the customer it is for."""


async def form_id(request: Request) -> str | None:
    """The id that a form names; FastAPI itself takes an empty one for none."""
    given = (await request.form()).get("asset_id")
    return given if given is None or isinstance(given, str) else ""


def _add_errors(app: FastAPI) -> None:
    """Whatever fails is told in one form: error, message, hint, retryable."""

    @app.exception_handler(AudiotuiError)
    async def told(_request: Request, error: AudiotuiError) -> JSONResponse:
        headers = {"retry-after": RETRY_AFTER_S} if error.retryable else {}
        if isinstance(error, UnsatisfiableRange):
            headers["content-range"] = f"bytes */{error.size_bytes}"
        return JSONResponse(body_of(error), status_of(error), headers)

    @app.exception_handler(RequestValidationError)
    async def misunderstood(_request: Request, error: RequestValidationError) -> JSONResponse:
        message = problem_of(error.errors()[0])
        return JSONResponse(words(422, message, "See /docs for what is asked for."), 422)

    @app.exception_handler(StarletteHTTPException)
    async def refused(request: Request, error: StarletteHTTPException) -> JSONResponse:
        message = f"{error.detail.rstrip('.')}."
        body = words(error.status_code, message, "See /docs for what there is.")
        is_wrong_method = error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        headers = {"allow": _allowed(app, request)} if is_wrong_method else error.headers
        return JSONResponse(body, error.status_code, headers)

    @app.exception_handler(Exception)
    async def unforeseen(_request: Request, _error: Exception) -> JSONResponse:
        # The server logs it with its traceback afterwards; a client learns nothing of our insides.
        body = words(500, "Something unexpected happened.", "This is a fault of the program; its log has the details.")
        return JSONResponse(body, 500)


def _add_saving(app: FastAPI, service: AudioLibraryService) -> None:
    @app.post("/library", status_code=201, response_model=Saved)
    def save(body: SaveBody, customer_id: Customer, user_id: User) -> Response:
        """Keep the audio at a URL."""
        asset_id = new_asset_id() if body.asset_id is None else body.asset_id
        given = {**body.model_dump(), "asset_id": asset_id}
        result = service.save_audio_to_library(customer_id=customer_id, user_id=user_id, **given)
        return _kept(service, customer_id, result)

    @app.post(UPLOAD_PATH, status_code=201, response_model=Saved)
    def upload(
        customer_id: Customer,
        user_id: User,
        asset_id: Annotated[str | None, Depends(form_id)],
        body: Annotated[UploadBody, Form(media_type="multipart/form-data")],
    ) -> Response:
        """Keep a file that the client sends."""
        limit = service.parts.options.limits.max_upload_bytes
        if (body.file.size or 0) > limit:
            return _too_big(limit)
        with tempfile.TemporaryFile(dir=service.parts.spool_folder) as copy:
            try:
                shutil.copyfileobj(body.file.file, copy, COPY_BYTES)
                copy.flush()
            except OSError as error:
                raise no_room(error) from error
            result = service.save_file(
                f"/dev/fd/{copy.fileno()}",
                name=body.file.filename or "the upload",
                customer_id=customer_id,
                user_id=user_id,
                **{**body.model_dump(exclude={"file"}), "asset_id": asset_id},
            )
        return _kept(service, customer_id, result)


def _add_reading(app: FastAPI, service: AudioLibraryService) -> None:
    @app.head("/library", include_in_schema=False)
    @app.get("/library", response_model=Page)
    def list_assets(
        customer_id: Customer,
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
        page_size: Annotated[int, Query(ge=1, le=200)] = 50,
        folder: Folder | None = None,
        tag: Tag | None = None,
        voice: Word | None = None,
        user_id: Id | None = None,
        search: Search = "",
    ) -> Response:
        """A page of the customer's assets, newest first."""
        wanted: dict[str, Any] = {"folder": folder, "tag": tag, "voice": voice, "user_id": user_id, "text": search}
        found = service.list_assets(customer_id=customer_id, **wanted, limit=page_size, offset=(page - 1) * page_size)
        totals = service.count_assets(customer_id=customer_id, **wanted)
        about = {"page": page, "page_size": page_size, "total": totals.count, "total_size": totals.size_bytes}
        return _answer({"items": list(map(record_of, found)), **about})

    @app.head("/library/{asset_id}", include_in_schema=False)
    @app.get("/library/{asset_id}", response_model=AssetRecord)
    def get_asset(asset_id: Id, customer_id: Customer) -> Response:
        """All that is known of an asset; nothing of one that was deleted."""
        return _answer(record_of(service.get_asset(asset_id, customer_id=customer_id, with_deleted=False)))

    @app.delete("/library/{asset_id}", status_code=204)
    def delete_asset(asset_id: Id, customer_id: Customer, purge: bool = False) -> None:
        """Delete an asset; with ``purge`` for good."""
        do = service.purge_asset if purge else service.delete_asset
        do(asset_id, customer_id=customer_id)


def _add_listening(app: FastAPI, service: AudioLibraryService) -> None:
    @app.get("/library/{asset_id}/url", response_model=Link)
    def get_url(
        asset_id: Id,
        customer_id: Customer,
        expires: LinkSeconds = LONGEST_LINK_S,
        rendition: RenditionName = "",
        version: VersionNumber | None = None,
    ) -> Response:
        """A link to the audio, valid for so many seconds."""
        which: dict[str, Any] = {"rendition": rendition, "version": version}
        url = service.get_url(asset_id, customer_id=customer_id, expires=expires, **which, with_deleted=False)
        return _answer({"url": _link(asset_id, url, **which), "expires": expires})

    @app.head("/library/{asset_id}/stream", include_in_schema=False)
    @app.get("/library/{asset_id}/stream", response_class=StreamingResponse, responses=STREAMS)
    def stream(
        request: Request,
        asset_id: Id,
        customer_id: Customer,
        rendition: RenditionName = "",
        version: VersionNumber | None = None,
        wanted: Annotated[str, Header(alias="range")] = "",
        if_range: Annotated[str, Header()] = "",
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        """The audio, or a range of it."""
        which: dict[str, Any] = {"rendition": rendition, "version": version}
        found = service.stream_asset(asset_id, customer_id=customer_id, **which, with_deleted=False)
        if is_known(if_none_match, found):
            return unchanged(found)
        if request.method == "HEAD":  # for which no range counts (RFC 9110, section 14.2)
            entry_of(service.parts.shelf, found.file)  # a GET finds out before its first byte
            return answer_of(found, with_body=False)
        if wanted and if_range in {"", etag_of(found)}:  # of another file than the client has, no part would fit
            found = stream_of(service.parts.shelf, found.file, wanted)
        return answer_of(found, with_body=True)


def _add_upkeep(app: FastAPI, service: AudioLibraryService, metrics: Metrics) -> None:
    watching = CapacityLimiter(WATCHERS)

    @app.head("/health", include_in_schema=False)
    @app.get("/health", response_model=Health, responses={503: {"model": Health}})
    async def health() -> JSONResponse:
        """Whether documents and storage can be used now."""
        try:
            await to_thread.run_sync(service.check_health, limiter=watching)
        except AudiotuiError as error:
            return JSONResponse({"status": "failing", "error": type(error).__name__}, 503)
        return JSONResponse({"status": "ok"})

    @app.get("/metrics", response_class=Response, responses=COUNTERS)
    async def show_metrics() -> PlainTextResponse:
        """Counters for Prometheus."""
        return PlainTextResponse(metrics.text(), media_type="text/plain; version=0.0.4")


def _allowed(app: FastAPI, request: Request) -> str:
    """The methods that a path has; those of its first route are all that the framework tells."""
    there = [one for one in app.routes if isinstance(one, Route) and one.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for one in there for method in one.methods or ()}))


def _link(asset_id: str, url: str, **which: object) -> str:
    """A link that a client can follow: a folder of this machine is streamed by this server."""
    if not url.startswith("file:"):
        return url
    query = urlencode({name: value for name, value in which.items() if value})
    return f"/library/{asset_id}/stream{'?' if query else ''}{query}"


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return Response(to_json(content), status, media_type="application/json")


def _kept(service: AudioLibraryService, customer_id: str, result: dict[str, Any]) -> Response:
    """The result of a save; one that is equal to an earlier one is answered with the version of that."""
    asset_id, storage = result["asset_id"], result["storage"]
    version = None
    if storage["url"].startswith("file:"):
        asset = service.get_asset(asset_id, customer_id=customer_id)
        version = next((one.number for one in asset.versions[:-1] if one.file.key == storage["key"]), None)
    return _answer({**result, "storage": {**storage, "url": _link(asset_id, storage["url"], version=version)}}, 201)


def _too_big(limit: int) -> Response:
    reason = f"The file is bigger than {format_bytes(limit)}."
    return _answer(words(413, reason, "Send less; library: limits: max_upload_mib is for uploads."), 413)
