"""What became of a node that annotations or a write-up name and the newest graph has not."""

from __future__ import annotations

from collections.abc import Mapping

from tracer.documents.graph import Graph
from tracer.documents.references import Reference
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import visible


def what_became(text: str, newest: Graph, revision: int, older: Mapping[int, Graph]) -> str | None:
    """A hint that says where the node was and is; None where no revision knows its feature."""
    layer_feature, _, position = text.rpartition("_")
    if text.count("_") != 2 or not position.isdigit():
        layer_feature = text
    here = Reference(layer_feature).resolve(newest.node_ids, {})
    had = next((n for n in sorted(older, reverse=True) if _find(text, older[n])), None)
    if here:
        moved = _moved(text, here, newest, older[had]) if had is not None else None
        if moved:
            return f"revision {had} had it; in revision {revision} it moved to `{moved}`"
        return f"the feature is there at another position; `{layer_feature}` means all of them"
    if had is None:
        return None
    return f"revision {had} had it{_rank(text, older[had])}; {_gone(newest, revision)}"


def _find(text: str, graph: Graph) -> list[str]:
    return Reference(text).resolve(graph.node_ids, {})


def _moved(text: str, here: list[str], newest: Graph, older: Graph) -> str | None:
    """The same feature at the same word, where the words before it changed."""
    position = _position(text)
    tokens, before = newest.metadata.prompt_tokens, older.metadata.prompt_tokens
    if position is None or position >= len(before):
        return None
    same = [
        one
        for one in here
        if (at := _position(one)) is not None
        and at < len(tokens)
        and visible(tokens[at]) == visible(before[position])
    ]
    return same[0] if len(same) == 1 else None


def _position(node_id: str) -> int | None:
    last = node_id.rpartition("_")[2]
    return int(last) if last.isdigit() else None


def _rank(text: str, graph: Graph) -> str:
    """How near to being left out it was; shares are cumulative, the weakest node has the most."""
    found = {*_find(text, graph)}
    shares = [n.influence for n in graph.nodes if n.node_id in found and n.influence is not None]
    return f", {percent(min(shares))} down its list by influence" if shares else ""


def _gone(graph: Graph, revision: int) -> str:
    info = graph.metadata.tracer
    if info is None:
        return f"revision {revision} does not list it any more"
    if info.account is not None:
        listed = sum(node.kind == "feature" for node in graph.nodes)
        return f"in revision {revision} it is not among the {listed:,} features listed"
    share = percent(info.settings.node_threshold)
    return (
        f"in revision {revision} it is not active, or below the threshold (the nodes kept hold "
        f"{share} of the influence)"
    )
