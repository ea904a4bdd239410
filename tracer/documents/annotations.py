"""`site_src/annotations/<slug>.yaml`: what people say about a graph: names, groups, claims."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from tracer.documents.claims import Claim, Key
from tracer.documents.records import Strict
from tracer.documents.references import Reference
from tracer.documents.yaml_source import YamlSource, load_yaml

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class Label(Strict):
    """What a feature seems to stand for, and who says so."""

    text: Text
    by: Text | None = None
    confidence: Literal["low", "medium", "high"] | None = None
    note: str | None = Field(None, max_length=4000, description="Markdown")


class Group(Strict):
    """Features that seem to do one thing together (a supernode)."""

    name: Text
    nodes: tuple[str, ...] = Field(min_length=1, description="node ids, or `layer_feature`")
    by: Text | None = None
    note: str | None = Field(None, max_length=4000, description="Markdown")


class Counterpoint(Strict):
    """A reviewed objection, shown under the write-up."""

    name: Text
    date: datetime.date
    text: str = Field(min_length=1, max_length=4000, description="Markdown")


class Annotations(Strict):
    """Everything people say about one graph."""

    revision: int | None = Field(None, ge=1, description="the revision these were written for")
    labels: dict[str, Label] = Field(default_factory=dict)
    groups: dict[Key, Group] = Field(default_factory=dict)
    pins: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    counterpoints: tuple[Counterpoint, ...] = ()

    @field_validator("claims")
    @classmethod
    def _ids_differ(cls, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        ids = [claim.id for claim in claims]
        if twice := next((one for one in ids if ids.count(one) > 1), None):
            raise ValueError(f"two claims are called `{twice}`")
        return claims

    def label_of(self, node_id: str) -> Label | None:
        """One position's own label wins over the feature's at every position."""
        if node_id in self.labels:
            return self.labels[node_id]
        return self.labels.get(node_id.rpartition("_")[0])

    def group_members(self, node_ids: list[str]) -> dict[str, list[str]]:
        """Group key -> the node ids it holds in this graph, in the graph's order."""
        groups = {key: group.nodes for key, group in self.groups.items()}
        return {key: Reference(f"group:{key}").resolve(node_ids, groups) for key in groups}


def load_annotations(file: Path) -> tuple[Annotations, YamlSource]:
    """Read one annotation file. Raises TracerError or Problems with file:line:col."""
    source = load_yaml(file)
    if source.data is None:
        return Annotations(), source
    return source.validate(Annotations), source
