from __future__ import annotations

import re
from typing import Any

import pytest

from tests.account_graphs import FEATURES, account_graph
from tests.builders import PROMPT_TOKENS, make_graph
from tests.galleries import GalleryFolder
from tracer.documents.graph import Graph
from tracer.errors import Problems
from tracer.site.build import build
from tracer.site.content.what_became import what_became
from tracer.site.survey.survey import survey


def without(graph: Graph, gone: str) -> Graph:
    return graph.model_copy(
        update={
            "nodes": tuple(node for node in graph.nodes if node.node_id != gone),
            "links": tuple(k for k in graph.links if gone not in (k.source, k.target)),
        }
    )


def moved(graph: Graph, node: str, to: int, **metadata: Any) -> Graph:
    name = f"{node.rpartition('_')[0]}_{to}"
    nodes = [
        n.model_copy(update={"node_id": name, "ctx_idx": to}) if n.node_id == node else n
        for n in graph.nodes
    ]
    links = [
        k.model_copy(
            update={
                "source": name if k.source == node else k.source,
                "target": name if k.target == node else k.target,
            }
        )
        for k in graph.links
    ]
    return graph.model_copy(
        update={
            "nodes": tuple(nodes),
            "links": tuple(links),
            "metadata": graph.metadata.model_copy(update=metadata),
        }
    )


def test_what_fell_below_the_threshold_is_said_with_its_rank() -> None:
    newest = without(make_graph(), "1_3_4")
    assert what_became("1_3_4", newest, 2, {1: make_graph()}) == (
        "revision 1 had it, 40\xa0% down its list by influence; in revision 2 it is not active, or "
        "below the threshold (the nodes kept hold 80\xa0% of the influence)"
    )


def test_an_account_lists_so_many_features_and_knows_no_threshold() -> None:
    older, _ = account_graph()
    hint = what_became("0_8_5", without(older, "0_8_5"), 2, {1: older})
    assert hint is not None
    assert hint.endswith(f"in revision 2 it is not among the {len(FEATURES) - 1} features listed")
    assert "threshold" not in hint


def test_the_last_revision_that_had_it_is_named() -> None:
    gone = without(make_graph(), "1_3_4")
    hint = what_became("1_3_4", gone, 4, {1: make_graph(), 2: make_graph(), 3: gone})
    assert hint is not None and hint.startswith("revision 2 had it")


def test_a_node_that_moved_with_its_word_is_named_at_its_new_place() -> None:
    tokens = (*PROMPT_TOKENS[:4], " old", *PROMPT_TOKENS[4:])
    newest = moved(make_graph(), "1_3_4", 5, prompt_tokens=tokens)
    hint = what_became("1_3_4", newest, 2, {1: make_graph()})
    assert hint == "revision 1 had it; in revision 2 it moved to `1_3_5`"


def test_a_feature_that_is_now_at_another_word_did_not_move() -> None:
    newest = moved(make_graph(), "1_3_4", 3)
    hint = what_became("1_3_4", newest, 2, {1: make_graph()})
    assert hint == "the feature is there at another position; `1_3` means all of them"


@pytest.mark.parametrize("text", ["8_8_8", "8_8", "E_9_9", "nonsense", "", "1_3_4_5"])
def test_what_no_revision_knows_has_no_story(text: str) -> None:
    assert what_became(text, make_graph(), 2, {1: make_graph()}) is None


def test_annotations_and_links_of_a_write_up_tell_it_with_their_place(
    gallery: GalleryFolder,
) -> None:
    without(make_graph(), "1_3_4").save(gallery.root / "graphs" / "france-paris" / "2.json")
    gallery.write("site_src/annotations/france-paris.yaml", 'revision: 1\npins: ["1_3_4"]\n')
    (problem,) = survey(gallery.root).problems
    assert re.search(r"yaml:2:8: no node matches `1_3_4`; revision 1 had it", str(problem))
    gallery.write("site_src/annotations/france-paris.yaml", "revision: 2\n")
    gallery.write("site_src/write-ups/france-paris.md", "so [x](node:1_3_4)\n")
    with pytest.raises(Problems, match=r"md:1:8: the graph has no node `1_3_4`; revision 1 had"):
        build(gallery.root, gallery.root / "public")
