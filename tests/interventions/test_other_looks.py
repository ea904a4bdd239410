"""Controls of a look are other heads of its layer that look as much, if there are such."""

from __future__ import annotations

import pytest

from tests.tiny_models import PROMPT
from tracer.errors import TracerError
from tracer.interventions.other_looks import Seen, controls_of, seen
from tracer.model.frozen_pass import FrozenPass, freeze
from tracer.model.load import Model

WORDS = [(at, at + 1) for at in range(8)]


@pytest.fixture(scope="module")
def frozen(llama: Model) -> FrozenPass:
    return freeze(llama, llama.tokenizer.encode_prompt(PROMPT))


def test_those_that_look_there_as_much_come_first(frozen: FrozenPass) -> None:
    weakest = int(frozen.patterns[1][:, 6, 3].argmin())
    look = seen(frozen, 1, weakest, 6, [3])
    (drawn,) = zip(*controls_of(frozen, [look], WORDS, seed=1), strict=True)
    ranked = {one.head: one for one in drawn if one.keys == (3,)}
    assert sorted(ranked) == [head for head in range(frozen.n_heads) if head != weakest]
    assert all((one.layer, one.query) == (1, 6) and one.weight >= look.weight for one in drawn)


def test_a_head_that_looks_hardest_has_those_that_look_most_anywhere(frozen: FrozenPass) -> None:
    pattern = frozen.patterns[1][:, 6]
    head, key = divmod(int(pattern.argmax()), pattern.shape[1])
    drawn = controls_of(frozen, [seen(frozen, 1, head, 6, [key])], WORDS, seed=1)
    weights = sorted((one[0].weight for one in drawn), reverse=True)
    others = [row for at, row in enumerate(pattern[:, :6].tolist()) if at != head]
    expected = sorted((one for row in others for one in row), reverse=True)[:10]
    assert weights == pytest.approx(expected)
    assert all(one[0].head != head for one in drawn)


def test_no_two_draws_are_alike_and_the_same_seed_draws_the_same(frozen: FrozenPass) -> None:
    looks = [seen(frozen, 1, 0, 6, [3]), seen(frozen, 1, 2, 6, [3]), seen(frozen, 2, 1, 7, [4])]
    drawn = controls_of(frozen, looks, WORDS, seed=7)
    assert len(drawn) == 20 and all(one not in drawn[:at] for at, one in enumerate(drawn))
    assert drawn == controls_of(frozen, looks, WORDS, seed=7)
    assert not {(one.layer, one.head, one.query) for each in drawn for one in each} & {
        (1, 0, 6),
        (1, 2, 6),
        (2, 1, 7),
    }
    assert all(len(set(each)) == 3 for each in drawn)


def test_a_head_without_another_word_to_look_at_is_refused(frozen: FrozenPass) -> None:
    with pytest.raises(TracerError, match="looks nowhere else from token 1"):
        seen(frozen, 1, 0, 1, [0, 1])
    assert Seen(1, 0, 6, (3, 4), 0.5).knock_outs[1].key == 4
