"""What a site consists of: units that are made one by one, and again only when they must."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from tracer.errors import Place
from tracer.site.building.clock import phase
from tracer.site.building.fingerprint import fingerprint
from tracer.site.building.recording import Recording
from tracer.site.building.units import Product, Unit
from tracer.site.content.assets import Assets
from tracer.site.content.gallery import GallerySource
from tracer.site.content.markdown_file import MarkdownFile
from tracer.site.content.media import published_media, stored_media
from tracer.site.content.read_cache import ReadCache
from tracer.site.graph.summary import Summary
from tracer.site.pages import feeds, hosting
from tracer.site.pages.choices import Choices, index_path
from tracer.site.pages.listed_json import FILE, listed_json
from tracer.site.pages.listings import KINDS, listings
from tracer.site.pages.paged import paged
from tracer.site.pages.pages import Pages


class Plan:
    """The units of one gallery's site."""

    def __init__(self, recording: Recording, assets: Assets, read_cache: ReadCache, templates: str):
        self.assets = assets
        self._gallery: GallerySource = recording
        self._pages = Pages(self._gallery, assets, templates)
        self._read_cache = read_cache

    @property
    def base_path(self) -> str:
        return self._pages.base_path

    def ready(self) -> None:
        """What graphs' pages need is read and compiled before somebody waits for one."""
        import tracer.site.building.graph_units  # noqa: F401

        self._pages.ready()

    def place_of(self, path: str, link: str) -> Place | None:
        """Where an author wrote a link of this page; None where no author did."""
        return self._pages.place_of(path, link)

    def from_sources(self, *, cards: bool = True) -> list[Unit]:
        """Assets, and everything that is made from its own few source files."""
        gallery = self._gallery
        units = [Unit("assets", self.assets.folder, self._assets, self.assets.folder)]
        units += [self._media(path, file) for path, file in gallery.media.items()]
        if gallery.entries or gallery.features:
            # Imported where there are graphs: half of what makes a site knows only of them.
            from tracer.site.building.graph_units import GraphUnits

            units += GraphUnits(gallery, self._pages, self._read_cache).all(cards=cards)
        if gallery.sets:
            from tracer.site.building.set_units import set_units

            units += set_units(gallery, self._pages)
        units += [
            Unit(f"page {name}", f"{name}/", partial(self._text, name)) for name in gallery.pages
        ]
        return units

    def from_features(self, paths: Sequence[str], read: Callable[[str], bytes]) -> list[Unit]:
        """What tells of features: `paths` are the files made so far, and `read` gives one's
        content."""
        if not self._gallery.has_graphs:
            return []
        from tracer.site.building.feature_units import FeatureUnits

        return list(FeatureUnits(self._gallery, self._pages, self._read_cache).all(paths, read))

    def from_summaries(self, summaries: Sequence[Summary]) -> list[Unit]:
        """What tells of all pages: the gallery, lists, feed; cheap to make."""
        graphs = [one for one in summaries if one.is_graph]
        sets = [one for one in summaries if one.is_set]
        gallery, pages = self._gallery, self._pages
        config = gallery.config
        curated = [one for one in summaries if one.folder.startswith("compare/")]
        choices = Choices.of(graphs)
        features = {"features"} if gallery.has_graphs else set()
        more = {"page"} if len(paged("", graphs)) > 1 else set()
        folders = sorted(
            {"compare", *features, *more, *(one.folder.split("/")[0] for one in summaries)}
        )
        makers: dict[str, tuple[Callable[[], bytes], object]] = {
            "404.html": (pages.missing_page, None),
            "compare/index.html": (
                lambda: pages.compare_any_page(choices, curated),
                [choices.inside, choices.firsts, choices.count, curated],
            ),
            "search/index.html": (pages.search_page, None),
            "_headers": (lambda: hosting.headers(folders).encode(), folders),
            "robots.txt": (lambda: hosting.robots(config).encode(), config.base_url),
        }
        if not config.search:
            del makers["search/index.html"]
        if config.base_url:
            told = [config, *summaries, feeds.days_to_come(summaries)]
            makers["sitemap.xml"] = (lambda: feeds.sitemap(config, summaries), told)
            makers["feed.xml"] = (lambda: feeds.atom(config, summaries), told)
        for one in paged("", graphs):
            shown = sets if one.page == 1 else []
            make = partial(pages.gallery_page, one, shown)
            makers[f"{one.address(one.page)}index.html"] = make, [one, shown]
            program = partial(listed_json, config.title, one, shown)
            makers[f"{one.address(one.page)}{FILE}"] = program, [config.title, one, shown]
        for number, some in enumerate(choices.files):
            makers[index_path(number)] = partial(choices.written, number), some
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
                told = one.name, one.count
                for cards in paged(one.folder, one.pages):
                    path = f"{cards.address(cards.page)}index.html"
                    yield path, partial(pages.listing_page, one, cards), [told, cards]
                    path = f"{cards.address(cards.page)}{FILE}"
                    yield path, partial(listed_json, one.name, cards), [one.name, cards]

    def _media(self, path: str, file: Path) -> Unit:
        stored = self._read_cache.load(stored_media, file)
        return Unit(path, path, lambda: Product({path: published_media(stored)}), stored.digest)

    def _assets(self) -> Product:
        return Product({self.assets.folder + n: data for n, data in self.assets.files.items()})

    def _text(self, name: str) -> Product:
        text: MarkdownFile = self._gallery.page(name)
        with phase("text pages"):
            html = self._pages.text_page(name, text)
        summary = Summary(folder=f"{name}/", title=text.title, meta=text.meta, tags=text.meta.tags)
        return Product({f"{name}/index.html": html}, summary)


def _file(path: str, make: Callable[[], bytes]) -> Product:
    return Product({path: make()})
