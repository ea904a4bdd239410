"""Names that say that a set stands in for something else than an MLP.

Google's autoencoders of the residual stream, of attention and of MLP outputs have the same files
and tensors as its transcoders: repositories (Gemma Scope) and folders (Gemma Scope 2) tell them
apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from tracer.errors import TracerError

_WHAT = {
    "res": "the residual stream",
    "resid": "the residual stream",
    "att": "attention",
    "attn": "attention",
    "mlp": "MLP outputs, which they read as well",
}
# `google/gemma-scope-2b-pt-res`, `…-att-canonical`; in the hub's cache `models--google--…`.
_REPOSITORY = re.compile(r"(?:.*--)?gemma-scope-.*-(res|att|mlp)(?:-canonical)?\Z", re.IGNORECASE)
_FOLDER = re.compile(r"(resid|attn|mlp)_(?:pre|mid|post|out)(?:_all)?\Z", re.IGNORECASE)
_PARAMS = re.compile(r"params.*\.(?:npz|safetensors)\Z")
_CACHED = "models--"


def refuse_elsewhere(names: Iterable[str]) -> None:
    """Raises TracerError where repositories, folders or files of a set, as the hub writes them,
    are named after autoencoders."""
    for name in names:
        *folders, last = PurePosixPath(name).parts
        for part in (*folders, last):
            match = _REPOSITORY.match(part)
            if match is None and _PARAMS.match(last):
                match = _FOLDER.match(part)
            if match is not None:
                raise TracerError(
                    f"`{part}` are sparse autoencoders of {_WHAT[match[1].lower()]}: they stand in "
                    "for no MLP",
                    hint="use transcoders: Gemma Scope's are in `…-transcoders`, Gemma Scope 2's "
                    "in `transcoder_all`",
                )


def name_in_set(file: Path, home: Path | None) -> str:
    """A file's path from its repository or its set's folder on: folders above are the user's."""
    parts = file.parts
    cached = [at for at, part in enumerate(parts) if part.startswith(_CACHED)]
    if cached:
        return "/".join(parts[cached[-1] :])
    if home is not None and file.is_relative_to(home):
        return "/".join((home.resolve().name, *file.relative_to(home).parts))
    return file.name
