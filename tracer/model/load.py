"""Load a causal language model with its tokenizer, ready to be frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from tracer.documents.listed_settings import DEFAULT_MODEL
from tracer.documents.trace_info import AdapterInfo, ModelInfo
from tracer.documents.trace_settings import Device, Precision
from tracer.errors import TracerError
from tracer.model.architectures import architecture_of
from tracer.model.default_model import Say
from tracer.model.files import ModelFiles, find_model
from tracer.model.given import as_device, as_precision
from tracer.model.memory_plan import fitting_device
from tracer.model.merge import merge
from tracer.model.model import Model
from tracer.model.precision import DTYPES
from tracer.model.residual_sum import refuse_other_sum
from tracer.model.third_party import third_party
from tracer.model.tokens import load_tokenizer
from tracer.model.weights import load_weights

__all__ = [
    "Model",
    "adapter_folders",
    "choose_device",
    "load_model",
    "open_model",
    "open_where_it_fits",
]


def load_model(
    name: str = DEFAULT_MODEL,
    *,
    adapter: str | Path | Sequence[str | Path] = (),
    device: Device = "auto",
    precision: Precision = "float32",
    say: Say = lambda _: None,
) -> Model:
    """Load a model by name: the default, a hub id (`org/repo[@revision]`) or a local folder.

    `precision` is the number format of the weights and of all that is traced with them; `say` is
    told of downloads and conversions. Weights are read from safetensors and GGUF only. `adapter`
    names LoRA folders as peft saves them, merged into the weights in order. PyTorch's names of
    devices and number formats (`cuda:0`, `float16`) are understood too.

    Raises TracerError when it cannot be had, is not whole, is of a family that is not supported,
    an adapter does not fit it or holds what is not followed, or the device is absent or too small.
    """
    chosen, precision = choose_device(as_device(device)), as_precision(precision)
    if not isinstance(name, str | Path):
        raise _no_model(name)
    with third_party(f"the model `{name}` cannot be loaded"):
        files = find_model(str(name), say, adapters=adapter_folders(adapter))
        return open_where_it_fits(files, as_device(device), chosen, precision)


def as_model(given: Any) -> Model:
    """A model, or the name of one, which is then loaded as `load_model` does; the last that was
    named so is kept. Raises TracerError for anything else."""
    if isinstance(given, Model):
        return given
    if isinstance(given, str | Path):
        return _named(str(given))
    raise _no_model(given)


@lru_cache(maxsize=1)
def _named(name: str) -> Model:
    return load_model(name)


def _no_model(given: object) -> TracerError:
    what = f"a model is named, or what `tracer.load_model` gives, not a {type(given).__name__}"
    hint = "`tracer.load_model(NAME)` takes the default, a hub id or a local folder"
    if hasattr(given, "save_pretrained"):
        hint = "save it with its tokenizer by `save_pretrained(FOLDER)`, then name the folder"
    return TracerError(what, hint=hint)


def adapter_folders(adapter: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    """One or several, as paths."""
    return tuple(map(Path, [adapter] if isinstance(adapter, str | Path) else adapter))


def open_where_it_fits(
    files: ModelFiles, device: Device, chosen: torch.device, precision: Precision
) -> Model:
    """Load the weights of files already found on the device that was asked for, as `chosen`, or
    for `auto` on the CPU where that is too small. Raises TracerError as `open_model` does, and
    where the model fits nowhere."""
    place, notices = fitting_device(files, device, chosen, precision)
    model = open_model(files, device=place, precision=precision)
    return replace(model, notices=(*model.notices, *notices))


def open_model(
    files: ModelFiles, *, device: torch.device | str = "cpu", precision: Precision = "float32"
) -> Model:
    """Load the weights of files already found, adapters merged into them. Raises TracerError when
    they are not whole, an adapter does not fit, or pieces do not add up to the model's own pass."""
    causal_lm = load_weights(files, DTYPES[precision])
    for adapter in files.adapters:
        merge(causal_lm, adapter)
    causal_lm = causal_lm.eval().requires_grad_(False).to(device)
    config = causal_lm.config.get_text_config()
    info = ModelInfo(
        name=files.name,
        identity=files.identity,
        family=files.family,
        layers=config.num_hidden_layers,
        d_model=config.hidden_size,
        adapters=tuple(AdapterInfo(name=one.name, identity=one.identity) for one in files.adapters)
        or None,
    )
    model = Model(
        info=info,
        source_name=files.source_name,
        causal_lm=causal_lm,
        tokenizer=load_tokenizer(files),
        architecture=architecture_of(causal_lm.config.model_type),
        notices=files.notices,
    )
    refuse_other_sum(replace(model))  # nothing of the weights that were read stays kept
    model.let_go()
    return model


def choose_device(device: Device = "auto") -> torch.device:
    """`auto` takes CUDA, then MPS, then the CPU. Raises TracerError for one that is absent."""
    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if device == "auto":
        return torch.device(next(name for name, here in present.items() if here))
    if not present[device]:
        here = ", ".join(name for name, is_here in present.items() if is_here)
        raise TracerError(
            f"there is no {device} device on this machine", hint=f"use --device auto (here: {here})"
        )
    return torch.device(device)
