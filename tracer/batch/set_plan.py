"""What each row of a set asks, before any weights are loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracer.attribution.question import Ask, graph_id
from tracer.batch.sources import Sources
from tracer.documents.prompt_set import PromptSet, SetRow
from tracer.documents.prompts import PromptList
from tracer.documents.set_account import FORMAT, Refusal
from tracer.documents.slots import slots_of
from tracer.documents.trace_settings import Precision, TraceSettings
from tracer.errors import TracerError
from tracer.features.choose import FoundFeatures, settings_for
from tracer.model.files import ModelFiles
from tracer.model.tokens import Tokenizer


@dataclass(frozen=True)
class AskedRow:
    """A row in tokens."""

    row: SetRow
    ask: Ask
    graph_id: str
    slots: tuple[str, ...]


@dataclass(frozen=True)
class SetJob:
    """A set to trace: rows that can be asked, and those that cannot, with why."""

    meant: PromptSet
    settings: TraceSettings
    files: ModelFiles
    features: FoundFeatures
    rows: tuple[AskedRow, ...]
    refused: tuple[Refusal, ...]

    @property
    def slug(self) -> str:
        return self.meant.slug

    @property
    def id(self) -> str:
        """sha256 over everything that decides the account."""
        decides = {
            "format": FORMAT,
            "rows": [[one.row.key, one.graph_id, one.slots, one.row.kin] for one in self.rows],
            "refused": [one.key for one in self.refused],
            "counts": self.meant.counts,
        }
        canonical = json.dumps(decides, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def plan_set(
    meant: PromptSet,
    prompts: PromptList,
    *,
    precision: Precision | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> SetJob:
    """Raises TracerError where the model or features cannot be had, or no two rows can be asked."""
    sources = Sources(say)
    files = sources.model(meant.model, prompts.adapters(meant))
    tokenizer = sources.tokenizer(meant.model)
    features = sources.features(
        meant.features, model_source=files.source_name, model_identity=files.identity
    )
    settings = settings_for(meant.settings, features)
    if settings.remainder != "transparent":
        what = "a set needs accounts, which graphs with `remainder: nodes` do not have"
        hint = "say `remainder: transparent` for the set"
        raise TracerError(what, hint=hint, place=prompts.where(meant.slug))
    if precision is not None:
        settings = settings.model_copy(update={"precision": precision})
    rows = prompts.rows(meant)
    answers, refused = _answers(rows, tokenizer)
    asked = []
    for row in (one for one in rows if one.key in answers):
        try:
            ask = _asked(row, answers, tokenizer)
        except TracerError as error:
            refused.append(_refusal(row, error))
            continue
        texts = [tokenizer.text(one) for one in ask.token_ids]
        this = graph_id(
            ask, model_identity=files.identity, features=features.info.identity, settings=settings
        )
        asked.append(AskedRow(row, ask, this, slots_of(texts, row.segments)))
    if len(asked) < 2:
        first = f": {refused[0].key}: {refused[0].error}" if refused else ""
        what = f"fewer than two rows of `{meant.slug}` can be asked{first}"
        raise TracerError(what, place=prompts.where(meant.slug))
    return SetJob(meant, settings, files, features, tuple(asked), tuple(refused))


def _answers(rows: Sequence[SetRow], tokenizer: Tokenizer) -> tuple[dict[str, int], list[Refusal]]:
    """The token that each row's answer is, by its key; and the rows whose answer is none."""
    answers, refused = {}, []
    for row in rows:
        try:
            answers[row.key] = tokenizer.single_token(row.answer)
        except TracerError as error:
            refused.append(_refusal(row, error))
    return answers, refused


def _asked(row: SetRow, answers: dict[str, int], tokenizer: Tokenizer) -> Ask:
    """Against its own contrast, else against every other answer of the set, once each."""
    answer = answers[row.key]
    others: list[int] = [tokenizer.single_token(one) for one in row.contrast]
    if not row.contrast:
        others = [one for one in dict.fromkeys(answers.values()) if one != answer]
    if not others:
        what = "every row of the set has the same answer, so there is nothing to explain it against"
        raise TracerError(what, hint="name a `contrast`")
    return Ask.of(tokenizer, prompt=row.prompt, target=answer, contrast=others)


def _refusal(row: SetRow, error: TracerError) -> Refusal:
    hint = f"; {error.hint}" if error.hint else ""
    return Refusal(key=row.key, prompt=row.prompt, error=f"{error.message}{hint}")
