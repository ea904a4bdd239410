"""Tokens as text: whole letters as they are, bytes that are only a part of one by name."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

_NAMED = "tracer.named_bytes"  # how bytes that are no letters are read
_NAME = re.compile(rb"<0x([89A-F][0-9A-F])>")
_NAMED_BYTE = re.compile(r"<0x[89A-F][0-9A-F]>")
_UNFINISHED = re.compile(r"<0x[89A-F][0-9A-F]>\Z")
_REST = re.compile(r"<0x[89AB][0-9A-F]>")


def _name_bytes(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    wrong = error.object[error.start : error.end]
    return "".join(f"<0x{byte:02X}>" for byte in wrong), error.end


codecs.register_error(_NAMED, _name_bytes)


def text_of(content: bytes) -> str:
    """UTF-8 as text; bytes that are no whole letter are named, never replaced.

    >>> text_of(" é".encode()), text_of(b" \\xc3")
    (' é', ' <0xC3>')
    """
    return content.decode("utf-8", errors=_NAMED)


def joined(tokens: Iterable[str]) -> str:
    """The texts of tokens in a row; letters that are spread over several are letters again.

    >>> joined([" caf", "<0xC3>", "<0xA9>"]), joined(["<", "0", "x", "C", "3", ">"])
    (' café', '<0xC3>')
    """
    return text_of(b"".join(map(_content, tokens)))


def has_named_byte(token: str) -> bool:
    """Whether bytes in it are no whole letter, so that they are named.

    >>> has_named_byte(" <0xD0>"), has_named_byte(" é")
    (True, False)
    """
    return _NAMED_BYTE.search(token) is not None


def goes_on_within_letter(before: str, token: str) -> bool:
    """Whether a letter that the token before began goes on in this one."""
    return bool(_UNFINISHED.search(before) and _REST.match(token))


def _content(token: str) -> bytes:
    written = token.encode("utf-8", errors="replace")  # half a surrogate is no letter
    return _NAME.sub(lambda name: bytes([int(name[1], 16)]), written)
