"""The strongest way from a word to the answer."""

from __future__ import annotations

from tests.builders import make_graph
from tracer.documents.annotations import Annotations
from tracer.site.circuit.circuit import summarise
from tracer.site.circuit.way import strongest_way

NODES = {"early": "0_7_4", "late": "1_3_4", "brake": "1_11_5"}
SAID = Annotations.model_validate(
    {"groups": {key: {"name": key, "nodes": [node]} for key, node in NODES.items()}}
)


def test_it_runs_from_a_word_by_groups_to_the_answer() -> None:
    circuit = summarise(make_graph(), SAID)
    assert circuit is not None
    way = strongest_way(circuit)
    assert way is not None
    assert way.keys[0].startswith("word-") and way.keys[1:] == ("early", "late", "answer")
    assert len(way.hops) == 3 and way.hops[0].startswith("“France” feeds “early”: ")
    # Each hop is drawn, and works for the answer.
    drawn = {(line.source, line.target) for line in circuit.lines if line.supports}
    assert set(zip(way.keys, way.keys[1:], strict=False)) <= drawn


def test_a_circuit_without_groups_that_help_has_none() -> None:
    said = Annotations.model_validate({"groups": {"brake": {"name": "b", "nodes": ["1_11_5"]}}})
    circuit = summarise(make_graph(), said)
    assert circuit is not None and strongest_way(circuit) is None
