"""A set of transcoders opened: its files found, each layer read by its layout, and judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tracer.errors import Place, TracerError
from tracer.features.weights.config import NAME as CONFIG
from tracer.features.weights.config import SetConfig, check_beside, load_config
from tracer.features.weights.dictionary import Dictionary, Settings, StoredLayer, nothing_in
from tracer.features.weights.layout import NPZ, Layout
from tracer.features.weights.layouts import BESIDE, BY_NAME, IN_ONE_FILE, layout_of
from tracer.features.weights.listing import find_layers
from tracer.features.weights.npz_file import npz_tensors
from tracer.features.weights.places import name_in_set, refuse_elsewhere
from tracer.features.weights.safetensors_file import safetensors_tensors
from tracer.features.weights.stored import Stored


@dataclass(frozen=True)
class SetFiles:
    """A set of transcoders on this machine."""

    config: SetConfig
    layers: Sequence[Sequence[Path]]  # weight files of each layer
    home: Path | None = None  # the folder they came from, for messages
    complete: bool = False  # whether it is known that no more was published


def local_set(folder: Path) -> SetFiles:
    """Raises TracerError where the folder holds no set, several, or a part of one."""
    config = load_config(folder / CONFIG)
    try:
        names = [one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()]
        layers = find_layers(names, left_out=config.missing_layers)
    except TracerError as error:
        raise TracerError(error.message, hint=error.hint, place=Place(folder)) from None
    files = [[folder / name for name in layer] for layer in layers]
    return SetFiles(config, files, folder)


def open_dictionary(files: SetFiles) -> Dictionary:
    """Reads no weights. Raises TracerError when the layout is unknown or damaged, when something
    would not be read that may change what the features are, when they stand in for something else
    than MLPs, or when layers do not fit together."""
    refuse_elsewhere(name_in_set(one, files.home) for layer in files.layers for one in layer)
    every = _of_each_layer(files)
    read = [_layer(layer, paths) for layer, paths in every if paths]
    layouts, present, settings = zip(*read, strict=True)
    first = next(paths[0] for _, paths in every if paths)
    place = Place(first if files.home is None else files.home)
    layers = _with_gaps(present, [bool(paths) for _, paths in every], complete=files.complete)
    if len(set(layouts)) != 1 or len({one.across for one in layers}) != 1:
        kinds = "; ".join(sorted({layout.name for layout in layouts}))
        raise TracerError(
            f"the layers are of several kinds: {kinds}",
            hint="choose layers of one set",
            place=place,
        )
    if len(set(settings)) != 1:
        raise TracerError(
            "the layers do not agree on where they read and write, or on k",
            hint="choose layers of one set",
            place=place,
        )
    dictionary = Dictionary(layers, files.config.override(settings[0]), files.complete)
    for layer, (_, paths) in zip(layers, every, strict=False):  # above them is nothing
        if layer.left_out:
            continue
        files.config.check(layer)
        if layouts[0].beside is None:
            check_beside(paths[0], layer, dictionary.settings)
    if files.config.chosen == "relu":
        dictionary = replace(dictionary, layers=[replace(one, threshold=None) for one in layers])
    if misfit := dictionary.misfit():
        raise TracerError(misfit, hint="fetch the whole set again", place=place)
    return dictionary


def _of_each_layer(files: SetFiles) -> list[tuple[int, Sequence[Path]]]:
    """Each layer's files; one file may hold all layers."""
    first = files.layers[0]
    layout = IN_ONE_FILE.get(first[0].name) if len(files.layers) == 1 and first else None
    if layout is None or layout.layers_in is None:
        return list(enumerate(files.layers))
    found = _tensors(0, first)
    layout_of(0, first[0], found)
    return [(layer, first) for layer in range(layout.layers_in(found))]


def _with_gaps(
    present: Sequence[StoredLayer], there: Sequence[bool], *, complete: bool
) -> list[StoredLayer]:
    """The layers, with nothing where there is none; of a set across layers that is `complete`,
    decoders say how many the model has."""
    rest = iter(present)
    like, first = present[0], there.index(True)
    known = first + like.decoder.shape[1] if like.across and complete else 0
    count = max(len(there), known)
    return [
        next(rest) if here else nothing_in(layer, like, count)
        for layer, here in enumerate([*there, *[False] * (count - len(there))])
    ]


def check_settings(layers: Sequence[Sequence[Path]]) -> None:
    """Raises TracerError for what the small files beside the weights say that is not understood;
    the weights need not be there."""
    for paths in filter(None, layers):
        for beside in BESIDE:
            if beside.weights.fullmatch(paths[0].name) and (
                len(BY_NAME.get(paths[0].name, ())) < 2 or (paths[0].parent / beside.name).exists()
            ):
                beside.settings(paths[0], None)


def _layer(number: int, paths: Sequence[Path]) -> tuple[Layout, StoredLayer, Settings]:
    found, first = _tensors(number, paths), paths[0]
    layout = layout_of(number, first, found)
    return layout, *layout.layer(found, first, number)


def _tensors(layer: int, paths: Sequence[Path]) -> dict[str, Stored]:
    found: dict[str, Stored] = {}
    for path in paths:
        read = npz_tensors if path.suffix == NPZ else safetensors_tensors
        for name, one in read(path, layer).items():
            if name in found:
                raise TracerError(
                    f"the tensor `{name}` of layer {layer} is in {found[name].file.name} too",
                    hint="keep the file that belongs to the set",
                    place=Place(path),
                )
            found[name] = one
    return found
