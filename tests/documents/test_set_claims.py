"""Which neurons of a set people mean."""

from __future__ import annotations

import pytest

from tests.builders import make_set
from tracer.documents.set_account import SetAccount
from tracer.documents.set_claims import SetGroup
from tracer.errors import TracerError


@pytest.fixture
def account() -> SetAccount:
    """A set one of whose slots is white space, as in `{a} + {b} = `."""
    made = make_set()
    first, *others = made.neurons
    blank = first.model_copy(update={"slot": "  2"})
    return made.model_copy(update={"neurons": (blank, *others)})


@pytest.mark.parametrize("slot", ["  2", "␣ 2"])
def test_a_slot_is_written_as_it_is_or_as_it_is_shown(account: SetAccount, slot: str) -> None:
    blank = account.neurons[0]
    assert SetGroup(nodes=(f"{blank.name}@{slot}",)).members(account) == [blank]
    everything = ("core", "sometimes", "noise")
    assert SetGroup(at=slot, kinds=everything).members(account) == [blank]


def test_a_node_that_is_not_listed_is_told_with_the_nearest(account: SetAccount) -> None:
    blank = account.neurons[0]
    with pytest.raises(TracerError, match="does not list") as raised:
        SetGroup(nodes=(f"{blank.name}@␣ 3",)).members(account)
    assert blank.shown in (raised.value.hint or "")
