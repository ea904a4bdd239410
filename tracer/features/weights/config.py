"""circuit-tracer's `config.yaml` beside a set of transcoders."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tracer.documents.yaml_source import YamlSource, load_yaml
from tracer.errors import TracerError

NAME = "config.yaml"


class SetConfig(BaseModel):
    """The keys that decide how a set is read; the others are left to circuit-tracer."""

    model_config = ConfigDict(extra="ignore", frozen=True, arbitrary_types_allowed=True)

    model_kind: Literal["transcoder_set", "cross_layer_transcoder"] | None = None
    feature_input_hook: str | None = None
    feature_output_hook: str | None = None
    activation: Literal["topk", "relu"] | None = None
    k: int | None = Field(None, ge=1)
    transcoders: tuple[str, ...] | None = None
    source: YamlSource | None = Field(None, exclude=True, repr=False)

    @property
    def top_k(self) -> int | None:
        return self.k if self.activation == "topk" else None

    def refused(self, key: str, hint: str) -> TracerError:
        """One of its values, which is not understood, with its place."""
        value = getattr(self, key)
        place = None if self.source is None else self.source.place((key,))
        return TracerError(f"`{key}: {value}` is not understood", hint=hint, place=place)


def load_config(folder: Path) -> SetConfig:
    """What the folder's `config.yaml` says, or nothing. Raises Problems with file:line:col."""
    file = folder / NAME
    if not file.exists():
        return SetConfig()
    source = load_yaml(file)
    config = source.validate(SetConfig).model_copy(update={"source": source})
    if config.activation == "topk" and config.k is None:
        raise config.refused("activation", "add `k`, the number of features kept at a position")
    return config
