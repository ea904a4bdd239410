"""What the model answers: the likely next tokens, and the one a graph explains."""

from __future__ import annotations

import re

from tracer.documents.graph import Graph, Node
from tracer.site.likely import Likely

_OUTPUT = re.compile(r'Output "(?P<token>.*)"(?: \(p=[^)]*\))?\Z', re.DOTALL)


def likely_answers(graph: Graph, *, most: int = 5) -> tuple[Likely, ...]:
    """The explained answer and the likeliest others, most probable first."""
    info = graph.metadata.tracer
    if info is None:
        target = target_node(graph)
        found = [
            Likely(node_token(n), n.token_prob, n is target)
            for n in graph.nodes
            if n.kind == "logit"
        ]
    else:
        wanted = info.question.target_id
        texts = [answer.token for answer in info.answers]
        found = [
            Likely(a.token, a.probability, a.token_id == wanted, a.token_id)
            if texts.count(a.token) > 1
            else Likely(a.token, a.probability, a.token_id == wanted)
            for a in info.answers
        ]
        if wanted is not None and not any(answer.explained for answer in found):
            found.append(Likely(info.question.target, None, True))
    found.sort(key=lambda answer: -(answer.probability or 0))
    kept = found[:most]
    return tuple(kept + [answer for answer in found[most:] if answer.explained])


def explained_answer(graph: Graph) -> Likely | None:
    """The answer the graph is about; None where a graph has no answer node."""
    return next((answer for answer in likely_answers(graph) if answer.explained), None)


def target_node(graph: Graph) -> Node | None:
    """The answer's own node: the question's target, else the most probable one."""
    logits = [node for node in graph.nodes if node.kind == "logit"]
    info = graph.metadata.tracer
    if info is not None and info.question.kind == "feature":
        return next((node for node in graph.nodes if node.node_id == info.question.target), None)
    if info is not None:
        wanted = info.question.target_id
        logits = [node for node in logits if node.index == wanted] or logits
    return max(logits, key=lambda node: node.token_prob or 0, default=None)


def asked_instead(graph: Graph) -> str | None:
    """What a graph explains that is no answer: a feature or a direction; None for an answer."""
    info, node = graph.metadata.tracer, target_node(graph)
    if info is None or node is None or info.question.target_id is not None:
        return None
    if info.question.kind == "direction":
        return "a direction of the final stream"
    noun = "neuron" if info.features.kind == "neurons" else "feature"
    return f"{noun} {node.index} of layer {node.layer_number}"


def node_token(node: Node) -> str:
    """The token of an answer node, read from its label where nothing else names it."""
    text = node.clerp.rpartition("] ")[2] if node.clerp.startswith("[") else node.clerp
    match = _OUTPUT.match(text)
    return match["token"] if match else text
