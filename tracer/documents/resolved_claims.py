"""Claims with their references resolved to nodes, the way both halves need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.claims import Claim, claim_hash, features_meant, reference
from tracer.documents.enclosure import is_there
from tracer.documents.graph import Graph
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.prompts import Counterfactual
from tracer.documents.yaml_source import KeyPath
from tracer.errors import Place, TracerError, did_you_mean

Where = Callable[[KeyPath], Place | None]
Find = Callable[[str], tuple[Graph, Annotations]]


@dataclass(frozen=True)
class ResolvedClaim:
    """A claim, the features of its graph that each target means, and another graph's."""

    claim: Claim
    nodes: Mapping[str, Sequence[str]]
    elsewhere: Graph | None
    elsewhere_nodes: Sequence[str]
    hash: str
    counterfactual: Counterfactual | None = None  # where values are exchanged with it
    other_model: Graph | None = None  # of the counterfactual, where it is another model's run

    @property
    def touched(self) -> list[str]:
        """The nodes that the claim sets, in the graph's order within each target."""
        targets = [text for path, text in self.claim.targets() if path[0] != "expect"]
        return list(dict.fromkeys(one for text in targets for one in self.nodes[text]))


def resolve_claim(
    claim: Claim,
    graph: Graph,
    annotations: Annotations,
    find: Find,
    where: Where = lambda _: None,
    counterfactual: Counterfactual | None = None,
) -> ResolvedClaim:
    """`find` gives another graph and its annotations by slug; `where` the place of a path below
    the claim; `counterfactual` is the prompt list's for this graph. Raises TracerError for what
    matches no feature, and an exchange without a counterfactual."""
    nodes = {}
    for path, text in claim.targets():
        nodes[text] = _features(text, graph, annotations, where(path))
    _refuse_impossible_looks(claim, graph, where)
    elsewhere, others = None, []
    if claim.swap is not None:
        there: KeyPath = ("swap", "with")
        try:
            elsewhere, theirs = find(claim.swap.with_.graph)
        except TracerError as error:
            if error.place or not error.message:  # of the other graph's own files
                raise
            place = where((*there, "graph"))
            raise TracerError(error.message, hint=error.hint, place=place) from None
        place = where((*there, "group"))
        others = _features(claim.swap.with_.group, elsewhere, theirs, place)
    meant = {**nodes, "with": others} if elsewhere else nodes
    ids = [_identity(one) for one in (graph, elsewhere) if one is not None]
    other = _exchanged_with(claim, graph, counterfactual, where)
    model = None
    if other is not None and other.graph is not None:
        model = find(other.graph)[0]
        ids.append(_identity(model))
    hashed = claim_hash(claim, meant, ids, None if other is None else _words(other))
    return ResolvedClaim(claim, nodes, elsewhere, others, hashed, other, model)


def _words(other: Counterfactual) -> str | dict[str, object] | None:
    """What of a counterfactual decides the values that are taken from it."""
    if other.chat is None:
        return other.prompt
    return other.model_dump(mode="json", include={"chat", "chat_date"}, exclude_none=True)


def _exchanged_with(
    claim: Claim, graph: Graph, counterfactual: Counterfactual | None, where: Where
) -> Counterfactual | None:
    if claim.exchange is None:
        return None
    if counterfactual is None:
        info = graph.metadata.tracer
        key = info.key if info else "prompt"
        raise TracerError(
            f"the prompt list names no counterfactual for `{graph.metadata.slug}`",
            hint=f"give its entry in prompts.yaml `counterfactual: {{{key}: …, target: …}}`",
            place=where(("exchange", "with")),
        )
    return counterfactual


def _refuse_impossible_looks(claim: Claim, graph: Graph, where: Where) -> None:
    """How many heads a layer has, only the model says."""
    info, n = graph.metadata.tracer, len(graph.metadata.prompt_tokens)
    for number, one in enumerate(claim.knocked_out):
        path: KeyPath = (
            ("knock_out", number) if isinstance(claim.knock_out, tuple) else ("knock_out",)
        )
        for head in one.heads:
            if info is not None and head.layer >= info.model.layers:
                what = f"there is no head {head}: layers are 0 to {info.model.layers - 1}"
                raise TracerError(what, place=where((*path, "head")))
        if one.to >= n:
            what = f"the prompt has no token {one.to}"
            raise TracerError(what, hint=f"tokens are 0 to {n - 1}", place=where((*path, "to")))


def find_in(root: Path) -> Find:
    """Other graphs of a gallery, in their newest revision."""
    folder = GraphFolder(root / "graphs")

    def find(slug: str) -> tuple[Graph, Annotations]:
        latest = folder.latest(slug)
        if latest is None:
            known = folder.slugs()
            hint = did_you_mean(slug, known) or f"there are {', '.join(known)}"
            raise TracerError(f"there is no graph `{slug}`", hint=hint)
        return folder.load(slug, latest), annotations_in(root, slug)

    return find


def annotations_in(root: Path, slug: str) -> Annotations:
    """What people say about one graph; nothing where there is no file."""
    file = root / "site_src" / "annotations" / f"{slug}.yaml"
    return load_annotations(file)[0] if is_there(file) else Annotations()


def find_features(text: str, graph: Graph, annotations: Annotations) -> list[str]:
    """The ids of the features that a target means. Raises TracerError with the near match."""
    return _features(text, graph, annotations, None)


def _features(text: str, graph: Graph, annotations: Annotations, place: Place | None) -> list[str]:
    listed = [node.node_id for node in graph.nodes if node.kind == "feature"]
    groups = {key: group.nodes for key, group in annotations.groups.items()}
    found = features_meant(text, listed, groups)
    if found:
        return found
    group = reference(text).group
    if group is not None:
        there = ", ".join(groups) or "none"
        hint = did_you_mean(group, groups) or f"groups of this graph: {there}"
        what = f"there is no group `{group}`"
        if group in groups:
            what, hint = f"the group `{group}` has no feature in this graph", "name its features"
        raise TracerError(what, hint=hint, place=place)
    near = did_you_mean(text, listed) or "node ids are in the graph's file and in the viewer"
    raise TracerError(f"no feature of this graph matches `{text}`", hint=near, place=place)


def _identity(graph: Graph) -> str:
    info = graph.metadata.tracer
    return info.graph_id if info else graph.metadata.slug
