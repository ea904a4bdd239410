"""Features in order: by layer, by name, by how many graphs; pages of a few hundred."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Literal

from tracer.documents.records import Plain
from tracer.site.features.general import Called, GeneralFeature

ON_A_PAGE = 300
FIRST_SHOWN = 24  # of a source, on the page of all sources
Order = Literal["layer", "by-name", "by-graphs"]
_UNNAMED = "\U0010ffff"


class Row(Plain):
    """A feature in a line; `effect` is its largest in any graph, where it is known."""

    folder: str
    layer: int
    number: str
    called: Called
    graphs: int
    is_general: bool
    effect: float | None
    has_record: bool


class FeatureList(Plain):
    """One page of features. `folder` is its address; `page` of `pages` counts from 1."""

    source: str
    order: Order
    folder: str
    rows: tuple[Row, ...]
    total: int
    noun: str
    model: str
    of: int
    layer: int | None = None
    page: int = 1
    pages: int = 1

    @property
    def root(self) -> str:
        return "../" * self.folder.count("/")

    def other(self, page: int) -> str:
        """The address of another page of the same order, below the site's root."""
        return _folder(self.source, self.order, page)


class LayerCount(Plain):
    layer: int
    count: int


class SourceOverview(Plain):
    """A source in short: how many features it has here, the most general, and its layers."""

    source: str
    model: str
    noun: str
    count: int
    named: int
    general: int
    with_texts: int
    of: int
    first: tuple[Row, ...]
    layers: tuple[LayerCount, ...]

    @property
    def folder(self) -> str:
        return f"features/{self.source}/"


def overview(source: str, features: Sequence[GeneralFeature]) -> SourceOverview:
    first = features[0]
    ranked = sorted(features, key=_by_graphs)
    layers = groupby(features, key=lambda one: one.layer)
    return SourceOverview(
        source=source,
        model=first.model,
        noun=first.noun,
        count=len(features),
        named=sum(one.called.kind == "given" for one in features),
        general=sum(one.is_general for one in features),
        with_texts=sum(one.has_record for one in features),
        of=first.of,
        first=tuple(_row(one) for one in ranked[:FIRST_SHOWN]),
        layers=tuple(LayerCount(layer=layer, count=len(list(them))) for layer, them in layers),
    )


def lists(source: str, features: Sequence[GeneralFeature]) -> Iterator[FeatureList]:
    """Every layer on a page of its own, then all by name and by how many graphs."""
    for layer, them in groupby(features, key=lambda one: one.layer):
        found = list(them)
        folder = f"features/{source}/{layer}/"
        yield _list(source, "layer", folder, found, len(found), layer=layer)
    orders: tuple[tuple[Order, Callable[[GeneralFeature], object]], ...] = (
        ("by-name", _by_name),
        ("by-graphs", _by_graphs),
    )
    for order, key in orders:
        ranked = sorted(features, key=key)  # type: ignore[arg-type]
        pages = -(-len(ranked) // ON_A_PAGE)
        for page in range(1, pages + 1):
            some = ranked[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
            folder = _folder(source, order, page)
            yield _list(source, order, folder, some, len(ranked), page=page, pages=pages)


def _list(
    source: str,
    order: Order,
    folder: str,
    features: Sequence[GeneralFeature],
    total: int,
    *,
    layer: int | None = None,
    page: int = 1,
    pages: int = 1,
) -> FeatureList:
    first = features[0]
    return FeatureList(
        source=source,
        order=order,
        folder=folder,
        rows=tuple(map(_row, features)),
        total=total,
        noun=first.noun,
        model=first.model,
        of=first.of,
        layer=layer,
        page=page,
        pages=pages,
    )


def _folder(source: str, order: Order, page: int) -> str:
    return f"features/{source}/{order}/" + ("" if page == 1 else f"{page}/")


def _row(feature: GeneralFeature) -> Row:
    effects = [one.effect for _, one in feature.places if one.effect is not None]
    return Row(
        folder=feature.folder,
        layer=feature.layer,
        number=feature.number,
        called=feature.called,
        graphs=feature.graphs,
        is_general=feature.is_general,
        effect=max(effects, key=abs) if effects else None,
        has_record=feature.has_record,
    )


def _by_graphs(feature: GeneralFeature) -> tuple[int, float, int, str]:
    size = max((abs(one.effect or 0.0) for _, one in feature.places), default=0.0)
    return -feature.graphs, -size, feature.layer, feature.number


_KINDS = ("given", "suggested", "automatic", "none")


def _by_name(feature: GeneralFeature) -> tuple[int, str, int, str]:
    """Names that people gave first, then what nobody gave, by letters."""
    called = feature.called
    text = called.text.casefold() or _UNNAMED
    return _KINDS.index(called.kind), text, feature.layer, feature.number
