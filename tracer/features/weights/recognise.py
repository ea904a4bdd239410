"""Which published layout a set's files have, told from their tensors' names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tracer.errors import Place, TracerError
from tracer.features.weights import gemma_scope, native_clt, native_plt, sparsify
from tracer.features.weights.config import NAME as CONFIG
from tracer.features.weights.config import SetConfig, load_config
from tracer.features.weights.dictionary import Dictionary, Settings, StoredLayer
from tracer.features.weights.listing import find_layers, unknown_layout
from tracer.features.weights.npz_file import npz_tensors
from tracer.features.weights.safetensors_file import safetensors_tensors
from tracer.features.weights.stored import Stored


@dataclass(frozen=True)
class SetFiles:
    """A set of transcoders on this machine."""

    config: SetConfig
    layers: Sequence[Sequence[Path]]  # weight files of each layer
    home: Path | None = None  # the folder they came from, for messages


def local_set(folder: Path) -> SetFiles:
    """Raises TracerError where the folder holds no set, several, or a part of one."""
    try:
        names = [one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()]
        layers = find_layers(names)
    except TracerError as error:
        raise TracerError(error.message, hint=error.hint, place=Place(folder)) from None
    files = [[folder / name for name in layer] for layer in layers]
    return SetFiles(load_config(folder / CONFIG), files, folder)


def open_dictionary(files: SetFiles) -> Dictionary:
    """Reads no weights. Raises TracerError when the layout is unknown or damaged, or when layers
    do not fit together."""
    read = [_layer(layer, paths) for layer, paths in enumerate(files.layers)]
    layouts, layers, settings = zip(*read, strict=True)
    place = Place(files.layers[0][0] if files.home is None else files.home)
    if len(set(layouts)) != 1 or len({one.across for one in layers}) != 1:
        raise TracerError(
            f"the layers are of several kinds: {'; '.join(sorted(set(layouts)))}",
            hint="choose layers of one set",
            place=place,
        )
    if len(set(settings)) != 1:
        raise TracerError(
            "the layers do not agree on where they read and write, or on k",
            hint="choose layers of one set",
            place=place,
        )
    if files.config.activation == "relu":
        layers = tuple(replace(one, threshold=None) for one in layers)
    dictionary = Dictionary(layouts[0], layers, files.config.override(settings[0]))
    if misfit := dictionary.misfit():
        raise TracerError(misfit, hint="fetch the whole set again", place=place)
    return dictionary


def check_settings(layers: Sequence[Sequence[Path]]) -> None:
    """Raises TracerError for what the small files beside the weights say that is not understood;
    the weights need not be there."""
    for paths in layers:
        if paths[0].name == sparsify.FILE:
            sparsify.sparsify_settings(paths[0])
        elif gemma_scope.SECOND_FILE.match(paths[0].name):
            gemma_scope.gemma_scope_2_settings(paths[0])


def _layer(layer: int, paths: Sequence[Path]) -> tuple[str, StoredLayer, Settings]:
    tensors: dict[str, Stored] = {}
    for path in paths:
        tensors |= npz_tensors(path) if path.suffix == ".npz" else safetensors_tensors(path)
    keys, first = tensors.keys(), paths[0]
    if first.suffix == ".npz" and keys >= gemma_scope.NPZ_KEYS:
        stored, settings = gemma_scope.gemma_scope_layer(tensors), gemma_scope.NPZ_SETTINGS
        return gemma_scope.NPZ_LAYOUT, stored, settings
    if keys >= native_plt.KEYS:
        stored, settings = native_plt.native_plt_layer(tensors)
        return native_plt.LAYOUT, stored, settings
    if keys >= native_clt.native_clt_keys(layer):
        stored = native_clt.native_clt_layer(tensors, layer)
        return native_clt.LAYOUT, stored, native_clt.SETTINGS
    if keys >= gemma_scope.SECOND_KEYS:
        stored = gemma_scope.gemma_scope_2_layer(tensors, layer)
        return gemma_scope.SECOND_LAYOUT, stored, gemma_scope.gemma_scope_2_settings(first)
    if keys >= sparsify.KEYS:
        stored = sparsify.sparsify_layer(tensors)
        return sparsify.LAYOUT, stored, sparsify.sparsify_settings(first)
    unknown = unknown_layout([one.name for one in paths], keys)
    raise TracerError(unknown.message, hint=unknown.hint, place=Place(first.parent))
