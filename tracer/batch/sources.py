"""The models and features that a batch's prompts name: each is looked for once, so that all prompts
get the same, and a hub is asked for a repository's files once a batch, not once a prompt."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from tracer.errors import TracerError
from tracer.features.choose import FoundFeatures, choose_features
from tracer.model.default_model import Say
from tracer.model.files import ModelFiles, find_model
from tracer.model.tokens import Tokenizer, load_tokenizer

Key = TypeVar("Key")
Value = TypeVar("Value")


class Sources:
    """What was found so far; an error is remembered and raised for every prompt that needs it."""

    def __init__(self, say: Say = lambda _: None) -> None:
        self.say = say
        self._models: dict[tuple[str, tuple[Path, ...]], ModelFiles | TracerError] = {}
        self._tokenizers: dict[str, Tokenizer | TracerError] = {}
        self._features: dict[tuple[str, str, str], FoundFeatures | TracerError] = {}

    def model(self, name: str, adapters: tuple[Path, ...] = ()) -> ModelFiles:
        """Raises TracerError for a model or an adapter that cannot be had."""
        find = partial(find_model, name, self.say, adapters=adapters)
        return _once(self._models, (name, adapters), find)

    def tokenizer(self, name: str) -> Tokenizer:
        """Raises TracerError where the model or its tokenizer cannot be had."""
        files = self.model(name)
        return _once(self._tokenizers, name, partial(load_tokenizer, files))

    def features(self, name: str, *, model_source: str, model_identity: str) -> FoundFeatures:
        """Raises TracerError for features that are not known, cannot be had or not understood."""
        key = (name, model_source, model_identity)
        find = partial(
            choose_features, name, model_source=model_source, model_identity=model_identity
        )
        return _once(self._features, key, find)


def _once(known: dict[Key, Value | TracerError], key: Key, find: Callable[[], Value]) -> Value:
    if key not in known:
        try:
            known[key] = find()
        except TracerError as error:
            known[key] = error
    found = known[key]
    if isinstance(found, TracerError):
        raise found
    return found
