"""What heads carried in a graph, with the strongest looks taken away in the real model: the part
that is stored beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

import torch

from tracer.attribution.account.carried import Carried
from tracer.attribution.looks import Look
from tracer.batch.found_why import why_document
from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph
from tracer.documents.parts.heads import (
    HeadFlow,
    HeadPattern,
    Heads,
    Together,
    TriedLook,
)
from tracer.documents.prompt_words import spans
from tracer.interventions.asked import Asked
from tracer.interventions.other_looks import Seen, controls_of
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.model.frozen_pass import FrozenPass

CONTROLS = 5
TOGETHER = 3  # heads that help most, all at once
LEAST = 0.01  # of all that runs to the answer: what is less is not kept
KEPT = 6  # heads of a flow
DRAWN = 64  # tokens: of longer prompts no pattern is kept


def groups_of(graph: Graph, annotations: Annotations | None = None) -> dict[str, list[str]]:
    """People's groups, or the boxes that the graph has by itself, and all else that is listed; by
    name. A feature belongs to the first that names it."""
    info = graph.metadata.tracer
    listed = [node.node_id for node in graph.nodes if node.kind == "feature"]
    left = dict.fromkeys(listed)
    boxes = info.account.boxes if info and info.account else ()
    groups: Mapping[str, Sequence[str]] = {box.name: box.nodes for box in boxes}
    if annotations is not None and annotations.groups:
        members = annotations.group_members(listed)
        named = annotations.groups
        groups = {f"{named[key].name} ({key})": nodes for key, nodes in members.items()}
    kept: dict[str, list[str]] = {}
    for name, nodes in groups.items():
        here = [one for one in nodes if one in left]
        for one in here:
            del left[one]
        if here:
            kept[name] = here
    return {**kept, **({"other neurons or features": list(left)} if left else {})}


def heads_part(prompt: SteeredPrompt, frozen: FrozenPass, graph: Graph, found: Carried) -> Heads:
    """The graph is one of ours, and explains an answer or a feature. Raises TracerError when
    numbers overflow."""
    info = graph.metadata.tracer
    assert info is not None
    asked = Asked(prompt, info.question)
    words, seed = spans(graph.metadata.prompt_tokens), int(info.graph_id[:8], 16)
    listed = [node.node_id for node in graph.nodes if node.kind == "feature"]
    whys = [why_document(one, frozen.token_ids, listed) for one in found.whys]
    looks = _tried(asked, frozen, found.looks, words, seed)
    looks = tuple(one.model_copy(update={"why": why}) for one, why in zip(looks, whys, strict=True))
    return Heads(
        graph_id=info.graph_id,
        layers=frozen.n_layers,
        heads=frozen.n_heads,
        groups=found.groups,
        words=found.words,
        flows=tuple(_flows(found)),
        looks=looks,
        together=_together(asked, frozen, found.looks, words, seed),
        probability=asked.probabilities(prompt.baseline)[0],
        patterns=_patterns(frozen, found.looks) if frozen.n_positions <= DRAWN else (),
    )


def seen_of(look: Look) -> Seen:
    return Seen(look.layer, look.head, look.query, look.keys, look.weight)


def _flows(found: Carried) -> list[HeadFlow]:
    """The largest first, and all that heads carry of any weight."""
    flows = found.flows
    carried, whole = flows.carried.sum((2, 3)), flows.carried.sum((2, 3)) + flows.in_place
    least = LEAST * float(carried[-1].abs().sum())
    kept = []
    for at in carried.abs().flatten().argsort(descending=True).tolist():
        target, source = divmod(at, carried.shape[1])
        if abs(float(carried[target, source])) < max(least, 1e-12):
            break
        kept.append(
            HeadFlow(
                source=source,
                target=target,
                flow=float(whole[target, source]),
                in_place=float(flows.in_place[target, source]),
                heads=_strongest(flows.carried[target, source]),
            )
        )
    return kept


def _strongest(heads: torch.Tensor) -> tuple[tuple[str, float], ...]:
    """Of (layers, heads), by what they carry; those that carry next to nothing are left out."""
    count, flat = heads.shape[1], heads.flatten()
    best = flat.abs().topk(min(KEPT, len(flat))).indices.tolist()
    least = 0.01 * float(flat.abs().sum())
    told = [(divmod(one, count), float(flat[one])) for one in best]
    return tuple((f"{layer}.{head}", value) for (layer, head), value in told if abs(value) > least)


def _tried(
    asked: Asked,
    frozen: FrozenPass,
    looks: Sequence[Look],
    words: Sequence[tuple[int, int]],
    seed: int,
) -> tuple[TriedLook, ...]:
    """Each look taken away, and others in its place."""
    own = [seen_of(one) for one in looks]
    others = [controls_of(frozen, [one], words, seed=seed, draws=CONTROLS) for one in own]
    variants = [one.knock_outs for one in own]
    variants += [each[0].knock_outs for one in others for each in one]
    values, probabilities = asked.run_without(variants)
    rest = iter(values[len(own) :])
    return tuple(
        TriedLook(
            head=f"{look.layer}.{look.head}",
            to=look.query,
            keys=look.keys,
            weight=look.weight,
            adds=look.effect,
            predicted=look.without,
            actual=value - asked.before,
            probability=probability,
            controls=tuple(next(rest) - asked.before for _ in controls),
            controls_weight=fmean(one[0].weight for one in controls) if controls else None,
        )
        for look, value, probability, controls in zip(
            looks, values, probabilities, others, strict=False
        )
    )


def _together(
    asked: Asked,
    frozen: FrozenPass,
    looks: Sequence[Look],
    words: Sequence[tuple[int, int]],
    seed: int,
) -> Together | None:
    """The looks that the answer should lose most by, of the strongest heads, all at once. None
    where there is one head only: that was tried."""
    heads: dict[tuple[int, int], list[int]] = {}
    for at, look in enumerate(looks):
        if look.without < 0:
            heads.setdefault((look.layer, look.head), []).append(at)
    chosen = [at for each in list(heads.values())[:TOGETHER] for at in each]
    if len(heads) < 2:
        return None
    own = [seen_of(looks[at]) for at in chosen]
    others = controls_of(frozen, own, words, seed=seed)
    sets = [own, *others]
    variants = [[cut for one in each for cut in one.knock_outs] for each in sets]
    (value, *values), (probability, *probabilities) = asked.run_without(variants)
    return Together(
        looks=tuple(chosen),
        actual=value - asked.before,
        probability=probability,
        controls=tuple(one - asked.before for one in values),
        control_probabilities=tuple(one for one in probabilities if one is not None),
    )


def _patterns(frozen: FrozenPass, looks: Sequence[Look]) -> tuple[HeadPattern, ...]:
    heads = dict.fromkeys((one.layer, one.head) for one in looks)
    return tuple(
        HeadPattern(head=f"{layer}.{head}", rows=_rows(frozen.patterns[layer][head]))
        for layer, head in heads
    )


def _rows(pattern: torch.Tensor) -> tuple[tuple[int, ...], ...]:
    percent = (100 * pattern.float()).round().clamp(0, 100).int().tolist()
    return tuple(tuple(row[: at + 1]) for at, row in enumerate(percent))
