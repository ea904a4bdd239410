"""`tracer check` closes a graph's books from its files alone, and says what is wrong with these."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.account_graphs import account_graph, save_account
from tests.builders import make_graph
from tracer.documents.graph import Graph
from tracer.documents.parts.parts import flows_file, words_file
from tracer.site.build import build
from tracer.site.check import check
from tracer.site.preview import Preview


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The one graph of a gallery, with an account and its parts."""
    file = tmp_path / "gallery" / "graphs" / "france-paris" / "1.json"
    save_account(*account_graph(), file)
    return file


def found(file: Path) -> list[str]:
    return [
        str(one.problem)
        for one in check(file.parents[2])
        if one.level == "warning" and "no write-up" not in str(one.problem)
    ]


def rewrite(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    change(document)
    Graph.model_validate(document).save(file)


def test_sound_books_are_told_nothing_of(file: Path) -> None:
    assert found(file) == []


def test_an_effect_that_was_changed_is_found(file: Path) -> None:
    rewrite(file, lambda one: one["nodes"][2].update(effect=one["nodes"][2]["effect"] * 1.001))
    told = found(file)
    assert any("the effect of 1_3_5" in one and "1.json" in one for one in told)


def test_a_share_or_the_quantity_that_was_changed_is_found(file: Path) -> None:
    rewrite(file, lambda one: one["metadata"]["tracer"]["account"].update(quantity=9.0))
    assert any("what words and constants add up to" in one for one in found(file))


def test_a_link_that_was_changed_is_found(file: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        link = next(one for one in document["links"] if one["target"] == "1_9_6")
        link["weight"] *= 1.01

    rewrite(file, change)
    assert [re.search(r"the links to \w+", one) is not None for one in found(file)] == [True]


def test_many_gaps_are_told_in_few_lines(file: Path) -> None:
    rewrite(file, lambda one: [node.update(effect=3.0) for node in one["nodes"][:5]])
    told = found(file)
    assert len(told) == 4 and "sums more do not add up" in told[-1]


@pytest.mark.parametrize("part", [flows_file, words_file], ids=["flows", "words"])
def test_a_part_that_is_missing_damaged_or_of_another_graph_is_one_warning(
    file: Path, part: Callable[[Path], Path], tmp_path: Path
) -> None:
    place = part(file)
    sound = place.read_bytes()
    for broken, says in (
        (None, "missing"),
        (sound[:-5], "cut short or damaged"),
        (sound.replace(b"0" * 64, b"1" * 64), "belongs to another graph"),
        (b"", "no "),
    ):
        place.unlink(missing_ok=True)
        if broken is not None:
            place.write_bytes(broken)
        (told,) = found(file)
        assert says in told and place.name in told
        build(file.parents[2], tmp_path / "site")
        page = tmp_path / "site" / "graphs" / "france-paris" / "index.html"
        assert "together" in page.read_text(encoding="utf-8")


def test_parts_of_other_features_are_refused(file: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        gone = {"0_7_4", "0_8_5"}
        document["nodes"] = [one for one in document["nodes"] if one["node_id"] not in gone]
        document["links"] = [one for one in document["links"] if not gone & set(one.values())]

    rewrite(file, change)
    told = found(file)
    assert len(told) == 2 and all("other features than the graph lists" in one for one in told)


def test_a_part_without_its_graph_is_told_and_so_is_one_that_nothing_reads(file: Path) -> None:
    flows_file(file.with_name("3.json")).write_bytes(b"x")
    (told,) = found(file)
    assert "there is no graph beside this" in told and "3.flows.bin" in told
    flows_file(file.with_name("3.json")).unlink()
    make_graph().save(file)
    told_too = found(file)
    assert len(told_too) == 2 and all("keeps no account" in one for one in told_too)


def test_bad_predictions_are_warned_of_by_name(file: Path) -> None:
    nodes = [{"node": "0_7_4", "predicted": -1.0, "actual": 0.5}]
    trial = {"nodes": nodes, "correlation": 0.41}
    rewrite(file, lambda one: one["metadata"]["tracer"]["account"].update(trial=trial))
    told = found(file)
    assert len(told) == 2
    assert "correlate 0.41 only" in told[0] and "0_7_4, one of the five strongest" in told[1]


def test_a_page_is_made_again_when_a_part_changes(file: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    page = site / "graphs" / "france-paris" / "index.html"
    lost = "The file that holds all flows is missing or damaged"

    def built() -> str:
        build(file.parents[2], site)
        return page.read_text(encoding="utf-8")

    assert lost not in built()
    assert (page.parent / "1.flows.bin").read_bytes() == flows_file(file).read_bytes()
    kept = flows_file(file).read_bytes()
    flows_file(file).unlink()
    assert lost in built()
    assert not (page.parent / "1.flows.bin").exists()
    flows_file(file).write_bytes(kept)
    assert lost not in built()


def test_a_preview_looks_again_at_a_part_that_was_written_into(file: Path, tmp_path: Path) -> None:
    preview = Preview(file.parents[2], tmp_path / "site")
    lost = b"The file that holds all flows is missing or damaged"

    def page() -> bytes:
        return preview.page("graphs/france-paris/index.html") or b""

    preview.look()
    assert b"together" in page() and lost not in page()
    flows_file(file).write_bytes(b"x")
    preview.look({flows_file(file)})
    assert lost in page()
