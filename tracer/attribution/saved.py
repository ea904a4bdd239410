"""A trace that was saved, read again: pruned by other limits, looked at, published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from tracer.attribution.account.account import Account
from tracer.attribution.account.account_graph import AccountGraph
from tracer.attribution.account.choose import Chosen, Shares
from tracer.attribution.account.sources import Source
from tracer.attribution.columns import Columns
from tracer.attribution.constants import Constants
from tracer.attribution.effects import Effects
from tracer.attribution.node_graph import NodeGraph
from tracer.attribution.origin import FeatureName, Origin
from tracer.attribution.question import Ask
from tracer.attribution.raw_file import HINT, read_raw
from tracer.attribution.sweep import Swept
from tracer.attribution.targets import Targets
from tracer.attribution.trace import Attribution, as_source, feature_source
from tracer.documents.account import Alternative
from tracer.documents.prompts import ChatTurn
from tracer.documents.sources import NEURONS
from tracer.documents.trace_info import Answer, FeaturesInfo, Question
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import Place, TracerError
from tracer.features.choose import choose_features
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.frozen_pass import freeze
from tracer.model.load import Model, as_model

_RECORDS: dict[str, type] = {
    one.__name__: one
    for one in (
        *(Account, Chosen, Shares, Source, Columns, Constants, Effects, FeatureName, Origin, Ask),
        *(Swept, Targets, Alternative, Answer, FeaturesInfo, Question, ChatTurn, TraceSettings),
    )
}


def load_attribution(
    file: Path | str, *, model: Model | str, features: str = NEURONS
) -> Attribution:
    """What `found.save` wrote. The model is run once; nothing is traced again. `features` are those
    that it was traced with, as `trace` takes them.

    Raises TracerError for another file, another model, and features that are no longer there.
    """
    place, model = Place(Path(file)), as_model(model)
    content = read_raw(Path(file), _RECORDS)
    try:
        if content["model"] != model.info.identity:
            what = f"this was traced on `{content['called']}`, not on `{model.info.full_name}`"
            raise TracerError(what, hint="load that model", place=place)
        return _restored(content, model, as_source(features), place)
    except (KeyError, TypeError, AttributeError) as error:
        raise TracerError(f"this is damaged: {error}", hint=HINT, place=place) from None


def _restored(content: Mapping[str, Any], model: Model, features: str, place: Place) -> Attribution:
    info = content["features"]
    found = choose_features(
        features, model_source=model.source_name, model_identity=model.info.identity
    )
    if found.info.identity != info.identity:
        what = f"this was traced with the features `{info.source}`, not with `{found.info.source}`"
        raise TracerError(what, hint="name them: `features=…`, as for `trace`", place=place)
    frozen = freeze(model, content["ask"].token_ids)
    active = feature_source(model, found).read(frozen)
    layers = [
        _layer(active, number, columns, place) for number, columns in enumerate(content["layers"])
    ]
    shared = {"ask": content["ask"], "settings": content["settings"], "frozen": frozen}
    shared |= {"features_info": info, "active": active, "layers": layers}
    shared |= {"effects": content["effects"], "targets": content["targets"]}
    if content["kind"] == AccountGraph.__name__:
        return AccountGraph(**shared, chosen=content["chosen"])
    return NodeGraph(**shared, swept=content["swept"], constants=content["constants"])


def _layer(
    active: ActiveFeatures, layer: int, columns: Mapping[str, torch.Tensor], place: Place
) -> LayerFeatures:
    """What a layer's features read and write is the model's; how active they were is the file's."""
    indices, positions = columns["indices"].tolist(), columns["positions"].tolist()
    found = active.some(layer, list(zip(indices, positions, strict=True)))
    if len(found) != len(positions):
        what = f"features of layer {layer} are no longer active here as they were"
        raise TracerError(what, hint="trace it again on this machine", place=place)
    like = found.activations
    return replace(
        found,
        activations=columns["activations"].to(like),
        biases=columns["biases"].to(like),
        effects=columns["effects"].to(like),
    )
