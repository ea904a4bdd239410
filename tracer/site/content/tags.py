"""Tags, and the addresses of the pages that list what has them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from tracer.documents.references import slug_from
from tracer.errors import Place, TracerError


@lru_cache(maxsize=8192)
def address_of(name: str) -> str:
    """A folder's name for any tag or model, the same whatever its capitals.

    Where letters and digits do not say it all, a few digits keep `C++` and `C` apart.
    """
    plain, folded = slug_from(name), name.casefold()
    if plain is not None and plain.split("-") == folded.replace("-", " ").split():
        return plain
    digits = hashlib.sha256(folded.encode()).hexdigest()[:6]
    return f"{plain}-{digits}" if plain else digits


def tags_written_differently(
    tags: Iterable[tuple[str, Callable[[], Place]]],
) -> Iterator[TracerError]:
    """An error for each tag that would share the page of one written otherwise before; each comes
    with what tells where it stands."""
    first: dict[str, str] = {}
    for tag, where in tags:
        before = first.setdefault(address_of(tag), tag)
        if before != tag:
            what = f"the tag `{tag}` is written `{before}` elsewhere"
            yield TracerError(what, hint="write it the same way everywhere", place=where())
