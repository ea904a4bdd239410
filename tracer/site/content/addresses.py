"""Links that authors write, as addresses of the built site.

A link may name a source file (`../pages/how-to-read.md`, which works in the repository too) or an
address below the page's own (`../moscow-russian/`). Both are written anew for the page that shows
the text, since an older revision shows it one folder deeper.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from urllib.parse import urlsplit

# Folder below `site_src/` -> where what lies there is published; Markdown becomes a folder.
_PUBLISHED = {"write-ups": "graphs/", "pages": "", "files": "files/"}


@dataclass(frozen=True)
class Here:
    """Where a text stands: its source's folder below `site_src/`, its page, the page that shows it.

    `page` is the canonical page's address below the root, `root` the way up from the page shown.
    """

    folder: str
    page: str
    root: str

    def address(self, link: str) -> str:
        """The link as the shown page must write it; addresses elsewhere stay as they are."""
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
            return link
        path = self._of_source(parts.path) or posixpath.join(self.page, parts.path)
        slash = "/" if path.endswith("/") else ""
        clean = posixpath.normpath(path)
        path = self.root if clean == "." else f"{self.root}{clean}{slash}"
        return parts._replace(path=path).geturl()

    def _of_source(self, path: str) -> str | None:
        """The address of a source file; None for what is none."""
        folder, _, name = posixpath.normpath(posixpath.join(self.folder, path)).partition("/")
        if not name or folder not in _PUBLISHED:
            return None
        if folder == "files":
            return _PUBLISHED[folder] + name
        stem = name.removesuffix(".md")
        return f"{_PUBLISHED[folder]}{stem}/" if stem != name and "/" not in stem else None


def write_up_here(slug: str, root: str) -> Here:
    """For a graph's write-up, shown on a page that is `root` away from the site's root."""
    return Here("write-ups", f"graphs/{slug}/", root)


def page_here(name: str) -> Here:
    """For a page of its own."""
    return Here("pages", f"{name}/", "../")


def comparison_here(pair: str) -> Here:
    """For what is written about two graphs, `a/b`."""
    return Here("comparisons", f"compare/{pair}/", "../../../")
