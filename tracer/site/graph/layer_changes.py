"""What changed between two graphs of one question, layer by layer: the effects of the features
that they list, counted, and, where one model's values were put into the other, what that moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from tracer.documents.evidence import Exchange, ExchangedLayer
from tracer.documents.feature_source import numbering
from tracer.documents.graph import Graph
from tracer.documents.trace_info import Question
from tracer.site.graph.curves import share
from tracer.site.wording.amounts import amount
from tracer.site.wording.tokens import visible

SHOWN = 10
BAR = 100  # the largest change, in units of the drawing


@dataclass(frozen=True)
class LayerChange:
    """One layer: its listed features' effects together, in logits of the right's question, and
    what share of the move is lost on the right when all of the layer's features write there what
    they write on the left."""

    layer: int
    left: float
    right: float
    listed: int
    exchanged: ExchangedLayer | None

    @property
    def change(self) -> float:
        return self.right - self.left

    @property
    def cells(self) -> tuple[str, str, str]:
        return amount(self.left), amount(self.right), amount(self.change)

    @property
    def moved(self) -> str:
        """What exchanging the layer brings back; nothing where nothing in it differs."""
        if self.exchanged is None or not self.exchanged.features:
            return "–"
        return share(self.exchanged.needed)


@dataclass(frozen=True)
class LayerChanges:
    """All layers, the largest change first; `asked` is the right's question in words."""

    layers: tuple[LayerChange, ...]
    asked: str
    noun: str

    @property
    def measured(self) -> bool:
        return any(one.exchanged for one in self.layers)

    @property
    def sentences(self) -> list[str]:
        """What the table says, in words."""
        first = self.layers[0]
        nouns = self.noun if first.listed == 1 else f"{self.noun}s"
        said = [
            f"Layer {first.layer} changed most: what its {first.listed:,} listed {nouns} do for "
            f"{self.asked} went from {amount(first.left)} to {amount(first.right)} logits.",
            "Effects run over all paths: what a layer hands on counts again in those behind it.",
        ]
        measured = [one.exchanged for one in self.layers if one.exchanged]
        if not measured:
            return said
        most = max(measured, key=lambda one: one.needed)
        differ = [one for one in measured if one.features]
        said.append(
            f"Measured with both models: when the {self.noun}s of layer {most.layer} on the right "
            "write what they write on the left, and nothing else is touched, "
            f"{share(most.needed)} of the move is undone. The other way round, on the left, they "
            f"bring {share(most.enough)} of it."
        )
        others = [one for one in differ if one is not most]
        if others:
            second = max(others, key=lambda one: one.needed)
            said.append(
                f"No other layer undoes more than {share(second.needed)} (layer {second.layer}). "
                f"Below layer {differ[0].layer} no {self.noun} writes anything else."
            )
        return said

    def bar(self, one: LayerChange) -> Markup:
        """The change as a bar from the middle, as long as it is large."""
        largest = max(abs(layer.change) for layer in self.layers) or 1.0
        width = BAR * abs(one.change) / largest
        kind, left = ("supports", BAR) if one.change >= 0 else ("opposes", BAR - width)
        return Markup(
            f'<svg class="change-bar" viewBox="0 0 {2 * BAR} 10" preserveAspectRatio="none" '
            f'aria-hidden="true"><path d="M{BAR} 0V10"/>'
            f'<rect class="{kind}" x="{left:.1f}" y="1" width="{width:.1f}" height="8"/></svg>'
        )


@dataclass(frozen=True)
class Measured:
    """A graph under its slug, and what was exchanged with others."""

    slug: str
    graph: Graph
    exchange: Exchange | None


def layer_changes(left: Measured, right: Measured) -> LayerChanges | None:
    """None where the two do not ask the same in logits, or number other features."""
    sign = _same_question(left.graph, right.graph)
    if sign is None or numbering(left.graph) != numbering(right.graph):
        return None
    exchanged = _exchanged(left, right)
    sides = [_effects(side.graph) for side in (left, right)]
    layers = [
        LayerChange(
            layer=layer,
            left=sign * sum(sides[0].get(layer, {}).values()),
            right=sum(sides[1].get(layer, {}).values()),
            listed=len(sides[0].get(layer, {}).keys() | sides[1].get(layer, {}).keys()),
            exchanged=exchanged.get(layer),
        )
        for layer in sorted({*sides[0], *sides[1], *exchanged})
    ]
    layers.sort(key=lambda one: (-abs(one.change), one.layer))
    info = right.graph.metadata.tracer
    noun = "neuron" if info and info.features.kind == "neurons" else "feature"
    return LayerChanges(tuple(layers), _asked(right.graph), noun) if layers else None


def _same_question(left: Graph, right: Graph) -> int | None:
    """1 where both ask the same, −1 where one asks for what the other asks against."""
    asked = [_sides(one) for one in (left, right)]
    if asked[0] is None or asked[1] is None:
        return None
    if asked[0] == asked[1]:
        return 1
    return -1 if asked[0] == asked[1][::-1] else None


def _sides(graph: Graph) -> tuple[frozenset[int], frozenset[int]] | None:
    """The answer and what it is against, of a graph that keeps an account in logits."""
    info = graph.metadata.tracer
    question = info.question if info is not None and info.account is not None else None
    if question is None or question.target_id is None or not question.contrast_ids:
        return None
    return frozenset([question.target_id]), frozenset(question.contrast_ids)


def _effects(graph: Graph) -> Mapping[int, Mapping[str, float]]:
    """Of each layer, each listed feature's signed effect on the answer."""
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for node in graph.nodes:
        if node.kind == "feature" and node.effect is not None:
            found[node.layer_number][node.node_id] = node.effect
    return found


def _exchanged(left: Measured, right: Measured) -> Mapping[int, ExchangedLayer]:
    """By layer, seen from the right; what was measured from the left says the same."""
    if right.exchange and right.exchange.model and right.exchange.model.graph == left.slug:
        return {one.layer: one for one in right.exchange.layers}
    if left.exchange and left.exchange.model and left.exchange.model.graph == right.slug:
        return {
            one.layer: one.model_copy(update={"needed": one.enough, "enough": one.needed})
            for one in left.exchange.layers
        }
    return {}


def _asked(graph: Graph) -> str:
    info = graph.metadata.tracer
    question = info.question if info else Question(kind="salient", target="")
    others = " or ".join(f"“{visible(one)}”" for one in question.contrast)
    return f"“{visible(question.target)}” over {others}"
