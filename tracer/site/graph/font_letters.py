"""Which letters a font has, so that a picture is not full of empty boxes.

Read here, as a library for fonts (fonttools, 5 MB) would be there for one table: OpenType's `cmap`,
formats 4 and 12 (https://learn.microsoft.com/typography/opentype/spec/cmap).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=4)
def letters_of(font: Path) -> frozenset[int]:
    """The code points that it has a shape for."""
    data = font.read_bytes()
    tables = struct.unpack_from(">H", data, 4)[0]
    records = (struct.unpack_from(">4sIII", data, 12 + 16 * at) for at in range(tables))
    start = next(offset for tag, _, offset, _ in records if tag == b"cmap")
    found: set[int] = set()
    for at in range(struct.unpack_from(">H", data, start + 2)[0]):
        offset = start + struct.unpack_from(">HHI", data, start + 4 + 8 * at)[2]
        form = struct.unpack_from(">H", data, offset)[0]
        if form == 4:
            found |= _segments(data, offset)
        elif form == 12:
            found |= _groups(data, offset)
    return frozenset(found)


def _segments(data: bytes, at: int) -> set[int]:
    """Of the first 65,536; each segment's glyphs are a shift, or stand in a list."""
    count = struct.unpack_from(">H", data, at + 6)[0] // 2
    ends, starts, shifts, places = (
        struct.unpack_from(f">{count}H", data, at + 14 + 2 * count * n + (2 if n else 0))
        for n in range(4)
    )
    found = set()
    for n, (start, end) in enumerate(zip(starts, ends, strict=True)):
        base = at + 16 + 6 * count + 2 * n
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if places[n]:
                glyph = struct.unpack_from(">H", data, base + places[n] + 2 * (code - start))[0]
                if glyph == 0:
                    continue
            if (glyph + shifts[n]) % 0x10000:
                found.add(code)
    return found


def _groups(data: bytes, at: int) -> set[int]:
    count = struct.unpack_from(">I", data, at + 12)[0]
    groups = (struct.unpack_from(">III", data, at + 16 + 12 * n) for n in range(count))
    return {code for start, end, _ in groups for code in range(start, end + 1)}
