"""What a prompt list asks for, and what is on disk already. Needs tokenizers, no weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from tracer.attribution.question import Ask, graph_id
from tracer.batch.sources import Sources
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.prompts import PromptEntry, PromptList
from tracer.documents.trace_settings import Precision, TraceSettings
from tracer.errors import Problems, TracerError, did_you_mean
from tracer.features.choose import FoundFeatures, settings_for
from tracer.interventions.counterfactual import Aligned
from tracer.model.default_model import Say
from tracer.model.files import ModelFiles
from tracer.model.third_party import third_party

State = Literal["new", "changed", "done", "again"]


@dataclass(frozen=True)
class Job:
    """One graph to make, or to leave as it is."""

    entry: PromptEntry
    settings: TraceSettings
    files: ModelFiles
    features: FoundFeatures
    ask: Ask
    graph_id: str
    state: State
    revision: int  # the one to write; when done, the one that is there
    texts: tuple[str, ...] = ()  # of the prompt's tokens

    @property
    def to_trace(self) -> bool:
        return self.state != "done"


@dataclass(frozen=True)
class Refused:
    """A prompt that cannot be traced, and why."""

    entry: PromptEntry
    error: TracerError


def make_plan(
    prompts: PromptList,
    folder: GraphFolder,
    *,
    only: Iterable[str] = (),
    force: bool = False,
    precision: Precision | None = None,
    say: Say = lambda _: None,
) -> list[Job | Refused]:
    """Jobs in the list's order. One bad prompt is refused; the others go on.

    Raises TracerError when `only` names a slug that is not on the list.
    """
    sources = Sources(say)
    jobs: list[Job | Refused] = []
    for entry in _chosen(prompts, list(only)):
        try:
            with third_party(f"`{entry.slug}` cannot be read", hint="the others are not affected"):
                jobs.append(_job(entry, prompts, folder, sources, force, precision))
        except TracerError as error:
            place = error.place or prompts.where(entry.slug)
            located = TracerError(error.message, hint=error.hint, place=place)
            jobs.append(Refused(entry, located))
    return jobs


def _chosen(prompts: PromptList, only: list[str]) -> list[PromptEntry]:
    known = [entry.slug for entry in prompts.graphs]
    unknown = [slug for slug in only if slug not in known]
    if unknown:
        raise Problems(
            TracerError(
                f"there is no prompt `{slug}` on the list",
                hint=did_you_mean(slug, known) or f"known: {', '.join(known)}",
                place=prompts.where(slug),
            )
            for slug in unknown
        )
    return [entry for entry in prompts.graphs if not only or entry.slug in only]


def _job(
    entry: PromptEntry,
    prompts: PromptList,
    folder: GraphFolder,
    sources: Sources,
    force: bool,
    precision: Precision | None,
) -> Job:
    files = sources.model(entry.model, prompts.adapters(entry))
    tokenizer = sources.tokenizer(entry.model)
    features = sources.features(
        entry.features, model_source=files.source_name, model_identity=files.identity
    )
    settings = settings_for(entry.settings, features)
    if precision is not None:
        settings = settings.model_copy(update={"precision": precision})
    ask = Ask.of(
        tokenizer,
        prompt=entry.prompt,
        chat=entry.chat,
        chat_date=entry.chat_date,
        target=entry.target,
        contrast=entry.contrast,
        target_feature=entry.target_feature,
        position=entry.position,
    )
    if (other := entry.other_run) is not None:
        where = partial(prompts.where, entry.slug, "counterfactual")
        known = [*(one.slug for one in prompts.graphs), *folder.slugs()]
        if other.graph is not None and other.graph not in known:
            hint = did_you_mean(other.graph, known) or "name one of this list"
            what = f"there is no graph `{other.graph}`"
            raise TracerError(what, hint=hint, place=where("graph"))
        Aligned.of(tokenizer, ask.token_ids, other, target_id=ask.target, where=where)
    wanted = graph_id(
        ask, model_identity=files.identity, features=features.info.identity, settings=settings
    )
    latest = folder.latest(entry.slug)
    state: State = "new"
    if latest is not None:
        info = folder.load(entry.slug, latest).metadata.tracer
        state = "done" if info is not None and info.graph_id == wanted else "changed"
    if state == "done" and force:
        state = "again"
    revision = (latest or 0) + (0 if state == "done" else 1)
    texts = tuple(map(tokenizer.text, ask.token_ids))
    return Job(entry, settings, files, features, ask, wanted, state, revision, texts)
