"""One pass over texts keeps what one finds who has all of them in memory."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.texts_read import batch_of
from tracer.interventions.texts.batch import BEFORE, NOTHING, WINDOW, Context
from tracer.interventions.texts.ranges import EACH, STEPS, lot_of
from tracer.interventions.texts.running import STRONGEST, Running
from tracer.interventions.texts.sample import OF_EACH, PLACES
from tracer.interventions.texts.spread import FINE

FEATURES, LABELS = 5, 3


def made_up(count: int) -> tuple[list[Context], list[Tensor]]:
    """Contexts of 3 to 40 tokens; one feature never goes below zero, one is never active, and one
    has a value a thousand times larger late in the texts."""
    chance = torch.Generator().manual_seed(5)
    contexts, values = [], []
    for number in range(count):
        length = int(torch.randint(3, 41, (1,), generator=chance))
        tokens = torch.randint(0, 90, (length,), generator=chance).tolist()
        contexts.append(Context(number, tokens, number % LABELS, number % 5 == 4))
        one = torch.randn(length, FEATURES, generator=chance)
        one[:, 1] = one[:, 1].relu()
        one[:, 2] = 0
        values.append(one)
    values[count * 3 // 4][1, 3] = 2000.0
    return contexts, values


def read(contexts: list[Context], values: list[Tensor], size: int) -> Running:
    running = Running.empty(FEATURES, LABELS)
    for at in range(0, len(contexts), size):
        running.add(batch_of(contexts[at : at + size], values[at : at + size]))
    return running


@pytest.fixture(scope="module")
def texts() -> tuple[list[Context], list[Tensor]]:
    return made_up(200)


@pytest.fixture(scope="module")
def running(texts: tuple[list[Context], list[Tensor]]) -> Running:
    return read(*texts, 7)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("held_out", [False, True])
def test_the_strongest_are_those_of_all(
    texts: tuple[list[Context], list[Tensor]], running: Running, sign: int, held_out: bool
) -> None:
    names = ("tried_highest", "tried_lowest") if held_out else ("highest", "lowest")
    side = getattr(running, names[sign < 0])
    for feature in range(FEATURES):
        all_peaks = [
            (float((sign * one[:, feature]).max()), -context.number)
            for context, one in zip(*texts, strict=True)
            if context.held_out == held_out
        ]
        best = sorted((one for one in all_peaks if one[0] > 0), reverse=True)
        best = best[: side.values.shape[1]]
        there = int((side.contexts[feature] >= 0).sum())
        assert there == len(best)
        assert side.values[feature, :there].tolist() == pytest.approx([one for one, _ in best])
        assert side.contexts[feature, :there].tolist() == [-number for _, number in best]
        assert side.labels[feature, :there].tolist() == [-number % LABELS for _, number in best]


def test_a_window_is_what_stands_around_the_place(
    texts: tuple[list[Context], list[Tensor]], running: Running
) -> None:
    contexts, values = texts
    for rank in range(STRONGEST):
        number = int(running.highest.contexts[0, rank])
        own = values[number][:, 0]
        place = int(own.argmax())
        for at in range(WINDOW):
            token = int(running.highest.tokens[0, rank, at])
            there = place - BEFORE + at
            if 0 <= there < len(own):
                assert token == contexts[number].tokens[there]
                value = float(running.highest.activations[0, rank, at])
                assert value == pytest.approx(float(own[there]))
            else:
                assert token == NOTHING


def test_every_step_of_strength_holds_the_contexts_with_the_lowest_lots(
    texts: tuple[list[Context], list[Tensor]], running: Running
) -> None:
    for feature in (0, 1, 3):
        peaks = {
            context.number: float(one[:, feature].max())
            for context, one in zip(*texts, strict=True)
            if not context.held_out and float(one[:, feature].max()) > 0
        }
        steps = {
            number: int((2 * torch.tensor(peak).log2()).floor()) for number, peak in peaks.items()
        }
        top = max(steps.values())
        for step in range(top - STEPS + 1, top + 1):
            slot = step % STEPS
            inside = sorted((lot_of(one), one) for one in peaks if steps[one] == step)
            if not inside:
                continue
            assert int(running.ranges.steps[feature, slot]) == step
            there = running.ranges.lots[feature, slot] < 1
            kept = running.ranges.contexts[feature, slot][there].tolist()
            assert sorted(kept) == sorted(number for _, number in inside[:EACH])


def test_activations_are_counted_as_they_are_spread(
    texts: tuple[list[Context], list[Tensor]], running: Running
) -> None:
    everything = torch.cat(texts[1])
    spread = running.spread
    assert running.tokens == len(everything)
    for feature in range(FEATURES):
        own = everything[:, feature]
        assert float(spread.highest[feature]) == pytest.approx(max(float(own.max()), 0))
        assert float(spread.lowest[feature]) == pytest.approx(min(float(own.min()), 0))
        assert int(spread.zeros[feature]) == int((own == 0).sum())
        assert int(spread.counts[feature].sum()) == len(own)
        bound = float(spread.bounds[feature])
        bins = (own.double() / bound * FINE).floor().long() + FINE
        exact = torch.bincount(bins, minlength=2 * FINE)
        assert (exact - spread.counts[feature]).abs().sum() <= 4  # on an edge, by rounding
        if feature == 2:
            assert spread.histogram(feature, 8) is None
            continue
        ends = (min(float(own.min()), 0.0), max(float(own.max()), 0.0))
        expected = torch.histc(own[own != 0], 8, *ends)
        found = torch.tensor(spread.histogram(feature, 8))
        assert float(found.sum()) == pytest.approx(float(expected.sum()), abs=1)
        slack = 0.02 * len(own) if feature != 3 else len(own)  # one value far from all others
        assert float((found - expected).abs().max()) < slack
        half = float(own.max()) / 2
        share = float((own >= half).double().mean())
        assert spread.at_least(feature, half) == pytest.approx(share, abs=0.01)
        if ends[0] < 0 and feature != 3:  # whose bins are as wide as its one large value needs
            share = float((own <= ends[0] / 2).double().mean())
            assert spread.at_least(feature, ends[0] / 2) == pytest.approx(share, abs=0.01)


def test_the_sample_is_of_texts_held_out_and_true(
    texts: tuple[list[Context], list[Tensor]], running: Running
) -> None:
    sample = running.sample
    held_out = [one for one in texts[0] if one.held_out]
    assert len(sample.lots) == min(PLACES, OF_EACH * len(held_out))
    for at in range(0, len(sample.lots), 9):
        number, token = int(sample.contexts[at]), int(sample.tokens[at, BEFORE])
        context, values = texts[0][number], texts[1][number]
        assert context.held_out
        places = [place for place, one in enumerate(context.tokens) if one == token]
        assert any(torch.equal(values[place], sample.values[at]) for place in places)


def test_what_is_found_does_not_depend_on_how_contexts_were_read(
    texts: tuple[list[Context], list[Tensor]], running: Running
) -> None:
    for size in (1, 64):
        other = read(*texts, size)
        for name, tensor in running.tensors().items():
            torch.testing.assert_close(other.tensors()[name], tensor, msg=f"{name}, {size}")


def test_taken_up_it_goes_on_as_if_never_put_down(
    texts: tuple[list[Context], list[Tensor]], running: Running
) -> None:
    contexts, values = texts
    put_down = read(contexts[:70], values[:70], 7).tensors()
    again = Running.empty(FEATURES, LABELS)
    again.take_up(put_down)
    for at in range(70, len(contexts), 7):
        again.add(batch_of(contexts[at : at + 7], values[at : at + 7]))
    for name, tensor in running.tensors().items():
        torch.testing.assert_close(again.tensors()[name], tensor, msg=name)
    with pytest.raises(ValueError, match="is"):
        Running.empty(FEATURES + 1, LABELS).take_up(put_down)


def test_it_grows_with_features_and_not_with_texts() -> None:
    def size(running: Running) -> int:
        kept = [one for name, one in running.tensors().items() if "sample" not in name]
        return sum(one.nbytes for one in kept)

    assert size(read(*made_up(400), 16)) == size(Running.empty(FEATURES, LABELS))
    assert size(Running.empty(100, 1)) < 100 * 46_000
    many = read(*made_up(3000), 64).sample
    assert len(many.lots) == PLACES
