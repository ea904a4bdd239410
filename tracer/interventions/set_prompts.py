"""The rows of a set in the real model, and where its slots stand in each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from tracer.documents.set_account import Row, SetAccount
from tracer.errors import TracerError
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.targets import InterventionTargets
from tracer.model.load import Model


@dataclass(frozen=True)
class SetPrompt:
    """One row, run once as it is."""

    row: Row
    prompt: SteeredPrompt
    slots: tuple[str, ...]  # of each token

    @property
    def answer(self) -> int:
        return self.row.answer_id

    @property
    def logits(self) -> Tensor:
        """(vocabulary,): in front of any softcap."""
        return self.prompt.baseline.raw_logits[0]

    def positions(self, slot: str) -> list[int]:
        return [at for at, one in enumerate(self.slots) if one == slot]

    @cached_property
    def contrast(self) -> Tensor:
        return torch.tensor(self.row.contrast_ids, device=self.logits.device)

    def lead(self, logits: Tensor) -> float:
        """Of the answer over the mean of its contrast."""
        return float(logits[self.answer] - logits[self.contrast].mean())


def set_prompts(account: SetAccount, model: Model, targets: InterventionTargets) -> list[SetPrompt]:
    """Runs the model once for each row that counts. Raises TracerError where a prompt is read
    otherwise than when the set was traced."""
    return [run_row(row, account, model, targets) for row in account.counted]


def apart_prompts(account: SetAccount, rows: Sequence[SetPrompt]) -> list[SetPrompt]:
    """The same of each row set apart, in the model that `rows` ran in."""
    prompt = rows[0].prompt
    return [run_row(row, account, prompt.model, prompt.targets) for row in account.apart]


def run_row(row: Row, account: SetAccount, model: Model, targets: InterventionTargets) -> SetPrompt:
    """Of one row, whether it counts or not. Raises TracerError as above."""
    ids = model.tokenizer.encode_prompt(row.prompt)
    if len(ids) != row.tokens:
        what = f"`{row.key}` is {len(ids)} tokens now and was {row.tokens} when it was traced"
        raise TracerError(what, hint="trace the set again")
    slots = tuple(account.slots[at] for at in row.places)
    return SetPrompt(row, SteeredPrompt(model, targets, ids), slots)


def partners(rows: Sequence[SetPrompt]) -> Iterable[tuple[SetPrompt, SetPrompt]]:
    """Of each row the next one with another answer and tokens in the same slots, if there is."""
    for at, row in enumerate(rows):
        behind = [*rows[at + 1 :], *rows[:at]]
        other = next((o for o in behind if o.answer != row.answer and o.slots == row.slots), None)
        if other is not None:
            yield row, other
