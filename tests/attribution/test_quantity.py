"""What a graph explains: the answer against the alternatives that the model considered."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.tiny_models import PROMPT, exact_tiny_model
from tracer.attribution.quantity import quantity_of
from tracer.attribution.targets import choose_targets
from tracer.model.frozen_pass import FrozenPass, freeze
from tracer.model.load import Model
from tracer.model.tokens import Tokenizer


def frozen_pass(model: Model) -> FrozenPass:
    return freeze(model, model.tokenizer.encode_prompt(PROMPT))


def test_it_is_the_log_odds_and_the_entropy_of_the_alternatives(unlike: Model) -> None:
    frozen = frozen_pass(unlike)
    logits = frozen.logits.double()
    answer = int(logits.argmax())
    found = quantity_of(unlike, answer, frozen.logits, against="alternatives")
    # A softcap lets only so much of each logit through: what is behind it adds up.
    slopes = (
        torch.ones_like(logits) if unlike.softcap is None else 1 - (logits / unlike.softcap) ** 2
    )
    p = logits.softmax(0)[answer]
    assert found.entropy is not None
    expected = torch.log(p / (1 - p)) + found.entropy
    behind = (found.coefficients / slopes) @ logits
    torch.testing.assert_close(behind, expected, rtol=1e-9, atol=1e-9)
    assert sum(one.weight for one in found.alternatives) <= 1


def test_its_direction_is_that_of_the_log_probabilitys_gradient(unlike: Model) -> None:
    """Of raw logits, softcap and all, but for its length."""
    frozen = frozen_pass(unlike)
    raw = frozen.raw_logits.double().clone().requires_grad_()
    logits = raw if unlike.softcap is None else unlike.softcap * torch.tanh(raw / unlike.softcap)
    answer = int(frozen.logits.argsort(descending=True)[3])
    torch.log_softmax(logits, 0)[answer].backward()  # type: ignore[no-untyped-call]
    found = quantity_of(unlike, answer, frozen.logits.double(), against="alternatives")
    assert raw.grad is not None
    along = found.coefficients / found.coefficients.norm()
    torch.testing.assert_close(along, raw.grad / raw.grad.norm(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("against", ["alternatives", "vocabulary"])
def test_targets_measure_it_in_the_stream(unlike: Model, against: str) -> None:
    frozen = frozen_pass(unlike)
    targets = choose_targets(frozen, target=9, against=against)  # type: ignore[arg-type]
    found = quantity_of(unlike, 9, frozen.logits, against=against)  # type: ignore[arg-type]
    torch.testing.assert_close(
        targets.values[0].double(), found.measure(frozen.raw_logits), rtol=1e-9, atol=1e-9
    )
    assert targets.question.against == against


def test_a_contrast_is_the_mean_of_the_others(unlike: Model) -> None:
    frozen = frozen_pass(unlike)
    found = quantity_of(unlike, 9, frozen.logits, contrast=[4, 6], against="alternatives")
    raw = frozen.raw_logits.double()
    torch.testing.assert_close(found.measure(raw), raw[9] - (raw[4] + raw[6]) / 2)
    assert found.entropy is None and not found.alternatives
    assert choose_targets(frozen, target=9, contrast=[4]).question.against is None


@pytest.mark.parametrize(
    ("answer", "spellings", "others"),
    [
        (" yen", {" Y", " Yen", "yen", "y"}, {" yes", " y", " the"}),
        ("large", {"Large", " large", "LAR"}, {"larger", "lar", "big"}),
        (" them", {" Them", " The", "the"}, {" the", " theme", " they"}),
        (" 東京", {"東京"}, {" 東", " 京都"}),
    ],
)
def test_other_spellings_of_the_answer_are_no_alternatives(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    spellings: set[str],
    others: set[str],
) -> None:
    model = exact_tiny_model(tmp_path, "llama")
    texts = [answer, *sorted(spellings), *sorted(others)]
    texts += [f"#{at}" for at in range(len(texts), 60)]
    monkeypatch.setattr(Tokenizer, "text", lambda _, one: texts[one])
    found = quantity_of(model, 0, torch.zeros(60), against="alternatives")
    left_out = {texts[at] for at in (found.coefficients == 0).nonzero()[:, 0].tolist()}
    assert left_out == spellings
