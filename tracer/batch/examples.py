"""One `tracer find-examples` from start to end: where in texts a graph's features are active."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import groupby, islice
from pathlib import Path

import torch
from rich.console import Console
from torch import Tensor

from tracer.batch.report import Bars, plain_console
from tracer.batch.subject import Subject, Workbench, find_subject
from tracer.batch.trace_job import memory_suffices
from tracer.documents.annotations import Annotations
from tracer.documents.feature_examples import FeatureExamples, feature_key
from tracer.documents.feature_source import feature_source
from tracer.documents.feature_store import FeatureStore
from tracer.documents.files import read_text
from tracer.documents.graph import Graph
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.lock import held
from tracer.documents.temporary_files import sweep_below
from tracer.documents.trace_settings import Device
from tracer.errors import TracerError
from tracer.interventions.examples import LOGITS, examples_of
from tracer.interventions.readings import Feature, promoted, read_features
from tracer.interventions.steered_pass import SteeredPrompt
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
class SourceExamples:
    """What was done for the features of one source."""

    folder: Path
    written: int = 0
    there: int = 0  # features that had examples already
    tokens: int = 0  # read
    interrupted: bool = False


def find_examples(
    root: Path,
    texts: Sequence[Path],
    slugs: Sequence[str] = (),
    *,
    most: int = 50,
    tokens: int = 100_000,
    force: bool = False,
    device: Device = "auto",
    model: str | None = None,
    features: str | None = None,
    console: Console | None = None,
) -> list[SourceExamples]:
    """Keep a record in `features/` of the features that annotations name and, of each
    graph, of the `most` that matter most beside them, from the first `tokens` tokens of the texts.

    Of all graphs that this program made, or of these; graphs with the same features share one pass
    over the texts. What is there already stays, unless `force`. Interrupted, it writes what was
    found by then. Raises TracerError for a graph or model that is not to be had and texts that
    cannot be read.
    """
    store = FeatureStore(root / "features")
    bench = Workbench(device, model=model, features=features)
    done: list[SourceExamples] = []
    with contextlib.ExitStack() as stack:
        stack.enter_context(held(store.root / ".examples.lock", "looks for examples here"))
        sweep_below(store.root)
        sources = _by_source(root, slugs, most)
        bars = Bars(console or plain_console(stderr=True), total=len(sources), of="sources")
        stack.enter_context(bars)
        for source, (subject, chosen) in sources.items():
            known = set() if force else store.keys(source)
            missing = [one for one in chosen.values() if one.key not in known]
            found = SourceExamples(store.root / source, there=len(chosen) - len(missing))
            if missing:
                say = partial(bars.phase, source)
                say("loading the model", 0, 1)
                prompt = bench.open(subject)
                reading = _Reading([one.feature for one in missing])
                reading.run(prompt, cut(prompt.model.tokenizer, texts, tokens), say)
                named = {"texts": [file.name for file in texts], "tokens": reading.tokens}
                documents = reading.documents(prompt, missing, named)
                store.save(source, {one.key: document for one, document in documents})
                found = replace(
                    found,
                    written=len(missing) if reading.tokens else 0,
                    tokens=reading.tokens,
                    interrupted=reading.interrupted,
                )
            done.append(found)
            bars.ended(f"{source}: {found.written:,} features written" if missing else "")
            if found.interrupted:
                break
    return done


def _by_source(
    root: Path, slugs: Sequence[str], most: int
) -> dict[str, tuple[Subject, dict[str, Wanted]]]:
    """A graph of each source, and what to look for in all of its graphs, by key."""
    found: dict[str, tuple[Subject, dict[str, Wanted]]] = {}
    for slug in slugs or GraphFolder(root / "graphs").slugs():
        subject = find_subject(root, slug)
        if slugs or subject.graph.metadata.tracer is not None:  # others cannot be run
            unread = replace(subject)  # there may be more graphs than memory
            _, chosen = found.setdefault(feature_source(subject.graph), (unread, {}))
            chosen |= {one.key: one for one in wanted(subject.graph, subject.annotations, most)}
    return found


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
        self, prompt: SteeredPrompt, contexts: Sequence[list[int]], say: Callable[..., None]
    ) -> None:
        """Read them all, or as many as there is time for until somebody interrupts."""
        model, start = prompt.model, prompt.model.tokenizer.start_token
        total = sum(map(len, contexts))
        try:
            for batch in _batches(contexts):
                ids = torch.tensor([[start, *one] for one in batch], device=model.device)
                with memory_suffices("a batch of texts"):
                    found = read_features(model, prompt.targets, self.features, ids)[:, 1:].cpu()
                self.values += found.unbind()
                self.contexts += batch
                say("reading texts", self.tokens, total)
        except KeyboardInterrupt:
            self.interrupted = True

    def documents(
        self, prompt: SteeredPrompt, wanted: Sequence[Wanted], named: object
    ) -> Iterator[tuple[Wanted, FeatureExamples]]:
        """One of each feature; none where nothing was read."""
        if not self.contexts:
            return
        text = cache(prompt.model.tokenizer.text)
        contexts = [[text(token) for token in one] for one in self.contexts]
        for column, one in enumerate(wanted):
            layer, index = one.feature
            (effects,) = promoted(prompt.model, prompt.targets, layer, torch.tensor([index]))
            top, bottom = (effects.topk(LOGITS, largest=best).indices for best in (True, False))
            yield (
                one,
                examples_of(
                    one.number,
                    contexts,
                    [values[:, column] for values in self.values],
                    top=[text(token) for token in top.tolist()],
                    bottom=[text(token) for token in bottom.tolist()],
                    found_in=named,
                ),
            )


def _batches(contexts: Sequence[list[int]]) -> Iterator[list[list[int]]]:
    """Runs of contexts of one length."""
    for _, alike in groupby(contexts, key=len):
        while batch := list(islice(alike, BATCH)):
            yield batch
