"""What people write, as HTML: write-ups and pages, with figures of any graph in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from markupsafe import Markup

from tracer.errors import Place, TracerError, Unknown, did_you_mean
from tracer.site.circuit.lit import light
from tracer.site.content.addresses import Here, comparison_here, page_here, write_up_here
from tracer.site.content.gallery import GallerySource
from tracer.site.content.markdown_file import MarkdownFile
from tracer.site.prose.figures import Figure
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

        def draw(figure: Figure, caption: Markup) -> Markup:
            return self._figure(figure, caption, page.address.root, own)

        target, glossary = page.remarks.target, self._gallery.glossary
        return page.remarks.of_the_newest(
            lambda: render(text.body, text.file, target, here=here, draw=draw, glossary=glossary)
        )

    def page(self, name: str, text: MarkdownFile) -> Markup:
        """Raises Problems for figures of graphs that the gallery has not."""
        return self._text(text, page_here(name), explained=name != "glossary")

    def comparison(self, pair: str, text: MarkdownFile) -> Markup:
        """What is written about two graphs, `a/b`. Raises Problems as `page` does."""
        return self._text(text, comparison_here(pair))

    def _text(self, text: MarkdownFile, here: Here, *, explained: bool = True) -> Markup:
        def draw(figure: Figure, caption: Markup) -> Markup:
            return self._figure(figure, caption, here.root, None)

        glossary = self._gallery.glossary if explained else {}
        return render(text.body, text.file, here=here, draw=draw, glossary=glossary)

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

    def _figure(self, figure: Figure, caption: Markup, root: str, own: str | None) -> Markup:
        """One circuit, or several side by side; `own` is the graph whose page this is."""
        shown, slugs = [], figure.slugs
        for slug in slugs:
            page = self._page(slug)
            if page is None and figure.optional:
                return Markup("")
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
            if figure.kind == "explore":
                return self._explored(page, caption, root)
            picture = from_elsewhere(page.pictures.full, address) if address else page.pictures.full
            picture = self._lit(picture, figure)
            shown.append({"page": page, "picture": picture, "address": address})
        two = len(slugs) == 2 and self._comparing
        compared = dict(zip("ab", slugs, strict=False)) if two else {}
        part = {"shown": shown, "caption": caption, "compared": compared, "root": root}
        return Markup(self._show("parts/figure.html", **part, lit=bool(figure.at)))

    def _lit(self, picture: Markup, figure: Figure) -> Markup:
        if not figure.at:
            return picture
        try:
            return light(picture, figure.at)
        except TracerError:
            if figure.optional:  # boxes are named by whoever keeps the gallery
                return picture
            raise

    def _explored(self, page: GraphPage, caption: Markup, root: str) -> Markup:
        """The circuit and the whole graph, as on the graph's own page."""
        data = f"{root}{page.address.folder}{page.viewer.data_name}"
        part = {"page": page, "caption": caption, "root": root, "data_url": data}
        return Markup(self._show("parts/explore.html", **part, edit_url=None, forge=None))
