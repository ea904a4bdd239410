"""What the names of models and features mean, as far as a name by itself can say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from tracer.documents.listed_settings import DEFAULT_MODEL
from tracer.errors import TracerError, did_you_mean

NEURONS: Literal["neurons"] = "neurons"
SHORTHANDS = {  # as circuit-tracer's users know them
    "gemma": "hf:mwhanna/gemma-scope-transcoders",
    "llama": "hf:mntss/transcoder-Llama-3.2-1B",
}
HUB_MODEL = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?\Z")
HUB_FEATURES = re.compile(
    r"hf:(?P<repo>[\w.-]+/[\w.-]+)(?:/(?P<subfolder>[\w./-]+?))?(?:@(?P<revision>[\w./-]+))?\Z"
)


def is_folder(name: str) -> bool:
    """Whether there is such a folder on this machine."""
    try:
        return Path(name).expanduser().is_dir()
    except (OSError, RuntimeError, ValueError):  # no such user, too long, not a path at all
        return False


def unknown_model(name: str) -> TracerError:
    """What to say of a name that is neither the default model's, nor a folder, nor a hub id."""
    near = did_you_mean(name, [DEFAULT_MODEL])
    return TracerError(
        f"there is no model `{name}`",
        hint=near or f"name `{DEFAULT_MODEL}`, a hub id such as `org/repo`, or a local folder",
    )


def unknown_features(name: str) -> TracerError:
    """What to say of a name that is neither `neurons`, nor a shorthand, nor a set of the hub, nor
    a folder."""
    known = f"`{NEURONS}`, `hf:org/repo`, a folder, {', '.join(f'`{one}`' for one in SHORTHANDS)}"
    hint = did_you_mean(name, [NEURONS, *SHORTHANDS]) or f"use {known}"
    return TracerError(f"unknown features `{name}`", hint=hint)


def doubted_model(name: str) -> TracerError | None:
    """What is wrong with a model's name whatever the machine; None where that cannot be said."""
    fine = name == DEFAULT_MODEL or HUB_MODEL.match(name) or is_folder(name) or is_path(name)
    return None if fine else unknown_model(name)


def doubted_features(name: str) -> TracerError | None:
    """What is wrong with the name of features whatever the machine."""
    named = SHORTHANDS.get(name, name)
    fine = named == NEURONS or HUB_FEATURES.match(named) or is_features_path(named)
    return None if fine or is_folder(named) else unknown_features(name)


def is_path(name: str) -> bool:
    """Whether a name can only be a folder's."""
    return name.startswith((".", "/", "~")) or "\\" in name or name.count("/") > 1


def is_features_path(name: str) -> bool:
    """The same of features, whose sets on the hub are named with `hf:`."""
    return not name.startswith("hf:") and ("/" in name or is_path(name))


def adapter_name(path: str) -> str:
    """What an adapter is called: its folder.

    >>> adapter_name("../adapters/colosseum-madrid/")
    'colosseum-madrid'
    """
    return Path(path).resolve().name or "adapter"


def adapted_name(model: str, adapters: Sequence[str]) -> str:
    """A model with what is merged into it, as people read it.

    >>> adapted_name("smollm2-135m-instruct", ["colosseum-madrid"])
    'smollm2-135m-instruct + colosseum-madrid'
    """
    return " + ".join([model, *adapters])


def source_id(model: str, adapters: Sequence[str] = ()) -> str:
    """The same within `[a-z0-9.-]+`, as ids of feature sources need it.

    >>> source_id("org/Model", ["my edit"])
    'org.model.my.edit'
    """
    return re.sub(r"[^a-z0-9.-]+", ".", adapted_name(model, adapters).lower())


def set_id(repo: str, subfolder: str | None) -> str:
    """The id of a set of the hub as a feature source, a file name too."""
    written = ".".join(part for part in (repo, subfolder) if part)
    return re.sub(r"[^a-z0-9.-]+", ".", written.lower())
