"""A LoRA merged into a model's weights: each adapted matrix W becomes W + scale · B A.

Every tensor has a home, every adapted matrix both its halves; peft would pass over the one with a
warning and begin the other at random.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from tracer.errors import Place, TracerError
from tracer.model.adapters import MERGE, AdapterFiles
from tracer.model.checkpoint import layer_of, some
from tracer.model.configuration import ADAPTER
from tracer.model.precision import wider

PREFIX = "base_model.model."
HALVES = ("lora_A", "lora_B")
_AGAIN = "fetch the adapter again, or name the model that it was made for"


def merge(causal_lm: Any, adapter: AdapterFiles) -> None:
    """Change the weights of transformers' model, of any dtype, as the adapter says.

    Raises TracerError for tensors that have no home or the wrong shape, halves that are missing,
    modules that cannot be adapted, and numbers that are none or too large.
    """
    modules = _adapted_modules(causal_lm, adapter)
    tensors = _tensors(adapter)
    for name in tensors:
        if not _is_the_models_own(name, tensors[name], modules):
            _refuse_homeless(name, modules, adapter)
    for name, module in modules.items():
        _merge_module(_Adapted.of(name, module, adapter), tensors)


@dataclass(frozen=True)
class _Adapted:
    """A matrix that is adapted, (out, in), and where its halves lie."""

    name: str
    weight: nn.Parameter
    transposed: bool  # stored as (in, out)
    adapter: AdapterFiles

    @staticmethod
    def of(name: str, module: nn.Module, adapter: AdapterFiles) -> _Adapted:
        transposed = not isinstance(module, nn.Linear)
        return _Adapted(name, cast(nn.Parameter, module.weight), transposed, adapter)

    def half(self, which: str, tensors: Mapping[str, Tensor]) -> Tensor:
        """Raises TracerError where it is not there or does not fit."""
        name = f"{PREFIX}{self.name}.{which}.weight"
        place = Place(self.adapter.weights)
        if name not in tensors:
            others = [f"{PREFIX}{self.name}.{one}.weight" for one in HALVES]
            half = any(one in tensors for one in others)
            what = "only the other half of it is here" if half else "`target_modules` asks for it"
            raise TracerError(f"lacks `{name}`: {what}", hint=_AGAIN, place=place)
        found, rank = tensors[name], self.adapter.settings.rank_of(self.name)
        rows, columns = reversed(self.weight.shape) if self.transposed else self.weight.shape
        wanted = (rank, columns) if which == "lora_A" else (rows, rank)
        if tuple(found.shape) != wanted:
            what = (
                f"`{name}` has the shape {tuple(found.shape)} where the model and the rank ask "
                f"for {wanted}"
            )
            raise TracerError(what, hint=_AGAIN, place=place)
        if not torch.isfinite(found).all():
            layer = layer_of(self.name)
            where = "" if layer is None else f" (layer {layer})"
            kind = "NaN" if found.isnan().any() else "infinity"
            count = int((~found.isfinite()).sum())
            what = f"`{name}`{where} holds {kind}: {count:,} of its {found.numel():,} numbers"
            hint = "the adapter is damaged: fetch it or save it again"
            raise TracerError(what, hint=hint, place=place)
        return found


@torch.no_grad()
def _merge_module(adapted: _Adapted, tensors: Mapping[str, Tensor]) -> None:
    exact = torch.promote_types(adapted.weight.dtype, torch.float32)
    first, second = (adapted.half(one, tensors).to(exact) for one in HALVES)
    change = adapted.adapter.settings.scale_of(adapted.name) * (second @ first)
    if adapted.transposed:
        change = change.T
    # A new tensor: the old one is mapped from a file, whose pages others share.
    merged = (adapted.weight.to(exact) + change).to(adapted.weight.dtype)
    if not torch.isfinite(merged).all():
        raise TracerError(
            f"with this adapter the weights of `{adapted.name}` are too large for "
            f"{str(adapted.weight.dtype).removeprefix('torch.')}",
            hint=wider(adapted.weight.dtype),
            place=Place(adapted.adapter.weights),
        )
    adapted.weight.data = merged


def _adapted_modules(causal_lm: Any, adapter: AdapterFiles) -> dict[str, nn.Module]:
    """The modules that the configuration names, all of which can be adapted."""
    settings, place = adapter.settings, Place(adapter.folder / ADAPTER)
    head = causal_lm.get_output_embeddings()
    found = {}
    for name, module in causal_lm.named_modules():
        if settings.all_linear:
            wanted = _is_linear(module) and module is not head and not settings.excludes(name)
        else:
            wanted = bool(name) and settings.adapts(name)
        if not wanted:
            continue
        if not _is_linear(module):
            kind = type(module).__name__
            what = f"`target_modules` names `{name}`, a module of the kind {kind}"
            raise TracerError(f"{what}, which tracer does not adapt", hint=MERGE, place=place)
        if module is head and head.weight is causal_lm.get_input_embeddings().weight:
            what = f"`target_modules` names `{name}`, whose weights are the embedding's too"
            raise TracerError(what, hint=MERGE, place=place)
        found[name] = module
    if not found:
        targets = settings.targets
        named = f"`{targets}`" if isinstance(targets, str) else some(targets)
        what = f"`target_modules` ({named}) names nothing that this model has"
        raise TracerError(what, hint="name the model that it was made for", place=place)
    return found


def _is_linear(module: nn.Module) -> bool:
    from transformers.pytorch_utils import Conv1D

    return isinstance(module, nn.Linear | Conv1D)


def _tensors(adapter: AdapterFiles) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    return load_file(adapter.weights)


def _is_the_models_own(name: str, tensor: Tensor, modules: Mapping[str, nn.Module]) -> bool:
    """Peft saves an adapted head once more, as it was."""
    home = name.removeprefix(PREFIX).removesuffix(".base_layer.weight")
    weight = cast("Tensor | None", getattr(modules.get(home), "weight", None))
    same = weight is not None and weight.shape == tensor.shape
    return same and torch.equal(cast(Tensor, weight), tensor.to(cast(Tensor, weight).dtype))


def _refuse_homeless(name: str, modules: Mapping[str, nn.Module], adapter: AdapterFiles) -> None:
    home, half = name.removeprefix(PREFIX).removesuffix(".weight").rpartition(".")[::2]
    if name.startswith(PREFIX) and half in HALVES and name.endswith(".weight") and home in modules:
        return
    if half in HALVES:
        what = f"`{name}` has no home: `target_modules` names no `{home}` that this model has"
    else:
        what = f"`{name}` is no half of an adapted matrix ({' or '.join(HALVES)})"
    raise TracerError(what, hint=_AGAIN, place=Place(adapter.weights))
