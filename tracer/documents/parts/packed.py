"""A packed file: one line of JSON that says what it is and whose, then a deflated body.

By hand, for the publishing half reads it with the standard library alone: `struct`, `array` and
`zlib` hold half the size of JSON's numbers, and numpy's files would need numpy.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tracer.documents.files import read_bytes
from tracer.documents.json_text import decode
from tracer.errors import Place, TracerError

FORMAT = 1
MOST_BYTES = 16_000_000  # packed; ours have at most 300,000
MOST_UNPACKED = 64_000_000
MOST_HEADER = 4_000_000
_FIRST = b'{"tracer":'
AGAIN = "run `tracer build-graphs` again, or restore it from version control"
Head = dict[str, Any]


def pack(part: str, graph_id: str, head: Head, body: bytes) -> bytes:
    """The bytes of a file that holds `body`, described by `head`."""
    return wrap(part, {"graph_id": graph_id, **head}, body)


def wrap(part: str, head: Head, body: bytes) -> bytes:
    """The same of a file that is of no graph; the same bytes each time."""
    first = {"tracer": part, "format": FORMAT, "bytes": len(body), **head}
    line = json.dumps(first, ensure_ascii=False, separators=(",", ":"))
    return line.encode() + b"\n" + zlib.compress(body, 9)


def unpack(file: Path, part: str, graph_id: str) -> tuple[Head, bytes]:
    """What describes a file's body, and the body.

    Raises TracerError where the file is missing, cut short, of another kind or of another graph.
    """
    raw = read_bytes(file, max_bytes=MOST_BYTES, hint=AGAIN)
    head = head_of(raw, file, part, of=" of a graph")
    if head.get("graph_id") != graph_id:
        raise damaged(file, "it belongs to another graph")
    return head, body_of(raw, file, head)


def head_of(raw: bytes, file: Path, part: str, *, of: str = "", hint: str = AGAIN) -> Head:
    """What describes the body of a file of these bytes. Raises TracerError as `unpack` does."""
    end = raw.find(b"\n", 0, MOST_HEADER)
    if end < 0 or not raw.startswith(_FIRST):
        raise damaged(file, f"no {part}{of}", hint)
    head = decode(raw[:end], file, hint=hint)
    if not isinstance(head, dict) or head.get("tracer") != part or head.get("format") != FORMAT:
        raise damaged(file, f"no {part}{of}, or of another version", hint)
    return head


def body_of(raw: bytes, file: Path, head: Head, *, hint: str = AGAIN) -> bytes:
    """The body behind a head. Raises TracerError as `unpack` does."""
    length = head.get("bytes")
    if not isinstance(length, int) or not 0 <= length <= MOST_UNPACKED:
        raise damaged(file, "its size is not possible", hint)
    inflate = zlib.decompressobj()
    try:
        body = inflate.decompress(raw[raw.find(b"\n") + 1 :], length + 1)
    except zlib.error:
        raise damaged(file, "it is damaged", hint) from None
    if len(body) != length or not inflate.eof:
        raise damaged(file, "it is cut short or damaged", hint)
    return body


def damaged(file: Path, what: str, hint: str = AGAIN) -> TracerError:
    return TracerError(what, hint=hint, place=Place(file))


def floats(values: Sequence[float]) -> bytes:
    """In 32 bits each, least significant byte first."""
    return _little(array("f", values)).tobytes()


def read_floats(data: bytes) -> list[float]:
    found = array("f")
    found.frombytes(data)
    return _little(found).tolist()


def _little(values: array[float]) -> array[float]:
    if sys.byteorder == "big":
        values.byteswap()
    return values
