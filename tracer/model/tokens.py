"""Text to token ids and back, with the start token that attribution needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracer.documents.prompts import ChatTurn
from tracer.errors import TracerError
from tracer.model.files import ModelFiles
from tracer.model.quiet import first_line, quiet_transformers


@dataclass(frozen=True)
class Tokenizer:
    """A transformers tokenizer, and the questions tracer asks of it."""

    backend: Any
    model_name: str
    context: int

    def encode_prompt(self, prompt: str) -> tuple[int, ...]:
        """The prompt's tokens behind a start token.

        Raises TracerError when the prompt is empty or longer than the model's context.
        """
        ids = list(self.backend(prompt, add_special_tokens=True)["input_ids"])
        return self._checked(ids)

    def encode_chat(self, turns: Sequence[ChatTurn]) -> tuple[int, ...]:
        """The turns through the model's own template, ready for the assistant to go on.

        A last assistant turn is left open, so that the model continues it. Raises TracerError
        when the model has no template or the result is longer than its context.
        """
        if not self.backend.chat_template:
            raise TracerError(
                f"the model `{self.model_name}` has no chat template", hint="use `prompt` instead"
            )
        messages = [turn.model_dump() for turn in turns]
        goes_on = messages[-1]["role"] == "assistant"
        ids = self.backend.apply_chat_template(
            messages,
            add_generation_prompt=not goes_on,
            continue_final_message=goes_on,
            tokenize=True,
            return_dict=False,
        )
        return self._checked(list(ids))

    def encode_text(self, text: str) -> list[int]:
        """The tokens of a text of any length, without a start token."""
        with quiet_transformers():  # which warns of more than the context holds
            return list(self.backend(text, add_special_tokens=False)["input_ids"])

    @property
    def start_token(self) -> int:
        """What attribution puts in front of a text. Raises TracerError where there is none."""
        return self._start_token()

    def single_token(self, text: str) -> int:
        """The id of a text that is exactly one token. Raises TracerError with the way out."""
        ids = self.backend(text, add_special_tokens=False)["input_ids"]
        if len(ids) == 1 and self.text(ids[0]) == text:
            return int(ids[0])
        spaced = self.backend(f" {text}", add_special_tokens=False)["input_ids"]
        if not text.startswith(" ") and len(spaced) == 1:
            hint = f"did you mean {f' {text}'!r}, with a leading space?"
        else:
            pieces = ", ".join(repr(self.text(one)) for one in ids)
            hint = f"the model splits it into {pieces}; name one of these"
        raise TracerError(f"{text!r} is {len(ids)} tokens, not one", hint=hint)

    def text(self, token_id: int) -> str:
        """The literal text of one token, leading space included."""
        decoded: str = self.backend.decode([token_id], clean_up_tokenization_spaces=False)
        return decoded

    def joined(self, token_ids: Sequence[int]) -> str:
        """The text of tokens in a row; a letter may be made of several."""
        decoded: str = self.backend.decode(list(token_ids), clean_up_tokenization_spaces=False)
        return decoded

    def _checked(self, ids: list[int]) -> tuple[int, ...]:
        if not ids or not self._is_special(ids[0]):
            ids = [self._start_token(), *ids]
        if len(ids) < 2:
            raise TracerError(
                "the prompt is empty", hint="write the words the model should continue"
            )
        if len(ids) > self.context:
            raise TracerError(
                f"the prompt is {len(ids):,} tokens long, more than the {self.context:,} that "
                f"`{self.model_name}` can read",
                hint="shorten it",
            )
        return tuple(int(one) for one in ids)

    def _is_special(self, token_id: int) -> bool:
        added = self.backend.added_tokens_decoder.get(token_id)
        return token_id in self.backend.all_special_ids or bool(added and added.special)

    def _start_token(self) -> int:
        for name in ("bos_token_id", "eos_token_id", "pad_token_id"):
            token_id = getattr(self.backend, name)
            if token_id is not None:
                return int(token_id)
        raise TracerError(
            f"the tokenizer of `{self.model_name}` has no special token to start with",
            hint="set its `bos_token`",
        )


def load_tokenizer(files: ModelFiles) -> Tokenizer:
    """The tokenizer of files already found. Raises TracerError when they hold none."""
    from transformers import AutoTokenizer

    with quiet_transformers():
        context = _context(files)
        try:
            backend = AutoTokenizer.from_pretrained(files.folder, local_files_only=True)
        except Exception as error:  # of the library that reads it, written in another language
            raise TracerError(
                f"the model `{files.name}` has no tokenizer: {first_line(error)}",
                hint="put its tokenizer.json into the folder",
            ) from error
    return Tokenizer(backend, files.name, context)


def _context(files: ModelFiles) -> int:
    """The most tokens the model was made for, whatever its configuration calls them."""
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(files.folder, local_files_only=True)
        return int(config.get_text_config().max_position_embeddings)
    except Exception as error:  # what it raises for a strange one has no end
        raise TracerError(
            f"the configuration of `{files.name}` cannot be used: {' '.join(str(error).split())}",
            hint="check its config.json",
        ) from error
