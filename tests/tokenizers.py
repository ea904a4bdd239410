"""Real tokenizers of each kind that language models use, trained on a few lines in a moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers import Tokenizer as RustTokenizer
from tokenizers.trainers import BpeTrainer, UnigramTrainer
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from tracer.model.tokens import Tokenizer

LINES = [
    "The capital of France is Paris, and the capital of Italy is Rome.",
    "5 + 7 = 12\nOne line, another line.\n\n    indented text, as code is",
    "Paris is in France and Rome is in Italy",
    "The official language of Italy is Italian; the sun, the sea, the soil.",
] * 20
SPECIAL = ["<unk>", "<s>", "</s>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def byte_level() -> RustTokenizer:
    """GPT-2, Llama 3, Qwen."""
    found = RustTokenizer(models.BPE())
    found.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    found.train_from_iterator(
        LINES, BpeTrainer(vocab_size=400, special_tokens=SPECIAL, initial_alphabet=alphabet)
    )
    found.decoder = decoders.ByteLevel()
    return found


def sentencepiece(
    *, scheme: str | None = "prepend", model: str = "bpe", unmerged: Sequence[str] = ()
) -> RustTokenizer:
    """Llama 2 and Mistral (`prepend`, or a Metaspace that puts its space `first` or `always`), and
    Gemma (None: no space is put in front of a text)."""
    draft = RustTokenizer(models.BPE() if model == "bpe" else models.Unigram())
    draft.pre_tokenizer = pre_tokenizers.Metaspace()
    special = [*SPECIAL, *BYTES]
    if model == "bpe":
        draft.train_from_iterator(LINES, BpeTrainer(vocab_size=450, special_tokens=special))
    else:
        trainer = UnigramTrainer(vocab_size=400, special_tokens=special, unk_token="<unk>")
        draft.train_from_iterator(LINES, trainer)
    state = json.loads(draft.to_str())
    state["model"] |= {"byte_fallback": True}
    if model == "bpe":
        state["model"] |= {"unk_token": "<unk>", "fuse_unk": True}
        state["model"]["vocab"] |= {piece: 450 + at for at, piece in enumerate(unmerged)}
    found = RustTokenizer.from_str(json.dumps(state))
    found.pre_tokenizer = None
    if scheme in ("first", "always"):
        found.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=False)
    else:
        steps = [normalizers.Prepend("▁")] if scheme == "prepend" else []
        found.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", "▁")])
    strip = [decoders.Strip(" ", 1, 0)] if scheme else []
    found.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strip]
    )
    return found


KINDS: dict[str, Callable[[], RustTokenizer]] = {
    "byte-level": byte_level,
    "llama-2": sentencepiece,
    "mistral-first": lambda: sentencepiece(scheme="first"),
    "mistral-always": lambda: sentencepiece(scheme="always"),
    "gemma": lambda: sentencepiece(scheme=None),
    "llama-2-unmerged": lambda: sentencepiece(unmerged=["▁zq", " zq"]),
    "unigram": lambda: sentencepiece(scheme="always", model="unigram"),
}


def save_tokenizer(
    folder: Path,
    kind: str,
    *,
    frame: str | None = "<s> $A",
    added: list[AddedToken] | None = None,
    chat_template: str | None = None,
) -> Path:
    """`frame` is what the tokenizer itself puts around a text."""
    found = KINDS[kind]()
    found.add_special_tokens([AddedToken(one, normalized=False, special=True) for one in SPECIAL])
    found.add_tokens(added or [])
    if frame is not None:
        ids = [(one, found.token_to_id(one)) for one in ("<s>", "</s>")]
        found.post_processor = processors.TemplateProcessing(
            single=frame, special_tokens=[one for one in ids if one[0] in frame]
        )
    backend = PreTrainedTokenizerFast(
        tokenizer_object=found, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    backend.chat_template = chat_template
    backend.save_pretrained(folder)
    return folder


def make_tokenizer(folder: Path, kind: str, **options: Any) -> Tokenizer:
    """Saved, and read back as a model's would be."""
    backend = AutoTokenizer.from_pretrained(save_tokenizer(folder, kind, **options))
    return Tokenizer(backend, kind, context=512, rows=1 + max(backend.get_vocab().values()))
