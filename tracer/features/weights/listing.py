"""Which files make up a set of transcoders, told from their names alone: nothing is read, so that
a repository can be judged before anything is fetched."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from tracer.errors import TracerError
from tracer.features.weights.layouts import (
    ENDINGS,
    IN_ONE_FILE,
    LAYOUTS,
    understood,
    unknown_layout,
)
from tracer.features.weights.places import refuse_elsewhere

_MARKS = "|".join(sorted({re.escape(mark) for one in LAYOUTS for mark in one.marks}))
_LAYER = re.compile(rf"(?<![A-Za-z])({_MARKS})(\d+)(?=[._/])")
_PICKLED = (".pt", ".pth", ".bin", ".pkl")
_VARIES = re.compile("|".join(one.varies for one in LAYOUTS if one.varies is not None))
_ENDINGS = " and no ".join(ending.removeprefix(".") for ending in ENDINGS)
_SHOWN = 6
_LIST = "list one file a layer under `transcoders:` in a `config.yaml`"

Layers = dict[int, list[str]]


def find_layers(
    names: Iterable[str],
    wanted: str = "",
    *,
    as_published: bool = False,
    left_out: Collection[int] = (),
) -> list[list[str]]:
    """The weight files of each layer, by name, of the one set that is here, or of the `wanted`
    one: a folder, or the name that is left without its layers' numbers. None for layers that are
    `left_out`, and, where the names are all that was published, for whatever is not there.

    Raises TracerError where there is no set, several, or only some layers of one.
    """
    every = list(names)
    weights = sorted(one for one in every if one.endswith(ENDINGS))
    if not weights and (pickled := [one for one in every if one.endswith(_PICKLED)]):
        raise TracerError(
            f"there are only pickled weights here ({_some(pickled)}), which are never loaded",
            hint="save the set as safetensors with the program that it is from",
        )
    if not weights:
        raise TracerError(f"there are no transcoders here: no {_ENDINGS} file", hint=understood())
    sets = _sets(weights)
    if not sets:
        raise unknown_layout(weights)
    chosen = [one for one in sets if not wanted or f"{one}/".startswith(f"{wanted}/")]
    if not chosen:
        raise TracerError(f"there is no set `{wanted}` here", hint=f"there are: {_some(sets)}")
    if wanted not in chosen and len(chosen) > 1:
        raise TracerError(
            f"there are several sets here: {_some(chosen)}", hint=f"name one of them, or {_LIST}"
        )
    found = sets[wanted if wanted in chosen else chosen[0]]
    layers = _complete(found, left_out, as_published=as_published)
    refuse_elsewhere(name for layer in layers for name in layer)
    return layers


def _sets(weights: list[str]) -> dict[str, Layers]:
    sets: dict[str, Layers] = defaultdict(lambda: defaultdict(list))
    for name in weights:
        if PurePosixPath(name).name in IN_ONE_FILE:
            sets[_set_name(name)][0].append(name)
        elif match := _LAYER.search(name):
            sets[_set_name(name)][int(match[2])].append(name)
    return sets


def _set_name(file: str) -> str:
    """The folders of a file, without its layer's number and what else differs between layers."""
    parts = (_LAYER.sub("", one + "/").strip("_./") for one in PurePosixPath(file).parent.parts)
    return "/".join(one for one in parts if one and not _VARIES.fullmatch(one))


def _complete(layers: Layers, left_out: Collection[int], *, as_published: bool) -> list[list[str]]:
    kinds = {layer: [_kind(name) for name in names] for layer, names in layers.items()}
    every = sorted(set().union(*kinds.values()))
    for layer, names in layers.items():
        if len(set(kinds[layer])) < len(names):
            raise TracerError(
                f"there are several sets here: layer {layer} is in {_some(names)}", hint=_LIST
            )
    count = 1 + max([*layers, *left_out])
    missing = set(range(count)) - set(layers) - set(left_out)
    if missing and not as_published:
        found = ", ".join(map(str, sorted(layers)))
        raise TracerError(
            f"layers are missing: found {found}",
            hint="fetch the whole set; if it was published without them, add the line "
            f"`missing_layers: {sorted(missing)}` to the `config.yaml` beside it",
        )
    for layer, names in layers.items():
        if sorted(kinds[layer]) != every:
            raise TracerError(
                f"files are missing: of layer {layer} there is only {_some(names)}",
                hint="fetch the whole set",
            )
    return [layers.get(layer, []) for layer in range(count)]


def _kind(name: str) -> str:
    match = _LAYER.search(name)
    return match[1] if match else name


def _some(names: Iterable[str]) -> str:
    every = sorted(f"`{one}`" for one in names)
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
