"""`site_src/labels/<source>.yaml`: names of features, for every graph of a feature source."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from tracer.documents.annotations import Annotations, Label
from tracer.documents.graph import Graph
from tracer.documents.records import Strict
from tracer.documents.references import Reference
from tracer.documents.yaml_source import YamlSource, load_yaml


def _feature(key: str) -> str:
    if not re.fullmatch(r"\d+_\d+", key):
        # A source's features are the same in every graph; positions are not.
        raise ValueError("name a feature as `layer_feature`, such as `22_580`, without a position")
    return key


FeatureKey = Annotated[str, AfterValidator(_feature)]


class FeatureLabels(Strict):
    """What features of one source seem to stand for, whatever the prompt."""

    labels: dict[FeatureKey, Label] = Field(
        default_factory=dict, description="`layer_feature`: what it stands for, and who says so"
    )

    def added_to(self, annotations: Annotations, graph: Graph) -> Annotations:
        """With those labels that this graph has features for and no label of its own."""
        ids = graph.node_ids
        more = {
            key: label
            for key, label in self.labels.items()
            if key not in annotations.labels and Reference(key).resolve(ids, {})
        }
        return annotations.model_copy(update={"labels": {**annotations.labels, **more}})


def labels_file(site_source: Path, graph: Graph) -> Path | None:
    """Where labels for this graph's feature source are, or would be; None where it names none."""
    info = graph.metadata.tracer
    return site_source / "labels" / f"{info.features.source}.yaml" if info else None


def load_feature_labels(file: Path) -> tuple[FeatureLabels, YamlSource]:
    """Read one file of labels. Raises TracerError or Problems with file:line:col."""
    source = load_yaml(file)
    if source.data is None:
        return FeatureLabels(), source
    return source.validate(FeatureLabels), source
