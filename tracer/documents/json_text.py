"""JSON as anyone may have written it: the one place where it is read.

Refused, beside what is no JSON: `NaN` and other numbers that no browser reads as finite, half
surrogate pairs, one key twice, and more nesting or values than any document of ours has.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from tracer.documents.files import MAX_TEXT_BYTES, decode_text
from tracer.errors import Place, TracerError

# A graph of 200 MB has 11 million values, one in 18 bytes; each takes some hundred once it is read.
MAX_VALUES, ALWAYS_ALLOWED, FEWEST_BYTES = 15_000_000, 1_000_000, 6
_BOM = b"\xef\xbb\xbf"

_PLACE = re.compile(r"(.*?)(?: at line (\d+) column (\d+))?\Z", re.DOTALL)
_NO_NUMBER = re.compile(rb"-?(NaN|nan|Infinity|Inf|inf)\b")
_ALIKE = bytes.maketrans(b"012345678E", b"999999999e")
_MARKS = bytes(one if one in b'":' else ord("," if one in b"[{," else "x") for one in range(256))
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_EXPONENT = re.compile(rb"(?:\A|[\s,:[-])[9.]*9e999")
_PIECE = re.compile(
    rb"""(?P<key>"(?:[^"\\]|\\.)*")\s*: | "(?:[^"\\]|\\.)*" | [][{}] | -?[0-9][0-9.eE+-]*""",
    re.DOTALL | re.VERBOSE,
)
_WORDS = {
    "recursion limit exceeded": "nested too deeply",
    "number out of range": "a number of more than 4,300 digits is not allowed here",
    "lone leading surrogate in hex escape": "half a surrogate pair is no character",
    "unexpected end of hex escape": "half a surrogate pair is no character",
    "trailing characters": "not valid JSON: something follows behind its end",
}


def decode(text: str | bytes, file: Path, *, hint: str) -> Any:
    """The data in JSON; a file's bytes are read faster than their text.

    Raises TracerError, with the place where there is one, when it is cut short or refused.
    """
    raw = (text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text).removeprefix(
        _BOM
    )
    try:
        _refuse_too_many(raw)
        data = from_json(raw, allow_inf_nan=False)
        _check(data, raw)
    except _Refused as refused:
        at = _where_refused(raw) if len(raw) <= MAX_TEXT_BYTES else None
        place = Place(file) if at is None else _place(file, raw, at)
        raise TracerError(str(refused), hint=hint, place=place) from None
    except (ValueError, RecursionError, OverflowError, MemoryError) as error:
        raise _located(error, raw, file, hint) from None
    return data


def decode_or_none(text: str | bytes) -> Any:
    """The data in JSON that may be something else: None where `decode` would refuse it."""
    try:
        return decode(text, Path(), hint="")
    except TracerError:
        return None


class _Refused(ValueError):
    """JSON that no document has."""


def _check(data: Any, raw: bytes) -> None:
    """Refuses what the parser lets pass. Most of it is told from the bytes, since a look at each
    of a graph's million values in Python would take as long as reading them."""
    _refuse_endless(raw)
    keys = _keys(data)
    if raw.count(b":") != keys and not _as_many_written(keys, raw):
        json.loads(raw, object_pairs_hook=_unique)


def _refuse_too_many(raw: bytes) -> None:
    most = min(MAX_VALUES, max(ALWAYS_ALLOWED, len(raw) // FEWEST_BYTES))
    if len(raw) > most and sum(map(raw.count, (b",", b"[", b"{"))) > most:
        raise _Refused(f"more than {most:,} values are not allowed in {len(raw):,} bytes")


def _refuse_endless(raw: bytes) -> None:
    """Numbers that are infinite as a browser reads them need many digits or a long exponent."""
    alike = raw.translate(_ALIKE, b"+")
    if b"999" + b"9" * 300 in alike or (b"e999" in alike and _EXPONENT.search(alike)):
        json.loads(raw, parse_float=_finite, parse_int=_finite)


def _finite(text: str) -> None:
    if math.isinf(float(text)):
        shown = text if len(text) <= 20 else f"{text[:12]}… ({len(text):,} characters)"
        raise _Refused(f"the number {shown} is too large")


def _keys(data: Any) -> int:
    """How many keys all objects have together."""
    count, waiting = 0, [[data]]
    while waiting:
        values = waiting.pop()
        kinds = set(map(type, values))
        if list in kinds:
            waiting += [one for one in values if type(one) is list]
        if dict in kinds:
            objects = [one for one in values if type(one) is dict]
            count += sum(map(len, objects))
            waiting.append(list(chain.from_iterable(map(dict.values, objects))))
    return count


def _as_many_written(keys: int, raw: bytes) -> bool:
    """Whether so many keys were written: quotes before a colon, but for texts that begin with
    one."""
    if b"\\" in raw:
        raw = _ESCAPED.sub(b"x", raw)
    marks = raw.translate(_MARKS, b" \t\r\n")
    count = marks.count(b'":')
    for before in (b',":', b':":') if count != keys else ():
        start, quotes = 0, 0
        while (found := marks.find(before, start)) >= 0:
            quotes += marks.count(b'"', start, found + 1)
            count -= quotes % 2 == 0  # every text before it is closed, so this quote opens one
            start = found + 1
    return count == keys


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise _Refused(f"the key `{twice}` stands a second time in one object")
    return found


def _located(error: Exception, raw: bytes, file: Path, hint: str) -> TracerError:
    """What the parser said, in plain words and with the place."""
    decode_text(raw, file)  # says it better where the bytes are no text
    match = _PLACE.match(str(error))
    assert match is not None
    said, line, column = match[1], int(match[2] or 0), int(match[3] or 0)
    if not line:
        return TracerError(_WORDS.get(said, "cannot be read as JSON"), hint=hint, place=Place(file))
    start = 0
    for _ in range(line - 1):
        start = raw.find(b"\n", start) + 1
    at = start + max(column - 1, 0)
    at -= raw[at - 1 : at] == b"-"
    if said.endswith("hex escape"):
        at = max(0, raw.rfind(b"\\u", 0, at + 1))
    return TracerError(_words(said, raw, at), hint=hint, place=_place(file, raw, at))


def _place(file: Path, raw: bytes, at: int) -> Place:
    start = raw.rfind(b"\n", 0, at) + 1
    line = raw.count(b"\n", 0, start) + 1
    return Place(file, line, len(raw[start:at].decode("utf-8", "ignore")) + 1)


def _where_refused(raw: bytes) -> int | None:
    """Where the first infinite number or second key of one name stands."""
    open_objects: list[set[str]] = [set()]
    for found in _PIECE.finditer(raw):
        piece = found[0]
        if piece in b"{[":
            open_objects.append(set())
        elif piece in b"}]":
            open_objects.pop()
        elif found["key"] is not None:
            key = json.loads(found["key"])
            if key in open_objects[-1]:
                return found.start()
            open_objects[-1].add(key)
        elif piece[:1] in b"-0123456789" and math.isinf(float(piece)):
            return found.start()
    return None


def _words(said: str, raw: bytes, at: int) -> str:
    if found := _NO_NUMBER.match(raw, at):
        return f"{found[0].decode()} is not a number that JSON has"
    if said.startswith("EOF"):
        return "the file is cut short"
    return _WORDS.get(said) or f"not valid JSON: {said}"
