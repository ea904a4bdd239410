"""The safetensors files that a model is read from, and whether they fit together.

Judged from names, the index and the files' headers: no weight is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracer.documents.files import read_bytes
from tracer.documents.json_text import decode
from tracer.errors import Place, TracerError
from tracer.model.configuration import (
    ADAPTER,
    NAME,
    Config,
    layers_asked,
    most_layers_asked,
    parts_of,
)

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model", "vocab.txt")
# Tensors that published checkpoints of the supported families hold and that no next token depends
# on; whatever else is there and not read is refused. Searched for in a tensor's name.
HARMLESS = re.compile(
    r"""
    rotary_emb\.(inv_freq|cos_cached|sin_cached)$  # computed from the configuration
    | \battn\.(masked_)?bias$ | \b(cross)?attention\.(masked_)?bias$  # causal masks
    | (^|\.)position_ids$  # 0, 1, 2, …
    | ^(v_head|multiple_choice_head)\.  # further heads: a value, a choice
    | ^(model\.)?(mtp|mtp_layers)\.  # guesses at tokens further on
    """,
    re.VERBOSE,
)
FLOATS = ("F64", "F32", "F16", "BF16")
_LAYER = re.compile(r"(?:^|\.)(?:layers|h)\.(\d+)\.")
_VISION = re.compile(r"(^|\.)(vision_tower|multi_modal_projector)\.")
_DISTRIBUTED = re.compile(r"shard-\d{5}-model-\d{5}-of-\d{5}\.safetensors$")
_WIDTHS = (
    *("head_dim", "hidden_size", "image_size", "intermediate_size", "n_embd", "n_head", "n_inner"),
    *("num_attention_heads", "num_key_value_heads", "vocab_size"),
)
_SHOWN = 4
MOST_OF_AN_INDEX = 50_000_000  # bytes
_AGAIN = "fetch it again"


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor lies, its type by safetensors' name, and its longest side."""

    file: Path
    dtype: str
    side: int


def weight_names(folder: Path) -> list[str]:
    """The names of the files that are read, whether they are there or not: one file, or the
    shards of an index. Raises TracerError for an index that cannot be followed."""
    if (folder / SINGLE).is_file() or not (folder / INDEX).is_file():
        return [SINGLE]
    return sorted(set(index_of(folder / INDEX).values()))


def index_of(file: Path) -> dict[str, str]:
    """The shard of each tensor. Raises TracerError for an index that cannot be followed."""
    try:
        shards = decode(read_bytes(file, max_bytes=MOST_OF_AN_INDEX), file, hint=_AGAIN)
        named = {str(name): str(shard) for name, shard in shards["weight_map"].items()}
    except (KeyError, TypeError, AttributeError):
        raise TracerError(
            "is no index of shards", hint="fetch it again", place=Place(file)
        ) from None
    for shard in named.values():
        if not re.fullmatch(r"[\w.-]+\.safetensors", shard):
            raise TracerError(
                f"`{shard}` is not the name of a safetensors file beside it", place=Place(file)
            )
    if not named:
        raise TracerError("names no tensors", hint="fetch it again", place=Place(file))
    return named


def lacking(folder: Path) -> list[str]:
    """The files that are not there and that a model cannot do without."""
    missing = [one for one in (NAME, *weight_names(folder)) if not (folder / one).is_file()]
    if not any((folder / one).is_file() for one in TOKENIZERS):
        missing.append(TOKENIZERS[0])
    return missing


def weight_files(folder: Path) -> list[Path]:
    """The files that a model is read from.

    Raises TracerError when some are missing, or when it is unclear which are meant.
    """
    names = weight_names(folder)
    missing = [name for name in names if not (folder / name).is_file()]
    if missing == [SINGLE]:
        raise no_weights((one.name for one in folder.iterdir()), Place(folder))
    if missing:
        raise TracerError(
            f"{some(missing)} of {len(names)} files of weights are missing",
            hint="fetch the whole checkpoint",
            place=Place(folder),
        )
    if distributed := [one.name for one in folder.iterdir() if _DISTRIBUTED.match(one.name)]:
        raise TracerError(
            f"`{distributed[0]}` is a part of a distributed checkpoint, which would be read too",
            hint="save the model with `save_pretrained` into a folder of its own",
            place=Place(folder),
        )
    if (folder / ADAPTER).is_file():
        raise TracerError(
            f"there is an adapter beside the model ({ADAPTER}), which tracer does not apply",
            hint="put it into a folder of its own and name that as `adapter`",
            place=Place(folder),
        )
    return [folder / name for name in names]


def no_weights(names: Iterable[str], place: Place | None = None) -> TracerError:
    """Why none of these files is read."""
    here = sorted(one for one in names if one.endswith(".safetensors"))
    if here:
        return TracerError(
            f"there is neither {SINGLE} nor {INDEX} here, only {some(here)}",
            hint="save the model with `save_pretrained`, which names the files so",
            place=place,
        )
    return TracerError(
        "there are no safetensors weights here",
        hint="save the model with `save_pretrained(..., safe_serialization=True)`; "
        "pickled weights are never loaded",
        place=place,
    )


def check_checkpoint(folder: Path, config: Config) -> list[Path]:
    """The files that a model is read from, which hold floats only, are whole, and are as many
    layers as the configuration asks for. Raises TracerError otherwise."""
    files = weight_files(folder)
    stored = stored_tensors(files)
    if not stored:
        raise TracerError("holds no tensors", hint="fetch it again", place=Place(files[0]))
    if files[0].name != SINGLE:
        _check_index(folder / INDEX, stored)
    for name, tensor in stored.items():
        if tensor.dtype not in FLOATS and not HARMLESS.search(name):
            raise TracerError(
                f"`{name}` is stored as {tensor.dtype}: quantised weights, and a trace needs them "
                "in full",
                hint="take the model in float32, bf16 or fp16",
                place=Place(tensor.file),
            )
    place = Place(folder / NAME)
    _check_layers(config, stored, place)
    _check_sizes(config, sum(one.side for one in stored.values()), place)
    return files


def stored_tensors(files: Sequence[Path]) -> dict[str, StoredTensor]:
    """Every tensor by name. Raises TracerError for a damaged file, and a tensor that is there
    twice."""
    from safetensors import SafetensorError, safe_open

    stored: dict[str, StoredTensor] = {}
    for file in files:
        try:
            with safe_open(file, framework="np") as tensors:
                for name in tensors.keys():  # noqa: SIM118 (no mapping)
                    if name in stored:
                        raise TracerError(
                            f"`{name}` is in {stored[name].file.name} as well",
                            hint="fetch the whole checkpoint again",
                            place=Place(file),
                        )
                    part = tensors.get_slice(name)
                    side = max(part.get_shape(), default=1)
                    stored[name] = StoredTensor(file, part.get_dtype(), side)
        except (OSError, SafetensorError) as error:
            raise TracerError(
                f"is damaged or cut short: {error}", hint="fetch it again", place=Place(file)
            ) from None
    return stored


def _check_index(file: Path, stored: Mapping[str, StoredTensor]) -> None:
    absent = [name for name in index_of(file) if name not in stored]
    if absent:
        raise TracerError(
            f"the shards do not hold {some(absent)}, which are named here",
            hint="fetch the whole checkpoint again: its files are of several states",
            place=Place(file),
        )


def _check_layers(config: Config, stored: Iterable[str], place: Place) -> None:
    """In front of any model being built: a billion layers would take all memory."""
    names = list(stored)
    text = [name for name in names if not _VISION.search(name) and not HARMLESS.search(name)]
    held = 1 + max((layer for one in text if (layer := layer_of(one)) is not None), default=-1)
    asked = layers_asked(config)
    if held and asked is not None and asked != held:
        said = f"{asked:,} layers are asked for, and the checkpoint holds {held:,}"
    elif most_layers_asked(config) > len(names):
        said = f"more layers are asked for than the checkpoint has tensors ({len(names):,})"
    else:
        return
    raise TracerError(said, hint="correct it, or fetch the whole model again", place=place)


def _check_sizes(config: Config, sides: int, place: Place) -> None:
    """In front of any model being built. A width is a side of some tensor, so one that exceeds all
    their sides together is out of all measure."""
    for part in parts_of(config):
        for name in _WIDTHS:
            asked = part.get(name)
            if isinstance(asked, int) and asked > sides:
                raise TracerError(
                    f"`{name}: {asked}` is more than the checkpoint's tensors are wide together "
                    f"({sides:,})",
                    hint="correct it, or fetch the whole model again",
                    place=place,
                )


def layer_of(name: str) -> int | None:
    """The layer that a tensor belongs to, by its name."""
    match = _LAYER.search(name)
    return None if match is None else int(match[1])


def is_vision(name: str) -> bool:
    """Whether a tensor is of the part that sees pictures, which no text passes through."""
    return bool(_VISION.search(name))


def some(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    every = [f"`{one}`" for one in names]
    more = f" and {len(every) - _SHOWN:,} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
