"""What stands at a token that looks, or is looked at, in words."""

from __future__ import annotations

from tracer.documents.annotations import Annotations
from tracer.documents.graph import NEURON, Graph
from tracer.documents.parts.why import WhyPiece
from tracer.documents.prompt_words import START, word_of


class PieceWords:
    """For one graph."""

    def __init__(self, graph: Graph, annotations: Annotations) -> None:
        self.words = word_of(graph.metadata.prompt_tokens)
        features = [node for node in graph.nodes if node.kind == "feature"]
        self.noun = "feature" if any(one.feature_type != NEURON for one in features) else "neuron"
        self.names = {one.node_id: one.automatic_name for one in features}
        labels = {one: annotations.label_of(one) for one in self.names}
        self.names |= {one: label.text for one, label in labels.items() if label}

    def of(self, piece: WhyPiece) -> str:
        if piece.kind == "feature":
            layer, index, _ = piece.id.split("_")
            name = self.names.get(piece.id)
            return f"{self.noun} {index} of layer {layer}" + (f" ({name})" if name else "")
        if piece.kind == "mlp":
            return f"what MLPs of {_layers(piece)} wrote"
        if piece.kind == "heads":
            return f"what heads of {_layers(piece)} brought from {self._whence(piece)}"
        plain = {"embedding": "the token itself", "constant": "biases"}
        return plain.get(piece.kind, "all else")

    def _whence(self, piece: WhyPiece) -> str:
        word = piece.word or ()
        if tuple(word) == (0,):
            return START
        texts = list(dict.fromkeys(self.words[at] for at in word))
        return f"“{texts[0]}”" if len(texts) == 1 else "the other words"


def _layers(piece: WhyPiece) -> str:
    first, last = piece.layers or (0, 0)
    return f"layer {first}" if first == last else f"layers {first} to {last}"
