"""The layouts that are understood: a new one is a module that reads it, and a row here."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tracer.errors import Place, TracerError
from tracer.features.weights import (
    bytedance,
    clt_forge,
    gemma_scope,
    gemma_scope_2,
    native_clt,
    native_plt,
    openmoss,
    saelens,
    sparsify,
)
from tracer.features.weights.layout import NPZ, SAFETENSORS, Layout

LAYOUTS: tuple[Layout, ...] = (
    native_plt.LAYOUT,
    native_clt.LAYOUT,
    gemma_scope.LAYOUT,
    gemma_scope_2.LAYOUT,
    sparsify.LAYOUT,
    openmoss.LAYOUT,
    saelens.LAYOUT,
    clt_forge.LAYOUT,
    bytedance.LAYOUT,
)
NAMES = frozenset(layout.named for layout in LAYOUTS if layout.named is not None)
BY_NAME = {name: [one for one in LAYOUTS if one.named == name] for name in NAMES}
IN_ONE_FILE = {layout.named: layout for layout in LAYOUTS if layout.layers_in is not None}
ENDINGS = tuple(dict.fromkeys(layout.files for layout in LAYOUTS))
BESIDE = tuple(layout.beside for layout in LAYOUTS if layout.beside is not None)


def understood() -> str:
    return "understood: " + "; ".join(layout.name for layout in LAYOUTS)


def unknown_layout(names: list[str], keys: Collection[str] = ()) -> TracerError:
    written = ", ".join(names[:3])
    tensors = ", ".join(sorted(keys)[:8])
    found = f"{written} with {tensors}" if tensors else written
    return TracerError(
        f"the layout of these weights is not known: found {found}", hint=understood()
    )


def layout_of(layer: int, first: Path, found: Collection[str]) -> Layout:
    """The layout that has these tensors. Raises TracerError where none has, or where one has most
    of them and others that are missing."""
    files = NPZ if first.suffix == NPZ else SAFETENSORS  # a listed file may be called anything
    named = first.name if first.name in NAMES else None
    possible = [one for one in LAYOUTS if one.files == files and one.named == named]

    def lacking(layout: Layout) -> tuple[list[str], int]:
        tensors = layout.tensors(layer)
        return tensors.lacks(found), len(tensors.needed)

    nearest = min(possible, key=lambda one: len(lacking(one)[0]) / lacking(one)[1])
    lacks, needed = lacking(nearest)
    if not lacks:
        return nearest
    if len(lacks) < needed:
        missing = ", ".join(f"`{name}`" for name in lacks)
        raise TracerError(
            f"tensors of layer {layer} are missing: {missing} (found {', '.join(sorted(found))})",
            hint=f"fetch the file again; {nearest.name} has these",
            place=Place(first),
        )
    unknown = unknown_layout([first.name], found)
    raise TracerError(unknown.message, hint=unknown.hint, place=Place(first.parent))
