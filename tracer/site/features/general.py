"""The same feature in all graphs of a gallery: names, accounts, what feeds it and what it feeds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

from tracer.documents.feature_examples import split_key
from tracer.documents.records import Plain
from tracer.site.features.records import Known, Suggested
from tracer.site.features.standings import Given, Standing, Standings

FEWEST_GRAPHS = 3  # among fewer, standing in most of them says nothing
MOST_ACROSS = 12
_SUMMED = "logits"  # flows in other units cannot be added up


class Called(Plain):
    """What a feature is called: by a person, by a suggestion, by its account, or by nothing."""

    text: str
    kind: Literal["given", "suggested", "automatic", "none"] = "none"


class Head(Plain):
    """A graph in a line."""

    slug: str
    title: str
    prompt: str
    answer: str | None = None
    unit: str


class Across(Plain):
    """A feature at the other end of links: in how many graphs, and the sum of the flows there, in
    logits; None where no graph tells them so."""

    key: str
    called: Called
    graphs: int
    flow: float | None


class GivenName(Plain):
    """A name, who gave it, and in which graphs; in all where it is `shared`."""

    name: Given
    graphs: tuple[str, ...]


class GeneralFeature(Plain):
    """`of` is the number of graphs with features of this source."""

    source: str
    key: str
    model: str
    noun: str  # plural
    called: Called
    names: tuple[GivenName, ...]
    suggestion: Suggested | None
    places: tuple[tuple[Head, Standing], ...]
    of: int
    fed: tuple[Across, ...] = ()
    feeds: tuple[Across, ...] = ()
    has_record: bool = False

    @property
    def layer(self) -> int:
        return split_key(self.key)[0]

    @property
    def number(self) -> str:
        return split_key(self.key)[1]

    @property
    def graphs(self) -> int:
        return len(self.places)

    @property
    def is_general(self) -> bool:
        return is_general(self.graphs, self.of)

    @property
    def folder(self) -> str:
        return feature_folder(self.source, self.key)

    @property
    def title(self) -> str:
        """What it is, without its name."""
        return f"{self.noun[:-1].capitalize()} {self.number} of layer {self.layer}"


def is_general(graphs: int, of: int) -> bool:
    """Whether a feature stands in most graphs, so that it says little about any prompt."""
    return graphs >= FEWEST_GRAPHS and 2 * graphs > of


def feature_folder(source: str, key: str) -> str:
    """The address of a feature's page below the site's root. Raises ValueError for no key."""
    layer, name = split_key(key)
    return f"features/{source}/{layer}/{name}/"


def general_features(
    found: Iterable[Standings], known: Mapping[str, Mapping[str, Known]]
) -> dict[str, list[GeneralFeature]]:
    """By source, in the order of layers and numbers; `known` are records by source and key."""
    by_source: dict[str, list[Standings]] = defaultdict(list)
    for one in found:
        if one.features:
            by_source[one.source].append(one)
    return {
        source: _Source(source, graphs, known.get(source, {})).features()
        for source, graphs in sorted(by_source.items())
    }


class _Source:
    def __init__(self, source: str, graphs: list[Standings], known: Mapping[str, Known]):
        self._source = source
        self._graphs = graphs
        self._known = known
        self._places: dict[str, list[tuple[Head, Standing]]] = defaultdict(list)
        for graph in graphs:
            head = Head(**{name: getattr(graph, name) for name in Head.model_fields})
            for key, standing in graph.features.items():
                self._places[key].append((head, standing))
        self._names = {key: _names(places) for key, places in self._places.items()}
        self._called = {key: self._call(key) for key in self._places}
        self._count_links()

    def features(self) -> list[GeneralFeature]:
        return [self._feature(key) for key in sorted(self._places, key=_order)]

    def _feature(self, key: str) -> GeneralFeature:
        known, first = self._known.get(key), self._graphs[0]
        places = sorted(self._places[key], key=lambda one: -abs(one[1].effect or 0.0))
        return GeneralFeature(
            source=self._source,
            key=key,
            model=first.model,
            noun=first.noun,
            called=self._called[key],
            names=self._names[key],
            suggestion=known.suggestion if known else None,
            places=tuple(places),
            of=len(self._graphs),
            fed=self._across(self._fed.get(key, {})),
            feeds=self._across(self._feeds.get(key, {})),
            has_record=known is not None,
        )

    def _call(self, key: str) -> Called:
        if names := self._names[key]:
            return Called(text=names[0].name.text, kind="given")
        known = self._known.get(key)
        if known and known.suggestion:
            return Called(text=known.suggestion.name, kind="suggested")
        strongest = max(self._places[key], key=lambda one: abs(one[1].effect or 0.0))[1]
        if strongest.automatic:
            return Called(text=strongest.automatic, kind="automatic")
        return Called(text="")

    def _count_links(self) -> None:
        self._fed: dict[str, dict[str, list[float | None]]] = defaultdict(dict)
        self._feeds: dict[str, dict[str, list[float | None]]] = defaultdict(dict)
        for graph in self._graphs:
            told = graph.unit == _SUMMED
            for source, target, flow in graph.links:
                given = flow if told else None
                self._fed[target].setdefault(source, []).append(given)
                self._feeds[source].setdefault(target, []).append(given)

    def _across(self, found: Mapping[str, list[float | None]]) -> tuple[Across, ...]:
        rows = [
            Across(key=key, called=self._called[key], graphs=len(flows), flow=_sum(flows))
            for key, flows in found.items()
        ]
        rows.sort(key=lambda one: (-one.graphs, -abs(one.flow or 0.0), _order(one.key)))
        return tuple(rows[:MOST_ACROSS])


def _names(places: Iterable[tuple[Head, Standing]]) -> tuple[GivenName, ...]:
    """Those for all graphs first, then those of most."""
    found: Counter[Given] = Counter()
    graphs: dict[Given, list[str]] = defaultdict(list)
    for head, standing in places:
        if standing.name is not None:
            found[standing.name] += 1
            graphs[standing.name].append(head.slug)
    ranked = sorted(found, key=lambda one: (not one.shared, -found[one], one.text))
    return tuple(GivenName(name=one, graphs=tuple(graphs[one])) for one in ranked)


def _sum(flows: Iterable[float | None]) -> float | None:
    known = [one for one in flows if one is not None]
    return sum(known) if known else None


def _order(key: str) -> tuple[int, int, str]:
    layer, name = split_key(key)
    return layer, int(name) if name.isascii() and name.isdecimal() and len(name) < 10 else -1, name
