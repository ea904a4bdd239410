"""What changed from one graph to another: features gained and lost, other signs, other sizes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from tracer.documents.graph import Graph
from tracer.documents.set_account import SetAccount
from tracer.errors import TracerError

LEAST = 0.05  # of the larger graph's strongest effect: smaller changes are not told


@dataclass(frozen=True)
class Change:
    """A feature's effect in both, over all its positions; None where it is not listed."""

    feature: str
    before: float | None
    after: float | None
    words: tuple[str, ...] = ()  # that it pushes

    @property
    def by(self) -> float:
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True)
class GraphChanges:
    """Each by the size of the change. `turned` have another sign, `moved` the same and another
    size; `alike` counts those that both have and that hardly differ."""

    gained: tuple[Change, ...]
    lost: tuple[Change, ...]
    turned: tuple[Change, ...]
    moved: tuple[Change, ...]
    alike: int


def changes_between(left: Graph, right: Graph) -> GraphChanges:
    """Features are the same if layer and index are, and features and model. Raises TracerError for
    graphs whose features are numbered otherwise."""
    infos = [one.metadata.tracer for one in (left, right)]
    if all(infos) and infos[0] and infos[1]:
        sources = {one.features.kind: one.model.layers for one in infos if one}
        if len({one.features.kind for one in infos if one}) > 1 or len(set(sources.values())) > 1:
            what = "the graphs are of features that are numbered otherwise"
            raise TracerError(what, hint="compare graphs of one model, or of one and its adapters")
    return _changes(_effects(left), _effects(right), _words(left) | _words(right))


def changes_between_sets(left: SetAccount, right: SetAccount) -> GraphChanges:
    """The same of mean effects over rows: features at slots, by name. Raises TracerError for sets
    whose features are numbered otherwise."""
    sides = (left.model, right.model)
    if len({(one.features, one.layers) for one in sides}) > 1:
        what = "the sets are of features that are numbered otherwise"
        raise TracerError(what, hint="compare sets of one model, or of one and its adapters")
    before, after = ({n.id: n.effect.mean for n in one.neurons} for one in (left, right))
    words = {n.id: tuple(n.pushes[:3]) for one in (left, right) for n in one.neurons}
    return _changes(before, after, words)


def _changes(
    before: Mapping[str, float], after: Mapping[str, float], words: Mapping[str, tuple[str, ...]]
) -> GraphChanges:
    most = max((abs(v) for v in (*before.values(), *after.values())), default=0.0)
    changes = [
        Change(one, before.get(one), after.get(one), words.get(one, ()))
        for one in dict.fromkeys([*before, *after])
    ]
    changes.sort(key=lambda one: (-abs(one.by), one.feature))
    told = [one for one in changes if abs(one.by) >= LEAST * most]
    both = [one for one in told if one.before is not None and one.after is not None]
    turned = [one for one in both if (one.before or 0.0) * (one.after or 0.0) < 0]
    return GraphChanges(
        gained=tuple(one for one in told if one.before is None),
        lost=tuple(one for one in told if one.after is None),
        turned=tuple(turned),
        moved=tuple(one for one in both if one not in turned),
        alike=sum(one.before is not None and one.after is not None for one in changes) - len(both),
    )


def _effects(graph: Graph) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for node in graph.nodes:
        if node.kind == "feature" and node.index is not None:
            found[f"{node.layer_number}_{node.index}"] += node.effect or 0.0
    return dict(found)


def _words(graph: Graph) -> dict[str, tuple[str, ...]]:
    return {
        f"{node.layer_number}_{node.index}": tuple(node.pushes[:3])
        for node in graph.nodes
        if node.kind == "feature" and node.pushes
    }
