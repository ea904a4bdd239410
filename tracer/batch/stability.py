"""One `tracer stability`: how much of a graph survives when little about its question changes.

The graph's question is traced again: listing half as many features, and a quarter fewer; in `fast`
precision; against other alternatives; and with a prompt in other words. A listed feature survives
a change if it is listed then too, and its effect has the same sign and between half and twice the
size; of other words, at any position. What is told is the share of the graph's effects, by size,
that survives.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from rich.console import Console, Group

from tracer.attribution.account.account_graph import AccountGraph
from tracer.attribution.question import Ask
from tracer.attribution.trace import trace_ask
from tracer.batch.report import plain_console, table_of
from tracer.batch.subject import Subject, Workbench, find_subject
from tracer.batch.trace_job import memory_suffices
from tracer.documents.files import write_atomically
from tracer.documents.parts import stability as part
from tracer.documents.parts.parts import stability_file
from tracer.documents.parts.stability import SOLID
from tracer.documents.trace_settings import Device, TraceSettings
from tracer.errors import TracerError
from tracer.model.load import Model

RESAMPLED, AMONG = 3, 20  # draws of alternatives, from so many of the likeliest answers
SIZES = (0.5, 2.0)  # of its effect, within which a feature is the same

Key = tuple[int, ...]  # layer and index; of the same words with the position


@dataclass(frozen=True)
class Changed:
    """One change, and the share of the graph's effects that survives it."""

    name: str
    survives: float
    nodes: frozenset[str]  # which do


@dataclass(frozen=True)
class Stability:
    """`effects` are of each listed feature, in units of the question."""

    slug: str
    effects: dict[str, float]
    changes: tuple[Changed, ...]

    @property
    def stable(self) -> float:
        """The mean over changes: one number."""
        return fmean(one.survives for one in self.changes)

    def share(self, node: str) -> float:
        """Of the changes, how many a feature survives."""
        return fmean(node in one.nodes for one in self.changes)

    def faint(self) -> list[str]:
        """Features that survive fewer than half, strongest first."""
        found = [node for node in self.effects if self.share(node) < SOLID]
        return sorted(found, key=lambda node: -abs(self.effects[node]))

    def part(self, subject: Subject) -> part.Stability:
        """As it is kept beside the graph: of the features that the graph lists."""
        listed = [one.node_id for one in subject.graph.nodes if one.kind == "feature"]
        return part.Stability(
            graph_id=subject.info.graph_id,
            changes=tuple(
                part.Change(change=one.name, survives=one.survives) for one in self.changes
            ),
            nodes={node: self.share(node) for node in listed if node in self.effects},
        )

    def plain(self) -> dict[str, Any]:
        return {
            "slug": self.slug,
            "stable": self.stable,
            "changes": [{"change": one.name, "survives": one.survives} for one in self.changes],
            "nodes": [
                {
                    "node": node,
                    "effect": effect,
                    "survives": self.share(node),
                    "solid": self.share(node) >= SOLID,
                }
                for node, effect in self.effects.items()
            ],
        }


def stability_of_graph(
    root: Path,
    slug: str,
    *,
    paraphrases: Sequence[str] = (),
    revision: int | None = None,
    device: Device = "auto",
    model: str | None = None,
    features: str | None = None,
    most: int = 10,
    console: Console | None = None,
    write: bool = False,
    told: Callable[[Any], None] | None = None,
) -> None:
    """Trace the graph's question with each change, and print, or give to `told`, what survives;
    with `write` it is stored beside the graph, whose page draws it.

    Raises TracerError for a graph that has no account or explains no answer, and whatever tracing
    refuses.
    """
    subject, aside = find_subject(root, slug, revision), plain_console(stderr=True)
    info = subject.info
    if info.account is None or info.question.target_id is None:
        what = f"`{slug}` has no account of an answer, so there is nothing to hold it against"
        raise TracerError(what, hint="trace it with a `target`, and `remainder: transparent`")
    with aside.status("looking for the model") as status:
        bench = Workbench(device, model=model, features=features, say=status.update)
        loaded = bench.open(subject).model
        found = measured(subject, bench, loaded, paraphrases, status.update)
    if told is not None:
        told(found.plain())
    else:
        (console or plain_console()).print(report(found, most))
    if write:
        write_atomically(stability_file(subject.graph_file), found.part(subject).packed())


def measured(
    subject: Subject,
    bench: Workbench,
    model: Model,
    paraphrases: Sequence[str] = (),
    say: Callable[[str], None] = lambda _: None,
) -> Stability:
    """Raises TracerError as `trace` does."""
    ask, settings, found = _ask(subject), subject.info.settings, bench.features_of(subject, model)

    def traced(ask: Ask, settings: TraceSettings) -> AccountGraph:
        with memory_suffices("the prompt"):
            graph = trace_ask(ask, model=model, features=found, settings=settings)
        assert isinstance(graph, AccountGraph)
        return graph

    say("tracing it as it is")
    here = _listed(traced(ask, settings))
    changes = []
    for name, other, with_settings in _changes(subject, ask, settings, model, paraphrases):
        say(name)
        same = other.token_ids == ask.token_ids
        changes.append(_survivors(name, here, _listed(traced(other, with_settings)), same=same))
    effects = {"_".join(map(str, key)): effect for key, effect in here.items()}
    return Stability(subject.slug, effects, tuple(changes))


def report(found: Stability, most: int) -> Group:
    table = table_of("change", "survives", wrap=("change",), right=("survives",))
    for one in found.changes:
        table.add_row(one.name, f"{one.survives:.2f}")
    faint = found.faint()
    strongest = ", ".join(f"{node} ({found.effects[node]:+.2f})" for node in faint[:most])
    return Group(
        f"{found.slug}: {found.stable:.2f} of its effects survive small changes",
        "",
        table,
        "",
        f"{len(found.effects) - len(faint)} of {len(found.effects)} features are solid, they "
        "survive half of the changes or more; the strongest that are faint: "
        f"{strongest or 'none'}",
    )


def _ask(subject: Subject) -> Ask:
    info = subject.info
    return Ask(
        prompt=subject.graph.metadata.prompt,
        chat=None,
        token_ids=tuple(info.token_ids),
        target=info.question.target_id,
        contrast=tuple(info.question.contrast_ids),
    )


def _changes(
    subject: Subject,
    ask: Ask,
    settings: TraceSettings,
    model: Model,
    paraphrases: Sequence[str],
) -> Iterator[tuple[str, Ask, TraceSettings]]:
    listed = sum(node.kind == "feature" for node in subject.graph.nodes)
    for name, by in (("half as many features listed", 2), ("a quarter fewer", 4 / 3)):
        yield name, ask, settings.model_copy(update={"max_nodes": max(1, int(listed / by))})
    if settings.precision == "float32":
        yield "`fast` precision", ask, settings.model_copy(update={"precision": "fast"})
    likely = [one.token_id for one in subject.info.answers if one.token_id != ask.target][:AMONG]
    count = len(ask.contrast) or 2
    chance = random.Random(int(subject.info.graph_id[:8], 16))
    for draw in range(RESAMPLED if len(likely) > count else 0):
        others = tuple(chance.sample(likely, count))
        texts = ", ".join(repr(model.tokenizer.text(one)) for one in others)
        yield f"alternatives {draw + 1}: {texts}", replace(ask, contrast=others), settings
    for text in paraphrases:
        ids = model.tokenizer.encode_prompt(text)
        yield f"“{text}”", replace(ask, prompt=text, token_ids=tuple(ids)), settings


def _listed(graph: AccountGraph) -> dict[Key, float]:
    """The effects of listed features, by layer, index and position."""
    account, effects = graph.account, graph.effects.features
    columns = (account.layers, account.indices, account.positions)
    keys = zip(*(torch.as_tensor(one).tolist() for one in columns), strict=True)
    return {(layer, index, at): float(effects[layer][at, index]) for layer, index, at in keys}


def _survivors(
    name: str, here: dict[Key, float], there: dict[Key, float], *, same: bool
) -> Changed:
    left, right = (here, there) if same else (_anywhere(here), _anywhere(there))
    kept = {
        key
        for key, effect in left.items()
        if key in right and SIZES[0] <= (right[key] / effect if effect else 0.0) <= SIZES[1]
    }
    nodes = [key for key in here if (key if same else key[:2]) in kept]
    whole = sum(map(abs, here.values()))
    survives = sum(abs(here[key]) for key in nodes) / whole if whole else 0.0
    return Changed(name, survives, frozenset("_".join(map(str, key)) for key in nodes))


def _anywhere(effects: dict[Key, float]) -> dict[Key, float]:
    found: dict[Key, float] = defaultdict(float)
    for (layer, index, _), effect in effects.items():
        found[layer, index] += effect
    return dict(found)
