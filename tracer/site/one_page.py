"""A graph's page as one file that needs nothing else: for a notebook, a mail, a disk."""

from __future__ import annotations

import base64
import json
import posixpath
import re
from collections.abc import Callable, Mapping
from mimetypes import guess_type
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tracer.errors import Place, TracerError, did_you_mean
from tracer.site.build import Site
from tracer.site.content.read_cache import ReadCache
from tracer.site.survey.survey import survey

# Everything is in the file, so nothing may be fetched; its scripts are its own.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data:; connect-src data:; base-uri 'none'; form-action 'none'"
)
_MODULE = re.compile(r"""(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.{1,2}/[^"']+\.js)\2""")
_INSIDE = re.compile(r'<(?:link|script) [^>]*data-inside="(\d+)"[^>]*>(?:</script>)?')
_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//|#|\?)", re.IGNORECASE)
_BEYOND = ("header.site-head", "footer.site-foot", "a.skip", "#discussion", ".narrower-link")


def one_page(root: Path, slug: str) -> str:
    """The page of a gallery's graph, drafts too. Raises TracerError where it cannot be made."""
    read_cache = ReadCache()
    site = Site(survey(root, drafts=True, graphs=False, read_cache=read_cache), read_cache)
    folder = f"graphs/{slug}/"
    units = {one.owns: one for one in site.plan.from_sources(cards=False)}
    if folder not in units:
        known = [one.slug for one in site.gallery.entries]
        hint = did_you_mean(slug, known) or f"known: {', '.join(known) or 'none'}"
        raise TracerError(f"there is no graph `{slug}`", hint=hint, place=Place(root / "graphs"))
    with site.recording.noting():
        files = dict(units[folder].make().files)
    media = site.gallery.media

    def read(path: str) -> bytes | None:
        if path in files:
            return files[path]
        if path.startswith(site.plan.assets.folder):
            return site.plan.assets.files.get(path.removeprefix(site.plan.assets.folder))
        return media[path].read_bytes() if path in media else None

    return _Page(folder, read, site.plan.assets.files).text()


class _Page:
    """One page, whose files are put into it one by one."""

    def __init__(
        self, folder: str, read: Callable[[str], bytes | None], assets: Mapping[str, bytes]
    ):
        self._folder, self._read, self._assets = folder, read, assets
        page = read(f"{folder}index.html")
        self._tree = LexborHTMLParser((page or b"").decode())
        self._inside: list[str] = []  # what stands in the place of links and scripts

    def text(self) -> str:
        tree = self._tree
        for beyond in _BEYOND:
            for node in tree.css(beyond):
                node.decompose()
        for node in tree.css("meta[http-equiv]"):
            node.attrs["content"] = POLICY
        for node in tree.css("link"):
            self._link(node)
        for node in tree.css("script[src]"):
            self._script(node)
            del node.attrs["src"]
        for node in tree.css("[data-graph]"):
            data = _without_examples(self._of(node, "data-graph") or b"{}")
            node.attrs["data-graph"] = _data(data, "application/json")
            for name in ("data-edit", "data-forge", "data-revision"):
                if name in node.attributes:
                    del node.attrs[name]
        for node in tree.css("[src]"):
            if (content := self._of(node, "src")) is not None:
                node.attrs["src"] = _data(content, guess_type(node.attributes["src"] or "")[0])
        for node in tree.css("a[href]"):
            if not _ELSEWHERE.match(node.attributes["href"] or ""):
                del node.attrs["href"]  # to a page of the gallery, which is not here
        text = (tree.root.html if tree.root else None) or ""
        text = _INSIDE.sub(lambda match: self._inside[int(match[1])], text)
        return f"<!doctype html>\n{text}\n"

    def _of(self, node: LexborNode, name: str) -> bytes | None:
        address = node.attributes[name] or ""
        if _ELSEWHERE.match(address):
            return None
        return self._read(posixpath.normpath(posixpath.join(self._folder, address)))

    def _link(self, node: LexborNode) -> None:
        kind, content = node.attributes.get("rel"), None
        if kind == "stylesheet":
            content = self._of(node, "href")
        if content is not None:
            self._put(node, f"<style>{content.decode()}</style>")
        elif kind == "icon" and (icon := self._of(node, "href")) is not None:
            node.attrs["href"] = _data(icon, "image/svg+xml")
        else:
            node.decompose()

    def _script(self, node: LexborNode) -> None:
        content = self._of(node, "src") or b""
        if node.attributes.get("type") != "module":
            self._put(node, f"<script>{content.decode()}</script>")
            return
        name = next(one for one, text in self._assets.items() if text == content)
        imports = json.dumps({"imports": _modules(self._assets)})
        start = f'<script type="module">import "{name}";</script>'
        self._put(node, f'<script type="importmap">{imports}</script>{start}')

    def _put(self, node: LexborNode, element: str) -> None:
        node.attrs["data-inside"] = str(len(self._inside))
        self._inside.append(element)


def _modules(assets: Mapping[str, bytes]) -> dict[str, str]:
    """Every module under its name, with imports by name: an address within an address has no
    folder."""
    found = {}
    for name, content in assets.items():
        if name.endswith(".js") and name.startswith(("viewer/", "vendor/")):
            folder = posixpath.dirname(name)

            def named(match: re.Match[str], folder: str = folder) -> str:
                return f'{match[1]}"{posixpath.normpath(posixpath.join(folder, match[3]))}"'

            text = _MODULE.sub(named, content.decode())
            found[name] = _data(text.encode(), "text/javascript")
    return found


def _without_examples(content: bytes) -> bytes:
    """Files of examples and pages of features are not here."""
    data = json.loads(content)
    data.pop("examples", None)
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _data(content: bytes, kind: str | None) -> str:
    return f"data:{kind or 'application/octet-stream'};base64,{base64.b64encode(content).decode()}"
