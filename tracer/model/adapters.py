"""PEFT LoRA folders: which files they are, and what of their configuration is honoured.

A field that would change what the adapter computes and is not followed is refused by name.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tracer.documents.enclosure import is_there
from tracer.documents.files import read_bytes
from tracer.documents.json_text import decode
from tracer.documents.sources import adapter_name
from tracer.errors import Place, TracerError
from tracer.model.checkpoint import FLOATS, stored_tensors
from tracer.model.configuration import ADAPTER, Config
from tracer.model.identity import file_identity

WEIGHTS = "adapter_model.safetensors"
MERGE = "merge it (peft's `merge_and_unload`), save that, and name it as the model"
MOST_OF_A_PATTERN = 2_000  # characters
ALL_LINEAR = "all-linear"

Number = TypeVar("Number", int, float)

# Fields that change what an adapter computes, with the values at which they do not.
_NEUTRAL: Mapping[str, tuple[object, ...]] = {
    **dict.fromkeys(
        (
            "alora_invocation_tokens",
            "arrow_config",
            "ensure_weight_tying",
            "kasa_config",
            "layer_replication",
            "lora_bias",
            "megatron_config",
            "modules_to_save",
            "monteclora_config",
            "target_parameters",
            "trainable_token_indices",
            "use_bdlora",
            "use_dora",
            "use_qalora",
            "velora_config",
        ),
        (None, False, [], {}),
    ),
    "bias": (None, "none"),
    # The others change the base model's weights before training.
    "init_lora_weights": (None, True, False, "gaussian", "orthogonal", "eva"),
    "task_type": (None, "CAUSAL_LM"),
}
_HEEDED = (
    *("alpha_pattern", "base_model_name_or_path", "exclude_modules", "layers_pattern"),
    *("layers_to_transform", "lora_alpha", "peft_type", "r", "rank_pattern", "revision"),
    *("target_modules", "use_rslora"),
)
# Of training only, of how it began, or, like `fan_in_fan_out`, said by the model itself.
_MEANINGLESS = (
    *("auto_mapping", "corda_config", "eva_config", "fan_in_fan_out", "inference_mode"),
    *("loftq_config", "lora_dropout", "lora_ga_config", "megatron_core", "peft_version"),
    *("qalora_group_size", "runtime_config"),
)
_REPEATED_REPEAT = re.compile(r"[+*}][^()]*\)\s*[+*{]")  # takes for ever on a name that misses


@dataclass(frozen=True)
class LoraSettings:
    """What of a model is adapted, and how much. Patterns are tried in order, as peft does."""

    rank: int
    alpha: float
    rank_pattern: tuple[tuple[str, int], ...]
    alpha_pattern: tuple[tuple[str, float], ...]
    stabilised: bool  # divided by the root of the rank, not by the rank
    targets: str | tuple[str, ...]
    excluded: str | tuple[str, ...]
    layers: tuple[int, ...]
    layer_patterns: tuple[str, ...]
    base: str | None  # the model it was made for, as its maker called it

    @property
    def all_linear(self) -> bool:
        """Whether every linear module but the head is adapted, whatever its name."""
        return isinstance(self.targets, str) and self.targets.lower() == ALL_LINEAR

    def excludes(self, module: str) -> bool:
        return bool(self.excluded) and _matches(self.excluded, module)

    def adapts(self, module: str) -> bool:
        """Whether a module of this name is adapted, where not all linear ones are."""
        if self.excludes(module) or not _matches(self.targets, module):
            return False
        by_name = module in self.targets if isinstance(self.targets, tuple) else True
        return by_name or not self.layers or _layer_of(module, self.layer_patterns) in self.layers

    def rank_of(self, module: str) -> int:
        return _by_pattern(self.rank_pattern, module, self.rank)

    def scale_of(self, module: str) -> float:
        """What the product of the two halves is multiplied by."""
        rank = self.rank_of(module)
        alpha = _by_pattern(self.alpha_pattern, module, self.alpha)
        return alpha / math.sqrt(rank) if self.stabilised else alpha / rank


@dataclass(frozen=True)
class AdapterFiles:
    """An adapter's folder. `name` is the folder's; `identity` is a sha256 of the content."""

    name: str
    identity: str
    folder: Path
    settings: LoraSettings

    @property
    def weights(self) -> Path:
        return self.folder / WEIGHTS


def find_adapter(folder: Path) -> AdapterFiles:
    """Raises TracerError where there is no adapter, its configuration holds what is not followed,
    or its weights are no safetensors of floats."""
    try:
        folder = folder.expanduser()
        there = folder.is_dir()
    except (OSError, ValueError, RuntimeError):  # too long; NUL; `~` of nobody
        there = False
    if not there:
        raise TracerError(
            f"there is no folder of an adapter at {folder}",
            hint="name one with an adapter_config.json; a path is relative to the prompt list",
        )
    settings = _settings(folder)
    weights = folder / WEIGHTS
    if not is_there(weights):
        hint = "save it with peft's `save_pretrained`; pickled weights are never loaded"
        raise TracerError(f"there is no {WEIGHTS} here", hint=hint, place=Place(folder))
    for name, tensor in stored_tensors([weights]).items():
        if tensor.dtype not in FLOATS:
            what = f"`{name}` is stored as {tensor.dtype}, and an adapter's numbers are floats"
            raise TracerError(what, hint="save it again with peft", place=Place(weights))
    digest = hashlib.sha256()
    for file in (folder / ADAPTER, weights):
        digest.update(f"{file.name} {file_identity(file)}\n".encode())
    return AdapterFiles(adapter_name(str(folder)), digest.hexdigest(), folder, settings)


def _settings(folder: Path) -> LoraSettings:
    file = folder / ADAPTER
    if not is_there(file):
        hint = "give a folder saved by peft's `save_pretrained`"
        raise TracerError(f"there is no {ADAPTER} here", hint=hint, place=Place(folder))
    said = decode(read_bytes(file), file, hint="fetch the adapter again")
    if not isinstance(said, dict):
        raise TracerError("is not an adapter's configuration", place=Place(file))
    _refuse_unfollowed(said, file)
    read = _Reader(said, file)
    layers = said.get("layers_to_transform")
    return LoraSettings(
        rank=read.whole("r", said.get("r")),
        alpha=read.number("lora_alpha", said.get("lora_alpha")),
        rank_pattern=tuple(
            (key, read.whole(f"rank_pattern: {key}", one))
            for key, one in read.pairs("rank_pattern")
        ),
        alpha_pattern=tuple(
            (key, read.number(f"alpha_pattern: {key}", one))
            for key, one in read.pairs("alpha_pattern")
        ),
        stabilised=read.switch("use_rslora"),
        targets=read.names("target_modules", needed=True),
        excluded=read.names("exclude_modules"),
        layers=tuple(
            read.whole("layers_to_transform", one, least=0)
            for one in (layers if isinstance(layers, list) else [] if layers is None else [layers])
        ),
        layer_patterns=read.patterns("layers_pattern"),
        base=base if isinstance(base := said.get("base_model_name_or_path"), str) else None,
    )


def _refuse_unfollowed(said: Config, file: Path) -> None:
    if said.get("peft_type") != "LORA":
        kind = json.dumps(said.get("peft_type"))
        what = f"`peft_type` is {kind}, and tracer merges adapters of the type LORA only"
        raise TracerError(what, hint=MERGE, place=Place(file))
    for name, value in said.items():
        if name in _HEEDED or name in _MEANINGLESS or value in _NEUTRAL.get(name, ()):
            continue
        written = json.dumps(value)
        short = written if len(written) <= 60 else f"{written[:57]}…"
        if name in _NEUTRAL:
            what = f"`{name}: {short}` changes what the adapter computes, and is not followed"
            raise TracerError(what, hint=MERGE, place=Place(file))
        if value not in (None, False, "", [], {}):
            what = f"`{name}: {short}` is not known, and may change what the adapter computes"
            hint = "take the line out if it means nothing; or " + MERGE
            raise TracerError(what, hint=hint, place=Place(file))


@dataclass(frozen=True)
class _Reader:
    """Values of a configuration, refused where they are of another kind."""

    said: Config
    file: Path

    def whole(self, name: str, value: object, least: int = 1) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= 1_000_000:
            return value
        raise self._odd(name, value, f"a whole number of at least {least}")

    def number(self, name: str, value: object) -> float:
        fine = isinstance(value, int | float) and not isinstance(value, bool)
        if fine and math.isfinite(found := float(str(value))):
            return found
        raise self._odd(name, value, "a number")

    def switch(self, name: str) -> bool:
        value = self.said.get(name, False)
        if isinstance(value, bool) or value is None:
            return bool(value)
        raise self._odd(name, value, "true or false")

    def pairs(self, name: str) -> list[tuple[str, object]]:
        value = self.said.get(name) or {}
        if not isinstance(value, dict):
            raise self._odd(name, value, "patterns and numbers")
        return [(self._pattern(name, key), one) for key, one in value.items()]

    def names(self, name: str, *, needed: bool = False) -> str | tuple[str, ...]:
        value = self.said.get(name)
        if isinstance(value, str) and value:
            return self._pattern(name, value)
        if isinstance(value, list) and all(isinstance(one, str) and one for one in value):
            if value or not needed:
                return tuple(value)
        elif not value and not needed:
            return ()
        raise self._odd(name, value, "names of modules, or one pattern")

    def patterns(self, name: str) -> tuple[str, ...]:
        """One or several."""
        found = self.names(name)
        return tuple(
            self._pattern(name, one) for one in ([found] if isinstance(found, str) else found)
        )

    def _pattern(self, name: str, text: str) -> str:
        try:
            re.compile(text)
            fine = len(text) <= MOST_OF_A_PATTERN and not _REPEATED_REPEAT.search(text)
        except (re.error, RecursionError, OverflowError):
            fine = False
        if fine:
            return text
        raise self._odd(name, text, "a pattern that can be followed")

    def _odd(self, name: str, value: object, wanted: str) -> TracerError:
        written = json.dumps(value)
        short = written if len(written) <= 60 else f"{written[:57]}…"
        what = f"`{name}: {short}` is not {wanted}"
        return TracerError(what, hint="save the adapter again with peft", place=Place(self.file))


def _matches(wanted: str | tuple[str, ...], module: str) -> bool:
    """One text is a pattern of the whole name, several are names or their last parts."""
    if isinstance(wanted, str):
        return re.fullmatch(wanted, module) is not None
    return any(module == one or module.endswith(f".{one}") for one in wanted)


def _layer_of(module: str, patterns: Sequence[str]) -> int | None:
    """The first number that stands behind a name, or behind one of these."""
    for pattern in patterns or (r"[^.]*",):
        before = r"(?:^|.*?\.)" if patterns else r".*?\."
        if match := re.match(rf"{before}(?:{pattern})\.(?P<layer>\d+)\.", module):
            return int(match["layer"])
    return None


def _by_pattern(patterns: Sequence[tuple[str, Number]], module: str, otherwise: Number) -> Number:
    found = (value for key, value in patterns if re.match(rf"(.*\.)?({key})$", module))
    return next(found, otherwise)
