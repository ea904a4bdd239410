"""What texts tell of prompts that no graph is of: the text still says it, and so does the model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

import tracer
from tracer.attribution.trace import as_source
from tracer.batch.subject import find_subject
from tracer.documents.prompts import ChatTurn
from tracer.interventions.interventions import as_interventions, settings_of
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.targets import find_targets
from tracer.model.frozen_pass import freeze
from tracer.model.load import Model, load_model

pytestmark = pytest.mark.model

REPOSITORY = Path(__file__).parents[1]
ASIDES = yaml.safe_load((REPOSITORY / "tests" / "data" / "asides.yaml").read_text("utf-8"))
Aside = dict[str, Any]


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(device="cpu")


def every(kind: str) -> list[Any]:
    return [pytest.param(one, id=f"{one['in']}-{at}") for at, one in enumerate(ASIDES[kind])]


@pytest.mark.parametrize("aside", [one for kind in ASIDES for one in every(kind)])
def test_the_text_still_tells_it(aside: Aside) -> None:
    text = " ".join((REPOSITORY / "site_src" / aside["in"]).read_text("utf-8").split())
    assert aside["told"] in text


@pytest.mark.parametrize("aside", every("guesses"))
def test_the_model_still_guesses_so(model: Model, aside: Aside) -> None:
    """A probability is told with as many digits as it is known to."""
    logits = freeze(model, _token_ids(model, aside)).logits
    own = logits.softmax(-1)[model.tokenizer.single_token(aside["token"])]
    rank = int((logits.softmax(-1) > own).sum()) + 1
    assert rank == pytest.approx(aside["guess"], rel=0.02)  # the 809th may be the 810th elsewhere
    for told in re.findall(r"\b0\.(\d+)", aside["told"])[-1:]:
        assert float(own) == pytest.approx(float(f"0.{told}"), abs=10 ** -len(told))


@pytest.mark.slow
@pytest.mark.parametrize("aside", every("sayings"))
def test_the_model_still_says_so(model: Model, aside: Aside) -> None:
    """Behind each of its words the next is the likeliest, but for a hundredth: so near a tie
    another machine may say the other."""
    prompt = SteeredPrompt(
        model, find_targets(model, as_source("neurons")), _token_ids(model, aside)
    )
    silent = [
        node
        for slug, names in aside.get("silent", {}).items()
        for name in names
        for node in find_subject(REPOSITORY, slug).annotations.groups[name].nodes
    ]
    settings = settings_of(prompt, as_interventions([tracer.Ablate(silent)])) if silent else ()
    run, cache = prompt.begun(settings)
    for at, token in enumerate(
        model.tokenizer.encode_prompt(aside["says"])[1:], prompt.n_positions
    ):
        found = run.logits[0].softmax(-1)
        assert found[token] > found.max() - 0.01, model.tokenizer.text(int(found.argmax()))
        run = prompt.extend(settings, torch.tensor([[token]]), cache, at)


@pytest.mark.parametrize("aside", every("values"))
def test_the_neuron_is_still_so_active(model: Model, aside: Aside) -> None:
    watched = tracer.steer(model, "neurons", aside["prompt"], [], watch=[(*aside["neuron"], -1)])
    ((active, _),) = watched.features.values()
    assert active == pytest.approx(aside["value"], abs=0.06)


def _token_ids(model: Model, aside: Aside) -> tuple[int, ...]:
    if "prompt" in aside:
        return model.tokenizer.encode_prompt(aside["prompt"])
    turns = [
        ChatTurn(role=("user", "assistant")[at % 2], content=text)
        for at, text in enumerate(aside["chat"])
    ]
    return model.tokenizer.encode_chat(turns)
