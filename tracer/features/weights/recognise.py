"""Which published layout a folder holds, told from its file names and tensor keys alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar, get_args

from tracer.errors import Place, TracerError
from tracer.features.weights import gemma_scope, native_clt, native_plt, sparsify
from tracer.features.weights.config import SetConfig, load_config
from tracer.features.weights.dictionary import Dictionary, Reads, StoredLayer, Writes
from tracer.features.weights.npz_file import npz_tensors
from tracer.features.weights.safetensors_file import safetensors_tensors
from tracer.features.weights.stored import Stored

LAYOUTS = (
    native_plt.LAYOUT,
    native_clt.LAYOUT,
    gemma_scope.NPZ_LAYOUT,
    gemma_scope.SECOND_LAYOUT,
    sparsify.LAYOUT,
)
_LAYER = re.compile(r"(?:layer_|layers\.|W_enc_|W_dec_)(\d+)(?=[._/])")

Tensors = Mapping[str, Stored]
Hook = TypeVar("Hook", Reads, Writes)


def open_dictionary(folder: Path) -> Dictionary:
    """Raises TracerError when the layout is unknown, damaged or ambiguous."""
    config = load_config(folder)
    files = weight_files(folder)
    by_layer: dict[int, dict[str, Stored]] = {}
    homes: dict[int, set[Path]] = {}
    for file in files:
        match = _LAYER.search(file.relative_to(folder).as_posix())
        if match is None:
            raise _unknown(folder, files, {})
        layer = int(match[1])
        tensors = npz_tensors(file) if file.suffix == ".npz" else safetensors_tensors(file)
        if by_layer.setdefault(layer, {}).keys() & tensors.keys():
            raise TracerError(
                f"there are several sets here: layer {layer} is in {file.name} and elsewhere",
                hint="name the subfolder of one of them",
                place=Place(file),
            )
        by_layer[layer].update(tensors)
        homes.setdefault(layer, set()).add(file)
    if sorted(by_layer) != list(range(len(by_layer))):
        raise TracerError(
            f"layers are missing: found {', '.join(map(str, sorted(by_layer)))}",
            hint="fetch the whole set",
            place=Place(folder),
        )
    return _dictionary(folder, config, by_layer, homes)


def weight_files(folder: Path) -> list[Path]:
    """The weights below a folder. Raises TracerError when there are none."""
    found = [one for kind in ("safetensors", "npz") for one in folder.rglob(f"*.{kind}")]
    if not found:
        raise TracerError(
            "there are no transcoders here: no safetensors and no npz file",
            hint=_understood(),
            place=Place(folder),
        )
    return sorted(found)


def _dictionary(
    folder: Path,
    config: SetConfig,
    by_layer: Mapping[int, Tensors],
    homes: Mapping[int, set[Path]],
) -> Dictionary:
    layers, names, top_k = [], set(), config.top_k
    reads: Reads = "mlp.hook_in"
    writes: Writes = "mlp.hook_out"
    for layer in range(len(by_layer)):
        tensors = by_layer[layer]
        some = sorted(homes[layer])[0]
        name, stored, reads, writes = _layer(folder, layer, tensors, npz=some.suffix == ".npz")
        if name == sparsify.LAYOUT:
            top_k = sparsify.sparsify_top_k(some)
        names.add(name)
        layers.append(stored)
    if len(names) != 1:
        raise _unknown(folder, weight_files(folder), by_layer[0])
    return Dictionary(
        layout=names.pop(),
        kind="cross-layer transcoders" if layers[0].across else "transcoders",
        layers=layers,
        reads=_known(config, "feature_input_hook", get_args(Reads), reads),
        writes=_known(config, "feature_output_hook", get_args(Writes), writes),
        top_k=top_k,
    )


def _layer(
    folder: Path, layer: int, tensors: Tensors, *, npz: bool
) -> tuple[str, StoredLayer, Reads, Writes]:
    """Layout, layer, and what it reads and writes where no configuration says."""
    keys = tensors.keys()
    if npz and keys >= gemma_scope.NPZ_KEYS:
        stored = gemma_scope.gemma_scope_layer(tensors)
        return gemma_scope.NPZ_LAYOUT, stored, "ln2.hook_normalized", "hook_mlp_out"
    if keys >= native_plt.KEYS:
        return (
            native_plt.LAYOUT,
            native_plt.native_plt_layer(tensors),
            "mlp.hook_in",
            "mlp.hook_out",
        )
    if keys >= native_clt.native_clt_keys(layer):
        stored = native_clt.native_clt_layer(tensors, layer)
        return native_clt.LAYOUT, stored, "hook_resid_mid", "hook_mlp_out"
    if keys >= gemma_scope.SECOND_KEYS:
        stored = gemma_scope.gemma_scope_2_layer(tensors, layer)
        return gemma_scope.SECOND_LAYOUT, stored, "mlp.hook_in", "hook_mlp_out"
    if keys >= sparsify.KEYS:
        return sparsify.LAYOUT, sparsify.sparsify_layer(tensors), "mlp.hook_in", "mlp.hook_out"
    raise _unknown(folder, weight_files(folder), tensors)


def _known(config: SetConfig, key: str, known: tuple[Hook, ...], otherwise: Hook) -> Hook:
    """The hook that `config.yaml` names."""
    hook: Hook | None = getattr(config, key)
    if hook is None:
        return otherwise
    if hook not in known:
        raise config.refused(key, f"known: {', '.join(known)}")
    return hook


def _unknown(folder: Path, files: list[Path], tensors: Tensors) -> TracerError:
    names = ", ".join(one.relative_to(folder).as_posix() for one in files[:3])
    keys = f" with {', '.join(sorted(tensors)[:8])}" if tensors else ""
    return TracerError(
        f"the layout of these weights is not known: found {names}{keys}",
        hint=_understood(),
        place=Place(folder),
    )


def _understood() -> str:
    return "understood: " + "; ".join(LAYOUTS)
