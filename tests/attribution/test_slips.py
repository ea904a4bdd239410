"""A likely slip in a target is told, and only a likely one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tiny_models import PROMPT, save_tiny_model
from tracer.attribution.slips import slips
from tracer.attribution.targets import choose_targets
from tracer.attribution.trace import trace
from tracer.documents.trace_info import Answer
from tracer.model.frozen_pass import freeze
from tracer.model.load import Model, load_model


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load_model(str(save_tiny_model(tmp_path_factory.mktemp("tiny"))), device="cpu")


def told(
    llama: Model, answers: dict[str, float], target: str, contrast: tuple[str, ...]
) -> list[str]:
    """Of a question about these tokens, given so likely."""
    ids = {token: number for number, token in enumerate(answers)}
    frozen = freeze(llama, llama.tokenizer.encode_prompt(PROMPT))
    found = choose_targets(frozen, target=ids[target], contrast=[ids[token] for token in contrast])
    listed = tuple(
        Answer(token=token, token_id=ids[token], probability=p, logit=0.0)
        for token, p in answers.items()
    )
    return list(slips(replace(found, answers=listed)))


@pytest.mark.parametrize("slip", ["Paris", " paris", "paris", " PARIS"])
def test_the_same_word_written_another_way_is_asked_about(llama: Model, slip: str) -> None:
    (notice,) = told(llama, {" Paris": 0.8, " Rome": 0.1, slip: 2e-5}, slip, (" Rome",))
    assert notice == (
        f"the target {slip!r} has probability 2e-05, ' Paris' has 0.8: is that what is meant?"
    )


def test_a_contrast_may_be_a_slip_too(llama: Model) -> None:
    (notice,) = told(llama, {" Paris": 0.8, " Rome": 0.1, "Rome": 1e-4}, " Paris", ("Rome",))
    assert notice.startswith("the contrast 'Rome' has probability 0.0001, ' Rome' has 0.1")


def test_what_may_be_meant_is_left_alone(llama: Model) -> None:
    near = {" Paris": 0.5, "Paris": 0.4, " Rome": 1e-4}
    assert told(llama, near, "Paris", ()) == []
    assert told(llama, near, " Rome", ()) == [], "an unlikely target is a question like another"
    assert told(llama, {" ": 0.9, "\n": 1e-5}, "\n", ()) == [], "no word"


def test_notices_of_the_prompt_come_with_the_attribution(llama: Model) -> None:
    found = trace(f"<s>{PROMPT}", model=llama, target=llama.tokenizer.single_token(" w9"))
    assert any("begins with the start token" in notice for notice in found.notices)
