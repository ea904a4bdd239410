"""What makes a feature active, and what it promotes: a record of `FeatureStore`.

The format is circuit-tracer's and Neuronpedia's; what is not known here passes through.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from tracer.documents.files import read_bytes, write_atomically
from tracer.documents.json_text import decode
from tracer.documents.records import Many, Open, first_mistake
from tracer.errors import Place, TracerError

_KEY = re.compile(r"[0-9A-Za-z]+(_[0-9A-Za-z]+)+\Z")
_LONGEST_LAYER = 5
_HINT = "take the file as circuit-tracer or Neuronpedia wrote it"


class Example(Open):
    """A piece of text: its tokens, and how active the feature is at each."""

    tokens: Many[str]
    tokens_acts_list: Many[float]

    @model_validator(mode="after")
    def _as_long(self) -> Example:
        if len(self.tokens) != len(self.tokens_acts_list):
            raise ValueError("an example has not as many activations as tokens")
        return self


class Quantile(Open):
    """Examples of one range of activations; `below` says that the lowest count as strongest."""

    quantile_name: str
    below: bool | None = None
    examples: Many[Example]


class Share(Open):
    """How much of a feature's strongest contexts is of one sort of text, and of all that was read.

    `language` is a code such as `fr`, or a programming language; `kind` is `prose` or `code`."""

    language: str | None = None
    kind: str = "prose"
    share: float
    of_texts: float


class Suggestion(Open):
    """A name that was made by rule or by a model, and how well it tells, on texts held out, where
    the feature is strong: `auroc`, 0.5 for no better than chance. `below`: it is about where the
    feature is lowest. `by` and `prompt` tell of a model that was asked."""

    name: str
    origin: str = Field(alias="from")
    auroc: float | None = None
    tried: int | None = None
    confident: bool = False
    below: bool | None = None
    by: str | None = None
    prompt: str | None = None


class FoundIn(Open):
    """What was read: names of texts, or how many, and tokens, of which some were held out."""

    texts: tuple[str, ...] | int = ()
    tokens: int = 0


class FeatureExamples(Open):
    """`histogram` counts activations in equal bins from `act_min` to `act_max`; `frequency` is the
    share of tokens at which the feature is at least half as strong as at its strongest."""

    index: int
    examples_quantiles: Many[Quantile]
    top_logits: Many[str] = ()
    bottom_logits: Many[str] = ()
    act_min: float | None = None
    act_max: float | None = None
    histogram: tuple[float, ...] | None = Field(None, max_length=10_000)
    activation_frequency: float | None = None
    frequency: float | None = None
    shares: Many[Share] = ()
    suggestion: Suggestion | None = None
    found_in: FoundIn | None = None


def feature_key(node_id: str) -> str:
    """`22_580_14` -> `22_580`: the feature, whatever its position."""
    return node_id.rpartition("_")[0]


def load_feature_examples(file: Path) -> FeatureExamples:
    """Raises TracerError with the place when the file is no such document."""
    data = decode(read_bytes(file), file, hint=_HINT)
    try:
        return FeatureExamples.model_validate(data)
    except ValidationError as error:
        what = f"not a feature's examples: {first_mistake(error)}"
        raise TracerError(what, hint=_HINT, place=Place(file)) from None


def save_feature_examples(examples: FeatureExamples, file: Path) -> None:
    """Write it whole or not at all."""
    write_atomically(file, examples_json(examples))


def examples_json(examples: FeatureExamples) -> str:
    """As other programs read it, and the viewer."""
    return json.dumps(fields_of(examples), ensure_ascii=False) + "\n"


def fields_of(examples: FeatureExamples) -> dict[str, Any]:
    """The same as plain data."""
    nothing = set() if examples.shares else {"shares"}
    return examples.model_dump(exclude_none=True, exclude=nothing, by_alias=True)


def split_key(key: str) -> tuple[int, str]:
    """`22_580` -> the layer and the feature's name in it. Raises ValueError for what is no key of a
    feature in a layer."""
    layer, _, name = key.partition("_")
    if (
        not is_key(key)
        or not (layer.isascii() and layer.isdecimal())
        or len(layer) > _LONGEST_LAYER
    ):
        raise ValueError(f"no feature's key: {key!r}")
    return int(layer), name


def is_key(text: str) -> bool:
    """Whether this may be a feature's key, and so a file's name."""
    return bool(_KEY.match(text))
