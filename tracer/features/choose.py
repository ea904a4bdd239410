"""Which features a name stands for."""

from __future__ import annotations

from typing import Literal

from tracer.documents.graph import FeaturesInfo
from tracer.errors import TracerError, did_you_mean

NEURONS: Literal["neurons"] = "neurons"


def find_features(name: str, *, model_source: str, model_identity: str) -> FeaturesInfo:
    """What identifies the features of one model. Needs no weights.

    Raises TracerError for features this version does not know.
    """
    if name != NEURONS:
        hint = did_you_mean(name, [NEURONS]) or f"use `features: {NEURONS}`"
        raise TracerError(f"unknown features `{name}`", hint=hint)
    return FeaturesInfo(source=f"{model_source}.neurons", kind=NEURONS, identity=model_identity)
