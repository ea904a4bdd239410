"""`<revision>.json`: the numbers that the files of a graph's folder are called by."""

from __future__ import annotations

import re
from collections.abc import Iterable

_REVISION = re.compile(r"([1-9][0-9]{0,8})\.json\Z")


def revision_numbers(names: Iterable[str]) -> list[int]:
    """The revisions among the names of a folder's files, lowest first."""
    matches = (_REVISION.match(name) for name in names)
    return sorted(int(match[1]) for match in matches if match)
