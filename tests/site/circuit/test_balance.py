"""What a picture of an account says adds up, however people cut their groups."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.random_accounts import ANSWER, FEATURES, INPUTS, make_account
from tracer.documents.annotations import Annotations
from tracer.documents.evidence import SilencedGroup, SilencedGroups
from tracer.documents.graph import Graph
from tracer.documents.parts.ledger import Ledger
from tracer.documents.parts.parts import Parts
from tracer.site.circuit.boxes import Circuit
from tracer.site.circuit.circuit import summarise
from tracer.site.circuit.layout import lay_out_pictures
from tracer.site.circuit.svg import draw

PRINTED = 1e-4  # six digits, of many lines


def circuit_of(groups: dict[str, Any], *, seed: int = 0, parts: bool = True) -> Circuit:
    graph, packed = make_account(seed=seed)
    annotations = Annotations.model_validate({"groups": groups})
    circuit = summarise(graph, annotations, packed if parts else Parts())
    assert circuit is not None
    return circuit


def pictures_of(circuit: Circuit) -> list[ET.Element]:
    return list(ET.fromstring(f"<p>{draw(lay_out_pictures(circuit), title='t')}</p>"))


def number(element: ET.Element, name: str) -> float:
    return float(element.get(f"data-{name}", "0"))


def assert_adds_up(picture: ET.Element, quantity: float) -> None:
    """By the numbers in the picture alone."""
    into: dict[str, float] = defaultdict(float)
    out: dict[str, float] = defaultdict(float)
    for line in picture.iter("path"):
        if line.get("data-net") is not None:
            out[line.get("data-source", "")] += number(line, "net")
            into[line.get("data-target", "")] += number(line, "net")
            assert number(line, "gross") >= abs(number(line, "net")) - PRINTED
    boxes = [one for one in picture.iter("g") if one.get("data-through") is not None]
    for box in boxes:
        key = box.get("data-box", "")
        flowing_in = into[key] + number(box, "rest-in") + number(box, "own")
        flowing_out = out[key] + number(box, "rest-out")
        if key == "answer":
            assert flowing_in - flowing_out == pytest.approx(quantity, abs=PRINTED)
            assert number(box, "through") == pytest.approx(quantity, abs=PRINTED)
        else:
            assert flowing_in == pytest.approx(number(box, "through"), abs=PRINTED)
            assert flowing_out == pytest.approx(number(box, "through"), abs=PRINTED)
    drawn = {box.get("data-box") for box in boxes}
    assert {*into, *out} <= drawn
    assert sum(number(box, "rest-in") for box in boxes) == pytest.approx(
        sum(number(box, "rest-out") for box in boxes), abs=PRINTED
    )
    assert sum(number(box, "own") for box in boxes) == pytest.approx(quantity, abs=PRINTED)


def group(*nodes: str) -> dict[str, Any]:
    return {"name": f"{len(nodes)} nodes", "nodes": list(nodes)}


GROUPINGS: dict[str, dict[str, Any]] = {
    "automatic": {},
    "one": {"a": group("0_2_4", "1_4_4")},
    "not along layers": {"a": group("0_1_2", "2_12_5"), "b": group("1_4_4", "1_5_4", "2_7_4")},
    "a node in two": {"a": group("0_2_4", "1_4_4"), "b": group("1_4_4", "2_8_5")},
    "one in the other": {"a": group("0_2_4", "1_4_4", "2_8_5"), "b": group("1_4_4")},
    "the same twice": {"a": group("1_4_4", "2_8_5"), "b": group("1_4_4", "2_8_5")},
    "an empty one": {"a": group("9_9_9"), "b": group("1_4_4")},
    "words in it": {"a": group("E_4_4", "0_2_4"), "b": group("E_0_0")},
    "words alone": {"a": group("E_3_3", "E_4_4")},
    "the start and biases": {"a": group("E_0_0", "E_biases_0", "1_4_4")},
    "the answer in it": {"a": group(ANSWER, "2_12_5"), "b": group("0_2_4")},
    "the answer below others": {"a": group(ANSWER, "0_1_2", "1_4_4", "E_5_5"), "b": group("2_9_5")},
    "everything": {"a": group(*FEATURES, *INPUTS)},
}


@pytest.mark.parametrize("groups", GROUPINGS.values(), ids=GROUPINGS.keys())
def test_the_numbers_in_the_picture_add_up(groups: dict[str, Any]) -> None:
    circuit = circuit_of(groups)
    graph, _ = make_account()
    account = graph.metadata.tracer.account  # type: ignore[union-attr]
    assert account is not None
    for picture in pictures_of(circuit):
        assert_adds_up(picture, account.quantity)


members = st.lists(st.sampled_from([*FEATURES, *INPUTS]), min_size=1, max_size=9, unique=True)


@settings(max_examples=40, deadline=None)
@given(st.lists(members, min_size=1, max_size=5), st.integers(0, 3))
def test_whatever_people_group_adds_up(groups: list[list[str]], seed: int) -> None:
    made = {f"g{at}": group(*nodes) for at, nodes in enumerate(groups)}
    circuit = circuit_of(made, seed=seed)
    graph, _ = make_account(seed=seed)
    account = graph.metadata.tracer.account  # type: ignore[union-attr]
    assert account is not None
    assert_adds_up(pictures_of(circuit)[0], account.quantity)


def test_a_feature_that_is_asked_about_is_the_answer_and_in_no_box() -> None:
    graph, parts = make_account()
    fields = json.loads(graph.to_json())
    fields["metadata"]["tracer"]["question"] = {"kind": "feature", "target": ANSWER}
    (asked,) = (node for node in fields["nodes"] if node["node_id"] == ANSWER)
    asked["feature_type"] = "neuron"
    circuit = summarise(Graph.model_validate(fields), Annotations(), parts)
    assert circuit is not None
    assert circuit.balance is not None
    assert not any(ANSWER in box.parts[0].nodes for box in circuit.groups)
    for picture in pictures_of(circuit):
        assert_adds_up(picture, circuit.balance.quantity)


def test_what_flows_through_a_group_is_what_the_ledger_says() -> None:
    circuit = circuit_of({"a": group("0_2_4", "1_4_4", "2_8_5"), "b": group("1_5_4", "2_9_5")})
    _, parts = make_account()
    assert parts.flows is not None
    ledger = Ledger(parts.flows)
    assert circuit.balance is not None
    for box in circuit.groups:
        through = ledger.through(box.parts[0].nodes)
        assert circuit.balance.through[box.key] == pytest.approx(through)


def test_features_in_no_group_are_one_pale_box() -> None:
    circuit = circuit_of({"a": group("0_2_4", "1_4_4")})
    other = circuit.groups[-1]
    assert other.kind == "other"
    assert set(other.parts[0].nodes) == {*FEATURES} - {"0_2_4", "1_4_4"}
    around = [line for line in circuit.lines if circuit.is_around(line)]
    assert {"other"} < {end for line in around for end in (line.source, line.target)}
    assert not any(box.kind == "other" for box in circuit_of({"a": group(*FEATURES)}).groups)


def test_words_of_boxes_are_shown_with_whether_they_were_confirmed() -> None:
    circuit = circuit_of({})
    assert circuit.automatic
    confirmed, other = (box for box in circuit.groups if box.kind == "group")
    if confirmed.detail < other.detail:
        confirmed, other = other, confirmed
    by_mark = {any("✓" in line for line in box.words): box for box in (confirmed, other)}
    assert by_mark.keys() == {True, False}
    assert "not confirmed" in by_mark[False].words
    assert any("Confirmed" in line for line in by_mark[True].told)
    assert all(any(line.startswith("reads ") for line in box.words) for box in by_mark.values())


def test_peoples_names_stand_for_their_groups_with_words_beneath() -> None:
    mine, *_ = circuit_of({"a": {"name": "Mine", "nodes": ["1_4_4", "2_8_5"]}}).groups
    assert mine.name == "Mine"
    assert any(line.startswith(("pushes ", "against ")) for line in mine.words)
    assert "not tested" in mine.words


def test_no_more_than_nine_boxes_are_found_and_small_ones_are_among_the_others() -> None:
    graph, parts = make_account()
    info = graph.metadata.tracer
    assert info is not None
    assert info.account is not None
    box = info.account.boxes[0]
    boxes = tuple(
        box.model_copy(update={"id": f"box-{at}", "nodes": (one,), "through": 1.0 + at})
        for at, one in enumerate(FEATURES)
    )
    account = info.account.model_copy(update={"boxes": boxes})
    metadata = graph.metadata.model_copy(
        update={"tracer": info.model_copy(update={"account": account})}
    )
    circuit = summarise(graph.model_copy(update={"metadata": metadata}), Annotations(), parts)
    assert circuit is not None
    found = [one for one in circuit.groups if one.kind == "group"]
    assert len(found) == 9
    assert {node for one in circuit.groups for node in one.parts[0].nodes} == {*FEATURES}
    assert circuit.groups[-1].kind == "other"


def test_without_the_packed_flows_the_drawn_links_are_shown_and_what_they_hold() -> None:
    circuit = circuit_of({}, parts=False)
    assert circuit.balance is not None
    assert circuit.balance.held == pytest.approx(0.8)
    known, whole = circuit_of({}), circuit
    assert {(one.source, one.target) for one in whole.lines} == {
        (one.source, one.target) for one in known.lines
    }
    assert [box.amount for box in whole.groups if box.kind == "group"] == [
        box.amount for box in known.groups if box.kind == "group"
    ]


def test_a_group_that_was_silenced_shows_the_words_that_held() -> None:
    graph, parts = make_account()
    annotations = Annotations.model_validate({"groups": {"two": group(*FEATURES[:2])}})

    def words(**found: Any) -> str:
        silenced = SilencedGroups(groups=(SilencedGroup(nodes=FEATURES[:2], **found),))
        circuit = summarise(graph, annotations, parts, silenced)
        assert circuit is not None
        return " ".join(circuit.groups[0].words)

    both = {"pushes": ("Paris",), "opposes": ("Lyon",)}
    held = words(confirmed=0.8, **both)
    assert "\N{CHECK MARK}" in held and ("Paris" in held or "Lyon" in held)
    assert "not confirmed" in words(confirmed=0.3)
    assert "not tested" in words(confirmed=None)
    other = SilencedGroups(groups=(SilencedGroup(nodes=FEATURES[:3], confirmed=0.9),))
    circuit = summarise(graph, annotations, parts, other)
    assert circuit is not None and "not tested" in " ".join(circuit.groups[0].words)
