"""The units that are made from what all graphs say of their features: pages, lists, what viewers
look up. What the graphs say is read from the site that is being built."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from tracer.documents.feature_store import load_record
from tracer.documents.stored_file import StoredFile
from tracer.site.building.clock import phase
from tracer.site.building.fingerprint import fingerprint
from tracer.site.building.units import Product, Unit
from tracer.site.content.gallery import GallerySource
from tracer.site.content.read_cache import ReadCache
from tracer.site.features.addresses import INDEX, STANDINGS
from tracer.site.features.feature_page import FeaturePage
from tracer.site.features.general import GeneralFeature, general_features
from tracer.site.features.lists import SourceOverview, lists, overview
from tracer.site.features.records import Index, Known
from tracer.site.features.standings import Standings
from tracer.site.pages.pages import Pages

Read = Callable[[str], bytes]  # a file of the new site, by its path


class FeatureUnits:
    """The units of the features of one gallery's graphs."""

    def __init__(self, gallery: GallerySource, pages: Pages, read_cache: ReadCache):
        self._gallery = gallery
        self._pages = pages
        self._read_cache = read_cache

    def all(self, paths: Sequence[str], read: Read) -> Iterator[Unit]:
        """`paths` are the files that the graphs and records have become."""
        with phase("features"):
            found = [
                Standings.model_validate_json(read(path))
                for path in sorted(paths)  # in whatever order they were made
                if path.startswith("graphs/") and path.endswith(f"/{STANDINGS}")
            ]
            known = {
                path.split("/")[1]: Index.model_validate_json(read(path)).features
                for path in paths
                if path.startswith("features/") and path.endswith(f"/{INDEX}")
            }
            sources = general_features(found, known)
            overviews = [overview(source, them) for source, them in sources.items()]
            yield self._overview(overviews)
            for (source, features), one in zip(sources.items(), overviews, strict=True):
                yield from self._lists(source, features, one)
                yield from (self._page(feature) for feature in features)
            yield from _words(found, known)

    def _overview(self, overviews: Sequence[SourceOverview]) -> Unit:
        path = "features/index.html"
        make = partial(self._pages.features_page, overviews)
        return Unit(path, path, lambda: Product({path: make()}), fingerprint(list(overviews)))

    def _lists(
        self, source: str, features: Sequence[GeneralFeature], about: SourceOverview
    ) -> Iterator[Unit]:
        path = f"{about.folder}index.html"
        make = partial(_page, path, partial(self._pages.feature_source_page, about))
        yield Unit(path, path, make, fingerprint(about))
        general = [one.key for one in features if one.is_general]
        document = {"graphs": about.of, "features": general}
        yield _json(f"{about.folder}general.json", document)
        for one in lists(source, features):
            path = f"{one.folder}index.html"
            make = partial(_page, path, partial(self._pages.feature_list_page, one))
            yield Unit(path, path, make, fingerprint(one))

    def _page(self, feature: GeneralFeature) -> Unit:
        file = self._gallery.features.get(feature.source, {}).get(feature.key)
        digest = self._read_cache.load(StoredFile, file).digest if file else None
        name = f"feature {feature.source} {feature.key}"
        make = partial(self._feature, feature, file)
        return Unit(name, feature.folder, make, fingerprint([feature, digest]))

    def _feature(self, feature: GeneralFeature, file: Path | None) -> Product:
        with phase("feature pages"):
            record = load_record(file, feature.key) if file else None
            html = self._pages.feature_page(FeaturePage(feature, record))
        also = json.dumps(_also(feature), ensure_ascii=False, separators=(",", ":")).encode()
        return Product({f"{feature.folder}index.html": html, f"{feature.folder}also.json": also})


def _also(feature: GeneralFeature) -> dict[str, object]:
    """What the viewer tells of a selected feature: where else it stands."""
    return {
        "called": feature.called.model_dump(),
        "suggestion": _suggestion(feature),
        "general": feature.is_general,
        "of": feature.of,
        "graphs": [
            [head.slug, head.title, [spot.node for spot in standing.spots], standing.effect]
            for head, standing in feature.places
        ],
    }


def _suggestion(feature: GeneralFeature) -> dict[str, object] | None:
    if feature.suggestion is None:
        return None
    return feature.suggestion.model_dump(include={"auroc", "confident", "below", "by"})


def _words(found: Sequence[Standings], known: Mapping[str, Mapping[str, Known]]) -> Iterator[Unit]:
    """For each graph, the words of its features' texts, by which its viewer finds them."""
    for graph in found:
        records = known.get(graph.source, {})
        words = {key: records[key].words for key in graph.features if key in records}
        if words:
            yield _json(f"features/{graph.source}/words/{graph.slug}.json", words)


def _json(path: str, document: object) -> Unit:
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Unit(path, path, lambda: Product({path: content}), fingerprint(content.decode()))


def _page(path: str, make: Callable[[], bytes]) -> Product:
    return Product({path: make()})
