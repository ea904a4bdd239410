"""A model of the hub: its small files are judged first, then the weights that are read."""

from __future__ import annotations

import re
from pathlib import Path

from tracer.errors import TracerError
from tracer.model.checkpoint import INDEX, SINGLE, index_of, lacking, no_weights
from tracer.model.configuration import (
    ADAPTER,
    NAME,
    check_configuration,
    no_model,
    read_configuration,
)
from tracer.model.default_model import Say
from tracer.model.hub import Repository, list_repository, snapshot_folder

_WHAT = "the model"
_SMALL = re.compile(
    r"[^/]+\.(json|jinja|model)|tokenizer[^/]*|(merges|vocab)\.txt"
    r"|additional_chat_templates/[^/]+\.jinja"
)
_OFTEN_ABSENT = "tokenizer_config.json"  # a repository may do without it


def fetch_model(repo: str, revision: str | None, say: Say = lambda _: None) -> Path:
    """The folder of a model. One that is whole in the cache is taken as it is, without a network.

    Raises TracerError when it is not to be had, and before its weights are fetched when it cannot
    be traced.
    """
    cached = snapshot_folder(repo, revision)
    missing = [NAME] if cached is None else lacking(cached)
    if cached is not None and not missing and (cached / _OFTEN_ABSENT).is_file():
        return cached
    try:
        there = list_repository(_WHAT, repo, revision)
    except TracerError:
        if cached is None or missing:
            raise
        return cached
    if cached is not None and not missing and not _has_more(there):
        return cached
    if not there.reached:
        raise there.incomplete(missing, reached=False)
    say(f"fetching {repo} from the hub")
    return _fetch(there)


def _has_more(there: Repository) -> bool:
    return there.reached and _OFTEN_ABSENT in there.names


def _fetch(there: Repository) -> Path:
    listed = SINGLE if SINGLE in there.names else INDEX
    try:
        if NAME not in there.names:
            raise no_model(adapter=ADAPTER in there.names)
        if listed not in there.names:
            raise no_weights(there.names)
    except TracerError as error:
        raise TracerError(f"`{there.repo}`: {error.message}", hint=error.hint) from None
    small = [one for one in there.names if _SMALL.fullmatch(one) and ".index." not in one]
    small += [INDEX] if listed == INDEX else []
    folder = there.fetch(small)
    check_configuration(read_configuration(folder), folder)
    weights = [SINGLE] if listed == SINGLE else sorted(set(index_of(folder / INDEX).values()))
    return there.fetch([*small, *weights])
