"""One file from the web, bounded in size and time.

With the standard library: neither requests nor httpx bounds the time of the whole, or what comes
out of a compressed answer.
"""

from __future__ import annotations

import time
import zlib
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tracer.errors import TracerError, one_plain_line

LOOPBACK = ("localhost", "127.0.0.1", "::1")
SILENCE_SECONDS = 30.0  # without a byte
TOTAL_SECONDS = 300.0
_CHUNK = 1 << 16


def download(
    url: str,
    *,
    max_bytes: int,
    total_seconds: float = TOTAL_SECONDS,
    sent_by: str | None = None,
) -> str:
    """The text at an https address; http only on this machine, and never because another machine,
    `sent_by`, says so.

    Raises TracerError for other addresses, no network, an answer other than 200, and a file that
    is too large, too slow or not UTF-8.
    """
    _check(url, sent_by)
    until = time.monotonic() + total_seconds
    try:
        request = Request(url, headers={"User-Agent": "tracer", "Accept": "application/json"})
        with build_opener(_SafeRedirects()).open(request, timeout=SILENCE_SECONDS) as answer:
            packed = answer.headers.get("Content-Encoding") == "gzip"
            raw = _read(answer, url, max_bytes, until, packed=packed)
    except HTTPError as error:
        hint = "check the address, or save the file and import that"
        raise TracerError(f"{_shown(url)} answers {error.code} {error.reason}", hint=hint) from None
    except (URLError, HTTPException, OSError, ValueError, zlib.error) as error:
        reason = getattr(error, "reason", None) or error
        hint = "check the network and the address, or save the file and import that"
        raise TracerError(f"{_shown(url)} cannot be fetched: {reason}", hint=hint) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TracerError(f"what {_shown(url)} holds is not UTF-8 text") from None


def _shown(url: str) -> str:
    """A share link carries work, and is long."""
    return one_plain_line(url, 200)


def _check(url: str, sent_by: str | None) -> None:
    """Raises TracerError for an address that is not to be trusted with a request."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise TracerError(f"{_shown(url)} is no address: {error}") from None
    if not host:
        raise TracerError(f"{_shown(url)} is no address: it names no host")
    here = parts.scheme == "http" and host in LOOPBACK
    if parts.scheme != "https" and not (here and _is_here(sent_by)):
        raise TracerError(
            f"{_shown(url)} is not fetched: only https addresses are",
            hint="save the file and import that",
        )


def _is_here(sent_by: str | None) -> bool:
    return sent_by is None or urlsplit(sent_by).hostname in LOOPBACK


class _SafeRedirects(HTTPRedirectHandler):
    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        _check(newurl, req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _read(answer: Any, url: str, max_bytes: int, until: float, *, packed: bool) -> bytes:
    unpack = zlib.decompressobj(wbits=31) if packed else None
    parts, size = [], 0
    while chunk := answer.read1(_CHUNK):
        if unpack is not None:
            chunk = unpack.decompress(chunk, max_bytes - size + 1)
        size += len(chunk)
        if size > max_bytes:
            raise TracerError(f"{_shown(url)} is larger than the {max_bytes:,} bytes allowed here")
        if time.monotonic() > until:
            raise TracerError(f"{_shown(url)} takes too long", hint="save the file and import that")
        parts.append(chunk)
    return b"".join(parts)
