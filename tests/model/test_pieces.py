"""Text comes from pieces: whatever the tokenizer, its tokens' texts in a row are the prompt."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken

from tests.tokenizers import BYTES, KINDS, make_tokenizer
from tracer.errors import TracerError
from tracer.model.tokens import Tokenizer

TEXTS = [
    "The capital of France is",
    " Paris",
    "  two spaces, and  two more ",
    "line\nline\n\n\ttab\r\n",
    "naïve café — “quoted”",
    "日本の首都は東京です",
    "family 👩‍👧 and flags 🇫🇷!",
    "\N{RIGHT-TO-LEFT OVERRIDE}abc \ufffd \x00 \x7f",
    "5+7=12",
]


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Tokenizer:
    return make_tokenizer(tmp_path_factory.mktemp("tokenizer"), request.param)


def read_back(tokenizer: Tokenizer, prompt: str) -> set[str]:
    """The text of the tokens behind the start token, with and without a space put in front."""
    ids = tokenizer.encode_prompt(prompt)
    whole = tokenizer.joined(ids[1:])
    return {whole, whole.removeprefix(" ") if tokenizer._adds_space else whole}


@pytest.mark.parametrize("prompt", TEXTS)
def test_a_prompt_reads_back_as_it_was_written(tokenizer: Tokenizer, prompt: str) -> None:
    assert prompt in read_back(tokenizer, prompt)
    again = tokenizer.prompt_of(tokenizer.encode_prompt(prompt))
    assert tokenizer.encode_prompt(again) == tokenizer.encode_prompt(prompt)
    assert tokenizer.read_prompt(prompt).notices == ()


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="▁<"), min_size=1))
def test_any_text_reads_back(tokenizer: Tokenizer, prompt: str) -> None:
    assert prompt in read_back(tokenizer, prompt)


def test_every_piece_has_a_name_and_the_name_is_never_a_question_mark(tokenizer: Tokenizer) -> None:
    texts = [tokenizer.text(one) for one in tokenizer.pieces.vocabulary]
    assert all(texts) and not any("\ufffd" in text for text in texts)
    assert "<0xE9>" in texts


def test_every_piece_of_a_prompt_can_be_named(tokenizer: Tokenizer) -> None:
    for token_id in tokenizer.encode_prompt("The capital of France is Paris, 5 + 7")[1:]:
        assert tokenizer.single_token(tokenizer.text(token_id)) == token_id
        assert tokenizer.single_token(token_id) == token_id


def test_the_piece_with_a_space_is_another_than_the_one_without(tokenizer: Tokenizer) -> None:
    behind, alone = tokenizer.single_token(" s"), tokenizer.single_token("s")
    assert behind != alone
    assert tokenizer.text(behind) == " s" and tokenizer.text(alone) == "s"


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return make_tokenizer(tmp_path_factory.mktemp("llama"), "llama-2")


def test_of_a_byte_and_a_letter_with_one_text_the_letter_is_meant(llama: Tokenizer) -> None:
    letter, byte = llama.pieces.vocabulary, BYTES[ord("5")]
    ids = [one for one, piece in letter.items() if piece in ("5", byte)]
    found = llama.find_token("5")
    assert llama.pieces.piece(found.ids[0]) == "5"
    (notice,) = found.notices
    assert all(str(one) in notice for one in ids) and byte in notice
    byte_id = next(one for one in ids if one != found.ids[0])
    assert llama.single_token(byte_id) == byte_id


def test_a_line_break_that_is_a_byte_is_a_line_break(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    gemma = make_tokenizer(tmp_path_factory.mktemp("bytes"), "unigram")
    token_id = gemma.pieces._rust.token_to_id("<0x09>")
    assert gemma.text(token_id) == "\t"
    assert gemma.single_token("\t") == token_id


def test_a_text_that_the_tokenizer_writes_as_neither_is_refused_with_the_ids(
    tmp_path: Path,
) -> None:
    found = make_tokenizer(tmp_path, "llama-2-unmerged")
    ids = sorted(one for one in found.pieces.vocabulary if found.text(one) == " zq")
    assert len(ids) == 2
    with pytest.raises(TracerError, match=rf"{ids[0]} .*{ids[1]} .*by its id, such as `{{id: "):
        found.single_token(" zq")
    assert [found.single_token(one) for one in ids] == ids


def test_added_tokens_are_what_they_are_written_as(tmp_path: Path) -> None:
    added = [AddedToken("▁PRE", normalized=False), AddedToken("a b"), AddedToken("été")]
    for kind in ("gemma", "byte-level"):
        found = make_tokenizer(tmp_path, kind, added=added)
        assert found.joined(found.encode_text("x▁PREy a b été")) == "x▁PREy a b été"
        assert found.text(len(found.pieces.vocabulary) - 1) == "été"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Paris", r"did you mean ' Paris', with a leading space\?"),
        (" paris", r"did you mean ' Paris'\?"),
        (" of Italy", r"2 tokens, not one; the model splits it into ' of', ' Italy'"),
        (99_999, r"there is no token 99999; the ids of `llama-2` are 0 to"),
        (-1, "there is no token -1"),
    ],
)
def test_what_is_no_token_says_what_is(llama: Tokenizer, name: str | int, words: str) -> None:
    with pytest.raises(TracerError, match=words):
        llama.single_token(name)


def test_a_row_without_a_piece_has_a_name(llama: Tokenizer) -> None:
    beyond = len(llama.pieces.vocabulary) + 3
    assert re.fullmatch(r"<token \d+>", llama.text(beyond))
