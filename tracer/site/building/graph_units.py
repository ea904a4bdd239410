"""The units that are made from graphs: their pages, cards, comparisons, examples of features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from tracer.documents.evidence import evidence_file
from tracer.documents.feature_examples import examples_json
from tracer.documents.feature_store import load_record
from tracer.documents.graph_folder import StoredGraph
from tracer.documents.stored_file import StoredFile
from tracer.errors import Problems
from tracer.site.building.clock import phase
from tracer.site.building.fingerprint import fingerprint
from tracer.site.building.units import Product, Unit
from tracer.site.content.colours import daylight
from tracer.site.content.entry import Entry
from tracer.site.content.faults import entry_faults
from tracer.site.content.gallery import GallerySource
from tracer.site.content.read_cache import ReadCache
from tracer.site.features.addresses import INDEX, STANDINGS
from tracer.site.features.records import Index, known_of
from tracer.site.features.standings import standings_of
from tracer.site.graph.compare_page import ComparePage
from tracer.site.graph.graph_page import GraphPage
from tracer.site.graph.social_card import draw_card
from tracer.site.graph.summary import Summary, Version
from tracer.site.pages.pages import Pages


class GraphUnits:
    """The units of one gallery's graphs."""

    def __init__(self, gallery: GallerySource, pages: Pages, read_cache: ReadCache):
        self._gallery = gallery
        self._pages = pages
        self._read_cache = read_cache

    def all(self, *, cards: bool) -> Iterator[Unit]:
        """Pages first; `cards` are drawn only where others could ask for them."""
        gallery = self._gallery
        drawn = cards and gallery.config.base_url  # other sites need its whole address
        colours = daylight(gallery.root, gallery.config.theme) if drawn else None
        for entry in gallery.entries:
            folder = f"graphs/{entry.slug}/"
            yield Unit(f"graph {entry.slug}", folder, partial(self._graph, entry))
            if colours is not None:
                yield self._card(entry, colours)
        for pair in gallery.comparisons:
            make = partial(self._comparison, pair)
            yield Unit(f"comparison {pair}", f"compare/{pair}/", make)
        for source, files in gallery.features.items():
            yield self._examples(source, files)

    def _graph(self, entry: Entry) -> Product:
        self._gallery.entry(entry.slug)  # so that the recording knows
        with phase("read graphs"):
            if problems := entry_faults(entry):
                raise Problems(problems)
        files: dict[str, bytes] = {}
        for stored, page in self._revisions(entry):
            address, viewer = page.address, page.viewer
            with phase("viewer data"):
                files[f"{address.folder}{viewer.data_name}"] = viewer.data
                if page.newest:
                    files[f"{address.folder}{viewer.edits_name}"] = viewer.edits
            with phase("pictures"):
                _ = page.pictures.full
            with phase("templates"):
                files[f"{address.folder}index.html"] = self._pages.graph_page(page)
            files[address.file] = stored.content()
            if evidence := entry.evidence.get(page.revision):
                files[evidence_file(Path(address.file)).as_posix()] = evidence.content()
            if parts := entry.parts.get(page.revision):
                stored_parts = zip(page.part_files, parts.files, strict=True)
                files |= {path: one.content() for path, one in stored_parts}
        newest, *older = [page for _, page in self._revisions(entry)]
        with phase("features"):
            if standings := standings_of(newest):
                text = standings.model_dump_json(exclude_none=True)
                files[f"{newest.address.folder}{STANDINGS}"] = text.encode()
        return Product(files, _summary_of(newest, older))

    def _revisions(self, entry: Entry) -> Iterator[tuple[StoredGraph, GraphPage]]:
        older = ((n, entry.older[n]) for n in sorted(entry.older))
        for number, stored in ((entry.revision, entry.stored), *older):
            yield stored, self._page_of(entry, number)

    def _newest(self, entry: Entry) -> GraphPage:
        return self._page_of(entry, entry.revision)

    def _page_of(self, entry: Entry, revision: int) -> GraphPage:
        page = GraphPage(entry, revision, self._read_cache.kept)
        return self._read_cache.same(f"{entry.slug} {revision}", page)

    def _card(self, entry: Entry, colours: Mapping[str, str]) -> Unit:
        path, title = f"graphs/{entry.slug}/card.png", self._gallery.config.title
        parts = entry.parts.get(entry.revision)
        drawn = [title, entry.stored.digest, parts, entry.said.groups, entry.meta.title, colours]

        def make() -> Product:
            with phase("social cards"):
                card = draw_card(self._newest(entry), site=title, colours=colours)
                return Product({path: card})

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
        holding = dict.fromkeys(files.values())
        digests = [self._read_cache.load(StoredFile, file).digest for file in holding]

        def make() -> Product:
            records = {key: load_record(file, key) for key, file in files.items()}
            texts = {f"{folder}{key}.json": examples_json(one) for key, one in records.items()}
            index = Index(features={key: known_of(one) for key, one in records.items()})
            texts[f"{folder}{INDEX}"] = index.model_dump_json(by_alias=True, exclude_none=True)
            return Product({path: text.encode() for path, text in texts.items()})

        return Unit(f"features {source}", folder, make, fingerprint([list(files), digests]))


def _summary_of(page: GraphPage, older: Iterable[GraphPage]) -> Summary:
    """A graph's page in a few lines."""
    return Summary(
        folder=page.address.folder,
        title=page.title,
        meta=page.meta,
        tags=page.entry.tags,
        prompt=page.about.prompt,
        answer=page.about.answer,
        model=page.about.model,
        made_by=page.made.authors if page.made else (),
        drawing=str(page.pictures.thumbnail),
        versions=tuple(_version(one) for one in (page, *older)),
        badges=tuple(claim.badge for claim in page.remarks.claims),
    )


def _version(page: GraphPage) -> Version:
    name = page.slug if page.newest else f"{page.slug}@{page.revision}"
    data = page.address.folder + page.viewer.data_name
    return Version(name=name, revision=page.revision, folder=page.address.folder, data=data)
