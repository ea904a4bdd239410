"""One question to a language model behind an address that speaks as OpenAI's chat does."""

from __future__ import annotations

import json
import os
import time
import zlib
from dataclasses import dataclass
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from tracer.documents.exchange.download import LOOPBACK, address_parts, read_bounded, shown
from tracer.documents.json_text import decode_or_none
from tracer.errors import TracerError, one_plain_line

KEY = "TRACER_EXPLAIN_KEY"  # in the environment; sent to the endpoint, and written nowhere
HIDDEN = "[key]"  # what stands for it where a server repeats it
MAX_BYTES = 1_000_000
SILENCE_SECONDS, TOTAL_SECONDS = 120.0, 300.0
_SAID = 200  # letters of what a server says of its error


@dataclass(frozen=True)
class ChatEndpoint:
    """`address` is what `/chat/completions` follows, as in `https://api.openai.com/v1`; `name` is
    the model's, as the endpoint knows it."""

    address: str
    name: str

    @staticmethod
    def at(address: str, name: str) -> ChatEndpoint:
        """Raises TracerError for an address that is not to be trusted with a key, or that holds
        one itself."""
        parts = address_parts(address)
        here = parts.hostname in LOOPBACK
        if parts.username or parts.password or parts.query or parts.fragment:
            what = "the endpoint's address holds more than a place"
            raise TracerError(what, hint=f"give a key in the environment, as {KEY}")
        if parts.scheme not in ("http", "https"):
            raise TracerError(f"{shown(address)} is no address of an endpoint: it is not https")
        if parts.scheme == "http" and not here and os.environ.get(KEY):
            what = f"{shown(address)} is not https, so the key in {KEY} could be read on the way"
            raise TracerError(what, hint=f"use https, or unset {KEY}")
        return ChatEndpoint(address.rstrip("/"), name)

    def answer(self, prompt: str, tokens: int) -> str:
        """What the model says, of about so many tokens. Raises TracerError where there is none."""
        plain = {"model": self.name, "messages": [{"role": "user", "content": prompt}]}
        try:
            text = self._post({**plain, "temperature": 0, "max_tokens": tokens})
        except _NotTaken:  # some models take no settings
            text = self._post(plain)
        found = decode_or_none(text)
        try:
            said = found["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError):
            said = None
        if not isinstance(said, str):
            raise self._error("answers with something else than a chat's answer")
        return said

    def _post(self, body: dict[str, Any]) -> str:
        url, key = f"{self.address}/chat/completions", os.environ.get(KEY, "")
        headers = {"Content-Type": "application/json", "User-Agent": "tracer"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        handlers: list[Any] = [_NoRedirects()]
        if address_parts(url).hostname in LOOPBACK:
            handlers.append(ProxyHandler({}))  # what is for this machine stays here
        request = Request(url, json.dumps(body).encode(), headers)
        until = time.monotonic() + TOTAL_SECONDS
        try:
            with build_opener(*handlers).open(request, timeout=SILENCE_SECONDS) as answer:
                raw = read_bounded(answer, url, MAX_BYTES, until, packed=False)
        except HTTPError as error:
            said = _without(key, error.read(MAX_BYTES).decode("utf-8", "replace"))
            if error.code == 400 and "temperature" in body:
                raise _NotTaken from None
            reason = f"{error.code} {one_plain_line(_message(said), _SAID)}".strip()
            raise self._error(f"answers {_without(key, reason)}") from None
        except (URLError, HTTPException, OSError, ValueError, zlib.error) as error:
            reason = str(getattr(error, "reason", None) or error)
            raise self._error(f"cannot be asked: {_without(key, reason)}") from None
        return _without(key, raw.decode("utf-8", "replace"))

    def _error(self, what: str) -> TracerError:
        hint = f"check the address, the model's name and the key in {KEY}"
        return TracerError(f"{shown(self.address)}, asked for `{self.name}`, {what}", hint=hint)


class _NotTaken(Exception):
    """The endpoint does not take one of the settings."""


class _NoRedirects(HTTPRedirectHandler):
    """A key is for the machine that was named, and for no other."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        return None


def _without(key: str, text: str) -> str:
    return text.replace(key, HIDDEN) if key else text


def _message(text: str) -> str:
    """What an error says of itself, as OpenAI writes it, else all of it."""
    found = decode_or_none(text)
    error = found.get("error") if isinstance(found, dict) else None
    said = error.get("message") if isinstance(error, dict) else error
    return said if isinstance(said, str) else text
