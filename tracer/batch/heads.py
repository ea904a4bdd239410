"""One `tracer heads` from start to end."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tracer.attribution.account.account import account_of
from tracer.attribution.account.sweep_up import sweep_up
from tracer.attribution.heads import HeadFlows, head_flows
from tracer.attribution.looks import Look, strongest_looks
from tracer.attribution.origin import FeatureName
from tracer.attribution.targets import Targets, choose_targets, feature_target
from tracer.attribution.trace import feature_source
from tracer.batch.report import plain_console, table_of
from tracer.batch.subject import Subject, Workbench, find_subject
from tracer.batch.trace_job import memory_suffices
from tracer.documents.prompt_words import spans, word_of
from tracer.documents.token_text import joined
from tracer.documents.trace_settings import Device
from tracer.errors import Place, TracerError
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.interventions.asked import Asked
from tracer.interventions.knock_out import KnockOut
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.model.frozen_pass import FrozenPass, freeze

CONTROLS = 5  # other heads that look there at least as much
LEAST_FLOW = 0.05  # of all that runs into the answer: what is less is not told
TOLD = 3  # heads of a flow


@dataclass(frozen=True)
class Tried:
    """A look, what taking it away changed in the real model, and what taking others away did."""

    look: Look
    actual: float
    probability: float | None
    controls: tuple[float, ...]


@dataclass(frozen=True)
class Found:
    """`names` are what flows come from: groups, then words, then the start."""

    names: Sequence[str]
    groups: int
    flows: HeadFlows
    looks: Sequence[Tried]
    together: Tried | None  # the strongest supporting looks, all at once
    probability: float | None


def heads_of_graph(
    root: Path,
    slug: str,
    *,
    most: int = 10,
    revision: int | None = None,
    device: Device = "auto",
    model: str | None = None,
    features: str | None = None,
    console: Console | None = None,
) -> None:
    """Raises TracerError for a graph or model that is not to be had, or explains a direction."""
    subject = find_subject(root, slug, revision)
    told = plain_console(stderr=True)
    with told.status("looking for the model") as status:
        bench = Workbench(device, model=model, features=features, say=status.update)
        with memory_suffices("the prompt"):
            prompt = bench.open(subject)
            status.update("sharing flows out among heads")
            found = _found(subject, bench, prompt, most)
    (console or plain_console()).print(report(subject, found))


def report(subject: Subject, found: Found) -> Group:
    tokens = subject.graph.metadata.prompt_tokens
    return Group(_flows(found), "", _looks(found, tokens), "", _told(found))


def _found(subject: Subject, bench: Workbench, prompt: SteeredPrompt, most: int) -> Found:
    model = prompt.model
    frozen = freeze(model, subject.info.token_ids)
    active = feature_source(model, bench.features_of(subject, model)).read(frozen)
    targets = _targets(subject, frozen, active)
    named = _groups(subject)
    listed, groups = _listed(active, list(named.values()), frozen.n_layers)
    tokens = subject.graph.metadata.prompt_tokens
    words = [list(range(begin, end)) for begin, end in spans(tokens) if begin]
    swept = sweep_up(frozen, active, listed, targets.effect_direction, origin=targets.origin)
    flows = head_flows(
        frozen,
        active,
        listed,
        account_of(swept, listed),
        groups,
        words,
        targets.effect_direction,
        origin=targets.origin,
    )
    looks = strongest_looks(
        frozen,
        active,
        targets.effect_direction,
        spans(tokens),
        most=most,
        origin=targets.origin,
    )
    asked = Asked(prompt, subject.info.question)
    texts = word_of(tokens)
    return Found(
        names=[*named, *(f"“{texts[one[0]]}”" for one in words), "the start"],
        groups=len(named),
        flows=flows,
        looks=_tried(asked, frozen, [[one] for one in looks]),
        together=_together(asked, frozen, looks),
        probability=asked.probabilities(prompt.baseline)[0],
    )


def _targets(subject: Subject, frozen: FrozenPass, active: ActiveFeatures) -> Targets:
    asked = subject.info.question
    if asked.kind == "direction":
        raise TracerError(
            f"`{subject.slug}` explains a direction, which no file holds",
            hint="name a graph that explains an answer or a feature",
            place=Place(subject.graph_file),
        )
    if asked.kind == "feature":
        name = FeatureName.parse(asked.target, positions=frozen.n_positions)
        return feature_target(frozen, active, name)
    return choose_targets(
        frozen,
        target=asked.target_id,
        contrast=asked.contrast_ids,
        against=asked.against or "vocabulary",
    )


def _groups(subject: Subject) -> dict[str, Sequence[str]]:
    """People's groups, or the boxes that the graph has by itself; and all else that is listed."""
    listed = [node.node_id for node in subject.graph.nodes if node.kind == "feature"]
    boxes = subject.info.account.boxes if subject.info.account else ()
    groups: dict[str, Sequence[str]] = {
        f"{group.name} ({key})": group.nodes for key, group in subject.annotations.groups.items()
    } or {box.name: box.nodes for box in boxes}
    there = set(listed)
    kept = {name: [one for one in nodes if one in there] for name, nodes in groups.items()}
    held = {one for nodes in kept.values() for one in nodes}

    rest = [one for one in listed if one not in held]
    return {**kept, **({"other neurons or features": rest} if rest else {})}


def _listed(
    active: ActiveFeatures, groups: Sequence[Sequence[str]], n_layers: int
) -> tuple[list[LayerFeatures], torch.Tensor]:
    """All members by layer, and which group each belongs to, (groups, features)."""
    owners = {node: at for at, nodes in enumerate(groups) for node in nodes}
    names = sorted(_place(node) for node in owners)
    by_layer: list[LayerFeatures] = []
    for layer in range(n_layers):
        here = [(index, position) for at, position, index in names if at == layer]
        by_layer.append(active.some(layer, here))
    member = torch.zeros(len(groups), len(names)).double()
    for column, (layer, position, index) in enumerate(names):
        member[owners[f"{layer}_{index}_{position}"], column] = 1
    return by_layer, member


def _place(node: str) -> tuple[int, int, int]:
    layer, index, position = map(int, node.split("_"))
    return layer, position, index


def _tried(asked: Asked, frozen: FrozenPass, looks: Sequence[Sequence[Look]]) -> list[Tried]:
    """Each set of looks taken away, and for each as many others of their layers, several times."""
    others = [_controls(frozen, one) for one in looks]
    variants = [[one for look in each for one in _knock_outs(look, look.head)] for each in looks]
    values, probabilities = asked.run_without([*variants, *(v for each in others for v in each)])
    rest = iter(values[len(looks) :])
    return [
        Tried(
            look=each[0],
            actual=value - asked.before,
            probability=p,
            controls=tuple(next(rest) - asked.before for _ in controls),
        )
        for each, value, p, controls in zip(looks, values, probabilities, others, strict=False)
    ]


def _together(asked: Asked, frozen: FrozenPass, looks: Sequence[Look]) -> Tried | None:
    """The looks that the answer should lose most by, of the three strongest heads, all at once."""
    heads: dict[tuple[int, int], list[Look]] = {}
    for look in looks:
        if look.without < 0:
            heads.setdefault((look.layer, look.head), []).append(look)
    chosen = [look for each in list(heads.values())[:TOLD] for look in each]
    return _tried(asked, frozen, [chosen])[0] if len(heads) > 1 else None


def _controls(frozen: FrozenPass, looks: Sequence[Look]) -> list[list[KnockOut]]:
    """Variants in which other heads of the same layers, that look there at least as much, do not;
    those that look there least more first. As many as every look has."""
    each = [_others(frozen, one) for one in looks]
    count = min(CONTROLS, *map(len, each)) if each else 0
    return [[one for heads in each for one in heads[at]] for at in range(count)]


def _others(frozen: FrozenPass, look: Look) -> list[list[KnockOut]]:
    pattern = frozen.patterns[look.layer][:, look.query]
    weights = pattern[:, list(look.keys)].sum(1).tolist()
    louder = [
        (weight, head)
        for head, weight in enumerate(weights)
        if head != look.head and weight >= look.weight
    ]
    return [_knock_outs(look, head) for _, head in sorted(louder)]


def _knock_outs(look: Look, head: int) -> list[KnockOut]:
    return [KnockOut(look.layer, head, look.query, key) for key in look.keys]


def _flows(found: Found) -> Table:
    """Flows that move from word to word, the largest first."""
    table = table_of("from", "to", "carried", "by heads", wrap=("from", "to"), right=("carried",))
    carried = found.flows.carried.sum((2, 3))
    least = LEAST_FLOW * float(carried[-1].abs().sum())
    order = carried.abs().flatten().argsort(descending=True).tolist()
    names = [*found.names[: found.groups], "the answer"]
    for at in order:
        target, source = divmod(at, carried.shape[1])
        flow = float(carried[target, source])
        if abs(flow) < least:
            break
        by = _by(found.flows.carried[target, source])
        table.add_row(escape(found.names[source]), escape(names[target]), f"{flow:+.2f}", by)
    return table


def _by(heads: torch.Tensor) -> str:
    """The strongest heads of a flow, and how much they carry."""
    n_heads = heads.shape[1]
    best = heads.abs().flatten().topk(TOLD).indices.tolist()
    told = ((divmod(one, n_heads), float(heads.flatten()[one])) for one in best)
    return ", ".join(f"{layer}.{head} {value:+.2f}" for (layer, head), value in told)


def _looks(found: Found, tokens: Sequence[str]) -> Table:
    names = ("head", "looks from", "at", "weight", "adds", "without: predicted", "real", "controls")
    table = table_of(*names, right=names[3:])
    for one in found.looks:
        look = one.look
        at = joined([tokens[key] for key in look.keys]).strip()
        table.add_row(
            f"{look.layer}.{look.head}",
            escape(f"{tokens[look.query].strip()} {look.query}"),
            escape(f"{at} {look.keys[0]}"),
            f"{look.weight:.2f}",
            *(f"{value:+.2f}" for value in (look.effect, look.without, one.actual)),
            _range(one.controls),
        )
    return table


def _range(values: Sequence[float]) -> str:
    if not values:
        return "none look there as much"
    return f"{min(values):+.2f} to {max(values):+.2f} ({len(values)})"


def _told(found: Found) -> Text:
    """How well predictions hold, and what the strongest heads do together."""
    pairs = [(one.look.without, one.actual) for one in found.looks]
    lines = []
    if len(pairs) > 2:
        r = statistics.correlation(*zip(*pairs, strict=True))
        lines.append(
            f"Over these {len(pairs)} looks, predicted and real changes correlate {r:.2f}."
        )
    if found.together is not None and found.probability is not None:
        after = found.together.probability
        lines.append(
            f"Without those of the {TOLD} heads that help most, the answer has "
            f"{after:.2f} of the probability, before {found.probability:.2f}."
        )
    return Text("\n".join(lines))
