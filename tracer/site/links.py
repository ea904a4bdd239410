"""Every address inside the built site leads somewhere."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tracer.errors import Place, TracerError, did_you_mean

Locate = Callable[[str, str], Place | None]  # page and link -> where the link was written


@dataclass
class _Page:
    ids: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)


class LinkCheck:
    """Collects a site's files as they are written, then names every link that leads nowhere.

    `base_path` is the path that addresses beginning with a slash are meant to begin with.
    """

    def __init__(self, base_path: str = "/"):
        self._base_path = base_path
        self._pages: dict[str, _Page] = {}
        self._files: set[str] = set()

    def add(self, path: str, content: bytes) -> None:
        """Take note of one file of the site."""
        self._files.add(path)
        if path.endswith(".html"):
            reader = _Reader()
            reader.feed(content.decode())
            reader.close()
            self._pages[path] = reader.page

    def problems(self, locate: Locate = lambda page, target: None) -> list[TracerError]:
        """One error for each broken link and each id used twice, in the order of the pages.

        `locate` finds where an author wrote a link; what nobody wrote stands at its page.
        """
        found: dict[str, TracerError] = {}
        for path, page in sorted(self._pages.items()):
            for target in dict.fromkeys(page.targets):
                if (problem := self._problem(path, target)) is not None:
                    # What one author wrote once may stand on many pages.
                    written = locate(path, target)
                    problem.place = written or problem.place
                    found.setdefault(str(written or problem), problem)
            twice = sorted({one for one in page.ids if page.ids.count(one) > 1})
            for one in twice:
                what = f"two elements have the id `{one}`"
                hint = "rename one of the headings"
                problem = TracerError(what, hint=hint, place=Place(Path(path)))
                found.setdefault(str(problem), problem)
        return list(found.values())

    def _problem(self, page: str, target: str) -> TracerError | None:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            return None
        path = self._resolve(page, unquote(parts.path))
        place = Place(Path(page))
        if path not in self._files:
            near = did_you_mean(path, self._files)
            hint = near or "correct the link"
            return TracerError(f"the link `{target}` leads nowhere", hint=hint, place=place)
        anchor = unquote(parts.fragment)
        ids = self._pages[path].ids if path in self._pages else []
        if anchor and anchor not in ids:
            what = f"the link `{target}` names a place that the page `{path}` has not"
            return TracerError(what, hint=did_you_mean(anchor, ids), place=place)
        return None

    def _resolve(self, page: str, path: str) -> str:
        if not path:
            return page
        if path.startswith("/"):
            inside = path.startswith(self._base_path)
            joined = path[len(self._base_path) :] if inside else path
        else:
            joined = posixpath.join(posixpath.dirname(page), path)
        clean = posixpath.normpath(joined or ".")
        if path.endswith("/") or clean == ".":
            return posixpath.normpath(posixpath.join(clean, "index.html"))
        return clean


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = _Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.page.ids.append(value)
            elif name in ("href", "src", "data-graph") and value is not None:
                self.page.targets.append(value)
