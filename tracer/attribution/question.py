"""A question in tokens, and the id of the graph that answers it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from tracer.documents.graph import FORMAT
from tracer.documents.prompts import ChatTurn, TraceSettings
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

    @staticmethod
    def of(
        tokenizer: Tokenizer,
        *,
        prompt: str | None = None,
        chat: Sequence[ChatTurn] | None = None,
        target: str | None = None,
        contrast: Sequence[str] = (),
    ) -> Ask:
        """Raises TracerError for an empty or too long prompt or a target that is not one token."""
        if (prompt is None) == (chat is None):
            raise TracerError("there is no single question", hint="give either a prompt or a chat")
        if contrast and target is None:
            raise TracerError("a contrast needs a target", hint="name the answer to explain")
        token_ids = tokenizer.encode_chat(chat) if chat else tokenizer.encode_prompt(prompt or "")
        return Ask(
            prompt=prompt if prompt is not None else "".join(map(tokenizer.text, token_ids)),
            chat=tuple(chat) if chat else None,
            token_ids=token_ids,
            target=None if target is None else tokenizer.single_token(target),
            contrast=tuple(tokenizer.single_token(one) for one in contrast),
        )


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
    canonical = json.dumps(decides, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
