"""What a graph's numbers mean, in plain words that claim no more than the evidence."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.documents.account import AccountInfo
from tracer.documents.evidence import Versions
from tracer.documents.exchange.provenance import Named, Provenance, is_foreign, provenance_of
from tracer.documents.graph import Graph
from tracer.documents.trace_figures import Fit
from tracer.documents.trace_info import TracerInfo
from tracer.site.wording.amounts import signed
from tracer.site.wording.answers import asked_instead, target_node
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import visible


@dataclass(frozen=True)
class Fact:
    """`links` are shown in the value's place, each by its name."""

    name: str
    value: str = ""
    code: bool = False
    links: tuple[Named, ...] = ()


def explained(graph: Graph) -> list[str]:
    """How much of the answer the graph accounts for, and how much it leaves open."""
    info = graph.metadata.tracer
    if info is None:
        return ["This file states no scores, so how much of the answer it explains is not known."]
    if info.account is not None:
        return [*_accounted(graph, info, info.account), *_reconstructed(info.fit)]
    scores = info.scores
    if scores is None:
        return ["This file states no scores, so how much of the answer it explains is not known."]
    neurons = info.features.kind == "neurons"
    inside = "listed neurons" if neurons else "features"
    outside = "neurons that are not listed here" if neurons else "error nodes"
    gap = (
        "Only the strongest neurons are listed; the rest are summed up, layer by layer and word "
        "by word, in nodes called “neurons not listed”."
        if neurons
        else "Error nodes are what the features do not reconstruct of each layer’s output."
    )
    asked = asked_instead(graph) or "the answer"
    sentences = [
        f"This graph explains {percent(scores.replacement)} of the influence on {asked}: that "
        f"much can be followed through {inside} back to words of the prompt. The other "
        f"{percent(1 - scores.replacement)} comes from {outside}.",
        f"Of what flows into its nodes, weighted by how much they matter, "
        f"{percent(scores.completeness)} is accounted for and {percent(1 - scores.completeness)} "
        f"comes from {outside}. {gap}",
    ]
    if scores.unexpanded >= 0.0005:
        sentences.append(
            f"For {'neurons' if neurons else 'features'} that carry {percent(scores.unexpanded)} "
            "of the influence, the inputs were not computed."
        )
    return [*sentences, *_reconstructed(info.fit)]


def _accounted(graph: Graph, info: TracerInfo, account: AccountInfo) -> list[str]:
    """What of the account was measured: how much runs through listed features, and is drawn."""
    asked = asked_instead(graph) or "the answer"
    noun = "neurons" if info.features.kind == "neurons" else "features"
    listed = sum(node.kind == "feature" for node in graph.nodes)
    said = [
        f"Words and what is there for every prompt add up to {asked} exactly, with attention and "
        f"norms held as they were. Of what runs straight into {asked}, {percent(account.flow)} "
        f"comes from the {listed:,} {noun} listed, and of what runs into those, "
        f"{percent(account.input_flow)} comes from others of them; the rest comes straight from "
        f"words. {noun.capitalize()} that are not listed hand on what they read.",
        f"The links drawn hold {percent(account.links_hold)} of all that flows.",
    ]
    trial = account.trial
    if trial is not None and trial.correlation is not None:
        said.append(
            f"What it predicts of its {len(trial.nodes)} strongest and what the model did when "
            f"they were silenced correlate {signed(trial.correlation)}."
        )
    return said


def _reconstructed(fit: Fit | None) -> list[str]:
    """How well transcoders stand in for the MLPs on this prompt."""
    if fit is None or fit.median is None:
        return []
    of = "the variance of what the MLPs write" if fit.against == "variance" else "what MLPs write"
    if fit.median < 1:
        layer, most = fit.worst()[0]
        return [
            f"On this prompt the features leave {percent(fit.median)} of {of} unexplained (median "
            f"over layers; most in layer {layer}, {percent(most)}).",
            *_from_below(fit),
        ]
    trivial = "the mean of what they write" if fit.against == "variance" else "nothing"
    return [
        "These features do not belong here: on this prompt they reconstruct the model’s MLPs no "
        f"better than {trivial} would ({percent(fit.median)} of {of} unexplained, median over "
        "layers). The graph was made all the same, with “allow_misfit”; do not read it as what "
        "the model does."
    ]


def _from_below(fit: Fit) -> list[str]:
    """What a set across layers tells as steps of other layers than take them."""
    if fit.most_from_below is None:
        return []
    layer, share = fit.most_from_below
    return [
        f"Of what features add to the answer through the MLP of layer {layer}, "
        f"{percent(share)} is written by features of lower layers, the most of all layers: what "
        "the model computes there, the graph tells as their doing."
    ]


def question(graph: Graph) -> str:
    """What exactly was asked of the model."""
    info = graph.metadata.tracer
    if info is None:
        return "the likely answers, weighted by probability"
    asked, node = asked_instead(graph), target_node(graph)
    if asked and node:
        token = graph.metadata.prompt_tokens[node.ctx_idx]
        return f"what feeds {asked} at “{visible(token)}”"
    target = f"“{visible(info.question.target)}”"
    if info.question.contrast:
        others = " or ".join(f"“{visible(token)}”" for token in info.question.contrast)
        return f"why {target} rather than {others}"
    if info.question.kind == "target":
        return f"why {target}"
    return "the likely answers, weighted by probability"


def facts(graph: Graph) -> list[Fact]:
    """What one needs to know to cite the graph or to make it again."""
    listed = [
        Fact("Question", question(graph)),
        Fact("Model", model_name(graph)),
        Fact("Shown", f"{len(graph.nodes):,} nodes, {len(graph.links):,} links"),
    ]
    info = graph.metadata.tracer
    if is_foreign(graph):
        listed += _made(provenance_of(graph))
    if info is None:
        return listed
    counts, settings = info.counts, info.settings
    seen = "looked at" if info.account else "admitted"
    limit = "no limit" if settings.max_links is None else f"{settings.max_links:,}"
    return [
        *listed,
        Fact("Model weights", info.model.identity, code=True),
        *(
            Fact(f"Adapter {one.name}", one.identity, code=True)
            for one in info.model.adapters or ()
        ),
        Fact("Features", f"{info.features.kind} ({info.features.source})"),
        *(
            [Fact("Feature set", info.features.identity, code=True)]
            if info.features.identity != info.model.identity  # as neurons' is
            else ()
        ),
        *_fit_facts(info.fit, allowed=settings.allow_misfit),
        Fact("Active features", f"{counts.active:,}, of which {counts.candidates:,} were {seen}"),
        *(_listed(info.account, settings.max_nodes) if info.account else _pruning(info)),
        Fact("Links before the limit", f"{counts.links_before_limit:,} (limit: {limit})"),
        Fact("Precision", settings.precision),
        Fact("Graph id", info.graph_id, code=True),
    ]


def measured_with(versions: Versions) -> Fact:
    """What the evidence was made with."""
    return Fact(
        "Evidence made with",
        f"tracer {versions.tracer}, torch {versions.torch}, transformers {versions.transformers}, "
        f"{versions.precision}",
    )


def _listed(account: AccountInfo, most: int) -> list[Fact]:
    bound = f"the most that were allowed ({most:,})"
    why = bound if account.bound_by == "most" else f"as many as the {account.bound_by} asks for"
    return [Fact("Features listed", why)]


def _pruning(info: TracerInfo) -> list[Fact]:
    counts, settings = info.counts, info.settings
    thresholds = (percent(settings.node_threshold), percent(settings.edge_threshold))
    expanded = counts.candidates if counts.expanded is None else counts.expanded
    return [
        Fact("Inputs computed for", f"{expanded:,} features"),
        Fact(
            "Before pruning",
            f"{counts.nodes_before_pruning:,} nodes, {counts.links_before_pruning:,} links",
        ),
        Fact("Influence to keep", f"nodes {thresholds[0]}, links {thresholds[1]}"),
    ]


def _made(by: Provenance) -> list[Fact]:
    """What a graph of somebody else says of its making."""
    found = [
        Fact("Made by", links=(by.creator,)) if by.creator else None,
        Fact("Made with", links=(by.generator,)) if by.generator else None,
        Fact("Made on", by.created.isoformat()) if by.created else None,
        Fact("From", links=by.sources) if by.sources else None,
        Fact("Also shown at", links=(by.page,)) if by.page else None,
        Fact("Description", by.description) if by.description else None,
        Fact("Settings", by.settings) if by.settings else None,
    ]
    return [fact for fact in found if fact is not None]


def _fit_facts(fit: Fit | None, *, allowed: bool) -> list[Fact]:
    listed = []
    if fit is not None and fit.median is not None:
        by_layer = ", ".join("–" if one is None else f"{one:.2f}" for one in fit.unexplained)
        what = f"{fit.median:.2f} of the {fit.against}, median over layers (from the lowest: "
        listed.append(Fact("Unexplained by features", f"{what}{by_layer})"))
    if fit is not None and fit.left_out:
        listed.append(Fact("Layers without features", ", ".join(map(str, fit.left_out))))
    if fit is not None and fit.from_below is not None:
        shares = ", ".join("–" if one is None else f"{one:.2f}" for one in fit.from_below)
        listed.append(Fact("Written from below", f"{shares}, of each layer from the lowest"))
    if allowed:
        listed.append(Fact("Misfit", "features that do not belong here were allowed"))
    return listed


def model_name(graph: Graph) -> str:
    """The model's name, with what was merged into it; foreign files call it `scan`."""
    info = graph.metadata.tracer
    return info.model.full_name if info else graph.metadata.scan
