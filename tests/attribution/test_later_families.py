"""Every day, of each family that `slow` tests look at in full: its forward pass, and its books."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.attribution.account.test_account import Case, assert_the_books_close
from tests.attribution.frozen_rerun import FrozenModel
from tests.tiny_models import LATER, exact_tiny_model


@pytest.mark.parametrize("family", list(LATER))
def test_a_pass_is_the_models_own_and_its_books_close(tmp_path: Path, family: str) -> None:
    model = exact_tiny_model(tmp_path, family)
    case = Case(model)
    frozen = case.frozen
    real = model.causal_lm(torch.tensor([frozen.token_ids]))
    torch.testing.assert_close(frozen.logits, real.logits[0, -1], rtol=1e-12, atol=1e-12)
    independent = FrozenModel(model, frozen.token_ids).run()
    torch.testing.assert_close(frozen.raw_logits, independent.raw_logits)
    for layer in range(frozen.n_layers):
        torch.testing.assert_close(frozen.mlp_outputs[layer], independent.mlp_outputs[layer])
    targets = case.targets(contrast=(7,))
    account = case.account(case.random(targets, 0.1), targets)
    assert_the_books_close(account, targets.values[0])
