"""What the page may ask: records with bounds, so that nothing from it becomes a path or code."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StringConstraints, ValidationError, model_validator

from tracer.documents.claims import Claim, Key
from tracer.documents.listed_settings import DEFAULT_MODEL
from tracer.documents.prompts import ChatTurn
from tracer.documents.records import Strict, first_mistake
from tracer.documents.references import Slug
from tracer.documents.token_id import TokenName
from tracer.documents.trace_settings import Against, Precision
from tracer.errors import TracerError

MOST_POKES, MOST_NODES, MOST_GROUPS, MOST_CLAIMS = 40, 1_000, 100, 100
Prompt = Annotated[str, StringConstraints(max_length=100_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
NodeId = Annotated[str, StringConstraints(pattern=r"^\d{1,4}_\d{1,8}_\d{1,6}$")]
SessionId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Number = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Small = Annotated[int, Field(ge=0, le=1_000_000)]


class Limits(Strict):
    """What of a trace's settings the page offers; None is the default."""

    max_nodes: int | None = Field(None, ge=1, le=2_000)
    max_links: int | None = Field(None, ge=1, le=20_000)
    candidates: int | None = Field(None, ge=1, le=5_000)
    against: Against | None = None

    def given(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class Asked(Strict):
    """A question about a prompt: why this word, perhaps rather than others."""

    prompt: Prompt = ""
    chat: tuple[ChatTurn, ...] | None = Field(None, max_length=50)
    chat_date: date | None = None  # of an opened graph's entry: the day for the chat's template
    target: TokenName | None = None
    contrast: tuple[TokenName, ...] = Field((), max_length=20)
    counterfactual: Prompt = ""
    model: Name = DEFAULT_MODEL
    features: Name = "neurons"
    precision: Precision = "float32"
    settings: Limits = Limits()
    fetch: bool = False  # the person has seen what will be fetched

    @property
    def other_chat(self) -> tuple[ChatTurn, ...] | None:
        """Of a chat the counterfactual is another last turn."""
        if not self.chat:
            return None
        last = self.chat[-1].model_copy(update={"content": self.counterfactual})
        return (*self.chat[:-1], last)


class Head(Strict):
    """A head that no longer looks from one word at another; from the last word by default."""

    layer: Small
    head: Small
    query: Small | None = None
    key: Small


class Poke(Strict):
    """One thing done to the model: some features away, scaled, set or exchanged; or a head that no
    longer looks somewhere."""

    kind: Literal["ablate", "scale", "set", "exchange", "head"]
    name: Name
    nodes: tuple[NodeId, ...] = Field((), max_length=MOST_NODES)
    value: Number = 0.0
    heads: tuple[Head, ...] = Field((), max_length=200)
    on: bool = True

    @model_validator(mode="after")
    def _something(self) -> Poke:
        if not (self.heads if self.kind == "head" else self.nodes):
            raise ValueError("it names nothing to poke")
        return self


class Named(Strict):
    """Features that a person gave a name."""

    name: Name
    nodes: tuple[NodeId, ...] = Field(min_length=1, max_length=MOST_NODES)


class Poking(Strict):
    session: SessionId
    pokes: tuple[Poke, ...] = Field((), max_length=MOST_POKES)
    draws: int = Field(0, ge=0, le=20)
    tokens: int = Field(0, ge=0, le=60)


class Work(Strict):
    """What a person did so far; goes into the session's file. `seen` is the revision of it that
    the page knows."""

    session: SessionId
    seen: Small | None = None
    pokes: tuple[Poke, ...] = Field((), max_length=MOST_POKES)
    labels: dict[NodeId, Name] = Field(default_factory=dict, max_length=MOST_GROUPS)
    groups: dict[Key, Named] = Field(default_factory=dict, max_length=MOST_GROUPS)
    claims: tuple[Claim, ...] = Field((), max_length=MOST_CLAIMS)


class Keeping(Strict):
    session: SessionId
    slug: Slug
    by: Name | None = None


class OfSession(Strict):
    """`run`: a person asked for it, not a link; so what it lacks may be computed."""

    session: SessionId
    run: bool = False


class OfGraph(Strict):
    slug: Slug


class Nothing(Strict):
    pass


class Entering(Strict):
    token: Name


Record = TypeVar("Record", bound=Strict)


def read(record: type[Record], data: Any) -> Record:
    """Raises TracerError for what is no such record."""
    try:
        return record.model_validate(data)
    except ValidationError as error:
        raise TracerError(f"this cannot be asked: {first_mistake(error)}") from None
