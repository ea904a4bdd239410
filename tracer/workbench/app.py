"""The workbench over HTTP: a page, JSON, one stream of events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route

from tracer.documents.json_text import decode_or_none
from tracer.errors import TracerError, one_plain_line
from tracer.site.content.resources import resource_files
from tracer.workbench.asked import (
    Asked,
    Entering,
    Keeping,
    Nothing,
    OfGraph,
    OfSession,
    Poking,
    Work,
    read,
)
from tracer.workbench.gate import MOST_BYTES, Gate, Gated
from tracer.workbench.lane import Superseded

if TYPE_CHECKING:  # imports torch, which is not waited for until somebody comes
    from tracer.workbench.workbench import Workbench

HOME = "/workbench"
_PAGE = "dev/workbench/workbench.html"
_OPEN_FILES = re.compile(
    r"(?:dev/workbench/[\w.-]+\.(?:js|css)|styles/tokens\.css|viewer/page/dom\.js)\Z"
)
MOST_LISTENING = 20
MOST_UNHEARD = 200  # events that a page may be behind

ANSWERS: dict[str, type[Any]] = {
    "ready": Nothing,
    "read": Asked,
    "trace": Asked,
    "open": OfGraph,
    "resume": OfSession,
    "delete": OfSession,
    "work": Work,
    "looks": OfSession,
    "poke": Poking,
    "control": Poking,
    "say": Poking,
    "claim": Poking,
    "keep": Keeping,
}


class Events:
    """One stream for each open page."""

    def __init__(self) -> None:
        self._listening: set[asyncio.Queue[str]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def tell(self, kind: str, **what: Any) -> None:
        """From any thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the server ends
                self._loop.call_soon_threadsafe(self._tell, json.dumps({"kind": kind, **what}))

    def _tell(self, text: str) -> None:
        for queue in self._listening:
            if queue.qsize() < MOST_UNHEARD:
                queue.put_nowait(text)

    async def stream(self) -> AsyncIterator[str]:
        self._loop = asyncio.get_running_loop()
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._listening.add(queue)
        try:
            yield ": listening\n\n"
            while True:
                yield f"data: {await queue.get()}\n\n"
        finally:
            self._listening.discard(queue)

    @property
    def full(self) -> bool:
        return len(self._listening) >= MOST_LISTENING


class Later:
    """The workbench itself, once it is needed."""

    def __init__(self, gallery: Path) -> None:
        self._gallery, self.events = gallery, Events()
        self._lock = threading.Lock()
        self._made: Workbench | None = None

    async def get(self) -> Workbench:
        return await asyncio.to_thread(self.now)

    def prepare(self) -> None:
        """Imports what takes seconds, while one opens the link."""

        def run() -> None:
            self.now()
            from tracer.workbench.bench import Bench

            Bench.import_models()

        threading.Thread(target=run, name="imports", daemon=True).start()

    def now(self) -> Workbench:
        with self._lock:
            if self._made is None:
                from tracer.workbench.workbench import Workbench

                self._made = Workbench(self._gallery, self.events.tell)
            return self._made


def routes(gallery: Path, gate: Gate, bench: Later | None = None) -> list[BaseRoute]:
    """What `tracer.serve` serves besides the preview."""
    bench = bench or Later(gallery)
    inner: list[BaseRoute] = [
        Route("/", _page(gallery)),
        Route("/files/{name:path}", _file(gallery)),
        Route("/graph/{path:path}", _graph(bench)),
        Route("/api/enter", _enter(gate), methods=["POST"]),
        Route("/api/state", _state(bench)),
        Route("/api/events", _events(bench.events)),
        Route("/api/cancel", _cancel(bench), methods=["POST"]),
    ]
    for name in ANSWERS:
        inner.append(Route(f"/api/{name}", _answering(name, bench), methods=["POST"]))
    app = Starlette(routes=inner, middleware=[Middleware(Gated, gate=gate)])
    return [Mount(HOME, app=app)]


def _answering(name: str, bench: Later) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            asked = read(ANSWERS[name], await _json(request))
            found = await getattr(await bench.get(), name)(asked)
        except Superseded:
            return JSONResponse({"superseded": True})
        except TracerError as error:
            return JSONResponse({"error": str(error)}, 422)
        except Exception as error:  # a fault of ours: one line in the page, and the page goes on
            what = one_plain_line(f"{type(error).__name__}: {error}", 300)
            return JSONResponse({"error": f"this went wrong here: {what}"}, 500)
        if isinstance(found, BaseModel):
            found = found.model_dump(mode="json", by_alias=True, exclude_none=True)
        return JSONResponse(found)

    return respond


async def _json(request: Request) -> Any:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise TracerError("this is too much at one time", hint="shorten the prompt")
    found = decode_or_none(body)
    if found is None:
        raise TracerError("this is no JSON")
    return found


def _enter(gate: Gate) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            return gate.admit(request, gate.enter(read(Entering, await _json(request)).token))
        except TracerError as error:
            return JSONResponse({"error": str(error)}, 403)

    return respond


def _page(gallery: Path) -> Callable[[Request], Response]:
    def respond(_: Request) -> Response:
        file = resource_files("assets", gallery).get(_PAGE)
        return HTMLResponse(file.read_bytes()) if file else Response(status_code=404)

    return respond


def _file(gallery: Path) -> Callable[[Request], Response]:
    def respond(request: Request) -> Response:
        name = request.path_params["name"]
        known = _OPEN_FILES.match(name)
        file = resource_files("assets", gallery).get(name) if known else None
        if file is None:
            return Response(status_code=404)
        return Response(file.read_bytes(), media_type=guess_type(name)[0])

    return respond


def _graph(bench: Later) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        path = request.path_params["path"]
        if not path or path.endswith("/"):
            path += "index.html"
        try:
            content = await asyncio.to_thread((await bench.get()).desk.page, path)
        except (TracerError, OSError) as error:
            return Response(str(error), 404, media_type="text/plain")
        if content is None:
            return Response(status_code=404)
        return Response(content, media_type=guess_type(path)[0])

    return respond


def _state(bench: Later) -> Callable[[Request], Awaitable[Response]]:
    async def respond(_: Request) -> Response:
        return JSONResponse(await asyncio.to_thread((await bench.get()).state))

    return respond


def _events(events: Events) -> Callable[[Request], Awaitable[Response]]:
    async def respond(_: Request) -> Response:
        if events.full:
            return JSONResponse({"error": "too many pages are open"}, 429)
        return StreamingResponse(events.stream(), media_type="text/event-stream")

    return respond


def _cancel(bench: Later) -> Callable[[Request], Awaitable[Response]]:
    async def respond(_: Request) -> Response:
        (await bench.get()).cancel()
        return JSONResponse({})

    return respond


__all__ = ["HOME", "Gate", "Later", "routes"]
