"""One `tracer find-examples` from start to end: where in texts a graph's features are active."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby, islice
from pathlib import Path

import torch
from rich.console import Console
from torch import Tensor

from tracer.batch.report import Bars, plain_console
from tracer.batch.subject import Workbench, find_subject
from tracer.batch.trace_job import memory_suffices
from tracer.documents.annotations import Annotations
from tracer.documents.feature_examples import (
    FeatureExamples,
    FeatureFolder,
    feature_key,
    save_feature_examples,
)
from tracer.documents.feature_source import feature_source
from tracer.documents.files import read_text
from tracer.documents.graph import Graph
from tracer.errors import TracerError
from tracer.interventions.examples import LOGITS, examples_of
from tracer.interventions.readings import Feature, promoted, read_features
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.model.load import Device
from tracer.model.tokens import Tokenizer

CONTEXT = 128  # most tokens read at once, behind a start token
BATCH = 8  # contexts


@dataclass(frozen=True)
class Wanted:
    """A feature to look for: the name of its file, its number in the graph, where it is."""

    key: str
    number: int
    feature: Feature


@dataclass(frozen=True)
class Found:
    """What one run did."""

    written: tuple[Path, ...]
    there: int  # features that had examples already
    tokens: int  # read
    interrupted: bool = False


def find_examples(
    root: Path,
    slug: str,
    texts: Sequence[Path],
    *,
    most: int = 100,
    tokens: int = 100_000,
    force: bool = False,
    device: Device = "auto",
    model: str | None = None,
    features: str | None = None,
    console: Console | None = None,
) -> Found:
    """Write `features/<source>/<key>.json` of the features that the graph's annotations name and
    of the `most` that matter most beside them, from the first `tokens` tokens of the texts.

    What is there already stays, unless `force`. Interrupted, it writes what was found by then.
    Raises TracerError for a graph or model that is not to be had and texts that cannot be read.
    """
    subject = find_subject(root, slug)
    folder, source = FeatureFolder(root / "features"), feature_source(subject.graph)
    chosen = wanted(subject.graph, subject.annotations, most)
    missing = [one for one in chosen if force or not folder.path(source, one.key).exists()]
    there = len(chosen) - len(missing)
    if not missing:
        return Found((), there, 0)
    bench = Workbench(device, model=model, features=features)
    with Bars(console or plain_console(stderr=True), total=1) as bars:
        bars.phase(slug, "loading the model", 0, 1)
        prompt = bench.open(subject)
        contexts = cut(prompt.model.tokenizer, texts, tokens)
        reading = _Reading([one.feature for one in missing])
        with memory_suffices("a batch of texts"):
            total = sum(map(len, contexts))
            reading.run(prompt, contexts, lambda read: bars.phase(slug, "reading", read, total))
        named = {"texts": [file.name for file in texts], "tokens": reading.tokens}
        files = []
        for one, document in zip(missing, reading.documents(prompt, missing, named), strict=False):
            files.append(folder.path(source, one.key))
            save_feature_examples(document, files[-1])
    return Found(tuple(files), there, reading.tokens, reading.interrupted)


def wanted(graph: Graph, annotations: Annotations, most: int) -> list[Wanted]:
    """The features that annotations name, group or pin, and `most` more, by influence."""
    named = {*annotations.labels, *annotations.pins}
    named |= {node for group in annotations.groups.values() for node in group.nodes}
    nodes = [node for node in graph.nodes if node.kind == "feature"]
    nodes.sort(key=lambda node: 1.0 if node.influence is None else node.influence)
    found: dict[str, Wanted] = {}
    others: dict[str, Wanted] = {}
    for node in nodes:
        key = feature_key(node.node_id)
        if node.index is None or node.feature is None:
            continue
        one = Wanted(key, node.feature, (node.layer_number, node.index))
        (found if {key, node.node_id} & named else others).setdefault(key, one)
    beside = [one for key, one in others.items() if key not in found]
    return [*found.values(), *beside[:most]]


def cut(tokenizer: Tokenizer, texts: Iterable[Path], most: int) -> list[list[int]]:
    """The first `most` tokens of UTF-8 texts, in pieces that a model reads at once.

    Raises TracerError for a file that cannot be read, and where there is no text at all.
    """
    found: list[list[int]] = []
    size = min(CONTEXT, tokenizer.context - 1)
    for file in texts:
        ids = tokenizer.encode_text(read_text(file))[:most]
        most -= len(ids)
        found += [ids[start : start + size] for start in range(0, len(ids), size)]
    if not found:
        raise TracerError("there is no text in these files", hint="name files of plain text")
    return found


@dataclass
class _Reading:
    """What chosen features do on the contexts read so far."""

    features: Sequence[Feature]
    contexts: list[list[int]] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list)  # of each context (tokens, features)
    interrupted: bool = False

    @property
    def tokens(self) -> int:
        return sum(map(len, self.contexts))

    def run(
        self, prompt: SteeredPrompt, contexts: Sequence[list[int]], say: Callable[[int], None]
    ) -> None:
        """Read them all, or as many as there is time for until somebody interrupts."""
        model, start = prompt.model, prompt.model.tokenizer.start_token
        try:
            for batch in _batches(contexts):
                ids = torch.tensor([[start, *one] for one in batch], device=model.device)
                found = read_features(model, prompt.levers, self.features, ids)[:, 1:].cpu()
                self.values += found.unbind()
                self.contexts += batch
                say(self.tokens)
        except KeyboardInterrupt:
            self.interrupted = True

    def documents(
        self, prompt: SteeredPrompt, wanted: Sequence[Wanted], named: object
    ) -> Iterator[FeatureExamples]:
        """One of each feature; none where nothing was read."""
        if not self.contexts:
            return
        text = cache(prompt.model.tokenizer.text)
        contexts = [[text(token) for token in one] for one in self.contexts]
        for column, one in enumerate(wanted):
            layer, index = one.feature
            (effects,) = promoted(prompt.model, prompt.levers, layer, torch.tensor([index]))
            top, bottom = (effects.topk(LOGITS, largest=best).indices for best in (True, False))
            yield examples_of(
                one.number,
                contexts,
                [values[:, column] for values in self.values],
                top=[text(token) for token in top.tolist()],
                bottom=[text(token) for token in bottom.tolist()],
                found_in=named,
            )


def _batches(contexts: Sequence[list[int]]) -> Iterator[list[list[int]]]:
    """Runs of contexts of one length."""
    for _, alike in groupby(contexts, key=len):
        while batch := list(islice(alike, BATCH)):
            yield batch
