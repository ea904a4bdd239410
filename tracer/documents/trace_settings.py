"""How a prompt is traced: thresholds, limits, number format."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tracer.documents.records import Strict

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["float32", "bf16", "fp16", "fast"]
Remainder = Literal["transparent", "nodes"]
Against = Literal["alternatives", "vocabulary"]


class TraceSettings(Strict):
    """What decides a graph's nodes and links. Definitions: README, "Settings"."""

    remainder: Remainder | None = Field(
        None,
        description="features not listed hand on what they read (`transparent`, for neurons), or "
        "stay as `nodes` of their own (for transcoders, as circuit-tracer has it)",
    )
    against: Against | None = Field(
        None,
        description="without a contrast, the answer is explained against the `alternatives` the "
        "model considered (for neurons) or the mean of the `vocabulary` (for transcoders)",
    )
    max_nodes: int = Field(400, ge=1, description="`transparent`: most features that a graph lists")
    max_logits: int = Field(10, ge=1, le=1000, description="most answer tokens shown as nodes")
    logit_mass: float = Field(
        0.95, gt=0, le=1, description="answer tokens are added until they hold this probability"
    )
    candidates: int = Field(
        1000, ge=1, description="neurons admitted to the sweep, strongest effect first"
    )
    coverage: float = Field(
        0.99,
        gt=0,
        le=1,
        description="share of each layer's influence whose inputs are computed; 1 computes all",
    )
    max_expanded: int | None = Field(
        None, ge=1, description="most features whose inputs are computed; null for no limit"
    )
    node_threshold: float = Field(
        0.8, gt=0, le=1, description="share of total influence that the kept nodes hold"
    )
    edge_threshold: float = Field(
        0.98, gt=0, le=1, description="share of the kept nodes' influence that the kept links hold"
    )
    max_links: int | None = Field(
        3000, ge=1, description="most links a published graph shows; null for no limit"
    )
    precision: Precision = Field(
        "float32",
        description="number format; `fast`: float32, but the products of the sweep in bf16",
    )
    allow_misfit: bool = Field(
        False, description="trace with transcoders that do not reconstruct what the MLPs write"
    )

    @model_serializer(mode="wrap")
    def _written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Settings of graphs that were traced before there were such stay as they were."""
        written: dict[str, Any] = handler(self)
        if not self.allow_misfit:
            written.pop("allow_misfit", None)
        if self.remainder is None:
            for later in ("remainder", "against", "max_nodes"):
                written.pop(later, None)
        elif self.remainder == "nodes":
            written.pop("max_nodes")
        return written
