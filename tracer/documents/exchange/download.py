"""One file from the web, bounded in size and time.

With the standard library: neither requests nor httpx bounds the time of the whole, or what comes
out of a compressed answer.
"""

from __future__ import annotations

import socket
import time
import zlib
from collections.abc import Collection
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

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
    hosts: Collection[str] | None = None,
) -> str:
    """The text at an https address; http only on this machine, and never because another machine,
    `sent_by`, says so. With `hosts` only https from these, also where they send us on, and only
    from machines with a public address.

    Raises TracerError for other addresses, no network, an answer other than 200, and a file that
    is too large, too slow or not UTF-8.
    """
    _check(url, sent_by, hosts)
    until = time.monotonic() + total_seconds
    handlers = [_SafeRedirects(hosts), *([] if hosts is None else [_PublicHTTPS()])]
    try:
        request = Request(url, headers={"User-Agent": "tracer", "Accept": "application/json"})
        with build_opener(*handlers).open(request, timeout=SILENCE_SECONDS) as answer:
            packed = answer.headers.get("Content-Encoding") == "gzip"
            raw = read_bounded(answer, url, max_bytes, until, packed=packed)
    except HTTPError as error:
        hint = "check the address, or save the file and import that"
        raise TracerError(f"{shown(url)} answers {error.code} {error.reason}", hint=hint) from None
    except (URLError, HTTPException, OSError, ValueError, zlib.error) as error:
        reason = getattr(error, "reason", None) or error
        hint = "check the network and the address, or save the file and import that"
        raise TracerError(f"{shown(url)} cannot be fetched: {reason}", hint=hint) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TracerError(f"what {shown(url)} holds is not UTF-8 text") from None


def shown(url: str) -> str:
    """A share link carries work, and is long."""
    return one_plain_line(url, 200)


def address_parts(url: str) -> SplitResult:
    """Raises TracerError for what is no address of a host."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise TracerError(f"{shown(url)} is no address: {error}") from None
    if not host:
        raise TracerError(f"{shown(url)} is no address: it names no host")
    return parts


def _check(url: str, sent_by: str | None, hosts: Collection[str] | None) -> None:
    """Raises TracerError for an address that is not to be trusted with a request."""
    parts = address_parts(url)
    here = parts.scheme == "http" and parts.hostname in LOOPBACK and hosts is None
    if parts.scheme != "https" and not (here and _is_here(sent_by)):
        raise TracerError(
            f"{shown(url)} is not fetched: only https addresses are",
            hint="save the file and import that",
        )
    if hosts is not None and parts.netloc not in hosts:
        raise TracerError(
            f"{shown(url)} is not fetched: `{parts.netloc}` is none of the hosts allowed here",
            hint="save the file and import that",
        )


def _is_here(sent_by: str | None) -> bool:
    return sent_by is None or urlsplit(sent_by).hostname in LOOPBACK


class _SafeRedirects(HTTPRedirectHandler):
    def __init__(self, hosts: Collection[str] | None) -> None:
        self._hosts = hosts

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        _check(newurl, req.full_url, self._hosts)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _PublicHTTPS(HTTPSHandler):
    """Talks to public machines only, judged by the address that it is connected to, so that no
    name leads to a machine of this network's own. Through a proxy it is the proxy that connects."""

    def https_open(self, req: Request) -> Any:
        return self.do_open(_public_connection, req)


def _public_connection(host: str, **options: Any) -> HTTPConnection:
    made = HTTPSConnection(host, **options)

    def connect(address: tuple[str, int], *rest: Any) -> socket.socket:
        found = socket.create_connection(address, *rest)
        peer = ip_address(found.getpeername()[0].partition("%")[0])
        if made._tunnel_host is None and not is_public(peer):  # type: ignore[attr-defined]
            found.close()
            raise OSError(f"{address[0]} is at {peer}, an address of a private network")
        return found

    made._create_connection = connect  # type: ignore[attr-defined]
    return made


def is_public(peer: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the whole internet's."""
    peer = getattr(peer, "ipv4_mapped", None) or peer
    return peer.is_global and not peer.is_multicast


def read_bounded(answer: Any, url: str, max_bytes: int, until: float, *, packed: bool) -> bytes:
    """All of an answer. Raises TracerError where it is larger, or not read by then (monotonic)."""
    unpack = zlib.decompressobj(wbits=31) if packed else None
    parts, size = [], 0
    while chunk := answer.read1(_CHUNK):
        if unpack is not None:
            chunk = unpack.decompress(chunk, max_bytes - size + 1)
        size += len(chunk)
        if size > max_bytes:
            raise TracerError(f"{shown(url)} is larger than the {max_bytes:,} bytes allowed here")
        if time.monotonic() > until:
            raise TracerError(f"{shown(url)} takes too long", hint="save the file and import that")
        parts.append(chunk)
    return b"".join(parts)
