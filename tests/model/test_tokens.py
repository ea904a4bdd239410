"""Prompts and targets become tokens, or say why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tokenizers import AddedToken

from tests.tiny_models import save_tiny_model
from tests.tokenizers import KINDS, make_tokenizer
from tracer.documents.prompts import ChatTurn
from tracer.errors import TracerError
from tracer.model.files import find_model
from tracer.model.load import Model, load_model
from tracer.model.tokens import load_tokenizer


@pytest.fixture(scope="module")
def tiny(tiny_folder: Path) -> Model:
    return load_model(str(tiny_folder), device="cpu")


def test_a_start_token_goes_in_front_once(tiny: Model) -> None:
    assert tiny.tokenizer.encode_prompt(" w3 w4") == (0, 5, 6)
    assert tiny.tokenizer.encode_prompt("<s> w3 w4") == (0, 5, 6)


@pytest.mark.parametrize("prompt", ["", "<s>"])
def test_an_empty_prompt(tiny: Model, prompt: str) -> None:
    with pytest.raises(TracerError, match="the prompt is empty"):
        tiny.tokenizer.encode_prompt(prompt)


def test_a_prompt_longer_than_the_context(tiny: Model) -> None:
    assert len(tiny.tokenizer.encode_prompt(" w3" * 63)) == 64
    with pytest.raises(TracerError, match=r"65 tokens long, more than the 64 .*; shorten it"):
        tiny.tokenizer.encode_prompt(" w3" * 64)


def test_a_target_is_exactly_one_token(tiny: Model) -> None:
    assert tiny.tokenizer.single_token(" w9") == 11
    with pytest.raises(TracerError, match=r"2 tokens, not one; the model splits it into"):
        tiny.tokenizer.single_token(" w9 w8")


def test_a_word_the_model_does_not_know(tiny: Model) -> None:
    with pytest.raises(TracerError, match="not one"):
        tiny.tokenizer.single_token(" unheard-of")


def test_a_model_without_a_chat_template(tiny: Model) -> None:
    with pytest.raises(TracerError, match="has no chat template; use `prompt`"):
        tiny.tokenizer.encode_chat([ChatTurn(role="user", content="w3")])


@pytest.mark.model
def test_a_target_without_its_space_gets_the_near_match(default_model: Model) -> None:
    with pytest.raises(TracerError, match=r"splits it into|did you mean ' Colosseum'"):
        default_model.tokenizer.single_token(" Colosseum")
    with pytest.raises(TracerError, match=r"did you mean ' Tokyo', with a leading space\?"):
        default_model.tokenizer.single_token("Tokyo")


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_token_in_writing_is_the_one_that_is_put_in_front(
    tmp_path: Path, kind: str
) -> None:
    for frame in ("<s> $A", None):
        tokenizer = make_tokenizer(tmp_path, kind, frame=frame)
        plain = tokenizer.read_prompt("The capital of France is")
        written = tokenizer.read_prompt("<s>The capital of France is")
        assert written.ids == plain.ids and plain.ids.count(1) == 1
        assert plain.notices == ()
        assert (
            "begins with the start token '<s>', which is put in front anyway"
            in (written.notices[0])
        )
        assert tokenizer.encode_text("<s>The capital") == tokenizer.encode_text("The capital")
        assert tokenizer.encode_prompt("<s><s>The") == tokenizer.encode_prompt("The")


def test_an_end_token_that_the_tokenizer_appends_is_taken_off(tmp_path: Path) -> None:
    tokenizer = make_tokenizer(tmp_path, "llama-2", frame="<s> $A </s>")
    found = tokenizer.read_prompt("The capital of France is")
    assert 2 not in found.ids
    assert found.notices == (
        "the tokenizer puts '</s>' behind every text; it was left out, so that the model goes on",
    )


def test_a_text_that_the_model_reads_in_another_way_is_told(tiny: Model) -> None:
    (notice,) = tiny.tokenizer.read_prompt(" w3 nonsense w4").notices
    assert notice == "the model reads the prompt as ' w3<unk> w4'"


def test_tokens_beyond_the_models_embedding_are_refused(tmp_path: Path) -> None:
    tokenizer = make_tokenizer(tmp_path, "byte-level", added=[AddedToken("<extra>")])
    small = replace(tokenizer, rows=len(tokenizer.pieces.vocabulary) - 1)
    with pytest.raises(TracerError, match=r"the token '<extra>' \(\d+\) is the tokenizer's alone"):
        small.encode_prompt("The <extra>")
    with pytest.raises(TracerError, match="is the tokenizer's alone"):
        small.single_token(small.rows or 0)


def _without(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)


def _hollow(folder: Path) -> None:
    _without(folder, "tokenizer.json", "tokenizer_config.json")


def _broken(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"a": 1}')


def _cut_short(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"added_tokens": [')


def _only_sentencepiece(folder: Path) -> None:
    _hollow(folder)
    (folder / "tokenizer.model").write_bytes(b"\x0a\x05\x0a\x03abc")


def _unmerged(folder: Path) -> None:
    _hollow(folder)
    (folder / "vocab.json").write_text('{"a": 0, "b": 1, "ab": 2}')


def test_what_reads_a_sentencepiece_model_is_named(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path)
    _only_sentencepiece(folder)
    with pytest.raises(TracerError, match="or install `sentencepiece` and `protobuf`"):
        load_tokenizer(find_model(str(folder)))


@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma2"])
@pytest.mark.parametrize("spoil", [_hollow, _broken, _cut_short, _only_sentencepiece, _unmerged])
def test_a_tokenizer_that_is_not_whole_is_refused(
    tmp_path: Path, family: str, spoil: Callable[[Path], None]
) -> None:
    folder = save_tiny_model(tmp_path, family)
    spoil(folder)
    with pytest.raises(TracerError, match=r"tokenizer.*; put its tokenizer.json into the folder"):
        load_tokenizer(find_model(str(folder)))
