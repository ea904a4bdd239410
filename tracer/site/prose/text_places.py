"""Where a piece of a Markdown block stands in its file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tracer.errors import Place


def find_in_block(
    piece: str, lines: Sequence[str], span: Sequence[int] | None, skip: int, file: Path
) -> tuple[Place, int]:
    """The place of `piece`, and where to search on.

    `span` holds the block's first line and the one behind its last, from 0; `skip` is how many
    characters of the block were searched before.
    """
    first, last = (span[0], span[1]) if span else (0, len(lines))
    block = "\n".join(lines[first:last])
    at = block.find(piece, skip)
    if at < 0:
        return Place(file, first + 1), skip
    before = block[:at]
    line = first + before.count("\n") + 1
    return Place(file, line, len(before) - before.rfind("\n")), at + 1
