"""circuit-tracer's `config.yaml` beside a set of transcoders."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tracer.documents.yaml_source import YamlSource, load_yaml
from tracer.errors import TracerError
from tracer.features.weights.dictionary import Reads, Settings, Writes

NAME = "config.yaml"


class SetConfig(BaseModel):
    """The keys that decide how a set is read; the others are left to circuit-tracer."""

    model_config = ConfigDict(extra="ignore", frozen=True, arbitrary_types_allowed=True)

    feature_input_hook: Reads | None = None
    feature_output_hook: Writes | None = None
    activation: Literal["topk", "relu"] | None = None
    k: int | None = Field(None, ge=1)
    transcoders: tuple[str, ...] | None = Field(None, min_length=1)
    source: YamlSource | None = Field(None, exclude=True, repr=False)

    @property
    def references(self) -> tuple[str, ...] | None:
        """One file a layer; some published lists name the last one twice."""
        listed = self.transcoders
        return listed[:-1] if listed and listed[-1:] == listed[-2:-1] else listed

    def override(self, own: Settings) -> Settings:
        """What the set's own files say, or where this one says more, this."""
        top_k = None if self.activation == "relu" else self.k or own.top_k
        if self.activation == "topk" and top_k is None:
            known = "circuit-tracer takes 128 for `facebook/crv-8b-instruct-transcoders`"
            raise TracerError(
                "`activation: topk`, but k, the number of features kept at a position, is nowhere",
                hint=f"add the line `k: N`, in a copy of the set if it is the hub's ({known})",
                place=None if self.source is None else self.source.place(("activation",)),
            )
        return Settings(
            reads=self.feature_input_hook or own.reads,
            writes=self.feature_output_hook or own.writes,
            top_k=top_k,
        )


def load_config(file: Path) -> SetConfig:
    """What a `config.yaml` says, or nothing where there is none. Raises Problems with
    file:line:col."""
    if not file.exists():
        return SetConfig()
    source = load_yaml(file)
    return source.validate(SetConfig).model_copy(update={"source": source})
