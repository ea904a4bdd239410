"""One `tracer find-examples` from start to end: where in texts graphs' features are active."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path

import torch
from rich.console import Console

from tracer.batch.report import Bars, plain_console
from tracer.batch.subject import Workbench
from tracer.batch.text_contexts import Contexts
from tracer.batch.text_pass import TextPass, read_through, take_up, tells_more
from tracer.batch.wanted_features import Wanted, wanted_by_source
from tracer.documents.feature_examples import FeatureExamples
from tracer.documents.feature_store import FeatureStore
from tracer.documents.lock import held
from tracer.documents.temporary_files import sweep_below
from tracer.documents.texts import find_texts
from tracer.documents.trace_settings import Device
from tracer.errors import Place, TracerError
from tracer.interventions.examples import LOGITS, examples_of
from tracer.interventions.readings import promoted
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.texts.running import Running
from tracer.interventions.texts.suggestions import Suggestions

SCRATCH = Path(".tracer") / "examples"  # where a pass is kept, in the gallery
CORPUS = Path(".tracer") / "corpus"  # where `make corpus` lays texts
_NAMED = 12  # texts that a record names; of more it says how many


@dataclass(frozen=True)
class SourceExamples:
    """What was done for the features of one source."""

    folder: Path
    written: int = 0
    there: int = 0  # features that had examples already
    tokens: int = 0  # read, by now
    again: int = 0  # of these, read by an earlier run
    interrupted: bool = False


def find_examples(
    root: Path,
    texts: Sequence[Path] = (),
    slugs: Sequence[str] = (),
    *,
    most: int | None = None,
    tokens: int | None = None,
    force: bool = False,
    device: Device = "auto",
    model: str | None = None,
    adapter: Sequence[Path] = (),
    features: str | None = None,
    console: Console | None = None,
) -> list[SourceExamples]:
    """Keep a record in `features/` of every feature that graphs list (with `most`, of those that
    annotations name and, of each graph, so many more), from texts, or about their first `tokens`.

    Of all graphs that this program made, or of these; graphs with the same features share one pass
    over the texts. What is there already stays, unless `force`. A run that is interrupted or killed
    goes on where it was when the same is asked again, and writes records when it is through. Raises
    TracerError for a graph or model that is not to be had and texts that cannot be read.
    """
    store = FeatureStore(root / "features")
    found_texts = find_texts(texts or [_corpus(root)])
    bench = Workbench(device, model=model, adapter=adapter, features=features)
    done: list[SourceExamples] = []
    with contextlib.ExitStack() as stack:
        stack.enter_context(held(store.root / ".examples.lock", "looks for examples here"))
        sweep_below(store.root)
        sources = wanted_by_source(root, slugs, most)
        bars = Bars(console or plain_console(stderr=True), total=len(sources), of="sources")
        stack.enter_context(bars)
        for source, wanted in sources.items():
            known = set() if force else store.keys(source)
            missing = [one for one in wanted.features.values() if one.key not in known]
            found = SourceExamples(store.root / source, there=len(wanted.features) - len(missing))
            if missing:
                bars.phase(source, "loading the model", 0, 1)
                prompt = bench.open(wanted.subject)
                contexts = Contexts(prompt.model.tokenizer, found_texts)
                work = _Work(root / SCRATCH, source, prompt, contexts, missing)
                found = work.run(store, found, tokens, bars)
            done.append(found)
            bars.ended(f"{source}: {found.written:,} features written" if missing else "")
            if found.interrupted:
                break
    return done


def _corpus(root: Path) -> Path:
    folder = root / CORPUS
    if not folder.is_dir():
        what = "no texts are named, and there is no corpus here"
        hint = "name files or folders of texts, or fetch the corpus with `make corpus`"
        raise TracerError(what, hint=hint, place=Place(folder))
    return folder


@dataclass(frozen=True)
class _Work:
    """The features of one source that are looked for, and where what is known of them is kept."""

    folder: Path
    source: str
    prompt: SteeredPrompt
    contexts: Contexts
    missing: Sequence[Wanted]

    def run(
        self, store: FeatureStore, found: SourceExamples, tokens: int | None, bars: Bars
    ) -> SourceExamples:
        whole = read_through(self.folder, self.source, self._identity)
        known = set() if whole is None else {*whole.keys}
        ready = [one for one in self.missing if one.key in known]
        rest = replace(self, missing=[one for one in self.missing if one.key not in known])
        if whole is not None and ready:
            self._write(store, whole, ready)
            read = whole.running.tokens
            found = replace(found, written=len(ready), tokens=read, again=read)
        return rest._read(store, found, tokens, bars) if rest.missing else found

    def _read(
        self, store: FeatureStore, found: SourceExamples, tokens: int | None, bars: Bars
    ) -> SourceExamples:
        """Read the texts for all that is missing."""
        known = self._begin()
        again = known.running.tokens
        places = {one.key: one.feature for one in self.missing}
        places |= {key: _feature_of(key) for key in known.keys if key not in places}
        file = self._file(known)
        through = known.finished or known.read(
            self.prompt,
            [places[key] for key in known.keys],
            self.contexts,
            file,
            most=tokens,
            say=partial(bars.phase, self.source),
        )
        found = replace(found, tokens=known.running.tokens, again=again, interrupted=not through)
        if not through:
            return found
        if not known.running.tokens:
            raise TracerError("there is no text in these files", hint="name files of plain text")
        self._write(store, known, self.missing)
        self._forget_others(known)
        return replace(found, written=found.written + len(self.missing))

    def _write(self, store: FeatureStore, known: TextPass, features: Sequence[Wanted]) -> None:
        store.save(self.source, dict(self._records(known, features)))

    def _forget_others(self, known: TextPass) -> None:
        """Remove passes over other texts, and those that know nothing that this one does not."""
        for old in self.folder.glob(f"{self.source}.*.safetensors"):
            if old != self._file(known) and not tells_more(old, known):
                old.unlink(missing_ok=True)

    def _begin(self) -> TextPass:
        """What an earlier run found, or nothing yet."""
        keys = sorted(one.key for one in self.missing)
        known = take_up(self.folder, self.source, self._identity, keys)
        if known is None:
            running = Running.empty(len(keys), len(self.contexts.sorts))
            known = TextPass(self._identity, tuple(keys), running)
        return known

    @cached_property
    def _identity(self) -> str:
        info = (self.prompt.model.info.identity, self.prompt.targets.info.identity)
        return f"{' '.join(map(str, info))} {self.contexts.identity()}"

    def _file(self, known: TextPass) -> Path:
        said = "\n".join((known.identity, *known.keys))
        digest = hashlib.sha256(said.encode()).hexdigest()[:16]
        return self.folder / f"{self.source}.{digest}.safetensors"

    def _records(
        self, known: TextPass, features: Sequence[Wanted]
    ) -> Iterator[tuple[str, FeatureExamples]]:
        text = cache(self.prompt.model.tokenizer.text)
        texts = self.contexts.texts
        named = [one.name for one in texts] if len(texts) <= _NAMED else len(texts)
        columns = {key: at for at, key in enumerate(known.keys)}
        model, targets = self.prompt.model, self.prompt.targets
        names = Suggestions(known.running, text, self.contexts.sorts, model.info.layers)
        for one in features:
            layer, index = one.feature
            indices = torch.tensor([index], device=model.device)
            (effects,) = promoted(model, targets, layer, indices)
            top, bottom = (
                [text(token) for token in effects.topk(LOGITS, largest=best).indices.tolist()]
                for best in (True, False)
            )
            below = one.below > one.above
            sign, pushed = (-1, bottom) if below else (1, top)
            suggestion = names.of(
                columns[one.key], layer, sign * effects, pushed, reads=one.reads, below=below
            )
            yield (
                one.key,
                examples_of(
                    one.number,
                    known.running,
                    columns[one.key],
                    text,
                    sorts=self.contexts.sorts,
                    top=top,
                    bottom=bottom,
                    suggestion=suggestion,
                    found_in={"texts": named, "tokens": known.running.tokens},
                ),
            )


def _feature_of(key: str) -> tuple[int, int]:
    layer, _, index = key.rpartition("_")
    return int(layer), int(index)
