"""The routes. Each is one call of the service for the customer that the headers name, and that the key opens."""

import shutil
import tempfile
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, FastAPI, Form, Header, HTTPException, Query, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match, Route

from audiotui.errors import AudiotuiError
from audiotui.library.http.answers import RETRY_AFTER_S, body_of, problem_of, status_of, words
from audiotui.library.http.guard import Door, Keys, Rate, SizeLimit
from audiotui.library.http.metrics import Measured, Metrics
from audiotui.library.http.schema import BEARER, COUNTERS, PROBLEMS, STREAMS, Health, Id, SaveBody, UploadBody, Who
from audiotui.library.http.streaming import answer_of, etag_of, is_known
from audiotui.library.reading import UnsatisfiableRange, record_of
from audiotui.library.requests import new_asset_id
from audiotui.library.service import AudioLibraryService
from audiotui.library.spool import no_room
from audiotui.version import __version__

UPLOAD_PATH = "/library/upload"
COPY_BYTES = 1024 * 1024

WATCHERS = 16
"""Questions for the health at once. Their threads are their own: all others may wait for a server that is ill."""


def create_app(service: AudioLibraryService, *, clock: Callable[[], float] = time.monotonic) -> FastAPI:
    """The application that serves a service, with the keys and limits of its configuration."""
    options = service.parts.options
    keys, rate, metrics = Keys(options.api_keys), Rate(options.limits.requests_per_minute, clock=clock), Metrics()
    app = FastAPI(title="audiotui library", version=__version__, responses=PROBLEMS)
    app.add_middleware(SizeLimit, upload_path=UPLOAD_PATH, upload_bytes=options.limits.max_upload_bytes)
    app.add_middleware(Door, keys=keys, rate=rate)
    app.add_middleware(Measured, metrics=metrics, clock=clock)

    _add_errors(app)
    _add_saving(app, service)
    _add_reading(app, service)
    _add_listening(app, service)
    _add_upkeep(app, service, metrics)
    return app


def who(
    request: Request,
    _key: Annotated[object, Security(BEARER)],
    x_customer_id: Annotated[Id, Header()],
    x_user_id: Annotated[str, Header()] = "",
) -> Who:
    """For whom a request is made, if the key that it came with opens that customer's assets."""
    customers = request.state.customers
    if customers is not None and x_customer_id not in customers:
        raise HTTPException(404, "There is nothing here.")
    return Who(customer_id=x_customer_id, user_id=x_user_id)


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
    @app.post("/library", status_code=201)
    def save(body: SaveBody, me: Annotated[Who, Depends(who)]) -> dict[str, Any]:
        """Keep the audio at a URL."""
        asset_id = new_asset_id() if body.asset_id is None else body.asset_id
        given = {**body.model_dump(), "asset_id": asset_id}
        result = service.save_audio_to_library(customer_id=me.customer_id, user_id=me.user_id, **given)
        return _with_our_link(result)

    @app.post(UPLOAD_PATH, status_code=201)
    def upload(
        me: Annotated[Who, Depends(who)],
        asset_id: Annotated[str | None, Depends(form_id)],
        body: Annotated[UploadBody, Form(media_type="multipart/form-data")],
    ) -> dict[str, Any]:
        """Keep a file that the client sends."""
        with tempfile.TemporaryFile(dir=service.parts.spool_folder) as copy:
            try:
                shutil.copyfileobj(body.file.file, copy, COPY_BYTES)
                copy.flush()
            except OSError as error:
                raise no_room(error) from error
            result = service.save_file(
                f"/dev/fd/{copy.fileno()}",
                name=body.file.filename or "the upload",
                customer_id=me.customer_id,
                user_id=me.user_id,
                **{**body.model_dump(exclude={"file"}), "asset_id": asset_id},
            )
        return _with_our_link(result)


def _add_reading(app: FastAPI, service: AudioLibraryService) -> None:
    @app.head("/library", include_in_schema=False)
    @app.get("/library")
    def list_assets(
        me: Annotated[Who, Depends(who)],
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
        page_size: Annotated[int, Query(ge=1, le=200)] = 50,
        folder: str | None = None,
        tag: str | None = None,
        voice: str | None = None,
        user_id: Id | None = None,
        search: str = "",
    ) -> dict[str, Any]:
        """A page of the customer's assets, newest first."""
        wanted: dict[str, Any] = {"folder": folder, "tag": tag, "voice": voice, "user_id": user_id, "text": search}
        found = service.list_assets(
            customer_id=me.customer_id, **wanted, limit=page_size, offset=(page - 1) * page_size
        )
        totals = service.count_assets(customer_id=me.customer_id, **wanted)
        return {
            "items": list(map(record_of, found)),
            "page": page,
            "page_size": page_size,
            "total": totals.count,
            "total_size": totals.size_bytes,
        }

    @app.head("/library/{asset_id}", include_in_schema=False)
    @app.get("/library/{asset_id}")
    def get_asset(asset_id: Id, me: Annotated[Who, Depends(who)]) -> dict[str, Any]:
        """All that is known of an asset; nothing of one that was deleted."""
        return record_of(service.get_asset(asset_id, customer_id=me.customer_id, with_deleted=False))

    @app.delete("/library/{asset_id}", status_code=204)
    def delete_asset(asset_id: Id, me: Annotated[Who, Depends(who)], purge: bool = False) -> None:
        """Delete an asset; with ``purge`` for good."""
        do = service.purge_asset if purge else service.delete_asset
        do(asset_id, customer_id=me.customer_id)


def _add_listening(app: FastAPI, service: AudioLibraryService) -> None:
    @app.get("/library/{asset_id}/url")
    def get_url(
        asset_id: Id, me: Annotated[Who, Depends(who)], expires: int = 604_800, rendition: str = ""
    ) -> dict[str, Any]:
        """A link to the audio, valid for so many seconds."""
        url = service.get_url(
            asset_id, customer_id=me.customer_id, expires=expires, rendition=rendition, with_deleted=False
        )
        return {"url": _link(asset_id, url), "expires": expires}

    @app.head("/library/{asset_id}/stream", include_in_schema=False)
    @app.get("/library/{asset_id}/stream", response_class=StreamingResponse, responses=STREAMS)
    def stream(
        request: Request,
        asset_id: Id,
        me: Annotated[Who, Depends(who)],
        rendition: str = "",
        wanted: Annotated[str, Header(alias="range")] = "",
        if_range: Annotated[str, Header()] = "",
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        """The audio, or a range of it."""
        about: dict[str, Any] = {"customer_id": me.customer_id, "rendition": rendition, "with_deleted": False}
        if wanted and if_range and if_range != etag_of(service.stream_asset(asset_id, **about)):
            wanted = ""  # a part of this file would not fit the parts of another one that the client has
        found = service.stream_asset(asset_id, span=wanted, **about)
        if is_known(if_none_match, found):
            return Response(status_code=304, headers={"etag": etag_of(found)})
        return answer_of(found, with_body=request.method != "HEAD")


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


def _link(asset_id: str, url: str) -> str:
    """A link that a client can follow: a folder of this machine is streamed by this server."""
    return f"/library/{asset_id}/stream" if url.startswith("file:") else url


def _with_our_link(result: dict[str, Any]) -> dict[str, Any]:
    storage = {**result["storage"], "url": _link(result["asset_id"], result["storage"]["url"])}
    return {**result, "storage": storage}
