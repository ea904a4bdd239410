"""A language model's name is scored on places it was not shown, and kept only where it tells."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.interventions.texts.test_naming import spots, word
from tracer.interventions.texts.conditions import Spot
from tracer.interventions.texts.explaining import NAME_IT, QUIET, explain, shown
from tracer.interventions.texts.naming import Evidence

READ = [one for one in spots(3000, 2) if word(one) == "Paris"][:32]
TRIED = [one for one in spots(3000, 3) if word(one) == "Paris"][:24]
DRAWN = [one for one in spots(200, 1) if word(one) != "Paris"]
_LINE = re.compile(r"^(\d+): (.*)$", re.MULTILINE)


@dataclass
class Scripted:
    """Gives one name, and rates each text by a rule."""

    called: str
    rate: Callable[[str], object]
    prompts: list[str] = field(default_factory=list)
    name = "scripted"

    def answer(self, prompt: str, tokens: int) -> str:
        assert tokens > 0
        self.prompts.append(prompt)
        if "eight words" in prompt:
            return self.called
        return "\n".join(f"{number}: {self.rate(text)}" for number, text in _LINE.findall(prompt))


def explained(asked: Scripted, tried: list[Spot] = TRIED, *, below: bool = False) -> object:
    evidence = Evidence(READ, tried, 0, below=below)
    return explain(evidence, DRAWN, [" Rome", " city"], asked, "22_580")


def marked(text: str) -> int:
    return 9 if "⟦ Paris⟧" in text else 1


def test_a_name_that_tells_is_kept_with_model_prompt_and_score() -> None:
    asked = Scripted("<think>Hm.\nWell.</think>\n“**the city of Paris**.”\nBecause …", marked)
    found = explained(asked, below=True)
    assert found is not None
    assert found.model_dump(by_alias=True, exclude_none=True) == {  # type: ignore[attr-defined]
        "name": "the city of Paris",
        "from": "texts",
        "auroc": 1.0,
        "tried": len(TRIED) + QUIET,
        "confident": True,
        "below": True,
        "by": "scripted",
        "prompt": NAME_IT,
    }
    name_it, *rate_it = asked.prompts
    assert all(shown(one) in name_it for one in READ[:12]) and "“Rome”, “city”" in name_it
    held_out = "\n".join(rate_it)
    assert not any(shown(one) in name_it for one in TRIED)
    assert all(shown(one) in held_out for one in TRIED)
    assert len(rate_it) == 4  # of sixteen, strong and weak mixed
    assert all(0 < one.count("⟦ Paris⟧") < 16 for one in rate_it)


def test_the_same_is_asked_again_the_same_way() -> None:
    one, other = (Scripted("x", marked) for _ in range(2))
    assert explained(one) == explained(other)
    assert one.prompts == other.prompts


@pytest.mark.parametrize(
    "rate",
    [
        lambda _: 5,  # says nothing
        lambda _: "it fits well",  # no rating: undecided
        lambda text: 10 - marked(text),  # the contrary
        lambda text: len(text) % 10,
    ],
)
def test_a_name_that_tells_nothing_is_not_kept(rate: Callable[[str], object]) -> None:
    assert explained(Scripted("whatever", rate)) is None


def test_half_of_it_is_told_by_half_a_score() -> None:
    """Of the strong places in texts held out only half are at “Paris”."""
    tried = [*TRIED[:12], *[one for one in spots(100, 6) if word(one) != "Paris"][:12]]
    found = explained(Scripted("Paris", marked), tried)
    assert found is not None
    assert found.auroc == pytest.approx(0.75)  # type: ignore[attr-defined]
    assert not found.confident  # type: ignore[attr-defined]


def test_a_name_that_also_fits_many_others_is_none_to_rely_on() -> None:
    """It tells them apart by order, but says of a quarter of the others that it fits."""
    rate = lambda text: 10 if marked(text) == 9 else 6 if len(text) % 4 == 0 else 0  # noqa: E731
    found = explained(Scripted("words", rate))
    assert found is not None
    assert found.auroc == 1.0 and not found.confident  # type: ignore[attr-defined]


@pytest.mark.parametrize("called", ["", "\n \n", "“”", "<think>without end"])
def test_no_name_is_none(called: str) -> None:
    asked = Scripted(called, marked)
    assert explained(asked) is None
    assert len(asked.prompts) == 1


def test_too_few_places_are_not_asked_about() -> None:
    asked = Scripted("x", marked)
    assert explained(asked, TRIED[:3]) is None
    assert asked.prompts == []
