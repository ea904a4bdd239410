"""Who may use the workbench: whoever opened the link that the terminal shows.

A page from elsewhere can make a browser send requests here. So the link's one-time token, which is
in its fragment and never sent by the browser itself, is exchanged for a cookie that scripts cannot
read and other sites' requests do not carry, and every request that reads or does anything needs it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tracer.errors import TracerError

OPEN = ("/", "/api/enter")  # a page and scripts that hold nothing of anyone's; and the way in
FILES = "/files/"
MOST_BYTES = 400_000  # of a request
MOST_INSIDE = 20  # browsers at one time
_SAME = ("same-origin", "none")


class Gate:
    """Tokens and cookies of one run. `tell` shows a new link once the last one was used."""

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        self.token = secrets.token_urlsafe(24)
        self._inside: list[str] = []
        self._tell = tell

    def enter(self, token: str) -> str:
        """A cookie for a token, which then is used up. Raises TracerError for another."""
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            self._tell(self.token)
            what = "this link was used before, or is of another run"
            raise TracerError(what, hint="open the one that the terminal shows now")
        self.token = secrets.token_urlsafe(24)
        self._inside = [*self._inside, secrets.token_urlsafe(32)][-MOST_INSIDE:]
        return self._inside[-1]

    def knows(self, cookie: str) -> bool:
        found = [hmac.compare_digest(cookie.encode(), one.encode()) for one in self._inside]
        return any(found)

    @staticmethod
    def cookie_name(request: Request) -> str:
        """Browsers tell ports of one machine apart by nothing but this name."""
        return f"tracer-workbench-{request.url.port or 80}"

    def admit(self, request: Request, cookie: str) -> Response:
        """The answer to a token that was right."""
        answer = JSONResponse({})
        answer.set_cookie(
            self.cookie_name(request), cookie, path="/workbench", httponly=True, samesite="strict"
        )
        return answer

    def refusal(self, request: Request, path: str) -> Response | None:
        """Why a request is not answered; None where it is."""
        if not _from_here(request):
            return _refused(403, "this was asked by another page")
        if request.method == "POST" and not _is_json(request):
            return _refused(415, "send JSON")
        if path in OPEN or path.startswith(FILES):
            return None
        if not self.knows(request.cookies.get(self.cookie_name(request), "")):
            return _refused(401, "open the link that the terminal shows")
        return None


class Gated:
    """The application behind the gate."""

    def __init__(self, app: ASGIApp, gate: Gate):
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # nothing here speaks anything else
            return
        request = Request(scope)
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        refusal = self._gate.refusal(request, path)
        await (refusal or self._app)(scope, receive, send)


def _from_here(request: Request) -> bool:
    """By what browsers say of themselves. Pages of other ports count as the same site to them, so
    the cookie alone does not do."""
    origin = request.headers.get("origin")
    if origin is not None and origin != f"{request.url.scheme}://{request.headers.get('host')}":
        return False
    site = request.headers.get("sec-fetch-site")
    return site is None or site in _SAME


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    size = request.headers.get("content-length", "")
    return kind == "application/json" and size.isdecimal() and int(size) <= MOST_BYTES


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status)
