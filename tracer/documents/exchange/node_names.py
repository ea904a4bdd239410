"""What programs call the nodes of a graph, wherever they write one: pins, groups, names, links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from tracer.documents.graph import Graph


class NodeNames:
    """The one rule by which a name that another viewer wrote means nodes of this graph.

    A `node_id` wins. Then a `jsNodeId`, which several nodes may share. Then, for a feature wherever
    it stands, the number that packs layer and index, and both of them (`3_42`, `3-42`); then the
    feature at one position (`3_42-2`). `assets/viewer/graph/node_names.js` does the same.
    """

    def __init__(self, graph: Graph):
        self._graph = graph
        self._ids = frozenset(graph.node_ids)

    @cached_property
    def _levels(self) -> tuple[dict[str, list[str]], ...]:
        """Made when a name is asked for that is no `node_id`; most graphs have none."""
        levels = by_js, by_number, by_feature, by_place = tuple(
            defaultdict[str, list[str]](list) for _ in range(4)
        )
        for node in self._graph.nodes:
            by_js[node.js_node_id].append(node.node_id)
            if node.kind != "feature":
                continue
            if node.feature is not None:
                by_number[str(node.feature)].append(node.node_id)
            keys = {node.js_node_id.partition("-")[0]}
            if node.index is not None:
                keys |= {f"{node.layer}_{node.index}", f"{node.layer}-{node.index}"}
                place = f"{node.layer}_{node.index}-{node.ctx_idx}"
                by_place[place].append(node.node_id)
            for key in keys - {""}:
                by_feature[key].append(node.node_id)
        return levels

    def nodes_of(self, name: str) -> list[str]:
        """The ids of the nodes meant, in the graph's order; empty where there is none."""
        if name in self._ids:
            return [name]
        return next((list(level[name]) for level in self._levels if name in level), [])

    def all_of(self, names: Iterable[str]) -> tuple[str, ...]:
        """The ids that several names mean, in the order of the names, each once."""
        return tuple(dict.fromkeys(one for name in names for one in self.nodes_of(name)))
