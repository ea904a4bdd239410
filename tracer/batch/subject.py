"""A published graph with the model and features it was made from, ready to be steered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tracer.batch.sources import Sources
from tracer.documents.annotations import Annotations
from tracer.documents.enclosure import is_there
from tracer.documents.evidence import OtherModel, evidence_file
from tracer.documents.graph import Graph
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.parts.parts import Parts, load_parts
from tracer.documents.prompts import Counterfactual, PromptList, load_planned
from tracer.documents.resolved_claims import Find, annotations_in, find_in
from tracer.documents.sources import NEURONS
from tracer.documents.trace_info import TracerInfo
from tracer.documents.trace_settings import Device
from tracer.errors import Place, TracerError, did_you_mean
from tracer.features.choose import FoundFeatures
from tracer.interventions.held import Held
from tracer.interventions.other_model import Other, refuse_unlike
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.targets import refuse_unfit_targets, targets_of
from tracer.model.default_model import Say
from tracer.model.load import Model, load_model


@dataclass(frozen=True)
class Subject:
    """One revision of one graph, and what people say about it."""

    root: Path
    slug: str
    revision: int

    @property
    def graph_file(self) -> Path:
        return GraphFolder(self.root / "graphs").path(self.slug, self.revision)

    @property
    def evidence_file(self) -> Path:
        return evidence_file(self.graph_file)

    @cached_property
    def graph(self) -> Graph:
        return GraphFolder(self.root / "graphs").load(self.slug, self.revision)

    @cached_property
    def parts(self) -> Parts:
        """What lies beside the graph. Raises TracerError where it is damaged or of another."""
        return load_parts(self.graph_file, self.info.graph_id)

    @cached_property
    def annotations(self) -> Annotations:
        return annotations_in(self.root, self.slug)

    @property
    def counterfactual(self) -> Counterfactual | None:
        """What the prompt list exchanges values with. Raises as `load_prompts` does."""
        entry = self.prompts.entry(self.slug) if self.prompts else None
        return entry.other_run if entry else None

    @cached_property
    def prompts(self) -> PromptList | None:
        """The prompt list, where there is one. Raises as `load_prompts` does."""
        file = self.root / "site_src" / "prompts.yaml"
        return load_planned(file) if is_there(file) else None

    @property
    def other_model(self) -> Subject | None:
        """The graph whose model the counterfactual names. Raises TracerError where there is none,
        or it is not of the same prompt in another model."""
        meant = self.counterfactual
        if meant is None or meant.graph is None or self.prompts is None:
            return None
        place = self.prompts.where(self.slug, "counterfactual", "graph")
        try:
            found = find_subject(self.root, meant.graph)
        except TracerError as error:
            raise TracerError(error.message, hint=error.hint, place=error.place or place) from None
        refuse_unlike(self.graph, found.graph, place)
        return found

    @property
    def find(self) -> Find:
        return find_in(self.root)

    @property
    def info(self) -> TracerInfo:
        """Raises TracerError for a graph made elsewhere, which names no weights."""
        info = self.graph.metadata.tracer
        if info is None:
            raise TracerError(
                "this graph was not made by tracer, so its model cannot be run again",
                hint="trace its prompt with `tracer build-graphs`",
                place=Place(self.graph_file),
            )
        return info


def find_subject(root: Path, slug: str, revision: int | None = None) -> Subject:
    """Raises TracerError for a slug or a revision that is not there."""
    folder = GraphFolder(root / "graphs")
    known = folder.revisions(slug)
    if not known:
        slugs = folder.slugs()
        hint = did_you_mean(slug, slugs) or f"there are {', '.join(slugs) or 'none'}"
        raise TracerError(f"there is no graph `{slug}`", hint=hint)
    if revision is not None and revision not in known:
        hint = f"there is {', '.join(map(str, known))}"
        raise TracerError(f"`{slug}` has no revision {revision}", hint=hint)
    return Subject(root, slug, revision or known[-1])


@dataclass
class _Loaded:
    """A model, and what was asked for."""

    wanted: object = None
    model: Model | None = None


class Workbench:
    """Loads what graphs were made from; keeps the last model, which most graphs share, and what
    their features were found to be."""

    def __init__(
        self,
        device: Device = "auto",
        *,
        model: str | None = None,
        adapter: Sequence[Path] = (),
        features: str | None = None,
        say: Say = lambda _: None,
    ) -> None:
        self.device, self.model, self.features, self.say = device, model, features, say
        self.adapters = tuple(adapter)
        self._sources = Sources(say)
        self._last = _Loaded()
        self._beside = _Loaded()  # the other model of an exchange

    def open(self, subject: Subject, held: Held | None = None) -> SteeredPrompt:
        """The graph's prompt, run once with nothing set.

        Raises TracerError where model or features are not to be had, are others than the graph's,
        or do not belong together, if that was not judged when the graph was traced.
        """
        model, info = self._model(subject, self._last), subject.info
        targets = targets_of(model, self.features_of(subject, model))
        if info.fit is None and not info.settings.allow_misfit:
            refuse_unfit_targets(targets, info.token_ids)
        return SteeredPrompt(model, targets, subject.info.token_ids, held)

    def beside(self, other: Subject) -> Other:
        """The run of another graph's model, as the prompt list names it, kept beside the last one.
        Raises as `open` does."""
        elsewhere = Workbench(self.device, say=self.say)
        model = elsewhere._model(other, self._beside)
        targets = targets_of(model, elsewhere.features_of(other, model))
        prompt = SteeredPrompt(model, targets, other.info.token_ids)
        name, graph_id = other.info.model.full_name, other.info.graph_id
        return Other(prompt, OtherModel(graph=other.slug, graph_id=graph_id, name=name))

    def held(self, subject: Subject, **options: object) -> Held:
        return Held.of(subject.info.model.layers, **options)  # type: ignore[arg-type]

    def _model(self, subject: Subject, last: _Loaded) -> Model:
        info = subject.info
        name = self.model or listed(subject, "model") or info.model.name
        wanted = (name, self._adapters(subject), info.settings.precision)
        if last.model is None or last.wanted != wanted:
            last.model = None  # lets go of the last one before the next is read
            last.model = load_model(
                name,
                adapter=wanted[1],
                device=self.device,
                precision=info.settings.precision,
                say=self.say,
            )
            last.wanted = wanted
        model = last.model
        if model.info.identity != info.model.identity:
            options = "--model, --adapter" if info.model.adapters or wanted[1] else "--model"
            raise TracerError(
                f"`{subject.slug}` was made with other weights than `{model.info.full_name}` has "
                "now",
                hint=f"name the model it was made with ({options}), or trace it again",
            )
        return model

    def _adapters(self, subject: Subject) -> tuple[Path, ...]:
        """Raises TracerError for a graph that had some, where nobody says where they lie."""
        if self.adapters:
            return self.adapters
        entry = subject.prompts.entry(subject.slug) if subject.prompts else None
        if subject.prompts and entry and (self.model is None or entry.adapter_paths):
            return subject.prompts.adapters(entry)
        if subject.info.model.adapters and self.model is None:
            names = ", ".join(f"`{one.name}`" for one in subject.info.model.adapters)
            raise TracerError(
                f"`{subject.slug}` does not say where its adapter {names} lies",
                hint="name its folder with --adapter",
            )
        return ()

    def features_of(self, subject: Subject, model: Model) -> FoundFeatures:
        """What the graph's features were found to be. Raises TracerError where they are not to be
        had, or are others than the graph's."""
        info = subject.info
        name = self.features or listed(subject, "features")
        if name is None and info.features.kind == NEURONS:
            name = NEURONS
        if name is None:
            raise TracerError(
                f"`{subject.slug}` does not say where its features `{info.features.source}` lie",
                hint="name their folder or hub repository with --features",
            )
        found = self._sources.features(
            name, model_source=model.source_name, model_identity=model.info.identity
        )
        if found.info.identity != info.features.identity:
            raise TracerError(
                f"`{subject.slug}` was made with the features `{info.features.source}`, "
                f"`{name}` are others",
                hint="name those it was made with (--features), or trace it again",
            )
        return found


def listed(subject: Subject, key: str) -> str | None:
    """What the prompt list says of the graph, if it is on it."""
    entry = subject.prompts.entry(subject.slug) if subject.prompts else None
    return getattr(entry, key) if entry else None
