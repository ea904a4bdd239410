"""What people write, as HTML: write-ups and pages, with figures of any graph in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from markupsafe import Markup

from tracer.errors import Place, TracerError, Unknown, did_you_mean
from tracer.site.content.addresses import Here, comparison_here, page_here, write_up_here
from tracer.site.content.gallery import GallerySource
from tracer.site.content.markdown_file import MarkdownFile
from tracer.site.prose.markdown import links, render
from tracer.site.prose.node_links import from_elsewhere

if TYPE_CHECKING:  # what reads graphs is imported where there are graphs
    from tracer.site.graph.graph_page import GraphPage

ShowPart = Callable[..., str]  # a template's name and its values -> HTML


class Prose:
    """The texts of one gallery; `show` renders a template, `comparing` says whether the site has
    a page that compares any two graphs."""

    def __init__(self, gallery: GallerySource, show: ShowPart, *, comparing: bool = False):
        self._gallery = gallery
        self._show = show
        self._comparing = comparing

    def write_up(self, page: GraphPage) -> Markup:
        """Raises Problems for what a text names and the newest revision, or the site, has not."""
        text = page.entry.write_up
        if text is None:
            return Markup("")
        here = write_up_here(page.slug, page.address.root)
        own = page.slug if page.newest else None

        def draw(slugs: Sequence[str], caption: Markup) -> Markup:
            return self._figure(slugs, caption, page.address.root, own)

        return page.remarks.of_the_newest(
            lambda: render(text.body, text.file, page.remarks.target, here=here, draw=draw)
        )

    def page(self, name: str, text: MarkdownFile) -> Markup:
        """Raises Problems for figures of graphs that the gallery has not."""
        return self._text(text, page_here(name))

    def comparison(self, pair: str, text: MarkdownFile) -> Markup:
        """What is written about two graphs, `a/b`. Raises Problems as `page` does."""
        return self._text(text, comparison_here(pair))

    def _text(self, text: MarkdownFile, here: Here) -> Markup:
        def draw(slugs: Sequence[str], caption: Markup) -> Markup:
            return self._figure(slugs, caption, here.root, None)

        return render(text.body, text.file, here=here, draw=draw)

    def place_of(self, path: str, address: str) -> Place | None:
        """Where the text of a page says this address; None where no author wrote it."""
        return next((place for found, place in self._links(path) if found == address), None)

    def _links(self, path: str) -> Iterator[tuple[str, Place]]:
        folder = PurePosixPath(path).parent
        if folder.parts[:1] == ("compare",):
            pair = "/".join(folder.parts[1:])
            if (written := self._gallery.comparisons.get(pair)) is not None:
                yield from links(written.body, written.file, here=comparison_here(pair))
            return
        if folder.parts[:1] != ("graphs",):
            page = self._gallery.pages.get(str(folder))
            if page is not None:
                yield from links(page.body, page.file, here=page_here(str(folder)))
            return
        graph = self._page(folder.parts[1])
        if graph is None:
            return
        here = write_up_here(graph.slug, "../" * len(folder.parts))
        if (write_up := graph.entry.write_up) is not None:
            yield from links(write_up.body, write_up.file, here=here)
        for text, place in graph.remarks.notes:
            yield from ((found, place) for found, _ in links(text, place.file, here=here))

    def _page(self, slug: str) -> GraphPage | None:
        entry = self._gallery.entry(slug)
        if entry is None:
            return None
        from tracer.site.graph.graph_page import GraphPage

        return GraphPage(entry, entry.revision)

    def _figure(self, slugs: Sequence[str], caption: Markup, root: str, own: str | None) -> Markup:
        """One circuit, or several side by side; `own` is the graph whose page this is."""
        shown = []
        for slug in slugs:
            page = self._page(slug)
            if page is None and slug in self._gallery.unread:
                raise Unknown
            if page is None:
                known = [entry.slug for entry in self._gallery.entries]
                hint = did_you_mean(slug, known) or "name a graph of this site"
                raise TracerError(f"there is no graph `{slug}`", hint=hint)
            if page.pictures.circuit is None:
                hint = "its file has no answer node"
                raise TracerError(f"the graph `{slug}` has no picture", hint=hint)
            address = "" if slug == own else f"{root}{page.address.folder}"
            picture = from_elsewhere(page.pictures.full, address) if address else page.pictures.full
            shown.append({"page": page, "picture": picture, "address": address})
        two = len(slugs) == 2 and self._comparing
        compared = dict(zip("ab", slugs, strict=False)) if two else {}
        part = {"shown": shown, "caption": caption, "compared": compared, "root": root}
        return Markup(self._show("parts/figure.html", **part))
