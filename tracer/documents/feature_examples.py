"""`features/<source>/<layer>_<feature>.json`: what makes a feature active, and what it promotes.

The format is circuit-tracer's and Neuronpedia's; what is not known here passes through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from tracer.documents.feature_source import feature_source
from tracer.documents.files import read_bytes, write_atomically
from tracer.documents.graph import Graph
from tracer.documents.json_text import decode
from tracer.documents.records import Many, Open, first_mistake
from tracer.documents.temporary_files import sweep_below
from tracer.errors import Place, TracerError

_KEY = re.compile(r"[0-9A-Za-z]+(_[0-9A-Za-z]+)+\Z")
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


class FeatureExamples(Open):
    """`histogram` counts activations in equal bins from `act_min` to `act_max`."""

    index: int
    examples_quantiles: Many[Quantile]
    top_logits: Many[str] = ()
    bottom_logits: Many[str] = ()
    act_min: float | None = None
    act_max: float | None = None
    histogram: tuple[float, ...] | None = Field(None, max_length=10_000)
    activation_frequency: float | None = None


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
    text = json.dumps(examples.model_dump(exclude_none=True), ensure_ascii=False)
    write_atomically(file, text + "\n")


@dataclass(frozen=True)
class FeatureFolder:
    """`features/` of a gallery, kept in version control."""

    root: Path

    def path(self, source: str, key: str) -> Path:
        return self.root / source / f"{key}.json"


def keys_among(names: Iterable[str]) -> list[str]:
    """The keys of the features whose files are among these names."""
    stems = (name.removesuffix(".json") for name in names if name.endswith(".json"))
    return [stem for stem in stems if _KEY.match(stem)]


def import_examples(files: Iterable[Path], graph: Graph, folder: FeatureFolder) -> list[Path]:
    """Keep the examples of those features that the graph has; gives the files written.

    A document's `index` is the number that the graph's nodes carry as `feature`.
    Raises TracerError when a file is no such document, or when none fits the graph.
    """
    keys = {
        node.feature: feature_key(node.node_id)
        for node in graph.nodes
        if node.kind == "feature" and node.feature is not None
    }
    written, source = [], feature_source(graph)
    sweep_below(folder.root)
    for file in files:
        examples = load_feature_examples(file)
        key = keys.get(examples.index)
        if key is None or not _KEY.match(key):
            continue
        written.append(folder.path(source, key))
        save_feature_examples(examples, written[-1])
    if not written:
        what = "none of these files is about a feature of the graph"
        raise TracerError(what, hint="their `index` must be a node's `feature`")
    return written
