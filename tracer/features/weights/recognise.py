"""Which published layout a set's files have, told from their tensors' names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tracer.errors import Place, TracerError
from tracer.features.weights import gemma_scope, native_clt, native_plt, sparsify
from tracer.features.weights.config import NAME as CONFIG
from tracer.features.weights.config import SetConfig, check_beside, load_config
from tracer.features.weights.dictionary import Dictionary, Settings, StoredLayer
from tracer.features.weights.listing import find_layers, unknown_layout
from tracer.features.weights.npz_file import npz_tensors
from tracer.features.weights.places import name_in_set, refuse_elsewhere
from tracer.features.weights.safetensors_file import safetensors_tensors
from tracer.features.weights.stored import Stored
from tracer.features.weights.tensors import Tensors

WITH_SETTINGS = (gemma_scope.SECOND_LAYOUT, sparsify.LAYOUT)  # which judge what is beside them


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
    """Reads no weights. Raises TracerError when the layout is unknown or damaged, when something
    would not be read that may change what the features are, when they stand in for something else
    than MLPs, or when layers do not fit together."""
    refuse_elsewhere(name_in_set(one, files.home) for layer in files.layers for one in layer)
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
    dictionary = Dictionary(layouts[0], layers, files.config.override(settings[0]))
    for layer, paths in zip(layers, files.layers, strict=True):
        files.config.check(layer)
        if dictionary.layout not in WITH_SETTINGS:
            check_beside(paths[0], layer, dictionary.settings)
    if files.config.chosen == "relu":
        dictionary = replace(dictionary, layers=[replace(one, threshold=None) for one in layers])
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
    found = _tensors(layer, paths)
    first = paths[0]
    known = _layout(layer, first, found)
    known.refuse_unread(found)
    if known is gemma_scope.NPZ_TENSORS:
        return known.layout, gemma_scope.gemma_scope_layer(found), gemma_scope.NPZ_SETTINGS
    if known is native_plt.TENSORS:
        return known.layout, *native_plt.native_plt_layer(found)
    if known is gemma_scope.SECOND_TENSORS:
        stored = gemma_scope.gemma_scope_2_layer(found, layer)
        gemma_scope.check_gemma_scope_2_layer(stored, first)
        return known.layout, stored, gemma_scope.gemma_scope_2_settings(first, layer)
    if known is sparsify.TENSORS:
        stored = sparsify.sparsify_layer(found)
        settings = sparsify.sparsify_settings(first)
        sparsify.check_sparsify_layer(stored, first)
        return known.layout, stored, settings
    return known.layout, native_clt.native_clt_layer(found, layer), native_clt.SETTINGS


def _tensors(layer: int, paths: Sequence[Path]) -> dict[str, Stored]:
    found: dict[str, Stored] = {}
    for path in paths:
        read = npz_tensors if path.suffix == ".npz" else safetensors_tensors
        for name, one in read(path, layer).items():
            if name in found:
                raise TracerError(
                    f"the tensor `{name}` of layer {layer} is in {found[name].file.name} too",
                    hint="keep the file that belongs to the set",
                    place=Place(path),
                )
            found[name] = one
    return found


def _layout(layer: int, first: Path, found: Collection[str]) -> Tensors:
    """The layout that has these tensors. Raises TracerError where none has, or where one has most
    of them and others that are missing."""
    layouts = [
        native_plt.TENSORS,
        native_clt.native_clt_tensors(layer),
        gemma_scope.SECOND_TENSORS,
        sparsify.TENSORS,
    ]
    if first.suffix == ".npz":
        layouts = [gemma_scope.NPZ_TENSORS]
    nearest = min(layouts, key=lambda one: len(one.lacks(found)) / len(one.needed))
    lacking = nearest.lacks(found)
    if not lacking:
        return nearest
    if len(lacking) < len(nearest.needed):
        missing = ", ".join(f"`{name}`" for name in lacking)
        raise TracerError(
            f"tensors of layer {layer} are missing: {missing} (found {', '.join(sorted(found))})",
            hint=f"fetch the file again; {nearest.layout} has these",
            place=Place(first),
        )
    unknown = unknown_layout([first.name], found)
    raise TracerError(unknown.message, hint=unknown.hint, place=Place(first.parent))
