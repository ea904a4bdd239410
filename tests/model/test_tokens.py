"""Prompts and targets become tokens, or say why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer.documents.prompts import ChatTurn
from tracer.errors import TracerError
from tracer.model.load import Model, load_model


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
