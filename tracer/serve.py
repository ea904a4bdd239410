"""The site on this machine: served with its policy, rebuilt and reloaded when a file changes."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import html
import os
import posixpath
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import BaseRoute, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracer.errors import TracerError
from tracer.open_pages import OpenPages, Tell, watch
from tracer.site.content.resources import resource_files
from tracer.site.pages.policy import header_policy
from tracer.site.preview import Preview

HOST = "127.0.0.1"
LOOPBACK = (HOST, "localhost", "::1", "[::1]")
EVERYWHERE = ("0.0.0.0", "::")
LONGEST_NAME = 255  # bytes, of most file systems
LONGEST_PATH = 2000
FIRST_PORT = 8000
TRIED_PORTS = 50
_NOTHING_YET = (
    b'<!doctype html><html lang="en"><head><title>Not built yet</title>'
    b'<link rel="icon" href="data:,"></head><body><p>Not built yet.</p></body></html>'
)


def listen(port: int | None, host: str = HOST) -> socket.socket:
    """A listening socket: on this port, or on the first free one from 8000.

    Raises TracerError when the port, or every port that was tried, is taken, and for a host that
    is not this machine.
    """
    family = _family(host)
    tried = [port] if port is not None else range(FIRST_PORT, FIRST_PORT + TRIED_PORTS)
    for one in tried:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, one))
            listener.listen()
        except OSError as error:
            listener.close()
            reason = error.strerror or str(error)
            if error.errno == errno.EADDRNOTAVAIL:
                raise _no_such_host(host, reason) from None
        else:
            return listener
    what = f"port {tried[0]} cannot be used: {reason}"
    raise TracerError(what, hint="choose another with --port, or leave it out")


def _family(host: str) -> socket.AddressFamily:
    try:
        return socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
    except (OSError, UnicodeError) as error:
        raise _no_such_host(host, getattr(error, "strerror", None) or str(error)) from None


def _no_such_host(host: str, reason: str) -> TracerError:
    what = f"this machine has no address `{host}` to listen on: {reason}"
    return TracerError(what, hint="name one of its own with --host; 0.0.0.0 is all of them")


def allowed_names(host: str, names: Sequence[str]) -> list[str]:
    """The names to answer to besides those of this machine for itself. Raises TracerError for
    one that is no name: a pattern could let everybody in."""
    for name in names:
        if not re.fullmatch(r"(?:\*\.)?[\w-]+(?:\.[\w-]+)*|\[?[0-9a-fA-F:]+\]?", name):
            what, hint = f"`{name}` is no host name", "give it without port or path: box.example"
            raise TracerError(what, hint=hint)
    own = [] if host in EVERYWHERE else [host, f"[{host}]"]
    return [*own, *names]


def address(listener: socket.socket, host: str = HOST) -> str:
    """Where a browser on this machine finds it."""
    name = HOST if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}/"


def warning(host: str, names: Sequence[str], *, drafts: bool) -> str | None:
    """Who can read the site, where that is not this machine alone."""
    if host in LOOPBACK:
        return None
    known = [HOST, "localhost", *([] if host in EVERYWHERE else [host]), *names]
    what = "drafts too, " if drafts else ""
    return (
        f"anyone who reaches this machine at {host} can read this gallery, {what}under the names "
        f"{', '.join(dict.fromkeys(known))}; --allow-host adds a name"
    )


def serve(listener: socket.socket, app: Starlette) -> None:
    """Answer until interrupted."""
    config = uvicorn.Config(
        app, log_level="critical", lifespan="on", timeout_graceful_shutdown=1, server_header=False
    )
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


def make_app(
    folder: Path,
    *,
    gallery: Path,
    preview: Preview | None = None,
    tell: Tell,
    names: Sequence[str] = (),
    more: Sequence[BaseRoute] = (),
) -> Starlette:
    """The site in `folder`; with `preview`, watches the gallery's sources and shows each change.

    `tell` gets each build's outcome as text. A request is answered under the names of this
    machine for itself and under `names`: any other may have been made to lead here. `more` is what
    is served besides.
    """
    pages = OpenPages(preview) if preview else None
    routes: list[BaseRoute] = [Route("/{path:path}", _Site(folder, pages).respond)]

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if pages is None:
            yield
            return
        watcher = asyncio.create_task(watch(gallery, pages, tell))
        yield
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher

    if pages is not None:
        routes.insert(0, Route("/_preview/events", _events(pages)))
        routes.insert(1, Route("/_preview/state", _state(pages)))
        routes.insert(2, Route("/_preview/{name:str}", _preview_file(gallery)))
        routes.insert(3, Route("/assets/{version:str}/{name:path}", _asset(pages)))
    routes[:0] = more
    known = [*LOOPBACK, *names]
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=known, www_redirect=False)
    return Starlette(routes=routes, middleware=[hosts, Middleware(_Headers)], lifespan=lifespan)


def told(path: str, why: str) -> list[BaseRoute]:
    """A page of one line, where something is not there."""
    page = (
        '<!doctype html><html lang="en"><head><title>Not here</title>'
        f'<link rel="icon" href="data:,"></head><body><p>{html.escape(why)}</p></body></html>'
    )
    return [Route(path, lambda _: HTMLResponse(page))]


class _Site:
    """Files of the built site, looked up anew at each request, since a build replaces them."""

    def __init__(self, folder: Path, pages: OpenPages | None):
        self._folder = folder
        self._pages = pages

    async def respond(self, request: Request) -> Response:
        path = request.path_params["path"]
        if not _could_be_a_file(path):
            return self._missing()
        files = StaticFiles(directory=self._folder, check_dir=False)
        # StaticFiles refuses whatever leaves its folder, links included.
        wanted = files.get_path({**request.scope, "path": f"/{path}", "root_path": ""})
        if (now := await self._now(wanted, path)) is not None:
            return now
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
            return self._page(Path(found).read_bytes(), 200)
        return FileResponse(found)

    async def _now(self, wanted: str, asked: str) -> Response | None:
        """A file from the sources as they are now, under a name that a folder's page has too."""
        path = Path(wanted).as_posix()
        path = "" if path == "." else path
        if self._pages is None or path.startswith(".."):
            return None
        if not path or asked.endswith("/"):
            path = f"{path}/index.html".lstrip("/")
        content = await self._pages.current(path)
        if content is None:
            return None
        if path.endswith(".html"):
            return self._page(content, 200)
        return Response(content, media_type=guess_type(path)[0])

    def _missing(self) -> Response:
        page = self._folder / "404.html"
        if page.is_file():
            return self._page(page.read_bytes(), 404)
        return self._page(_NOTHING_YET, 200)

    def _page(self, page: bytes, status: int) -> Response:
        tags = self._pages.tags(page).encode() if self._pages else b""
        return HTMLResponse(page.replace(b"</head>", tags + b"</head>", 1), status)


def _could_be_a_file(path: str) -> bool:
    """Whether the site may have a file of this address: none is hidden, and no name is odd."""
    parts = path.split("/")
    return (
        len(path) <= LONGEST_PATH
        and not any(one.startswith(".") or "\\" in one for one in parts)
        and all(len(os.fsencode(one)) <= LONGEST_NAME for one in parts)
        and path.isprintable()
    )


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


def _events(pages: OpenPages) -> Callable[[Request], Response]:
    def respond(_: Request) -> Response:
        return StreamingResponse(pages.events(), media_type="text/event-stream")

    return respond


def _state(pages: OpenPages) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        path, has = request.query_params.get("path", "/"), request.query_params.get("has", "")
        file = f"{path}index.html" if path.endswith("/") else path
        file = posixpath.normpath(f"/{file}").lstrip("/")
        if not _could_be_a_file(file):
            return Response(status_code=404)
        return JSONResponse(await pages.state(file, has))

    return respond


def _preview_file(gallery: Path) -> Callable[[Request], Response]:
    def respond(request: Request) -> Response:
        file = resource_files("assets", gallery).get(f"dev/{request.path_params['name']}")
        return FileResponse(file) if file else Response(status_code=404)

    return respond


def _asset(pages: OpenPages) -> Callable[[Request], Response]:
    """An open page may ask for a file under the name that its folder had before an edit."""

    def respond(request: Request) -> Response:
        name = request.path_params["name"]
        content = pages.preview.asset(name)
        if content is None:
            return Response(status_code=404)
        return Response(content, media_type=guess_type(name)[0])

    return respond
