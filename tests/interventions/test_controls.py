"""Controls are as loud, at the same places, and never members."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.features.dictionaries import write_plt
from tests.tiny_models import PROMPT
from tracer.errors import TracerError
from tracer.interventions.controls import DRAWS, NEAREST, Controls, Member
from tracer.interventions.steered_pass import Setting, SteeredPrompt
from tracer.interventions.targets import find_targets
from tracer.model.load import Model


@pytest.fixture(scope="module")
def prompt(llama: Model) -> SteeredPrompt:
    return SteeredPrompt(
        llama, find_targets(llama, "neurons"), llama.tokenizer.encode_prompt(PROMPT)
    )


def written(prompt: SteeredPrompt, one: Setting) -> float:
    loudness = prompt.targets.loudness(one.layer, torch.tensor([one.index]))
    return abs(prompt.activation(one.layer, one.index, one.position)) * float(loudness[0])


def members(factor: float | None = 0.0, value: float = 0.0) -> list[Member]:
    places = [(0, 3, 2), (0, 8, 2), (1, 30, 5), (2, 11, 7)]
    return [Member(Setting(*place, value), factor) for place in places]


def test_each_stands_where_its_member_stands_and_is_among_the_nearest(
    prompt: SteeredPrompt,
) -> None:
    chosen = members()
    own = {one.place for one in chosen}
    draws = Controls(prompt).draw(chosen, seed=3)
    assert len(draws) == DRAWS
    for draw in draws:
        assert [(one.layer, one.position) for one in draw] == [
            (p[0], p[2]) for p in map(_place, chosen)
        ]
        places = {(one.layer, one.index, one.position) for one in draw}
        assert len(places) == len(draw) and not places & own
        for member, one in zip(chosen, draw, strict=True):
            layer, _, position = member.place
            width = prompt.targets.widths[layer]
            free = [i for i in range(width) if (layer, i, position) not in own]
            target = written(prompt, member.setting)
            gaps = sorted(
                abs(written(prompt, Setting(layer, i, position, 0)) - target) for i in free
            )
            # One other member of the same place may have taken one of the ten.
            assert abs(written(prompt, one) - target) <= gaps[NEAREST] + 1e-12
    assert len({tuple(one.index for one in draw) for draw in draws}) > 10


def _place(member: Member) -> tuple[int, int, int]:
    return member.place


def test_the_same_seed_draws_the_same(prompt: SteeredPrompt) -> None:
    first, again, other = (Controls(prompt).draw(members(), seed=seed) for seed in (3, 3, 4))
    assert first == again != other


def test_what_is_scaled_is_scaled_and_what_is_set_writes_as_much_more(
    prompt: SteeredPrompt,
) -> None:
    for one in Controls(prompt).draw(members(factor=-2.0), seed=1)[0]:
        own = prompt.activation(one.layer, one.index, one.position)
        assert one.value == pytest.approx(-2 * own)
    chosen = members(factor=None, value=4.0)
    for member, one in zip(chosen, Controls(prompt).draw(chosen, seed=1)[0], strict=True):
        sizes = []
        for setting in (member.setting, one):
            loudness = prompt.targets.loudness(setting.layer, torch.tensor([setting.index]))
            own = prompt.activation(setting.layer, setting.index, setting.position)
            sizes.append(abs(setting.value - own) * float(loudness[0]))
        assert sizes[0] == pytest.approx(sizes[1])


def test_places_without_others_are_said(llama: Model, tmp_path: Path) -> None:
    features = str(write_plt(tmp_path, more="activation: topk\nk: 1\n"))
    ids = llama.tokenizer.encode_prompt(PROMPT)
    prompt = SteeredPrompt(llama, find_targets(llama, features), ids)
    active = prompt.targets.active(1, prompt.baseline.reads[1][0])
    only = Setting(1, int(active.indices[0]), int(active.positions[0]), 0.0)
    with pytest.raises(TracerError, match="too few other features are active"):
        Controls(prompt).draw([Member(only, 0.0)], seed=1)
