"""What a site consists of: units that are made one by one, and again only when they must."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tracer.documents.evidence import evidence_file
from tracer.documents.feature_examples import load_feature_examples
from tracer.documents.graph_folder import StoredFile, StoredGraph
from tracer.errors import Place, Problems
from tracer.site import feeds, hosting
from tracer.site.assets import Assets
from tracer.site.clock import phase
from tracer.site.compare_page import ComparePage
from tracer.site.faults import entry_faults
from tracer.site.fingerprint import fingerprint
from tracer.site.gallery import Entry, MarkdownFile
from tracer.site.graph_page import GraphPage
from tracer.site.listings import KINDS, listings
from tracer.site.media import stored_media
from tracer.site.memory import Memory
from tracer.site.pages import Pages
from tracer.site.recording import Recording
from tracer.site.social_card import draw_card
from tracer.site.summary import Summary, summary_of


@dataclass(frozen=True)
class Product:
    """The files of one unit, by their path below the site's root, and what lists say of it."""

    files: Mapping[str, bytes]
    summary: Summary | None = None


@dataclass(frozen=True)
class Unit:
    """Some files that are made together.

    `owns` is a file, or a folder with a slash at its end. `key` changes with whatever `make` uses
    that it does not ask of the gallery.
    """

    name: str
    owns: str
    make: Callable[[], Product] = field(repr=False)
    key: str = ""


class Plan:
    """The units of one gallery's site."""

    def __init__(self, recording: Recording, assets: Assets, memory: Memory, templates: str):
        self.assets = assets
        self._gallery = recording.gallery
        self._pages = Pages(self._gallery, assets, templates)
        self._memory = memory

    @property
    def base_path(self) -> str:
        return self._pages.base_path

    def place_of(self, path: str, link: str) -> Place | None:
        """Where an author wrote a link of this page; None where no author did."""
        return self._pages.place_of(path, link)

    def from_sources(self, *, cards: bool = True) -> list[Unit]:
        """Assets, and everything that is made from its own few source files."""
        gallery = self._gallery
        units = [Unit("assets", self.assets.folder, self._assets, self.assets.folder)]
        for entry in gallery.entries:
            units.append(
                Unit(f"graph {entry.slug}", f"graphs/{entry.slug}/", partial(self._graph, entry))
            )
            if cards and gallery.config.base_url:  # other sites need its whole address
                units.append(self._card(entry))
        units += [self._media(path, file) for path, file in gallery.media.items()]
        units += [
            Unit(f"comparison {pair}", f"compare/{pair}/", partial(self._comparison, pair))
            for pair in gallery.comparisons
        ]
        units += [self._examples(source, files) for source, files in gallery.features.items()]
        units += [
            Unit(f"page {name}", f"{name}/", partial(self._text, name)) for name in gallery.pages
        ]
        return units

    def from_summaries(self, summaries: Sequence[Summary]) -> list[Unit]:
        """What tells of all pages: the gallery, lists, feed; cheap to make."""
        graphs = [one for one in summaries if one.is_graph]
        gallery, pages = self._gallery, self._pages
        config = gallery.config
        curated = [one for one in summaries if one.folder.startswith("compare/")]
        versions = [[one.title, one.versions] for one in graphs]
        folders = sorted({"compare", *(one.folder.split("/")[0] for one in summaries)})
        makers: dict[str, tuple[Callable[[], bytes], object]] = {
            "index.html": (lambda: pages.gallery_page(graphs), graphs),
            "404.html": (pages.missing_page, None),
            "compare/index.html": (
                lambda: pages.compare_any_page(graphs, curated),
                [versions, curated],
            ),
            "search/index.html": (pages.search_page, None),
            "_headers": (lambda: hosting.headers(folders).encode(), folders),
            "robots.txt": (lambda: hosting.robots(config).encode(), config.base_url),
        }
        if not config.search:
            del makers["search/index.html"]
        if config.base_url:
            makers["sitemap.xml"] = (lambda: feeds.sitemap(config, summaries), [config, *summaries])
            makers["feed.xml"] = (lambda: feeds.atom(config, summaries), [config, *summaries])
        for path, page, uses in self._listings(summaries):
            makers[path] = page, uses
        return [
            Unit(path, path, partial(_file, path, make), fingerprint(uses))
            for path, (make, uses) in makers.items()
        ]

    def _listings(
        self, summaries: Sequence[Summary]
    ) -> Iterator[tuple[str, Callable[[], bytes], object]]:
        pages = self._pages
        for kind in KINDS:
            if found := listings(kind, summaries):
                names = [[one.name, one.count] for one in found]
                yield f"{kind}/index.html", partial(pages.listings_page, kind, found), names
            for one in found:
                yield f"{one.folder}index.html", partial(pages.listing_page, one), one.pages

    def _media(self, path: str, file: Path) -> Unit:
        stored = self._memory.load(stored_media, file)
        return Unit(path, path, lambda: Product({path: stored.content()}), stored.digest)

    def _assets(self) -> Product:
        return Product({self.assets.folder + n: data for n, data in self.assets.files.items()})

    def _graph(self, entry: Entry) -> Product:
        self._gallery.entry(entry.slug)  # so that the recording knows
        with phase("read graphs"):
            if problems := entry_faults(entry):
                raise Problems(problems)
        files: dict[str, bytes] = {}
        for stored, page in self._revisions(entry):
            with phase("viewer data"):
                files[f"{page.folder}{page.data_name}"] = page.data
                if page.newest:
                    files[f"{page.folder}{page.edits_name}"] = page.edits
            with phase("pictures"):
                _ = page.picture
            with phase("templates"):
                files[f"{page.folder}index.html"] = self._pages.graph_page(page)
            files[page.file] = stored.content()
            if evidence := entry.evidence.get(page.revision):
                files[evidence_file(Path(page.file)).as_posix()] = evidence.content()
        newest, *older = [page for _, page in self._revisions(entry)]
        return Product(files, summary_of(newest, older))

    def _revisions(self, entry: Entry) -> Iterator[tuple[StoredGraph, GraphPage]]:
        older = ((n, entry.older[n]) for n in sorted(entry.older))
        for number, stored in ((entry.revision, entry.stored), *older):
            yield stored, self._page_of(entry, number)

    def _newest(self, entry: Entry) -> GraphPage:
        return self._page_of(entry, entry.revision)

    def _page_of(self, entry: Entry, revision: int) -> GraphPage:
        return self._memory.same(f"{entry.slug} {revision}", GraphPage(entry, revision))

    def _card(self, entry: Entry) -> Unit:
        path, title = f"graphs/{entry.slug}/card.png", self._gallery.config.title
        drawn = [title, entry.stored.digest, entry.said.groups, entry.meta.title]

        def make() -> Product:
            with phase("social cards"):
                return Product({path: draw_card(self._newest(entry), site=title)})

        return Unit(f"card {entry.slug}", path, make, fingerprint(drawn))

    def _comparison(self, pair: str) -> Product:
        text = self._gallery.comparisons[pair]
        entries = [self._gallery.entry(slug) for slug in pair.split("/")]
        left, right = (self._newest(entry) for entry in entries if entry is not None)
        page = ComparePage(left, right, text)
        with phase("comparisons"):
            html = self._pages.compare_page(page)
        meta = text.meta
        summary = Summary(folder=page.folder, title=page.title, meta=meta, tags=meta.tags)
        return Product({f"{page.folder}index.html": html}, summary)

    def _examples(self, source: str, files: Mapping[str, Path]) -> Unit:
        folder = f"features/{source}/"
        stored = {key: self._memory.load(StoredFile, file) for key, file in files.items()}

        def make() -> Product:
            for file in files.values():
                load_feature_examples(file)
            return Product({f"{folder}{key}.json": one.content() for key, one in stored.items()})

        return Unit(f"features {source}", folder, make, fingerprint(stored))

    def _text(self, name: str) -> Product:
        text: MarkdownFile = self._gallery.page(name)
        with phase("text pages"):
            html = self._pages.text_page(name, text)
        summary = Summary(folder=f"{name}/", title=text.title, meta=text.meta, tags=text.meta.tags)
        return Product({f"{name}/index.html": html}, summary)


def _file(path: str, make: Callable[[], bytes]) -> Product:
    return Product({path: make()})
