"""What the model answers: the likely next tokens, and the one a graph explains."""

from __future__ import annotations

from tracer.documents.exchange.answer_label import answer_of
from tracer.documents.graph import Graph, Node
from tracer.documents.prompt_words import continues
from tracer.site.wording.likely import Likely


def likely_answers(graph: Graph, *, most: int = 5) -> tuple[Likely, ...]:
    """The explained answer and the likeliest others, most probable first."""
    info = graph.metadata.tracer
    if info is None:
        target = target_node(graph)
        read = [(node, answer_of(node)) for node in graph.nodes if node.kind == "logit"]
        exact = any(one.exact or one.token[:1].isspace() for _, one in read)
        last = graph.metadata.prompt_tokens[-1] if graph.metadata.prompt_tokens else ""
        found = [
            Likely(
                one.token,
                one.probability,
                explained=node is target,
                spaced=not exact and continues(last, one.token),
            )
            for node, one in read
        ]
    else:
        wanted = info.question.target_id
        texts = [answer.token for answer in info.answers]
        found = [
            Likely(
                one.token,
                one.probability,
                explained=one.token_id == wanted,
                id=one.token_id if texts.count(one.token) > 1 else None,
            )
            for one in info.answers
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
    return max(logits, key=lambda node: answer_of(node).probability or 0, default=None)


def asked_instead(graph: Graph) -> str | None:
    """What a graph explains that is no answer: a feature or a direction; None for an answer."""
    info, node = graph.metadata.tracer, target_node(graph)
    if info is None or node is None or info.question.target_id is not None:
        return None
    if info.question.kind == "direction":
        return "a direction of the final stream"
    noun = "neuron" if info.features.kind == "neurons" else "feature"
    return f"{noun} {node.index} of layer {node.layer_number}"
