"""Text to token ids and back, with the start token that attribution needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from tracer.documents.prompts import ChatTurn
from tracer.documents.token_id import TokenId
from tracer.errors import TracerError
from tracer.model.chat import render_chat
from tracer.model.files import ModelFiles
from tracer.model.pieces import Pieces
from tracer.model.quiet import quiet_transformers
from tracer.model.third_party import third_party

_BEHIND = ("\n", "x", ".")  # something for a word to stand behind


@dataclass(frozen=True)
class Encoded:
    """What the model reads, and what of it a person may not expect."""

    ids: tuple[int, ...]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tokenizer:
    """A transformers tokenizer, and the questions tracer asks of it."""

    backend: Any
    model_name: str
    context: int
    rows: int | None = None  # of the model's embedding

    @cached_property
    def pieces(self) -> Pieces:
        return Pieces(self.backend)

    def encode_prompt(self, prompt: str) -> tuple[int, ...]:
        """The ids of `read_prompt`."""
        return self.read_prompt(prompt).ids

    def read_prompt(self, prompt: str) -> Encoded:
        """The prompt's tokens behind one start token, and nothing behind them.

        Raises TracerError when the prompt is empty, longer than the model's context, or has tokens
        that the model has no embedding for.
        """
        text, notices = self._without_start(prompt)
        before, behind = self._frame
        ids = self._ids(text)
        ids = [*before, *ids] if before else self._started(ids)
        if behind:
            end = self.pieces.joined(behind)
            what = f"the tokenizer puts {end!r} behind every text; it was left out"
            notices.append(f"{what}, so that the model goes on")
        found = self._checked(ids)
        read = self.joined(self._behind_start(found))
        if text not in (read, read.removeprefix(" ") if self._adds_space else read):
            notices.append(f"the model reads the prompt as {read!r}")
        return Encoded(found, tuple(notices))

    def encode_chat(self, turns: Sequence[ChatTurn], day: date | None = None) -> tuple[int, ...]:
        """The ids of `read_chat`."""
        return self.read_chat(turns, day).ids

    def read_chat(self, turns: Sequence[ChatTurn], day: date | None = None) -> Encoded:
        """The turns through the model's own template, ready for the assistant to go on.

        A last assistant turn is left open, so that the model continues it; `day` is the date for
        templates that write one. Raises TracerError when the model has no template, the template
        refuses the turns or the result is longer than the model's context.
        """
        chat = render_chat(self.backend, turns, model_name=self.model_name, day=day)
        ids, notices = self._started(self._ids(chat.text)), list(chat.notices)
        while len(ids) > 1 and ids[0] == ids[1] == self._start_or_none:
            ids = ids[1:]
            notices.append(f"of two start tokens {self.text(ids[0])!r} one was left out")
        return Encoded(self._checked(ids), tuple(notices))

    def encode_text(self, text: str) -> list[int]:
        """The tokens of a text of any length, without a start token.

        Raises TracerError for tokens that the model has no embedding for.
        """
        return list(map(self._known, self._ids(self._without_start(text)[0])))

    @property
    def start_token(self) -> int:
        """What attribution puts in front of a text. Raises TracerError where there is none."""
        if self._start_or_none is None:
            raise TracerError(
                f"the tokenizer of `{self.model_name}` has no special token to start with",
                hint="set its `bos_token`",
            )
        return self._start_or_none

    def single_token(self, name: str | int | TokenId) -> int:
        """The id of `find_token`."""
        return self.find_token(name).ids[0]

    def find_token(self, name: str | int | TokenId) -> Encoded:
        """One token, by its literal text or its id.

        Where pieces share a text, the one that the tokenizer itself writes is meant. Raises
        TracerError with the way out for other text, and for ids that the model does not have.
        """
        if not isinstance(name, str):
            return Encoded((self._known(name if isinstance(name, int) else name.id),))
        ids = [one for one in self.pieces.ids_of(name) if self.rows is None or one < self.rows]
        if len(ids) == 1:
            return Encoded((ids[0],))
        own = self._inside(name)
        if not ids:
            raise self._no_token(name, own)
        shared = ", ".join(f"{one} ({self.pieces.piece(one)!r})" for one in ids)
        if len(own) == 1 and own[0] in ids:
            what = f"{name!r} is the text of the tokens {shared}; {own[0]} was taken"
            return Encoded((own[0],), (f"{what}, which the tokenizer writes",))
        hint = f"name one by its id, such as `{{id: {ids[0]}}}`"
        raise TracerError(f"{name!r} is the text of the tokens {shared}", hint=hint)

    def text(self, token_id: int) -> str:
        """The literal text of one token, leading space included; single bytes as `<0xE2>`."""
        return self.pieces.text(token_id)

    def joined(self, token_ids: Sequence[int]) -> str:
        """The text of tokens in a row; a letter may be made of several."""
        return self.pieces.joined(token_ids)

    def prompt_of(self, token_ids: Sequence[int]) -> str:
        """The prompt that has these tokens, as it is written: without what is put in front."""
        rest = self._behind_start(token_ids)
        whole = self.joined(rest)
        shorter = whole.removeprefix(" ") if self._adds_space else whole
        return whole if self._ids(whole) == rest != self._ids(shorter) else shorter

    def _behind_start(self, token_ids: Sequence[int]) -> list[int]:
        put: list[int | None] = [*self._frame[0]] or [self._start_or_none]
        here = list(token_ids[: len(put)]) == put
        return list(token_ids[len(put) if here else 0 :])

    @cached_property
    def _adds_space(self) -> bool:
        """Whether the tokenizer puts a space in front of a text, as SentencePiece mostly does."""
        return self.joined(self._ids("x")).startswith(" ")

    @cached_property
    def _frame(self) -> tuple[list[int], list[int]]:
        """What the tokenizer itself puts in front of a text and behind it."""
        plain, framed = self._ids("x"), self._ids("x", framed=True)
        for at in range(len(framed) - len(plain) + 1):
            if framed[at : at + len(plain)] == plain:
                return framed[:at], framed[at + len(plain) :]
        return [], []

    def _ids(self, text: str, *, framed: bool = False) -> list[int]:
        with (
            quiet_transformers(),  # which warns of more than the context holds
            third_party(f"the tokenizer of `{self.model_name}` cannot read {text[:60]!r}"),
        ):
            return list(map(int, self.backend(text, add_special_tokens=framed)["input_ids"]))

    def _inside(self, text: str) -> list[int]:
        """The tokens of a text that does not begin one: no space is put in front of it."""
        for behind in _BEHIND:
            before, both = self._ids(behind), self._ids(behind + text)
            if both[: len(before)] == before:
                return both[len(before) :]
        return self._ids(text)

    def _without_start(self, text: str) -> tuple[str, list[str]]:
        """A start token in writing is the one that is put in front anyway."""
        start = self._start_or_none
        put = self._frame[0] or ([] if start is None else [start])
        written = self.joined(put)
        if not written or not text.startswith(written):
            return text, []
        while text.startswith(written):
            text = text.removeprefix(written)
        what = f"the prompt begins with the start token {written!r}, which is put in front anyway"
        return text, [f"{what}: it is there once"]

    def _started(self, ids: list[int]) -> list[int]:
        return ids if ids and self._is_special(ids[0]) else [self.start_token, *ids]

    def _checked(self, ids: list[int]) -> tuple[int, ...]:
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
        return tuple(map(self._known, ids))

    def _known(self, token_id: int) -> int:
        """The id, if the model has it. Raises TracerError."""
        rows = len(self.pieces.vocabulary) if self.rows is None else self.rows
        if 0 <= token_id < rows:
            return token_id
        piece = self.pieces.piece(token_id)
        if piece is None:
            last = f"the ids of `{self.model_name}` are 0 to {rows - 1:,}"
            raise TracerError(f"there is no token {token_id}", hint=last)
        what = f"the token {piece!r} ({token_id}) is the tokenizer's alone: `{self.model_name}`"
        hint = "leave it out, or take the tokenizer that belongs to the model"
        raise TracerError(f"{what} has embeddings for {rows:,} tokens", hint=hint)

    def _no_token(self, text: str, own: Sequence[int]) -> TracerError:
        bare = text.strip(" ")
        spaced, known = f" {bare}", self.pieces.ids_of
        split = ", ".join(repr(self.text(one)) for one in own)
        hint = f"the model splits it into {split}; name one of these"
        if spaced != text and known(spaced):
            hint = f"did you mean {spaced!r}, with a leading space?"
        elif bare and bare != text and known(bare):
            hint = f"did you mean {bare!r}, without the space?"
        elif near := [one for one in (*_capitals(spaced), *_capitals(bare)) if known(one)]:
            hint = f"did you mean {near[0]!r}?"
        elif self.joined(own) != text:
            hint = f"the model does not know it and reads {split}"
        count = "not one token" if len(own) == 1 else f"{len(own)} tokens, not one"
        return TracerError(f"{text!r} is {count}", hint=hint)

    def _is_special(self, token_id: int) -> bool:
        added = self.backend.added_tokens_decoder.get(token_id)
        return token_id in self.backend.all_special_ids or bool(added and added.special)

    @cached_property
    def _start_or_none(self) -> int | None:
        found = (getattr(self.backend, f"{name}_token_id") for name in ("bos", "eos", "pad"))
        return next((int(one) for one in found if one is not None), None)


def _capitals(text: str) -> tuple[str, str]:
    """The first word of a text with other capitals."""
    return text.title(), text.lower()


def load_tokenizer(files: ModelFiles) -> Tokenizer:
    """The tokenizer of files already found. Raises TracerError when they hold none, or one that
    tracer cannot look into."""
    from transformers import AutoTokenizer

    hint = "put its tokenizer.json into the folder"
    if not (files.folder / "tokenizer.json").exists() and list(files.folder.glob("*.model")):
        hint += ", or install `sentencepiece` and `protobuf`, which read its tokenizer.model"
    with quiet_transformers():
        context, rows = _sizes(files)
        with third_party(f"the model `{files.name}` has no tokenizer", hint=hint):
            backend = AutoTokenizer.from_pretrained(files.folder, local_files_only=True)
    if not hasattr(backend, "backend_tokenizer"):
        what = f"the tokenizer of `{files.name}` is of a kind that tracer cannot look into"
        raise TracerError(f"{what}: {type(backend).__name__}", hint=hint)
    _refuse_hollow(backend, files, hint)
    return Tokenizer(backend, files.name, context, rows)


def _refuse_hollow(backend: Any, files: ModelFiles, hint: str) -> None:
    """Without its files transformers makes a tokenizer of special tokens alone, or one that merges
    nothing. Raises TracerError."""
    own = set(backend.get_vocab()) - set(backend.all_special_tokens)
    if not own:
        raise TracerError(f"the tokenizer of `{files.name}` has no vocabulary", hint=hint)
    if (files.folder / "vocab.json").exists() and not any(
        (files.folder / name).exists() for name in ("merges.txt", "tokenizer.json")
    ):
        raise TracerError(f"the tokenizer of `{files.name}` has no merges.txt", hint=hint)


def _sizes(files: ModelFiles) -> tuple[int, int]:
    """The most tokens the model was made for, and how many it has embeddings for."""
    from transformers import AutoConfig

    what = f"the configuration of `{files.name}` cannot be used"
    with third_party(what, hint="check its config.json"):
        config = AutoConfig.from_pretrained(files.folder, local_files_only=True).get_text_config()
        return int(config.max_position_embeddings), int(config.vocab_size)
