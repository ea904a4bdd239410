"""Every address inside the built site leads somewhere."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from tracer.documents.litter import is_litter
from tracer.errors import Place, TracerError, did_you_mean

Locate = Callable[[str, str], Place | None]  # page and link -> where the link was written

_SELECTOR = "[id], [href], [src], [data-graph], [data-edit]"


@dataclass(frozen=True)
class PageLinks:
    """What one page offers to links and what it asks of others; plain data, to be kept."""

    ids: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    # "path" or "path#anchor" below the root -> the address as the page has it
    needs: dict[str, str] = field(default_factory=dict)


def read_links(path: str, content: bytes, base_path: str = "/") -> PageLinks:
    """The ids and the inner addresses of a page at `path` below the site's root.

    `base_path` is the path that addresses beginning with a slash are meant to begin with.
    """
    ids: Counter[str] = Counter()
    needs: dict[str, str] = {}
    found = LexborHTMLParser(content.decode()).css(_SELECTOR)
    # One element may fit the selector several times over.
    for element in {one.mem_id: one for one in found}.values():
        attributes = element.attributes
        if one := attributes.get("id"):
            ids[one] += 1
        for name in ("href", "src", "data-graph", "data-edit"):
            target = attributes.get(name)
            if target is not None and (wanted := _resolve(path, target, base_path)):
                needs.setdefault(wanted, target)
    here = {f"{path}#{one}" for one in ids} | {path}
    return PageLinks(
        ids=sorted(ids),
        twice=sorted(one for one, count in ids.items() if count > 1),
        needs={wanted: target for wanted, target in needs.items() if wanted not in here},
    )


def link_problems(
    pages: Mapping[str, PageLinks],
    files: Collection[str],
    locate: Locate = lambda page, target: None,
) -> list[TracerError]:
    """One error for each broken link and each id used twice, in the order of the pages.

    `locate` finds where an author wrote a link; what nobody wrote stands at its page.
    """
    there = set(files)
    wanted = {one for page in pages.values() for one in page.needs}
    there |= {f"{path}#{one}" for path, page in pages.items() for one in page.ids}
    broken = wanted - there
    found: dict[str, TracerError] = {}
    for path, page in sorted(pages.items()):
        for need in [need for need in page.needs if need in broken]:
            problem = _broken(path, need, page.needs[need], pages, files)
            # What one author wrote once may stand on many pages.
            written = locate(path, page.needs[need])
            problem.place = written or problem.place
            found.setdefault(str(written or problem), problem)
        for one in page.twice:
            what, hint = f"two elements have the id `{one}`", "rename one of the headings"
            problem = TracerError(what, hint=hint, place=Place(Path(path)))
            found.setdefault(str(problem), problem)
    return list(found.values())


def _broken(
    page: str, need: str, target: str, pages: Mapping[str, PageLinks], files: Iterable[str]
) -> TracerError:
    path, _, anchor = need.partition("#")
    place = Place(Path(page))
    if path in files:
        ids = pages[path].ids if path in pages else []
        what = f"the link `{target}` names a place that the page `{path}` has not"
        return TracerError(what, hint=did_you_mean(anchor, ids), place=place)
    if is_litter(posixpath.basename(path)):
        hint: str | None = "files of such names are what editors leave behind: rename it"
    else:
        hint = did_you_mean(path, files) or "correct the link"
    return TracerError(f"the link `{target}` leads nowhere", hint=hint, place=place)


@lru_cache(maxsize=4096)
def _resolve(page: str, target: str, base_path: str) -> str | None:
    """Below the root, with its anchor; None for an address elsewhere."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    path = _path(page, unquote(parts.path), base_path)
    anchor = unquote(parts.fragment)
    checked = anchor and path.endswith(".html")
    return f"{path}#{anchor}" if checked else path


def _path(page: str, path: str, base_path: str) -> str:
    if not path:
        return page
    if path.startswith("/"):
        joined = path.removeprefix(base_path) if path.startswith(base_path) else path
    else:
        joined = posixpath.join(posixpath.dirname(page), path)
    clean = posixpath.normpath(joined or ".")
    if path.endswith("/") or clean == ".":
        return posixpath.normpath(posixpath.join(clean, "index.html"))
    return clean
