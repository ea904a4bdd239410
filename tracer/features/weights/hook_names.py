"""Hooks as trainers write them (TransformerLens' names), and what is none of a transcoder's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tracer.errors import Place, TracerError
from tracer.features.weights.dictionary import Reads, Writes

_HOOK = re.compile(r"(?:blocks\.(\d+)\.)?([\w.]+)")
_READS: dict[str, Reads] = {
    "hook_resid_mid": "hook_resid_mid",
    "ln2.hook_normalized": "ln2.hook_normalized",
    "hook_mlp_in": "mlp.hook_in",
    "mlp.hook_in": "mlp.hook_in",
}
_WRITES: dict[str, Writes] = {"hook_mlp_out": "hook_mlp_out", "mlp.hook_out": "mlp.hook_out"}


def hooks_of(reads: Any, writes: Any, file: Path, layer: int | None) -> tuple[Reads, Writes]:
    """Where a layer's features read and write, as a file says.

    Raises TracerError for an autoencoder, which writes what it reads, for places that are neither
    in front of an MLP nor behind it, and for another layer than the one that it stands for.
    """
    place = Place(file)
    if writes is None or reads == writes:
        raise TracerError(
            f"this is a sparse autoencoder of `{reads}`, not a transcoder",
            hint="use a set that reads in front of the MLP and writes behind it",
            place=place,
        )
    return _known(reads, _READS, place, layer), _known(writes, _WRITES, place, layer)


def _known(hook: Any, known: dict[str, Any], place: Place, layer: int | None) -> Any:
    match = _HOOK.fullmatch(hook) if isinstance(hook, str) else None
    if match is None or match[2] not in known:
        raise TracerError(
            f"features at `{hook}` are no transcoder's",
            hint=f"understood: {', '.join(known)}",
            place=place,
        )
    if layer is not None and match[1] is not None and int(match[1]) != layer:
        raise TracerError(
            f"these features are of `{hook}`, but stand for layer {layer}",
            hint="name folders and list files in the order of the model's layers",
            place=place,
        )
    return known[match[2]]
