"""On which pairs features fire, for sets over two words."""

from __future__ import annotations

from collections.abc import Callable
from statistics import pstdev

from tracer.documents.operands import grid_of
from tracer.documents.set_account import Fires, SetAccount, SetNeuron
from tracer.errors import TracerError
from tracer.features.choose import FoundFeatures
from tracer.interventions.set_prompts import run_row
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.targets import targets_of
from tracer.model.load import Model

MOST = 16  # features whose effects differ most from row to row


def lacks_fires(account: SetAccount) -> bool:
    """Whether it is a set over two words of which nobody has looked where its features fire."""
    return account.fires is None and grid_of(account) is not None


def with_fires(
    account: SetAccount,
    model: Model,
    features: FoundFeatures,
    say: Callable[[int, int], None] = lambda *_: None,
) -> SetAccount:
    """The account with `fires`: none where the features are not read one by one. Runs the model
    once for each row, those set apart too. Raises TracerError for prompts that are read
    otherwise now."""
    chosen = sorted(account.neurons, key=lambda one: -pstdev(one.effects))[:MOST]
    try:
        targets = targets_of(model, features)
    except TracerError:  # chosen over all layers at once: there is no activation of one alone
        return account.model_copy(update={"fires": ()})
    columns = []
    for at, row in enumerate(account.rows):
        ran = run_row(row, account, model, targets)
        columns.append([_active(one, ran.prompt, ran.positions(one.slot)) for one in chosen])
        say(at + 1, len(account.rows))
    fires = tuple(
        Fires(node=one.id, values=tuple(column[n] for column in columns))
        for n, one in enumerate(chosen)
    )
    return account.model_copy(update={"fires": fires})


def _active(one: SetNeuron, prompt: SteeredPrompt, positions: list[int]) -> float:
    return sum(prompt.activation(one.layer, one.index, at) for at in positions)
