"""`graphs/<slug>/features.json`: what each feature of a graph does there, told by key.

Published beside the graph, and read again for the pages of features: a graph need not be read to
know what it says of them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping

from tracer.documents.exchange.answer_label import own_label
from tracer.documents.feature_examples import feature_key, is_key, split_key
from tracer.documents.feature_source import feature_source, names_its_source
from tracer.documents.graph import Graph, Node, significant
from tracer.documents.records import Plain
from tracer.site.features.public_page import public_page
from tracer.site.graph.graph_page import GraphPage
from tracer.site.wording.answers import target_node
from tracer.site.wording.effects import strengthening
from tracer.site.wording.tokens import visible

MOST_LINKS = 8  # of a feature, in each direction
_DIGITS = 4


class Given(Plain):
    """A name that a person gave; `shared` by all graphs of the source."""

    text: str
    by: str | None = None
    confidence: str | None = None
    shared: bool = False


class Spot(Plain):
    """A feature at one position."""

    node: str
    word: str
    activation: float | None = None
    effect: float | None = None


class Standing(Plain):
    """What one feature does in a graph, over all its positions there; strongest position first.

    `reads` are words and shares in percent; `box` is the group that holds its strongest position;
    `leaving` what runs straight to the answer.
    """

    spots: tuple[Spot, ...]
    effect: float | None = None
    reads: tuple[tuple[str, int], ...] = ()
    pushes: tuple[str, ...] = ()
    opposes: tuple[str, ...] = ()
    box: str | None = None
    name: Given | None = None
    automatic: str | None = None
    leaving: float | None = None
    page: str | None = None  # its page elsewhere


class Standings(Plain):
    """`links` are (source, target, flow) by key: the strongest of each feature's; a flow is None
    where it is not known in units of the question."""

    slug: str
    title: str
    prompt: str
    answer: str | None = None
    model: str
    source: str
    noun: str
    unit: str
    features: dict[str, Standing]
    links: tuple[tuple[str, str, float | None], ...] = ()


def page_key(node: Node) -> str | None:
    """The key by which a node's feature has a page; None for what has none."""
    key = feature_key(node.node_id)
    if node.kind != "feature" or not is_key(key):
        return None
    try:
        return key if split_key(key)[0] == node.layer_number else None
    except ValueError:
        return None


def standings_of(page: GraphPage) -> Standings | None:
    """None where a feature's number means nothing outside of this graph."""
    graph = page.graph
    if not names_its_source(graph):
        return None
    nodes: dict[str, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        if key := page_key(node):
            nodes[key].append(node)
    boxes = _boxes(page)
    leaving, links = _flows(graph)
    info, about = graph.metadata.tracer, page.about
    return Standings(
        slug=page.slug,
        title=page.title,
        prompt=about.prompt,
        answer=about.answer.text if about.answer else None,
        model=about.model,
        source=feature_source(graph),
        noun=about.noun,
        unit=info.account.unit if info and info.account else "logits",
        features={
            key: _standing(page, key, found, boxes, leaving.get(key))
            for key, found in nodes.items()
        },
        links=tuple(_strongest(links)),
    )


def _standing(
    page: GraphPage,
    key: str,
    nodes: list[Node],
    boxes: Mapping[str, str],
    leaving: float | None,
) -> Standing:
    nodes = sorted(nodes, key=lambda node: -abs(node.effect or 0.0))
    first, tokens = nodes[0], page.graph.metadata.prompt_tokens
    effects = [node.effect for node in nodes if _finite(node.effect) is not None]
    spots = [
        Spot(
            node=node.node_id,
            word=visible(tokens[node.ctx_idx]),
            activation=_finite(node.activation),
            effect=_finite(node.effect),
        )
        for node in nodes
    ]
    return Standing(
        spots=tuple(spots),
        effect=_finite(math.fsum(filter(None, effects))) if effects else None,
        reads=tuple(
            (one.word, round(100 * strengthening(one.share, first))) for one in first.reads
        ),
        pushes=first.pushes,
        opposes=first.opposes,
        box=next((boxes[one.node_id] for one in nodes if one.node_id in boxes), None),
        name=_given(page, nodes),
        automatic=first.automatic_name,
        leaving=leaving,
        page=public_page(page.graph, first),
    )


def _given(page: GraphPage, nodes: list[Node]) -> Given | None:
    """What a person says, or the graph's own file; the strongest position's first."""
    for node in nodes:
        if label := page.annotations.label_of(node.node_id):
            own = page.entry.said.label_of(node.node_id)
            return Given(
                text=label.text, by=label.by, confidence=label.confidence, shared=own is None
            )
    for node in nodes:
        own_name = own_label(node)
        if own_name and own_name != node.automatic_name:
            made = page.made
            return Given(text=own_name, by=made.creator.name if made and made.creator else None)
    return None


def _boxes(page: GraphPage) -> dict[str, str]:
    """The name of each node's group: a person's, else one that was found."""
    info = page.graph.metadata.tracer
    found: dict[str, str] = {}
    if info and info.account and not page.annotations.groups:
        for box in info.account.boxes:
            found |= dict.fromkeys(box.nodes, box.name)
    for group, members in page.annotations.group_members(page.graph.node_ids).items():
        for node in members:
            found.setdefault(node, page.annotations.groups[group].name)
    return found


_Pairs = dict[tuple[str, str], tuple[float | None, float]]  # flow, and strength


def _flows(graph: Graph) -> tuple[dict[str, float | None], _Pairs]:
    """What runs straight to the answer, and between features, from the links that are listed."""
    nodes = {node.node_id: node for node in graph.nodes}
    keys = {name: page_key(node) for name, node in nodes.items()}
    target = target_node(graph)
    asked = target.node_id if target else None
    leaving: dict[str, float | None] = {}
    pairs: _Pairs = {}
    for link in graph.links:
        source, end = keys[link.source], nodes[link.target]
        if source is None or not math.isfinite(link.weight):
            continue
        if link.target == asked:
            flow = strengthening(link.weight, end)
            leaving[source] = _finite((leaving.get(source) or 0.0) + flow)
        elif (key := keys[link.target]) and key != source:
            along = _along(link.weight, end)
            before, strength = pairs.get((source, key), (0.0, 0.0))
            both = None if along is None or before is None else before + along
            pairs[source, key] = (both, strength + abs(link.weight if along is None else along))
    return leaving, pairs


def _along(weight: float, target: Node) -> float | None:
    """The flow along a link to a feature, in units of the question."""
    if target.effect is None or not target.activation:
        return None
    return _finite(weight * target.effect / target.activation)


def _strongest(pairs: _Pairs) -> Iterator[tuple[str, str, float | None]]:
    """Of each feature's links, in either direction, the strongest."""
    into: dict[str, int] = defaultdict(int)
    out: dict[str, int] = defaultdict(int)
    kept = {}
    for (source, target), (flow, strength) in sorted(
        pairs.items(), key=lambda one: (-one[1][1], one[0])
    ):
        if strength and (out[source] < MOST_LINKS or into[target] < MOST_LINKS):
            out[source] += 1
            into[target] += 1
            kept[source, target] = flow
    yield from ((*ends, None if flow is None else _finite(flow)) for ends, flow in kept.items())


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else significant(value, _DIGITS)
