"""The site on this machine: served with its policy, rebuilt and reloaded when a file changes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from watchfiles import awatch

from tracer.errors import TracerError
from tracer.site.policy import header_policy
from tracer.site.resources import resource_files, resource_folders

HOST = "127.0.0.1"
FIRST_PORT = 8000
TRIED_PORTS = 50
_SOURCES = ("site_src", "graphs", "templates", "assets")
_NOTHING_YET = (
    '<!doctype html><html lang="en"><title>Not built yet</title><link rel="icon" href="data:,">'
    "<body><p>Not built yet.</p></body></html>"
)

Build = Callable[[], object]
Tell = Callable[[str], None]


@dataclass
class Live:
    """What the last build said, and who waits for the next."""

    problems: list[str] = field(default_factory=list)
    number: int = 0
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def build(self) -> str:
        """Names a build, told apart from those of a server that ran before."""
        return f"{self.run}-{self.number}"

    def tags(self) -> str:
        """What makes a page reload once it is older than the newest build."""
        return (
            f'<link rel="stylesheet" href="/_live/live.css" data-live-build="{self.build}">'
            '<script type="module" src="/_live/live.js"></script>'
        )

    async def publish(self, problems: list[str]) -> None:
        async with self.changed:
            self.problems, self.number = problems, self.number + 1
            self.changed.notify_all()

    async def events(self) -> AsyncIterator[str]:
        """Server-sent events: the present state at once, then each new one."""
        while True:
            state = {"build": self.build, "problems": self.problems}
            yield f"data: {json.dumps(state)}\n\n"
            seen = self.number
            async with self.changed:
                while self.number == seen:
                    await self.changed.wait()


def listen(port: int | None) -> socket.socket:
    """A listening socket: on this port, or on the first free one from 8000.

    Raises TracerError when the port, or every port that was tried, is taken.
    """
    tried = [port] if port is not None else range(FIRST_PORT, FIRST_PORT + TRIED_PORTS)
    for one in tried:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, one))
            listener.listen()
        except OSError as error:
            listener.close()
            reason = error.strerror or str(error)
        else:
            return listener
    what = f"port {tried[0]} cannot be used: {reason}"
    raise TracerError(what, hint="choose another with --port, or leave it out")


def serve(listener: socket.socket, app: Starlette) -> None:
    """Answer until interrupted."""
    config = uvicorn.Config(
        app, log_level="critical", lifespan="on", timeout_graceful_shutdown=1, server_header=False
    )
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


def make_app(folder: Path, *, gallery: Path, build: Build | None = None, tell: Tell) -> Starlette:
    """The site in `folder`; with `build`, watches the gallery's sources and rebuilds.

    `tell` gets each build's outcome as text.
    """
    live = Live() if build else None
    routes = [Route("/{path:path}", _Site(folder, live).respond)]

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if build is None or live is None:
            yield
            return
        watcher = asyncio.create_task(_watch(gallery, build, live, tell))
        yield
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher

    if live is not None:
        routes.insert(0, Route("/_live/events", _events(live)))
        routes.insert(1, Route("/_live/{name:str}", _live_file(gallery)))
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"], www_redirect=False)
    return Starlette(routes=routes, middleware=[hosts, Middleware(_Headers)], lifespan=lifespan)


async def _watch(gallery: Path, build: Build, live: Live, tell: Tell) -> None:
    folders = {gallery / name for name in _SOURCES}
    for kind in ("templates", "assets"):
        folders |= set(resource_folders(kind, gallery))
    present = [folder for folder in folders if folder.is_dir()]
    changes = awatch(*present, step=20, debounce=200)
    # Watching begins before the first build reads anything, so that no edit falls between.
    waiting = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    await _rebuild(build, live, tell)
    while True:
        await waiting
        waiting = asyncio.ensure_future(anext(changes))
        await _rebuild(build, live, tell)


async def _rebuild(build: Build, live: Live, tell: Tell) -> None:
    try:
        await asyncio.to_thread(build)
    except (TracerError, OSError) as error:
        # An editor may take a file away for the moment in which it saves it anew.
        found = error.problems if isinstance(error, TracerError) else [error]
        problems = [str(problem) for problem in found]
        tell("\n".join(f"error: {problem}" for problem in problems))
        await live.publish(problems)
    else:
        tell("built")
        await live.publish([])


class _Site:
    """Files of the built site, looked up anew at each request, since a build replaces them."""

    def __init__(self, folder: Path, live: Live | None):
        self._folder = folder
        self._live = live

    async def respond(self, request: Request) -> Response:
        path = request.path_params["path"]
        files = StaticFiles(directory=self._folder, check_dir=False)
        # StaticFiles refuses whatever leaves its folder, links included.
        wanted = files.get_path({**request.scope, "path": f"/{path}", "root_path": ""})
        found, stat = files.lookup_path(wanted)
        if stat is not None and Path(found).is_dir():
            if path and not path.endswith("/"):
                # From the folder found, never from what was asked: `//host` is another host.
                folder = Path(found).relative_to(self._folder.resolve()).as_posix()
                return Response(status_code=307, headers={"location": f"/{quote(folder)}/"})
            found, stat = files.lookup_path(str(Path(wanted) / "index.html"))
        if stat is None or Path(found).name.startswith("."):
            return self._missing()
        if found.endswith(".html"):
            return self._page(Path(found), 200)
        return FileResponse(found)

    def _missing(self) -> Response:
        page = self._folder / "404.html"
        return self._page(page, 404) if page.is_file() else self._page(None, 200)

    def _page(self, file: Path | None, status: int) -> HTMLResponse:
        # Asked for before the file is read: a page may look older than it is, never newer.
        tags = self._live.tags() if self._live else ""
        text = file.read_text(encoding="utf-8") if file else _NOTHING_YET
        return HTMLResponse(text.replace("</body>", f"{tags}</body>"), status)


class _Headers:
    """Adds the same policy that the published site asks its host for."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = header_policy(scope["path"])
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Cache-Control"] = "no-cache"
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def _events(live: Live) -> Callable[[Request], Response]:
    def respond(_: Request) -> Response:
        return StreamingResponse(live.events(), media_type="text/event-stream")

    return respond


def _live_file(gallery: Path) -> Callable[[Request], Response]:
    def respond(request: Request) -> Response:
        file = resource_files("assets", gallery).get(f"dev/{request.path_params['name']}")
        return FileResponse(file) if file else Response(status_code=404)

    return respond
