"""A model that several threads use at a time runs for each as if alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch

from tests.tiny_models import PROMPT
from tracer.interventions.knock_out import KnockOut
from tracer.interventions.steered_pass import Setting, SteeredPrompt
from tracer.interventions.targets import find_targets
from tracer.model.frozen_pass import freeze
from tracer.model.load import Model
from tracer.model.scores import Scores

TIMES = 60
SET = [Setting(0, 3, 1, 5.0)]
LOOKS = [KnockOut(1, 0, 7, 2)]


def test_pokes_and_scores_do_not_see_each_other(models: Callable[[str], Model]) -> None:
    model = models("llama")
    ids = model.tokenizer.encode_prompt(PROMPT)
    prompt = SteeredPrompt(model, find_targets(model, "neurons"), ids, keep=True)
    frozen = freeze(model, ids)

    def poked() -> torch.Tensor:
        return prompt.run(SET, looks=LOOKS).logits

    def looked() -> torch.Tensor:
        return Scores(frozen, 1).whole.queries

    alone = poked(), looked()
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(one) for _ in range(TIMES) for one in (poked, looked)]
        found = [one.result() for one in asked]
    for at, one in enumerate(found):
        torch.testing.assert_close(one, alone[at % 2], rtol=1e-6, atol=1e-6)
