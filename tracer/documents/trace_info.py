"""What the tracer says of a graph beside its nodes and links: what was asked, of which model and
features, with which settings, and what was measured. Other programs' formats have no place for it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from tracer.documents.account import AccountInfo
from tracer.documents.prompts import ChatTurn
from tracer.documents.records import Open
from tracer.documents.sources import adapted_name
from tracer.documents.trace_figures import Counts, Fit, Scores
from tracer.documents.trace_settings import Against, TraceSettings

FORMAT: Literal[2] = 2
# Far beyond what any vocabulary has: every one is written into pages, some several times.
Token = Annotated[str, StringConstraints(max_length=10_000)]


class Answer(Open):
    """One possible next token and how likely the model finds it."""

    token: Token
    token_id: int
    probability: float
    logit: float


class Question(Open):
    """What the graph explains: a target token, perhaps against others, all likely tokens, a
    feature (`target` is its node id) or a direction of the final residual stream.

    With no `contrast`, `against` says what a token's logit is compared with; graphs from before
    there was a choice compare with the mean of the vocabulary.
    """

    kind: Literal["salient", "target", "contrast", "feature", "direction"]
    target: str
    target_id: int | None = None
    contrast: tuple[str, ...] = ()
    contrast_ids: tuple[int, ...] = ()
    against: Against | None = None


class AdapterInfo(Open):
    """A LoRA folder that was merged into a model, by its folder's name and its content's sha256."""

    name: str
    identity: str


class ModelInfo(Open):
    """`identity` is of the weights, what was merged into them included; `name` is the model's."""

    name: str
    identity: str
    family: str
    layers: int
    d_model: int
    adapters: tuple[AdapterInfo, ...] | None = None

    @property
    def full_name(self) -> str:
        """With what was merged into it."""
        return adapted_name(self.name, [one.name for one in self.adapters or ()])


class FeaturesInfo(Open):
    source: str
    kind: Literal["neurons", "transcoders", "cross-layer transcoders"]
    identity: str


class TracerInfo(Open):
    """Everything of ours that the foreign format has no place for."""

    format: Literal[1, 2] = 1
    graph_id: str
    model: ModelInfo
    features: FeaturesInfo
    question: Question
    token_ids: tuple[int, ...]
    chat: tuple[ChatTurn, ...] | None = None
    answers: tuple[Answer, ...]
    settings: TraceSettings
    scores: Scores | None = None  # where what is not listed is a node
    account: AccountInfo | None = None  # where it hands on what it reads
    counts: Counts
    fit: Fit | None = None  # of transcoders; neurons are exact

    @property
    def key(self) -> Literal["prompt", "chat"]:
        """What a prompt list would give it as."""
        return "chat" if self.chat else "prompt"
