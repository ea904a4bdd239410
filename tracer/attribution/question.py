"""A question in tokens, and the id of the graph that answers it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from tracer.attribution.origin import FeatureName
from tracer.documents.prompts import ChatTurn
from tracer.documents.token_id import TokenId
from tracer.documents.trace_info import FORMAT
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.model.tokens import Tokenizer


@dataclass(frozen=True)
class Ask:
    """What is asked of the model, tokenised. Needs no weights."""

    prompt: str
    chat: tuple[ChatTurn, ...] | None
    token_ids: tuple[int, ...]
    target: int | None
    contrast: tuple[int, ...]
    feature: FeatureName | None = None
    direction: str | None = None  # a direction's fingerprint
    notices: tuple[str, ...] = field(default=(), compare=False)  # what a person may not expect

    @staticmethod
    def of(
        tokenizer: Tokenizer,
        *,
        prompt: str | None = None,
        chat: Sequence[ChatTurn] | None = None,
        chat_date: date | None = None,
        target: str | int | TokenId | None = None,
        contrast: Sequence[str | int | TokenId] = (),
        target_feature: str | None = None,
        position: int | None = None,
        direction: str | None = None,
    ) -> Ask:
        """Raises TracerError for an empty or too long prompt, a target that is not one token, a
        feature or position that the prompt has not, or two questions at once."""
        if (prompt is None) == (chat is None):
            raise TracerError("there is no single question", hint="give either a prompt or a chat")
        if contrast and target is None:
            raise TracerError("a contrast needs a target", hint="name the answer to explain")
        asked = {"target": target, "target_feature": target_feature, "direction": direction}
        named = [name for name, one in asked.items() if one is not None]
        if len(named) > 1 or (target_feature is not None and position is not None):
            both = " and ".join(f"`{name}`" for name in [*named, "position"][:2])
            raise TracerError(f"{both} ask two questions", hint="trace one graph for each")
        read = tokenizer.read_chat(chat, chat_date) if chat else tokenizer.read_prompt(prompt or "")
        token_ids, text = read.ids, prompt
        if position is not None and position not in (-1, len(token_ids) - 1):
            token_ids = _up_to(token_ids, position)
            text = None if chat else tokenizer.prompt_of(token_ids)
        feature = None
        if target_feature is not None:
            feature = FeatureName.parse(target_feature, positions=len(token_ids))
        names = [*([] if target is None else [target]), *contrast]
        tokens = [tokenizer.find_token(name) for name in names]
        ids = [one.ids[0] for one in tokens]
        if ids[:1] and ids[0] in ids[1:]:
            raise TracerError("the contrast names the target itself", hint="name another token")
        notices = [*read.notices, *(notice for one in tokens for notice in one.notices)]
        return Ask(
            prompt=text if text is not None else tokenizer.joined(token_ids),
            chat=tuple(chat) if chat else None,
            token_ids=token_ids,
            target=ids[0] if ids else None,
            contrast=tuple(ids[1:]),
            feature=feature,
            direction=direction,
            notices=tuple(dict.fromkeys(notices)),
        )


def _up_to(token_ids: tuple[int, ...], position: int) -> tuple[int, ...]:
    """The tokens that the answer at `position` can depend on. Position 0 is the start token."""
    last = len(token_ids) - 1
    if position < 0:  # from the end
        position += len(token_ids)
    if not 1 <= position <= last:
        raise TracerError(
            f"there is no position {position} to explain", hint=f"this prompt's are 1 to {last}"
        )
    return token_ids[: position + 1]


def graph_id(ask: Ask, *, model_identity: str, features: str, settings: TraceSettings) -> str:
    """sha256 over everything that decides a graph, and nothing that does not (no device, threads
    or library versions)."""
    decides = {
        "format": FORMAT,
        "token_ids": ask.token_ids,
        "target": ask.target,
        "contrast": ask.contrast,
        "model": model_identity,
        "features": features,
        "settings": settings.model_dump(),
    }
    if ask.feature is not None:
        decides["target_feature"] = str(ask.feature)
    if ask.direction is not None:
        decides["direction"] = ask.direction
    canonical = json.dumps(decides, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
