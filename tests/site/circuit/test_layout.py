from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.graph import load_graph
from tracer.documents.graph_folder import GraphFolder
from tracer.site.circuit.boxes import Box, Circuit
from tracer.site.circuit.circuit import summarise
from tracer.site.circuit.layout import NARROW, WIDE, Layout, lay_out
from tracer.site.circuit.lettering import text_width
from tracer.site.circuit.lines import Line, Part
from tracer.site.circuit.placed import Canvas
from tracer.site.circuit.rows import spread

REPOSITORY = Path(__file__).parents[3]
FOLDER = GraphFolder(REPOSITORY / "graphs")
canvases = pytest.mark.parametrize("canvas", [WIDE, NARROW], ids=["wide", "narrow"])


def assert_tidy(layout: Layout) -> None:
    for one, other in combinations(layout.placed, 2):
        assert not one.overlaps(other), (one.box.name, other.box.name)
    for one in layout.placed:
        assert one.x >= 0
        assert one.x + one.width <= layout.canvas.width + 0.01
        assert 0 <= one.y <= one.y + one.height <= layout.height
        for line in one.name_lines:
            assert text_width(line, 15) <= one.width
        for line in (*one.word_lines, *one.detail_lines):
            assert text_width(line, 12) <= one.width


names = st.text(min_size=1, max_size=60)


@st.composite
def circuits(draw: st.DrawFn) -> Circuit:
    words = tuple(
        Box("word", draw(names), (Part(f"word-{i}", (f"E_{i}",)),), word=i)
        for i in range(draw(st.integers(0, 18)))
    )
    groups = tuple(
        Box(
            "group",
            draw(names),
            tuple(
                Part(f"group-{i}-{half}", (f"n{i}{half}",), caption=draw(st.sampled_from(["+9 %"])))
                for half in range(draw(st.integers(1, 2)))
            ),
            draw(st.sampled_from(["", "layers 1–29, 123 neurons"])),
            word=draw(st.floats(0, max(0, len(words) - 1))),
            layer=draw(st.floats(0, 30)),
        )
        for i in range(draw(st.integers(0, 12)))
    )
    answer = Box("answer", draw(names), (Part("answer", ("a",)),), "81 %")
    keys = [part.key for box in (*words, *groups) for part in box.parts]
    pairs = draw(st.lists(st.tuples(st.sampled_from(keys), st.sampled_from(keys)))) if keys else []
    lines = {(s, t): Line(s, t, 1.0, 0.1) for s, t in pairs if s != t and "word" not in t}
    lines |= {(key, "answer"): Line(key, "answer", -1.0, 0.2) for key in keys[:3]}
    return Circuit(words, groups, answer, tuple(lines.values()), automatic=False)


@settings(max_examples=150, deadline=None)
@given(circuits(), st.sampled_from([WIDE, NARROW]))
def test_no_two_boxes_overlap_and_all_stay_inside(circuit: Circuit, canvas: Canvas) -> None:
    layout = lay_out(circuit, canvas)
    assert len(layout.placed) == len(circuit.boxes)
    assert len(layout.curves) == len(circuit.lines)
    assert_tidy(layout)


@canvases
@pytest.mark.parametrize("slug", FOLDER.slugs())
@pytest.mark.parametrize("automatic", [True, False])
def test_the_gallerys_own_graphs_are_tidy(slug: str, automatic: bool, canvas: Canvas) -> None:
    annotations = Annotations()
    if not automatic:
        file = REPOSITORY / "site_src" / "annotations" / f"{slug}.yaml"
        annotations, _ = load_annotations(file)
    circuit = summarise(FOLDER.load(slug, 1), annotations)
    assert circuit is not None
    assert_tidy(lay_out(circuit, canvas))


@canvases
def test_a_large_graph_of_another_program_is_tidy(published: Path, canvas: Canvas) -> None:
    graph = load_graph(published / "415-nodes.json")
    circuit = summarise(graph, Annotations())
    assert circuit is not None
    assert_tidy(lay_out(circuit, canvas))


@pytest.mark.parametrize(("count", "rows"), [(17, 1), (18, 1), (22, 2)])
def test_words_move_closer_before_one_of_them_takes_a_second_row(count: int, rows: int) -> None:
    words = tuple(
        Box("word", "x", (Part(f"word-{at}", ()),), word=at, amount="+0.12") for at in range(count)
    )
    answer = Box("answer", "a", (Part("answer", ("a",)),))
    layout = lay_out(Circuit(words, (), answer, (), automatic=False), WIDE)
    assert_tidy(layout)
    assert len({placed.y for placed in layout.placed if placed.box.kind == "word"}) == rows


@canvases
def test_a_long_word_in_a_name_is_not_cut(canvas: Canvas) -> None:
    box = Box("group", "called → photosynthesis", (Part("a", ("n",)),))
    answer = Box("answer", "photosynthesis", (Part("answer", ("a",)),))
    layout = lay_out(Circuit((), (box, box), answer, (), automatic=False), canvas)
    assert_tidy(layout)
    for placed in layout.placed:
        assert " ".join(placed.name_lines) == placed.box.name


@given(
    st.lists(st.tuples(st.floats(-100, 1000), st.floats(1, 60)), min_size=1, max_size=12),
)
def test_spread_keeps_the_distance_and_the_order(items: list[tuple[float, float]]) -> None:
    wanted = sorted(x for x, _ in items)
    widths = [width for _, width in items]
    centres = spread(wanted, widths, 0, 1000)
    for (a, wa), (b, wb) in pairwise(zip(centres, widths, strict=True)):
        assert b - a >= (wa + wb) / 2 - 1e-6
    assert centres[0] - widths[0] / 2 >= -1e-6
    assert centres[-1] + widths[-1] / 2 <= 1000 + 1e-6


def test_spread_leaves_alone_what_does_not_collide() -> None:
    assert spread([100, 500], [50, 50], 0, 1000) == [100, 500]


def test_words_below_groups_below_the_answer() -> None:
    circuit = summarise(FOLDER.load(FOLDER.slugs()[0], 1), Annotations())
    assert circuit is not None
    placed = {box.box.parts[0].key: box for box in lay_out(circuit, WIDE).placed}
    lowest_group = max(placed[box.parts[0].key].y for box in circuit.groups)
    assert all(placed[box.parts[0].key].y > lowest_group for box in circuit.words)
    assert placed["answer"].y == min(box.y for box in placed.values())


def test_lines_pass_rows_of_boxes_without_crossing_one() -> None:
    for slug in FOLDER.slugs():
        circuit = summarise(FOLDER.load(slug, 1), Annotations())
        assert circuit is not None
        layout = lay_out(circuit, WIDE)
        for curve in layout.curves:
            for lane in curve.lanes:
                for box in layout.placed:
                    beside = not box.x < lane.x < box.x + box.width
                    elsewhere = box.y + box.height <= lane.top or box.y >= lane.bottom
                    assert beside or elsewhere
