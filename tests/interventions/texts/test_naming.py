"""Features that were planted get the name of what was planted, and others none to rely on."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache

import pytest

from tracer.documents.texts import Sort
from tracer.interventions.texts.conditions import Spot, conditions_of
from tracer.interventions.texts.naming import (
    CONFIDENT,
    LEAST,
    Evidence,
    Places,
    Pushed,
    auroc_of,
    suggest,
)

COMMON = [" the", " of", " a", " and", " in", " to", " was", ",", "."]
RARE = [f" {''.join(word)}" for word in zip("bcdfghkl", "aeiouaei", "rstlnrst", strict=True)]
ODD = [" Paris", " 1984", " rivers", " river", "\n", " ü", " (", ")", " lang", "uage"]
ENGLISH, ITALIAN = Sort(language="en"), Sort(language="it")
Strong = Callable[[Spot], bool]


def spots(count: int, seed: int) -> list[Spot]:
    """Places in texts of words drawn by lot, a third of them Italian."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        tokens = chance.choices([*COMMON * 3, *RARE, *ODD], k=21)
        at = chance.choice([14, 14, 14, 3])
        found.append(Spot(tuple(tokens), at, ITALIAN if chance.random() < 1 / 3 else ENGLISH))
    return found


@cache
def many(seed: int) -> list[Spot]:
    return spots(12_000, seed)


@pytest.fixture(scope="module")
def drawn() -> list[Spot]:
    return spots(1500, 1)


@pytest.fixture(scope="module")
def places(drawn: list[Spot]) -> Places:
    return Places.of(drawn, range(len(drawn)))


def evidence(strong: Strong, drawn: Sequence[Spot], **more: object) -> Evidence:
    read, tried = (
        [one for one in many(seed) if strong(one)][:count] for seed, count in ((2, 32), (3, 24))
    )
    quiet = sum(1 << at for at, one in enumerate(drawn) if not strong(one))
    return Evidence(read, tried, quiet, **more)  # type: ignore[arg-type]


def word(spot: Spot, offset: int = 0) -> str:
    return spot.tokens[spot.at + offset].strip()


@pytest.mark.parametrize(
    ("strong", "name"),
    [
        (lambda one: word(one) == "Paris", "“Paris”"),
        (lambda one: word(one).startswith("river"), "“river”, “rivers”"),
        (lambda one: word(one, -1) == "Paris", "after “Paris”"),
        (lambda one: word(one, +1) == "Paris", "before “Paris”"),
        (lambda one: word(one) == "1984", "“1984”"),
        (lambda one: word(one) == "of" and word(one, -1) == "Paris", "“of” after “Paris”"),
        (lambda one: word(one) == "of" and one.sort == ITALIAN, "“of” in Italian"),
        (lambda one: one.sort == ITALIAN, "Italian"),
        (lambda one: "\n" in one.tokens[one.at], "a line's end"),
    ],
)
def test_what_was_planted_is_the_name(
    strong: Strong, name: str, drawn: list[Spot], places: Places
) -> None:
    found = suggest(evidence(strong, drawn), places)
    assert found is not None
    assert found.name.replace("“rivers”, “river”", "“river”, “rivers”") == name
    assert found.auroc == pytest.approx(1.0, abs=0.02)
    assert found.confident and found.tried and found.tried > 500


def test_a_feature_that_is_strong_anywhere_has_no_name_to_rely_on(
    drawn: list[Spot], places: Places
) -> None:
    for seed in range(20):
        chance = random.Random(seed)
        read, tried = chance.sample(spots(500, 4), 32), chance.sample(spots(500, 5), 24)
        found = suggest(Evidence(read, tried, (1 << len(drawn)) - 1), places)
        assert found is None or (LEAST <= (found.auroc or 0) < CONFIDENT and not found.confident)


def test_a_name_that_held_by_chance_is_found_out_on_other_texts(
    drawn: list[Spot], places: Places
) -> None:
    planted = evidence(lambda one: word(one) == "Paris", drawn)
    others = [one for one in spots(200, 6) if word(one) != "Paris"][:24]
    assert suggest(Evidence(planted.strong, others, planted.quiet), places) is None


def test_half_of_it_is_told_by_half_a_score(drawn: list[Spot], places: Places) -> None:
    """Strong at “Paris” in texts read; in those tried at “Paris” in half of the places."""
    planted = evidence(lambda one: word(one) == "Paris", drawn)
    others = [one for one in spots(200, 6) if word(one) != "Paris"][:12]
    found = suggest(Evidence(planted.strong, [*planted.tried[:12], *others], planted.quiet), places)
    assert found is not None
    assert found.auroc == pytest.approx(0.75, abs=0.01)
    assert not found.confident


def test_it_says_whether_a_word_is_read_in_graphs_and_which_side_it_is_about(
    drawn: list[Spot], places: Places
) -> None:
    found = suggest(evidence(lambda one: word(one) == "Paris", drawn), places)
    assert found is not None and found.origin == "texts" and found.below is None
    planted = evidence(lambda one: word(one) == "Paris", drawn, reads={"paris"}, below=True)
    found = suggest(planted, places)
    assert found is not None and found.origin == "reads" and found.below is True


def test_late_features_are_named_by_what_they_push_where_that_follows(
    drawn: list[Spot], places: Places
) -> None:
    chance = random.Random(9)
    read, tried = spots(32, 7), spots(24, 8)
    high, low = ([chance.gauss(mean, 1) for _ in range(1500)] for mean in (3, 0))
    pushed = Pushed(["Rome", "Milan", "Turin", "Pisa"], high[:32], high[32:56], low)
    quiet = (1 << len(drawn)) - 1
    late = suggest(Evidence(read, tried, quiet, pushed=pushed, depth=0.9), places)
    assert late is not None
    assert (late.name, late.origin) == ("pushes “Rome”, “Milan”, “Turin”", "pushes")
    assert late.auroc == pytest.approx(0.98, abs=0.02)
    early = suggest(Evidence(read, tried, quiet, pushed=pushed, depth=0.1), places)
    assert early is None or early.origin != "pushes"
    plain = evidence(lambda one: word(one) == "Paris", drawn, pushed=pushed, depth=0.9)
    clear = suggest(plain, places)
    assert clear is not None and clear.name == "“Paris”"


def test_with_few_places_nothing_is_said(drawn: list[Spot], places: Places) -> None:
    planted = evidence(lambda one: word(one) == "Paris", drawn)
    assert suggest(Evidence(planted.strong[:7], planted.tried, planted.quiet), places) is None
    assert suggest(Evidence(planted.strong, planted.tried[:7], planted.quiet), places) is None


def test_the_same_evidence_gives_the_same_name(drawn: list[Spot], places: Places) -> None:
    planted = evidence(lambda one: word(one).startswith("river"), drawn)
    again = Evidence(planted.strong[::-1], planted.tried[::-1], planted.quiet)
    first, second = suggest(planted, places), suggest(again, places)
    assert first == second


def test_auroc_is_the_chance_of_the_larger_value() -> None:
    assert auroc_of([3, 4], [1, 2]) == 1
    assert auroc_of([1, 1], [1, 1]) == 0.5
    assert auroc_of([2, 0], [1, 1, 1, 1]) == 0.5
    assert auroc_of([], [1]) == 0.5


def test_what_is_so_at_a_place() -> None:
    spot = Spot((" The", " lang", "uages", " of", " («", "Rome", "»", ","), 2, ITALIAN)
    found = {(one.kind, one.value) for one in conditions_of(spot)}
    assert ("word", "languages") in found and ("is", "uages") in found
    assert ("after", "lang") in found and ("before", "of") in found
    assert ("ends", "ges") in found and ("begins", "lang") in found
    assert ("near", "languages") in found and ("text", "Italian") in found
    assert ("shape", "the rest of a word") in found
    inside = {(one.kind, one.value) for one in conditions_of(Spot(spot.tokens, 5, ITALIAN))}
    assert ("within", "(") in inside and ("within", "«") in inside
    assert ("shape", "a word with a capital") in inside
    bytes_ = conditions_of(Spot((" <0xC3>", "<0xA9>"), 0))
    assert not {one for one in bytes_ if one.kind in ("is", "shape")}
    assert ("text", "code") in conditions_of(Spot(("x",), 0, Sort(language="C", kind="code")))
