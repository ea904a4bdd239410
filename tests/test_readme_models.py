"""README's tables of families and of layouts are what the tests try and the program reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.features.test_transcoders import FAMILIES as WITH_SETS
from tests.features.test_transcoders import LATER as WITH_SETS_LATER
from tests.features.test_transcoders import OTHERS as WITH_SETS_ONCE
from tests.tiny_models import FAMILIES, LATER
from tracer.documents.sources import HUB_FEATURES, SHORTHANDS
from tracer.features.weights.layouts import LAYOUTS
from tracer.model.architectures import ARCHITECTURES, Architecture, architecture_of

TEXT = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
YES = "exact"


def tried() -> dict[str, tuple[bool, bool]]:
    """By family's name: whether it is tried every day, and whether sets of transcoders are."""
    found: dict[str, tuple[bool, bool]] = {}
    for name, make in {**FAMILIES, **LATER}.items():
        assert name in (*WITH_SETS, *WITH_SETS_LATER, *WITH_SETS_ONCE)
        family = architecture_of(make().model_type).family
        daily, sets = found.get(family, (False, False))
        found[family] = (daily or name in FAMILIES, sets or name in WITH_SETS)
    return found


def row(one: Architecture, daily: bool, sets: bool) -> str:
    types = ", ".join(f"`{name}`" for name in one.model_types)
    with_sets = f"{YES} (all three)" + ("" if sets or not daily else ", in `make test-all`")
    when = "each day" if daily else "forward and books each day, the rest in `make test-all`"
    return f"| {one.examples} | {types} | {YES} | {YES} | {YES} | {with_sets} | {when} |"


def test_the_table_of_families_is_what_the_tests_try() -> None:
    here = tried()
    assert set(here) == {one.family for one in ARCHITECTURES}
    expected = [row(one, *here[one.family]) for one in ARCHITECTURES]
    match = re.search(r"<!-- families: from tests/ -->(.*?)<!-- families: end -->", TEXT, re.DOTALL)
    assert match is not None
    found = [line for line in match[1].splitlines() if line.startswith("| ") and "`" in line]
    assert found[1:] == expected, "\n".join(expected)


def test_every_layout_has_a_row() -> None:
    begin = TEXT.index("| layout ")
    table = TEXT[begin : TEXT.index("\n\n", begin)]
    for layout in LAYOUTS:
        first = layout.name.partition(" (")[0].partition(",")[0].removesuffix("' transcoders")
        known = {"per-layer transcoders": "circuit-tracer, per layer"}
        known["cross-layer transcoders"] = "circuit-tracer, across layers"
        assert known.get(first, first) in table, first


LINES = re.findall(r"^\| [^|]+\| `(hf:\S+|gemma|llama)` ", TEXT, re.MULTILINE)


def test_there_is_a_table_of_sets() -> None:
    assert len(LINES) >= 15


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_loads_a_set_is_one_that_is_understood(line: str) -> None:
    assert HUB_FEATURES.match(SHORTHANDS.get(line, line))
