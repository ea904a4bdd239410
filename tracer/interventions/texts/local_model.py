"""A language model on this machine that is asked about features."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from tracer.documents.prompts import ChatTurn
from tracer.errors import TracerError
from tracer.model.load import Model

_FRAME = 50  # tokens that a chat template may put around a question


@dataclass(frozen=True)
class LocalModel:
    """Any model that can be traced can be asked; one without a chat template just goes on."""

    model: Model

    @property
    def name(self) -> str:
        return self.model.info.full_name

    @torch.no_grad()
    def answer(self, prompt: str, tokens: int) -> str:
        """What it goes on with, greedily. Raises TracerError where the prompt is too long."""
        from transformers import DynamicCache

        model, tokenizer = self.model, self.model.tokenizer
        has_chat = bool(tokenizer.backend.chat_template)
        frame = _FRAME if has_chat else 1
        if len(tokenizer.encode_text(prompt)) + tokens + frame > model.context:
            what = f"`{self.name}` reads at most {model.context:,} tokens"
            raise TracerError(f"{what}, too few for this", hint="ask a model that reads more")
        turns = [ChatTurn(role="user", content=prompt)]
        read = tokenizer.encode_chat(turns) if has_chat else tokenizer.encode_prompt(prompt)
        ids, said = torch.tensor([read], device=model.device), list[int]()
        cache = DynamicCache(config=model.config)
        while len(said) < tokens:
            logits = model.causal_lm(ids, past_key_values=cache, use_cache=True).logits[0, -1]
            token = int(logits.argmax())
            if token in model.end_tokens:
                break
            said.append(token)
            ids = torch.tensor([[token]], device=model.device)
        return tokenizer.joined(said)
