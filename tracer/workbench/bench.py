"""The model on the bench: reads prompts, traces them, and is poked. One thing at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tracer.attribution.account.account_graph import AccountGraph
from tracer.attribution.question import Ask
from tracer.attribution.sweep import Progress
from tracer.attribution.trace import trace_ask
from tracer.batch.trace_job import memory_suffices
from tracer.documents.graph import Graph
from tracer.documents.listed_settings import DEFAULT_MODEL
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.features.choose import FoundFeatures, choose_features, settings_for
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.targets import targets_of
from tracer.model.cache import cached_models
from tracer.model.default_model import Say
from tracer.model.load import Model, load_model
from tracer.model.third_party import third_party
from tracer.model.tokens import Encoded
from tracer.workbench.afterwards import Afterwards
from tracer.workbench.asked import Asked
from tracer.workbench.lane import Cancel
from tracer.workbench.next_words import NextWords

LIKELY = 12  # next words that are shown
_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@[\w.-]+)?\Z")


class Bench:
    """`models` and `features` are those that the gallery's own prompt list names; `say` is told of
    downloads."""

    def __init__(
        self,
        *,
        models: Sequence[str] = (),
        features: Sequence[str] = (),
        say: Say = lambda _: None,
    ) -> None:
        self._models, self._sets = tuple(models), ("neurons", *features)
        self._say = say
        self._model: Model | None = None
        self._next: NextWords | None = None
        self._called: tuple[str, str] | None = None
        self._features: dict[tuple[str, str], FoundFeatures] = {}
        self._prompts: dict[str, SteeredPrompt] = {}
        self._traced: tuple[str, AccountGraph] | None = None  # the last one, by its graph's id

    def known(self) -> list[str]:
        """Models that are here, or that the gallery's prompt list names."""
        cached = [name for name, _ in cached_models()]
        return list(dict.fromkeys([DEFAULT_MODEL, *cached, *self._models]))

    @property
    def sets(self) -> list[str]:
        """Features that may be asked for."""
        return list(dict.fromkeys(self._sets))

    def know(self, asked: Asked, model: Model | None = None) -> None:
        """From now on these may be asked for; the model is in memory already, if it is given."""
        self._models, self._sets = (*self._models, asked.model), (*self._sets, asked.features)
        if model is not None and not self.has_any:
            self._take(asked, model)

    def _take(self, asked: Asked, model: Model) -> Model:
        self._model, self._called = replace(model, stays=True), (asked.model, asked.precision)
        self._next = NextWords(self._model)
        return self._model

    @property
    def has_any(self) -> bool:
        """Whether any model is in memory."""
        return self._model is not None

    def is_here(self, model: str) -> bool:
        """Whether it was fetched before, or is a folder that the gallery's list names."""
        cached = [name for name, _ in cached_models()]
        return model in cached or (model in self._models and Path(model).is_dir())

    def has(self, asked: Asked) -> bool:
        """Whether its model is in memory."""
        return self._model is not None and self._called == (asked.model, asked.precision)

    def model(self, asked: Asked) -> Model:
        """The model that is asked for; the last one makes room for it.

        Raises TracerError for one that is not here, unless it is of the hub and the person has
        said that it may be fetched.
        """
        if self._model is not None and self.has(asked):
            return self._model
        self._refuse_unknown(asked)
        self._prompts.clear()
        self._traced = None
        self._model = self._called = self._next = None
        with memory_suffices(f"the model `{asked.model}`"), third_party("it cannot be loaded"):
            return self._take(
                asked, load_model(asked.model, precision=asked.precision, say=self._say)
            )

    @staticmethod
    def import_models() -> None:
        """What a model is read with, before somebody waits for one; it takes seconds."""
        from transformers import AutoModelForCausalLM, DynamicCache, LlamaForCausalLM  # noqa: F401

    def read(self, asked: Asked) -> dict[str, Any]:
        """The prompt's tokens, what the model would say next, and the counterfactual beside it.

        Raises TracerError for a prompt that is empty or too long.
        """
        model = self.model(asked)
        assert self._next is not None
        read = _encoded(model, asked)
        with memory_suffices("the prompt"):
            chances = self._next.logits(read.ids).softmax(-1)
        top = chances.topk(LIKELY)
        words = [
            {"id": one, "text": model.tokenizer.text(one), "probability": chance}
            for one, chance in zip(top.indices.tolist(), top.values.tolist(), strict=True)
        ]
        text = model.tokenizer.text
        found: dict[str, Any] = {
            "tokens": [{"id": one, "text": text(one)} for one in read.ids],
            "words": words,
            "notices": list(read.notices),
            "chat": bool(model.tokenizer.backend.chat_template),
        }
        if asked.counterfactual.strip():
            found["other"] = _beside(model, self._next, read.ids, asked)
        return found

    def trace(self, asked: Asked, progress: Progress) -> Graph:
        """The graph with its parts, before anything of it was tried in the model. Raises
        TracerError as `tracer.trace` does."""
        model, features = self.model(asked), self.features(asked)
        ask = _ask(model, asked)
        settings = settings_for(_settings(asked), features)
        with memory_suffices("the prompt"):
            found = trace_ask(
                ask, model=model, features=features, settings=settings, progress=progress
            )
            progress("pruning", 0, 1)
            published = found.publish(slug="untitled")
        graph = published.graph.beside(published.parts)
        if isinstance(found, AccountGraph):
            self._traced = _graph_id(graph), found
        return graph

    def afterwards(self, step: str, asked: Asked, graph: Graph, cancel: Cancel) -> Graph:
        """The graph with what one of the steps that follow a trace finds."""
        prompt, traced = self.prompt(asked, graph), None
        if self._traced is not None and self._traced[0] == _graph_id(graph):
            traced = self._traced[1]
        with memory_suffices("the prompt"):
            after = Afterwards(prompt, self.features(asked), traced, cancel)
            return after.step(step, graph)

    def features(self, asked: Asked) -> FoundFeatures:
        """Raises TracerError for what the page may not name, and what cannot be had."""
        model = self.model(asked)
        if asked.features not in self._sets:
            hint = "put a prompt with them on the gallery's list first, or type `neurons`"
            raise TracerError(f"`{asked.features}` is not on this gallery's list", hint=hint)
        key = (asked.features, model.info.identity)
        if key not in self._features:
            self._features[key] = choose_features(
                asked.features,
                model_source=model.source_name,
                model_identity=model.info.identity,
            )
        return self._features[key]

    def prompt(self, asked: Asked, graph: Graph) -> SteeredPrompt:
        """A graph's prompt, run once with nothing set. Raises TracerError where the model is
        another than the graph's."""
        info = graph.metadata.tracer
        if info is None:
            raise TracerError("this graph was not made by tracer", hint="trace its prompt here")
        model = self.model(asked)
        if model.info.identity != info.model.identity:
            what = f"the graph is of other weights than `{model.info.full_name}` has now"
            raise TracerError(what, hint="trace the prompt again")
        return self._run(asked, model, info.token_ids)

    def other_prompt(self, asked: Asked, graph: Graph) -> SteeredPrompt:
        """The counterfactual's run. Raises TracerError where there is none, or of another
        length."""
        if not asked.counterfactual.strip():
            hint = "type one in its field, and trace again"
            raise TracerError("there is no counterfactual to take values from", hint=hint)
        model = self.model(asked)
        info = graph.metadata.tracer
        ids = _encoded_other(model, asked).ids
        if info is None or len(ids) != len(info.token_ids):
            many = 0 if info is None else len(info.token_ids)
            what = f"the counterfactual is {len(ids)} tokens long, the prompt {many}"
            raise TracerError(what, hint="give it as many")
        return self._run(asked, model, ids)

    def _run(self, asked: Asked, model: Model, ids: tuple[int, ...]) -> SteeredPrompt:
        key = f"{asked.features} {ids}"
        if key not in self._prompts:
            while len(self._prompts) >= 2:  # a prompt and its counterfactual
                self._prompts.pop(next(iter(self._prompts)))
            with memory_suffices("the prompt"):
                targets = targets_of(model, self.features(asked))
                self._prompts[key] = SteeredPrompt(model, targets, ids, keep=True)
        return self._prompts[key]

    def _refuse_unknown(self, asked: Asked) -> None:
        if self.is_here(asked.model):
            return
        known = asked.model in self.known()
        if not known and (not _HUB.match(asked.model) or Path(asked.model).exists()):
            what = f"there is no model `{asked.model}` here"
            hint = f"here are {', '.join(self.known())}; folders go on the gallery's list"
            raise TracerError(what, hint=hint)
        if not asked.fetch:
            what = f"`{asked.model}` is not on this machine"
            raise TracerError(what, hint="agree below that it is fetched from the hub")


def _settings(asked: Asked) -> TraceSettings:
    given = {"precision": asked.precision, **asked.settings.given()}
    return TraceSettings.model_validate(given)


def _graph_id(graph: Graph) -> str:
    info = graph.metadata.tracer
    return "" if info is None else info.graph_id


def _encoded(model: Model, asked: Asked) -> Encoded:
    tokenizer = model.tokenizer
    if asked.chat:
        return tokenizer.read_chat(asked.chat, asked.chat_date)
    return tokenizer.read_prompt(asked.prompt)


def _encoded_other(model: Model, asked: Asked) -> Encoded:
    """The counterfactual, by the same template."""
    tokenizer, other = model.tokenizer, asked.other_chat
    if other:
        return tokenizer.read_chat(other, asked.chat_date)
    return tokenizer.read_prompt(asked.counterfactual)


def _ask(model: Model, asked: Asked) -> Ask:
    return Ask.of(
        model.tokenizer,
        prompt=None if asked.chat else asked.prompt,
        chat=asked.chat,
        chat_date=asked.chat_date,
        target=asked.target,
        contrast=asked.contrast,
    )


def _beside(model: Model, following: NextWords, ids: Sequence[int], asked: Asked) -> dict[str, Any]:
    """The counterfactual's tokens under the prompt's, and its answer; told where they do not
    align."""
    try:
        found = _encoded_other(model, asked).ids
    except TracerError as error:
        return {"tokens": [], "differ": [], "told": str(error), "answer": None}
    text = model.tokenizer.text
    best = following.logits(found, "counterfactual").softmax(-1).max(-1)
    pairs = zip(ids, found, strict=False)
    differ = [at for at, (here, there) in enumerate(pairs) if here != there]
    same = len(found) == len(ids)
    told = "" if same else f"{len(found)} tokens, the prompt has {len(ids)}: give it as many"
    if same and not differ:
        told = "these are the same words"
    return {
        "tokens": [{"id": one, "text": text(one)} for one in found],
        "differ": differ,
        "told": told,
        "answer": {
            "id": int(best.indices),
            "text": text(int(best.indices)),
            "probability": float(best.values),
        },
    }
