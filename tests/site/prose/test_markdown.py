from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.builders import make_graph
from tracer.documents.annotations import Annotations
from tracer.errors import Place, Problems, TracerError
from tracer.site.content.texts import load_markdown
from tracer.site.prose.link_target import LinkTarget
from tracer.site.prose.markdown import RESERVED_IDS, render, render_note

FILE = Path("write-up.md")
ANNOTATIONS = Annotations.model_validate({"groups": {"italy": {"name": "I", "nodes": ["1_3"]}}})
TARGET = LinkTarget(make_graph(), ANNOTATIONS)


def html(text: str) -> str:
    return str(render(text, FILE, TARGET))


def test_a_link_to_one_node_selects_it() -> None:
    expected = '<a class="node-link" href="?clickedId=1_3_4#viewer" data-nodes="1_3_4">it</a>'
    assert expected in html("See [it](node:1_3_4).")


def test_a_link_to_a_feature_means_every_position_of_it() -> None:
    assert 'data-nodes="1_3_4"' in html("[it](node:1_3)")


def test_a_link_to_a_group_pins_its_members() -> None:
    groups = {"two": {"name": "two", "nodes": ["1_9_5", "0_7_4"]}}
    target = LinkTarget(make_graph(), Annotations.model_validate({"groups": groups}))
    text = str(render("[it](group:two)", FILE, target))
    assert 'href="?pinnedIds=0_7_4%2C1_9_5#viewer" data-nodes="0_7_4 1_9_5"' in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "one\n\ntwo [x](node:1_3_9) and\n",
            "write-up.md:3:9: the graph has no node `1_3_9`; the feature is there at another "
            "position; `1_3` means all of them",
        ),
        (
            "# t\n\n- a\n- b [x](group:itly)\n",
            "write-up.md:4:9: the graph has no group `group:itly`; did you mean `group:italy`?",
        ),
    ],
)
def test_an_unknown_target_is_an_error_with_place_and_near_match(text: str, message: str) -> None:
    with pytest.raises(Problems) as caught:
        html(text)
    assert str(caught.value) == message


def test_the_same_wrong_link_twice_is_told_at_both_places() -> None:
    with pytest.raises(Problems) as caught:
        html("[x](node:9_9_9) [y](node:9_9_9)\n")
    assert [p.place.column for p in caught.value.problems if p.place] == [5, 21]


def test_a_page_without_a_graph_refuses_node_links() -> None:
    with pytest.raises(Problems, match="needs a graph"):
        render("[x](node:1_3_4)", FILE)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "![x](data:text/html,<script>alert(1)</script>)",
        "<javascript:alert(1)>",
    ],
)
def test_markup_and_script_links_stay_harmless_text(text: str) -> None:
    made = html(text)
    assert "<script" not in made
    assert "<img" not in made
    assert "<a" not in made


def test_alignment_becomes_a_class_because_the_policy_forbids_style() -> None:
    made = html("| a | b |\n|--:|:-:|\n| 1 | 2 |\n")
    assert "style=" not in made
    assert '<td class="align-right" dir="auto">1</td>' in made
    assert '<th class="align-center" dir="auto">b</th>' in made


def test_code_is_highlighted_by_classes() -> None:
    made = html("```python\nimport x\n```\n")
    assert '<span class="kn">import</span>' in made
    assert "style=" not in made


def test_code_in_an_unknown_language_is_plain_and_escaped() -> None:
    assert "<code>&lt;b&gt;\n</code>" in html("```klingon\n<b>\n```\n")


def test_headings_get_anchors_that_never_take_the_pages_own_ids() -> None:
    made = html("## Two roads\n\n## Viewer\n")
    assert '<h2 id="two-roads" dir="auto">' in made
    assert '<h2 id="section-viewer" dir="auto">' in made


def test_a_text_that_uses_the_pages_own_level_moves_down() -> None:
    made = html("# One\n\n## Two\n")
    assert "<h1" not in made
    assert '<h2 id="one" dir="auto">' in made
    assert '<h3 id="two" dir="auto">' in made


def test_footnotes_in_documents_and_none_in_notes() -> None:
    text = "a[^1]\n\n[^1]: b\n"
    assert 'class="footnotes"' in html(text)
    assert "footnotes" not in render_note(text, Place(FILE))


def test_a_bad_link_in_a_note_is_told_where_the_note_stands() -> None:
    with pytest.raises(Problems, match=r"^a\.yaml:7:9: the graph has no node `9_9_9`"):
        render_note("[x](node:9_9_9)", Place(Path("a.yaml"), 7, 9), TARGET)


def test_formulas_become_mathml_without_inline_style() -> None:
    made = html("so $x^2$, and\n\n$$\n\\begin{aligned}a&=b\\\\c&=d\\end{aligned}\n$$\n")
    assert "<math><msup><mi>x</mi><mn>2</mn></msup></math>" in made
    assert '<math display="block">' in made
    assert 'class="align-right"' in made
    assert " style=" not in made


def test_prices_are_no_formulas() -> None:
    assert html("from $5 to $6") == '<p dir="auto">from $5 to $6</p>\n'


def test_a_wrong_formula_is_told_with_its_place() -> None:
    with pytest.raises(Problems) as caught:
        html("x\n\n$a$ and $\\nosuch$\n")
    assert str(caught.value) == (
        'write-up.md:3:10: this formula is not valid LaTeX: unknown command "\\nosuch"; '
        "correct it, or write \\$ for a dollar sign"
    )


@pytest.mark.parametrize("latex", ["\\href{javascript:alert(1)}{x}", "\\text{<script>}", "<b>"])
def test_markup_in_formulas_is_refused_or_stays_text(latex: str) -> None:
    try:
        made = html(f"${latex}$")
    except Problems:
        return
    assert "<script" not in made and "<b>" not in made and "href" not in made


def test_every_id_of_the_templates_is_reserved() -> None:
    templates = (Path(__file__).parents[3] / "templates").rglob("*.html")
    assert set(re.findall(r' id="([^"{]+)"', "".join(t.read_text() for t in templates))) <= (
        RESERVED_IDS
    )


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("مرحبا", '<p dir="auto">مرحبا</p>'),
        ("## שלום", 'dir="auto">שלום</h2>'),
        ("- مرحبا\n- two", '<ul dir="rtl">\n<li dir="auto">مرحبا</li>\n<li dir="auto">two</li>'),
        ("1. *مرحبا*\n\n   more", '<ol dir="rtl">\n<li dir="auto">\n<p><em>مرحبا</em></p>\n<p dir'),
        ("- one\n- مرحبا", '<ul>\n<li dir="auto">one</li>\n<li dir="auto">مرحبا</li>'),
        ("> مرحبا", '<blockquote dir="rtl">\n<p dir="auto">مرحبا</p>'),
        ("| א | b |\n|-|-|\n| ג | 1 |", '<table dir="rtl">'),
        ("| a | ב |\n|-|-|\n| ג | 1 |", '<td dir="auto">ג</td>'),
        ("- 12 (!) שלום", '<ul dir="rtl">'),
    ],
)
def test_each_block_runs_the_way_of_its_first_letter(text: str, made: str) -> None:
    assert made in html(text)


def test_a_column_without_a_name_has_no_head() -> None:
    """An empty one is read out as a head that says nothing."""
    made = html("| a | |\n|-|-|\n| b | c |")
    assert made.count("<th ") == 1 and made.count("</th>") == 1
    assert made.count("<td ") == 3 and made.count("</td>") == 3


@pytest.mark.parametrize(
    "formula",
    [
        *("{" * 100_000, r"\sqrt" * 20_000 + " a", r"\frac{" * 20_000, r"\left(" * 20_000),
        *(r"\sqrt[" * 20_000, r"\displaystyle a" * 20_000, "a" + r"^\hat " * 20_000 + "b"),
        *(r"\begin{matrix}" * 20_000, "x^" + "[0," * 30, "(" * 30 + "a" + ")" * 30),
    ],
    ids=lambda formula: formula[:8],
)
def test_a_formula_that_would_end_the_process_is_refused(formula: str) -> None:
    """Its converter runs out of stack, and takes the build with it; or out of time."""
    with pytest.raises(
        TracerError, match=r"a\.md:1:2: this formula is nested too deeply or too long"
    ):
        render(f"${formula}$", Path("a.md"))


def test_half_open_intervals_are_brackets_that_are_closed() -> None:
    assert "<math" in render("$" + r" \cup ".join(["[0, 1)"] * 40) + "$", Path("a.md"))


def test_a_long_formula_is_set() -> None:
    rows = r" \\ ".join(rf"a_{{{n}}} &= \frac{{b}}{{c_{{{n}}}}}" for n in range(200))
    assert "<math" in render(rf"$\begin{{matrix}}{rows}\end{{matrix}}$", Path("a.md"))


def test_headings_without_an_end_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    for text in ("# a\n" * 20_000, "a\n-\n" * 20_000, "> 1. # a\n" * 20_000):
        file.write_text(text)
        with pytest.raises(TracerError, match="more than 2,000 headings"):
            load_markdown(file)
    file.write_text("# a\n---\n- b\n" * 900)
    assert load_markdown(file).body


@pytest.mark.parametrize("address", ["//a.invalid/x", "https://a.invalid/x", "https:a.invalid/x"])
def test_a_picture_that_lies_elsewhere_is_refused_in_any_spelling(address: str) -> None:
    with pytest.raises(Problems, match="this picture lies elsewhere; put it into"):
        html(f"![words](<{address}>)")
    assert "<a href" in html(f"[words](<{address}>)")  # a link loads nothing


def test_a_link_to_a_claim_that_is_not_there_names_the_near_one() -> None:
    said = {"claims": [{"id": "it-helps", "ablate": "1_3", "expect": {"token": "a", "p_below": 1}}]}
    target = LinkTarget(make_graph(), Annotations.model_validate(said), claims=["it-helps"])
    assert 'href="#claim-it-helps"' in str(render("[a](claim:it-helps)", FILE, target))
    with pytest.raises(Problems) as caught:
        render("A\n[b](claim:it-help)", FILE, target)
    (problem,) = caught.value.problems
    assert problem.place == Place(FILE, 2, 5) and problem.hint == "did you mean `it-helps`?"
    older = LinkTarget(make_graph(), Annotations.model_validate(said))
    assert str(render("[a](claim:it-helps)", FILE, older)) == '<p dir="auto">a</p>\n'
