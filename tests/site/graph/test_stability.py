"""What survives small changes of the question is drawn solid, the rest faint."""

from __future__ import annotations

from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser

from tests.account_graphs import ANSWER, FEATURES, account_graph
from tests.documents.parts.test_stability import FOUND
from tracer.documents.annotations import Annotations
from tracer.documents.parts.stability import Stability
from tracer.site.graph.pictures import Pictures

SAID = Annotations.model_validate(
    {
        "revision": 1,
        "groups": {
            "weak": {"name": "weak", "nodes": list(FEATURES[:1])},
            "strong": {"name": "strong", "nodes": list(FEATURES[1:])},
        },
    }
)


def pictures(found: Stability | None) -> Pictures:
    graph, parts = account_graph()
    return Pictures(graph, SAID, "t", replace(parts, stability=found))


def test_a_box_that_few_changes_leave_is_faint_with_its_lines() -> None:
    drawn = LexborHTMLParser(str(pictures(FOUND).full))
    boxes = {one.attributes["data-box"] for one in drawn.css("g[data-faint]")}
    assert boxes == {"weak"}
    lines = drawn.css("path.line")
    faint = [one for one in lines if "data-faint" in one.attributes]
    ends = [{one.attributes["data-source"], one.attributes["data-target"]} for one in faint]
    assert ends and all("weak" in one for one in ends)
    assert len(faint) < len(lines)
    assert "0\N{NO-BREAK SPACE}% of its effects" in str(pictures(FOUND).full)


def test_the_page_says_it_in_one_number() -> None:
    shown = pictures(FOUND).stability
    assert shown is not None
    assert shown.sentence.startswith(
        "Of its effects, 70\N{NO-BREAK SPACE}% by size survive 2 small"
    )
    assert "4 of 5 nodes survive half of them or more." in shown.sentence
    assert "1 of 2 boxes, and their lines, are drawn faint" in shown.sentence
    assert [one for one, _ in shown.changes] == ["a quarter fewer", "x"]
    solid = pictures(FOUND.model_copy(update={"nodes": dict.fromkeys(FEATURES, 1.0)}))
    assert solid.stability and "Every box is solid" in solid.stability.sentence
    assert "data-faint" not in solid.full


def test_a_graph_that_nobody_asked_it_of_is_drawn_as_before() -> None:
    assert pictures(None).stability is None
    assert "data-faint" not in pictures(None).full and ANSWER in pictures(None).full
