"""Weights into memory: every tensor that a model needs is there, every one that is there is read,
and all are numbers.

transformers fills what is missing with random numbers and passes over what it does not know; both
give another model than the one that was published.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tracer.errors import Place, TracerError
from tracer.model.architectures import architecture_named
from tracer.model.checkpoint import HARMLESS, is_vision, layer_of, some, weight_files
from tracer.model.files import ModelFiles
from tracer.model.precision import wider
from tracer.model.quiet import quiet_transformers

ALL_FAMILIES_SINCE = "5.0"  # transformers; pyproject.toml asks for no less


def load_weights(files: ModelFiles, dtype: torch.dtype) -> Any:
    """transformers' model with the weights of a folder.

    Raises TracerError when tensors are missing, not read, of another shape or no numbers.
    """
    names = weight_files(files.folder)
    _refuse_unknown_to_transformers(files)
    _check_all_read(files, dtype)
    model, _ = _from_pretrained(files, dtype)
    _check_tied(files, model)
    _check_finite(model, names, dtype)
    return model


def _refuse_unknown_to_transformers(files: ModelFiles) -> None:
    from transformers import CONFIG_MAPPING, __version__

    lacking = [
        one for one in architecture_named(files.family).model_types if one not in CONFIG_MAPPING
    ]
    if lacking:
        raise TracerError(
            f"transformers {__version__}, which is installed here, has no `{lacking[0]}` models",
            hint=f"all that tracer follows are there from {ALL_FAMILIES_SINCE} on: "
            f"pip install --upgrade 'transformers>={ALL_FAMILIES_SINCE}'",
        )


def _from_pretrained(files: ModelFiles, dtype: torch.dtype, **more: Any) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

    auto: Any = AutoModelForCausalLM
    if architecture_named(files.family).sees:
        auto = AutoModelForImageTextToText
    with quiet_transformers():
        try:
            model, info = auto.from_pretrained(
                files.folder,
                dtype=dtype,
                attn_implementation="eager",  # the other kinds do not give the patterns
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
                **more,
            )
            return model, info
        except Exception as error:  # whatever a configuration makes its model's code raise
            lines = str(error).strip().splitlines()
            raise TracerError(
                f"the model `{files.name}` cannot be loaded: {_reason(error, lines)}",
                hint="check that its folder is complete",
            ) from error


def _reason(error: Exception, lines: Sequence[str]) -> str:
    said = lines[0] if lines else "no reason given"
    told = isinstance(error, OSError | ValueError | RuntimeError)
    return said if told else f"{type(error).__name__}: {said}"


def _check_all_read(files: ModelFiles, dtype: torch.dtype) -> None:
    """With a model that has shapes and no memory, so that no configuration can ask for more."""
    _, info = _from_pretrained(files, dtype, device_map={"": "meta"}, ignore_mismatched_sizes=True)
    missing = sorted(one for one in info["missing_keys"] if not is_vision(one))
    unread = sorted(one for one in info["unexpected_keys"] if not HARMLESS.search(one))
    misfits = sorted(info["mismatched_keys"])
    told = []
    if missing:
        told.append(f"it lacks {some(missing)}, which the model needs and would get at random")
    if unread:
        told.append(f"it holds {some(unread)}, which the model does not read")
    if misfits:
        name, stored, asked = misfits[0]
        more = f", and {len(misfits) - 1:,} more do not fit" if len(misfits) > 1 else ""
        told.append(
            f"`{name}` has the shape {tuple(stored)} where config.json asks for "
            f"{tuple(asked)}{more}"
        )
    if told:
        raise TracerError(
            "the checkpoint is not the model that config.json describes: " + "; ".join(told),
            hint=_remedy(missing, unread),
            place=Place(files.folder),
        )


def _remedy(missing: Sequence[str], unread: Sequence[str]) -> str:
    if any("lora_" in one for one in unread):
        return "merge the adapter (peft's `merge_and_unload`) and save that"
    if missing and unread:
        return "give the tensors the names that transformers gives them, or correct config.json"
    if missing == ["lm_head.weight"]:
        return "fetch the whole model again, or set `tie_word_embeddings: true` if it has no head"
    return "fetch the whole model again, or correct config.json"


def _check_tied(files: ModelFiles, model: Any) -> None:
    if not getattr(model.config, "tie_word_embeddings", False):
        return
    head, words = model.get_output_embeddings(), model.get_input_embeddings()
    if head.weight.data_ptr() != words.weight.data_ptr():
        raise TracerError(
            "config.json says that the head is the embedding (`tie_word_embeddings`), and the "
            "checkpoint holds two that differ",
            hint="set it to false to read both, or take the head out of the checkpoint",
            place=Place(files.folder),
        )


def _check_finite(model: Any, files: Sequence[Path], dtype: torch.dtype) -> None:
    odd = [name for name, tensor in model.named_parameters() if not _finite(tensor)]
    if not odd:
        return
    for file in files:
        _refuse_no_numbers(file)
    raise TracerError(
        f"the weights are too large for {str(dtype).removeprefix('torch.')}: {some(odd)}",
        hint=wider(dtype),
    )


def _refuse_no_numbers(file: Path) -> None:
    from safetensors import safe_open

    with safe_open(file, framework="pt") as tensors:
        for name in tensors.keys():  # noqa: SIM118 (no mapping)
            tensor = tensors.get_tensor(name)
            if not HARMLESS.search(name) and not _finite(tensor):
                layer = layer_of(name)
                where = "" if layer is None else f" (layer {layer})"
                kind = "NaN" if tensor.isnan().any() else "infinity"
                count = int((~tensor.isfinite()).sum())
                raise TracerError(
                    f"`{name}`{where} holds {kind}: {count:,} of its {tensor.numel():,} numbers",
                    hint="the checkpoint is damaged: fetch it or save it again",
                    place=Place(file),
                )


def _finite(tensor: Tensor) -> bool:
    """The smallest and the largest tell, some thirty times sooner than each one by itself."""
    if not tensor.numel() or not tensor.is_floating_point():
        return True
    return bool(torch.isfinite(torch.stack(tensor.aminmax())).all())
