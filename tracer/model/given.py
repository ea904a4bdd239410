"""What a person gives from Python: taken as it is meant, or refused in one line."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any, cast, get_args

from pydantic import ValidationError

from tracer.documents.prompts import ChatTurn
from tracer.documents.records import first_mistake
from tracer.documents.token_id import TokenId
from tracer.documents.trace_settings import Device, Precision
from tracer.errors import TracerError, did_you_mean

Token = str | int | TokenId
_DEVICES = {"gpu": "cuda", "metal": "mps"}
_PRECISIONS = {"fp32": "float32", "float16": "fp16", "half": "fp16", "bfloat16": "bf16"}


def as_device(given: Any) -> Device:
    """A device by its own name, PyTorch's or what people call it (`gpu`). Raises TracerError."""
    found = _one_of(given, "device", get_args(Device), _DEVICES, str(given).removesuffix(":0"))
    return cast(Device, found)


def as_precision(given: Any) -> Precision:
    """A number format by its own name, or PyTorch's (`float16`, `torch.bfloat16`). Raises
    TracerError."""
    name = str(given).removeprefix("torch.")
    return cast(Precision, _one_of(given, "precision", get_args(Precision), _PRECISIONS, name))


def _one_of(given: Any, what: str, known: Sequence[str], called: dict[str, str], name: str) -> str:
    name = called.get(name, name)
    if name in known:
        return name
    hint = f"it is one of {', '.join(known)}"
    raise TracerError(f"`{given}` is no {what}", hint=did_you_mean(name, known) or hint)


def as_words(prompt: Any, chat: Any) -> tuple[str | None, tuple[ChatTurn, ...] | None]:
    """A prompt, or turns of a chat: either may be a list of `{"role": …, "content": …}`. Raises
    TracerError for anything else, and for both or none."""
    if prompt is not None and not isinstance(prompt, str):
        listed = _listed(prompt)
        if listed and all(isinstance(one, dict | ChatTurn) for one in listed):
            prompt, chat = None, listed if chat is None else chat
        elif listed and all(isinstance(one, str) for one in listed):
            hint = "one at a time, or `tracer.trace_many(prompts, model=…)`"
            raise TracerError(f"these are {len(listed)} prompts, not one", hint=hint)
        else:
            hint = "give text, or a chat as a list of {'role': …, 'content': …}"
            raise TracerError(f"a prompt is text, not {_kind(prompt)}", hint=hint)
    if (prompt is None) == (chat is None):
        raise TracerError("there is no single prompt", hint="give either a prompt or a chat")
    return prompt, None if chat is None else as_chat(chat)


def as_chat(given: Any) -> tuple[ChatTurn, ...]:
    """Turns as records or dictionaries. Raises TracerError for other things, and for no turns."""
    turns = [given] if isinstance(given, dict | ChatTurn) else _listed(given)
    if not turns:
        hint = "give a list of {'role': 'user', 'content': '…'}"
        raise TracerError(f"a chat is a list of turns, not {_kind(given)}", hint=hint)
    found = []
    for number, one in enumerate(turns, 1):
        try:
            found.append(one if isinstance(one, ChatTurn) else ChatTurn.model_validate(one))
        except ValidationError as error:
            what = f"turn {number} of the chat is none: {first_mistake(error)}"
            hint = "a turn is {'role': 'user', 'content': '…'}"
            raise TracerError(what, hint=hint) from None
    return tuple(found)


def as_token(given: Any) -> Token:
    """One token: its literal text, its id, numpy's and PyTorch's numbers included, or a `TokenId`.
    Raises TracerError for anything else."""
    if isinstance(given, str | TokenId):
        return given
    if isinstance(given, dict):
        try:
            return TokenId.model_validate(given)
        except ValidationError:
            raise _no_token(given) from None
    if isinstance(given, bool):
        raise _no_token(given)
    try:
        return operator.index(given)
    except (TypeError, ValueError):
        raise _no_token(given) from None


def as_tokens(given: Any) -> tuple[Token, ...]:
    """Any number of tokens: nothing, one by itself, or a list of any kind. A text is one token,
    never its letters. Raises TracerError for what is no token."""
    if given is None:
        return ()
    if isinstance(given, str | bytes | TokenId | dict | bool | float):
        return (as_token(given),)
    listed = _listed(given)
    return (as_token(given),) if listed is None else tuple(map(as_token, listed))


def as_feature(given: Any) -> str:
    """A feature as `layer_index_position` or `layer_index`: text, numbers in that order, or a
    graph's node. Raises TracerError for anything else."""
    if isinstance(given, str):
        return given
    if isinstance(name := getattr(given, "node_id", None), str):
        return name
    numbers = _numbers(given)
    if numbers is not None and len(numbers) in (2, 3):
        return "_".join(map(str, numbers))
    hint = "write `22_580_14`, or (22, 580, 14): layer, index, position"
    raise TracerError(f"{_told(given)} names no feature", hint=hint)


def as_features(given: Any) -> list[str]:
    """One or several. Raises TracerError for what names none."""
    listed = None if isinstance(given, str) else _listed(given)
    if listed is None or _numbers(given) is not None:
        return [as_feature(given)]
    return [as_feature(one) for one in listed]


def as_number(given: Any) -> float | None:
    """A number of any kind, numpy's and PyTorch's included; None for what is none."""
    if isinstance(given, bool | str | bytes):
        return None
    try:
        return float(given)
    except (TypeError, ValueError, RuntimeError):
        return None


def _numbers(given: Any) -> list[int] | None:
    listed = _listed(given)
    if not listed or any(isinstance(one, bool) for one in listed):
        return None
    try:
        return [operator.index(one) for one in listed]
    except (TypeError, ValueError):
        return None


def _listed(given: Any) -> list[Any] | None:
    """What there is several of; None for what is one thing."""
    if isinstance(given, str | bytes | dict) or not isinstance(given, Iterable):
        return None
    try:
        return list(given)
    except TypeError:  # a tensor or an array of no dimension
        return None


def _no_token(given: Any) -> TracerError:
    hint = "give its literal text, such as ' Paris', or its id, a whole number"
    return TracerError(f"{_told(given)} names no token", hint=hint)


def _told(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= 60 else _kind(given)


def _kind(given: Any) -> str:
    name = type(given).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
