"""What the fields of a set's configuration may say: honoured, known to change nothing, or refused.

Fields are those of the programs that train and publish sets: circuit-tracer, Gemma Scope 2,
EleutherAI's sparsify and its forks, SAELens, Language-Model-SAEs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracer.documents.files import read_bytes
from tracer.documents.json_text import decode
from tracer.errors import Place, TracerError
from tracer.features.weights.dictionary import StoredLayer

Where = Callable[[str], Place]
_OFF = "none|false|null|"
# These change what features are, or what they read and write: read here only when they are off.
OFF: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "apply_b_dec_to_input",
            "apply_decoder_bias_to_pre_encoder",
            "batch_topk",
            "divide_cross_layer",
            "embed_skip",
            "finetuning_scaling_factor",
            "gram_lookup",
            "input_unit_norm",
            "norm_activation",
            "normalize_activations",
            "normalize_decoder",
            "normalize_io",
            "post_encoder_scale",
            "rescale_acts_by_decoder_norm",
            "reshape_activations",
            "sample_topk",
            "signed",
            "sparsity_include_decoder_norm",
            "topk_coalesced",
            "coalesce_topk",
            "use_glu_encoder",
        ),
        _OFF,
    ),
    **dict.fromkeys(
        ("input_scale", "output_scale", "scale", "scale_factor", "scaling_factor"),
        _OFF + r"|1(\.0)?",
    ),
}


@dataclass(frozen=True)
class Fields:
    """The fields of one kind of configuration. `only` holds, of those that change what features
    are, the values with which a set is as it is read here (as regular expressions)."""

    honoured: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    only: Mapping[str, str] = field(default_factory=lambda: OFF)
    open: bool = False  # whether others may be there: the file is no layout's own

    def check(self, config: Mapping[str, Any], where: Where) -> None:
        """Raises TracerError that names the first field which is neither honoured nor known to
        change nothing. One that is off changes nothing, whatever it is."""
        for name, value in config.items():
            if name in self.honoured or name in self.unread:
                continue
            allowed = self.only.get(name, None if self.open else _OFF)
            if allowed is None or re.fullmatch(allowed, _written(value), re.IGNORECASE):
                continue
            known = "" if name in self.only else ", and is not known"
            raise TracerError(
                f"`{name}: {_written(value)[:60]}` may change what the features are{known}",
                hint="use a set without it; if it changes nothing, take it out, in a copy of the "
                "set if it is the hub's",
                place=where(name),
            )


def json_fields(file: Path, whose: str) -> dict[str, Any]:
    """Raises TracerError where the file holds no JSON object."""
    config = decode(read_bytes(file), file, hint="fetch it again")
    if not isinstance(config, dict):
        raise TracerError(f"is no configuration of {whose}", place=Place(file))
    return config


def refuse_other_sizes(
    layer: StoredLayer, file: Path, *, d_model: object = None, features: object = None
) -> None:
    """Raises TracerError where the weights are cut short, or belong to another configuration."""
    for what, found, said in (
        ("d_model", layer.encoder.width, d_model),
        ("features", len(layer.encoder), features),
    ):
        if said is not None and said != found:
            raise TracerError(
                f"the weights beside it have {what} {found}, this says {said}",
                hint="fetch the whole set again",
                place=Place(file),
            )


def refuse_other_skip(layer: StoredLayer, file: Path, name: str, said: object) -> None:
    """Raises TracerError where a configuration and its weights disagree on a skip connection."""
    if said is not None and bool(said) != (layer.skip is not None):
        found = "have none" if layer.skip is None else "have one"
        raise TracerError(
            f"`{name}: {str(bool(said)).lower()}`, but the weights {found}",
            hint="fetch the whole set again: with and without it, the features are others",
            place=Place(file),
        )


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
