"""`prompts.yaml`: the prompts to trace, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from tracer.documents.listed_settings import ListedSettings
from tracer.documents.prompt_set import PromptSet, SetRow, rows_of
from tracer.documents.records import Strict
from tracer.documents.references import Slug
from tracer.documents.token_id import TokenName
from tracer.documents.yaml_source import YamlSource, load_yaml
from tracer.errors import Place, Problems, TracerError

Listed = TypeVar("Listed", bound=ListedSettings)
CHAT_DATE = date(2024, 7, 26)  # what Llama's own templates fall back to


class ChatTurn(Strict):
    role: Literal["system", "user", "assistant"]
    content: str = Field(min_length=1)


class Counterfactual(Strict):
    """A prompt, or a chat, of as many tokens with another answer, which a circuit is tested
    against; or the same one in the model of another graph, as before an edit and behind it."""

    prompt: str | None = Field(
        None, min_length=1, description="as many tokens as the graph's prompt, some words changed"
    )
    chat: tuple[ChatTurn, ...] | None = Field(
        None, description="the same of an entry with a `chat`: turns, some words changed"
    )
    graph: Slug | None = Field(
        None, description="in place of these: a graph of the same prompt or chat in another model"
    )
    target: TokenName = Field(description="its answer: one token, literal, or {id: 9}")
    chat_date: date | None = Field(
        None, description="the day for the chat's template, where it is another than the entry's"
    )

    @field_validator("prompt")
    @classmethod
    def _has_words(cls, prompt: str | None) -> str | None:
        if prompt is not None and not prompt.strip():
            raise ValueError("the prompt is empty; write the graph's with some words changed")
        return prompt

    @model_validator(mode="after")
    def _one_run(self) -> Counterfactual:
        if sum(one is not None for one in (self.prompt, self.chat, self.graph)) != 1:
            raise ValueError("give one of `prompt`, `chat` and `graph`")
        _refuse_unfinished(self.chat)
        if self.chat is None and self.chat_date is not None:
            raise ValueError("`chat_date` belongs to a `chat`")
        return self

    @property
    def key(self) -> Literal["prompt", "chat", "graph"]:
        """Which of the three it is."""
        if self.graph is not None:
            return "graph"
        return "prompt" if self.chat is None else "chat"


class PromptDefaults(ListedSettings):
    """Settings for every graph that does not say otherwise."""


class PromptEntry(ListedSettings):
    """One graph to make."""

    slug: Slug = Field(description="folder and address of the graph: lower-case, hyphens")
    prompt: str | None = Field(None, description="the text the model continues")
    chat: tuple[ChatTurn, ...] | None = Field(
        None, description="turns put through the model's own chat template, in place of `prompt`"
    )
    target: TokenName | None = Field(
        None,
        description="the answer to explain: one token, literal, with its leading space, or {id: 9}",
    )
    contrast: tuple[TokenName, ...] = Field(
        (), description="explain the target's logit minus the mean logit of these tokens"
    )
    target_feature: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="explain what feeds this feature, `layer_index_position`, not an answer"
    )
    position: int | None = Field(
        None, ge=1, description="explain the answer behind this token, the prompt ending there"
    )

    counterfactual: Counterfactual | None = Field(
        None, description="a second run to exchange values with, when the graph is verified"
    )

    @field_validator("counterfactual")
    @classmethod
    def _is_another(
        cls, found: Counterfactual | None, info: ValidationInfo
    ) -> Counterfactual | None:
        if found is None:
            return None
        said = info.data
        own = [key for key in ("prompt", "chat") if said.get(key) is not None]
        if own and found.key not in (*own, "graph"):
            what = f"it has a `{found.key}`, and this entry a `{own[0]}`"
            raise ValueError(f"{what}: give a `{own[0]}` of the same length")
        for key in ("target_feature", "position"):
            if said.get(key) is not None:
                raise ValueError(f"it is about the answer to the whole prompt; leave `{key}` out")
        if found.graph is not None and found.graph == said.get("slug"):
            raise ValueError("`graph` names the entry itself; name one of another model")
        if found.prompt is not None and found.prompt == said.get("prompt"):
            raise ValueError("its prompt is the entry's own; change some words")
        day = found.chat_date or said.get("chat_date")
        if found.chat is not None and (found.chat, day) == (
            said.get("chat"),
            said.get("chat_date"),
        ):
            raise ValueError("its chat is the entry's own; change some words")
        if said.get("target") is not None and found.target == said["target"]:
            raise ValueError("its answer is the entry's own `target`; name its prompt's answer")
        return found

    @model_validator(mode="after")
    def _one_question(self) -> PromptEntry:
        if (self.prompt is None) == (self.chat is None):
            raise ValueError("give either `prompt` or `chat`")
        if self.prompt is not None and not self.prompt.strip():
            raise ValueError("the prompt is empty; write the words the model should continue")
        _refuse_unfinished(self.chat)
        if self.chat is None and self.chat_date is not None:
            raise ValueError("`chat_date` belongs to a `chat`")
        if self.contrast and self.target is None:
            raise ValueError("`contrast` needs a `target` to compare with")
        if self.target in self.contrast:
            raise ValueError("`contrast` names the target itself")
        if self.target_feature is not None and self.target is not None:
            raise ValueError("give either `target` or `target_feature`")
        if self.target_feature is not None and self.position is not None:
            raise ValueError("`target_feature` says its position itself; leave `position` out")
        return self

    @property
    def other_run(self) -> Counterfactual | None:
        """The counterfactual, on the entry's own day where it names no other."""
        found = self.counterfactual
        if found is None or found.chat is None or found.chat_date is not None:
            return found
        return found.model_copy(update={"chat_date": self.chat_date})


def _refuse_unfinished(chat: Sequence[ChatTurn] | None) -> None:
    if chat is not None and (not chat or chat[-1].role == "system"):
        raise ValueError("`chat` needs a user or assistant turn at its end")


class PromptFile(Strict):
    """The file's own shape; `load_prompts` merges the defaults into each entry."""

    defaults: PromptDefaults = Field(default_factory=PromptDefaults)
    graphs: tuple[PromptEntry, ...] = ()
    sets: tuple[PromptSet, ...] = ()


class PromptList(BaseModel):
    """Prompts with their defaults merged in, in the file's order."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, defer_build=True)

    source: YamlSource = Field(repr=False, exclude=True)
    graphs: tuple[PromptEntry, ...]
    sets: tuple[PromptSet, ...] = ()

    def entry(self, slug: str) -> PromptEntry | None:
        """The entry of this slug, if there is one."""
        return next((one for one in self.graphs if one.slug == slug), None)

    def prompt_set(self, slug: str) -> PromptSet | None:
        """The set of this slug, if there is one."""
        return next((one for one in self.sets if one.slug == slug), None)

    def rows(self, found: PromptSet) -> tuple[SetRow, ...]:
        """The rows of a set. Raises Problems with file:line:col as `rows_of` does."""
        at = self.sets.index(found)
        return rows_of(found, lambda path: self.source.place(("sets", at, *path)))

    def adapters(self, entry: ListedSettings) -> tuple[Path, ...]:
        """The folders of an entry's adapters; relative ones are the list's."""
        return tuple(self.source.file.parent / _at_home(one) for one in entry.adapter_paths)

    def where(self, slug: str, *keys: str) -> Place:
        """The Place of an entry, or of one of its keys, or what is below that."""
        for index, entry in enumerate(self.graphs):
            if entry.slug == slug:
                return self.source.place(("graphs", index, *keys))
        for index, one in enumerate(self.sets):
            if one.slug == slug:
                return self.source.place(("sets", index, *keys))
        return self.source.place(())


def load_prompts(file: Path) -> PromptList:
    """Read a prompt list. Raises TracerError or Problems with file:line:col."""
    return parse_prompts(load_yaml(file))


def load_planned(file: Path) -> PromptList:
    """Read a prompt list that may be empty: whoever publishes need not trace. Raises as
    `load_prompts` does."""
    source = load_yaml(file)
    keys = source.data if isinstance(source.data, dict) else {}
    empty = "graphs" in keys and not keys["graphs"] and not keys.get("sets")
    if source.data is None or empty:
        rest = {key: value for key, value in keys.items() if key != "graphs"}
        replace(source, data=rest).validate(PromptFile)
        return PromptList(source=source, graphs=())
    return parse_prompts(source)


def parse_prompts(source: YamlSource) -> PromptList:
    """A prompt list from parsed YAML. Raises TracerError or Problems with file:line:col."""
    keys = source.data if isinstance(source.data, dict) else {}
    if not keys.get("graphs") and not keys.get("sets"):
        raise TracerError(
            "there are no prompts in this file",
            hint="list them under `graphs:`, each with `slug:` and `prompt:`",
            place=source.place(()),
        )
    if keys.get("graphs", ()) is None:  # a list of sets alone
        source = replace(source, data={**keys, "graphs": []})
    parsed = source.validate(PromptFile)
    defaults = {name: getattr(parsed.defaults, name) for name in parsed.defaults.model_fields_set}
    found = PromptList(
        source=source,
        graphs=tuple(_merged(entry, defaults) for entry in parsed.graphs),
        sets=tuple(_merged(one, defaults) for one in parsed.sets),
    )
    _refuse_duplicates(source, found)
    for one in found.sets:
        found.rows(one)  # whose mistakes are told at once
    return found


def _merged(entry: Listed, defaults: Mapping[str, Any]) -> Listed:
    said = set(entry.model_fields_set)
    if getattr(entry, "chat", None) is None:
        said.add("chat_date")  # which is a chat's alone
    return entry.model_copy(update={k: v for k, v in defaults.items() if k not in said})


def _at_home(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:  # `~` of nobody
        return Path(path)


def _refuse_duplicates(source: YamlSource, found: PromptList) -> None:
    first: dict[str, Place] = {}
    problems = []
    listed: tuple[tuple[str, Sequence[PromptEntry | PromptSet]], ...] = (
        ("graphs", found.graphs),
        ("sets", found.sets),
    )
    for kind, entries in listed:
        for index, entry in enumerate(entries):
            place = source.place((kind, index, "slug"))
            if entry.slug in first:
                problems.append(
                    TracerError(
                        f"the slug `{entry.slug}` is used twice, first on line "
                        f"{first[entry.slug].line}",
                        hint="give each graph and each set its own slug",
                        place=place,
                    )
                )
            first.setdefault(entry.slug, place)
    if problems:
        raise Problems(problems)
