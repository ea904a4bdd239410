"""The pieces of a tokenizer's vocabulary: what each one stands for, by itself.

A tokenizer decodes a row of tokens; decoding one alone loses the space in front of a word
(SentencePiece) and every letter that is spread over several. Here its decoder's own steps are
taken for one piece, and give bytes: byte-level BPE (GPT-2, Llama 3, Qwen), SentencePiece's `▁` and
`<0xE2>` (Llama 2, Mistral, Gemma, Phi 3).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from tracer.documents.json_text import decode
from tracer.documents.token_text import text_of

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>\Z")


def _byte_alphabet() -> dict[str, int]:
    """The letters that byte-level BPE writes bytes with (GPT-2, `bytes_to_unicode`)."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    alphabet = {chr(byte): byte for byte in plain}
    return {**alphabet, **{chr(256 + at): byte for at, byte in enumerate(others)}}


_ALPHABET = _byte_alphabet()


class Pieces:
    """The vocabulary of a transformers tokenizer that the `tokenizers` library runs."""

    def __init__(self, backend: Any) -> None:
        self._decode = backend.decode
        self._rust = backend.backend_tokenizer
        decoder = self._rust.decoder
        self._steps = (
            [] if decoder is None else _flat(decode(decoder.__getstate__(), Path(), hint=""))
        )
        own = self._rust.get_vocab(with_added_tokens=False)
        # What was added beside the vocabulary is found in texts as it is written.
        self._literal = {
            token_id: added.content
            for token_id, added in backend.added_tokens_decoder.items()
            if own.get(added.content) != token_id
        }

    @cached_property
    def vocabulary(self) -> dict[int, str]:
        """Every id that has a piece."""
        return {one: piece for piece, one in self._rust.get_vocab(with_added_tokens=True).items()}

    def piece(self, token_id: int) -> str | None:
        """The vocabulary's own entry, such as `ĠParis` or `▁Paris`; None where there is none."""
        return self.vocabulary.get(token_id)

    def content(self, token_id: int) -> bytes:
        """The bytes that the piece puts into a text."""
        if token_id in self._literal:
            return bytes(self._literal[token_id], "utf-8")
        piece = self.piece(token_id)
        if piece is None:  # a row of the embedding that no piece has
            return f"<token {token_id}>".encode()
        for step in self._steps:
            kind = step["type"]
            if kind == "ByteLevel":
                known = all(letter in _ALPHABET for letter in piece)
                return bytes(map(_ALPHABET.__getitem__, piece)) if known else piece.encode()
            if kind == "ByteFallback" and (match := _BYTE.match(piece)):
                return bytes([int(match[1], 16)])
            if kind == "Metaspace":
                piece = piece.replace(step["replacement"], " ")
            elif kind == "Replace" and "String" in step["pattern"]:
                piece = piece.replace(step["pattern"]["String"], step["content"])
            elif kind not in ("ByteFallback", "Fuse", "Strip"):  # these are about a whole row
                decoded: str = self._decode([token_id], clean_up_tokenization_spaces=False)
                return decoded.encode()
        return piece.encode()

    def text(self, token_id: int) -> str:
        """The literal text, a space in front included; single bytes as `<0xE2>`.

        U+FFFD, which other programs show for what they cannot read, is named by its bytes too.
        """
        return text_of(self.content(token_id)).replace("\ufffd", "<0xEF><0xBF><0xBD>")

    def joined(self, token_ids: Iterable[int]) -> str:
        """The text of tokens in a row; a letter may be made of several."""
        return text_of(b"".join(map(self.content, token_ids)))

    def ids_of(self, text: str) -> list[int]:
        """Every id whose piece has this text, ascending."""
        return self._by_text.get(text, [])

    @cached_property
    def _by_text(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for token_id in sorted(self.vocabulary):
            found[self.text(token_id)].append(token_id)
        return found


def _steps_of(decoder: Any) -> dict[str, Any]:
    state: dict[str, Any] = decode(decoder.__getstate__(), Path(), hint="fetch it again")
    return state


def _flat(decoder: dict[str, Any]) -> list[dict[str, Any]]:
    if decoder["type"] != "Sequence":
        return [decoder]
    return [step for one in decoder["decoders"] for step in _flat(one)]
