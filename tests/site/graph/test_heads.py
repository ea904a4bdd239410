"""What a page says of heads is what its part says, and stands there without scripts."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tests.heads_part import heads, look
from tracer.documents.annotations import Annotations
from tracer.documents.parts.heads import HeadPattern, TriedLook
from tracer.documents.parts.parts import Parts
from tracer.errors import TracerError
from tracer.site.build import build
from tracer.site.check import check
from tracer.site.circuit.circuit import summarise
from tracer.site.circuit.lettering import text_width
from tracer.site.graph.head_picture import head_picture
from tracer.site.graph.heads import ShownHeads, show_heads

GROUPS = {
    "here": {"name": "France <b>", "nodes": ["0_7_4"]},
    "there": {"name": "Paris", "nodes": ["1_3_4"]},
}


def shown(**fields: Any) -> ShownHeads:
    said = Annotations.model_validate({"groups": GROUPS, "labels": {"head:0.1": {"text": "far"}}})
    graph = make_graph()
    found = show_heads(graph, heads(**fields), summarise(graph, said, Parts()), said)
    assert found is not None
    return found


def test_heads_say_what_they_carry_and_what_the_model_did_without() -> None:
    first, second = shown().heads
    assert (first.name, second.name) == ("0.1", "1.0")
    assert first.label is not None and first.label.text == "far" and second.label is None
    assert first.carries[0] == "+0.50 of +0.75 from “France <b>” to the answer"
    (one,) = first.looks
    assert "at “France” (token 4)" in one.sentence and one.sentence.endswith("+1.50.")
    assert "predicted −1.25, really −1.00" in one.knocked_out and "−0.13 to +0.25" in (
        one.knocked_out
    )
    assert one.beats and not one.wrong
    assert second.looks[0].wrong and not second.looks[0].beats


def test_why_a_head_looked_is_said() -> None:
    first, second = shown().heads
    why = first.looks[0].why
    assert why is not None and second.looks[0].why is None
    assert why.sentence.startswith(
        "It looked there because of neuron 7 of layer 0 at “France” (token 4) (+2.50) and what "
        "MLPs of layer 0 wrote at “is” (token 5) (+3.00): its score there is +3.50, where"
    )
    assert [one.adds for one in why.at_key] == ["+2.50", "−1.50", "+3.00"]
    assert [one.qk_only for one in why.at_key] == [False, True, False]
    assert "0_7_4" in why.at_key[0].link["href"] and not why.at_key[1].link
    assert [one.name for one in why.at_query[1:]] == [
        "what heads of layers 0 to 1 brought from “France”",
        "the token itself",
    ]
    assert why.pairs == (("what MLPs of layer 0 wrote", "neuron 7 of layer 0", "+1.50"),)
    assert any("decided by a score" in one for one in shown().sentences)
    assert not any("decided by a score" in one for one in shown(looks=[look()] * 2).sentences)


def test_lines_of_the_circuit_are_shared_out() -> None:
    told = json.loads(str(shown().lines).replace("&lt;", "<").replace("&#39;", "'"))
    by = {(source, target): (said, names) for source, target, said, names in told}
    said, names = by["here", "answer"] if ("here", "answer") in by else next(iter(by.values()))
    assert said == "+1.00: by heads 0.1 +0.50, 1.0 +0.13; +0.25 stays at its word."
    assert names == ["0.1", "1.0"]


def test_where_predictions_fail_the_page_says_so() -> None:
    bad = tuple(look(predicted=-one, actual=one) for one in (1.0, 0.5, 0.2, 0.1))
    warning = shown(looks=bad, together=None).warning
    assert warning is not None and "correlate only −1.00" in warning
    assert shown().warning is None
    assert any("goes from 80" in one and "to 75" in one for one in shown().sentences)


def test_a_picture_names_its_tokens_and_frames_what_was_tried() -> None:
    tokens = ["<s>", " a<b", " c"]
    pattern = HeadPattern.model_validate({"head": "0.1", "rows": [[100], [2, 98], [0, 90, 10]]})
    picture = head_picture(pattern, tokens, [look(to=2, keys=[1])])
    assert picture.count("<rect") == 4 + 1 and picture.count('class="look"') == 1
    assert "a&lt;b" in picture and 'role="img"' in picture and "a<b" not in picture


def written(tokens: list[str], looks: list[TriedLook]) -> tuple[dict[str, float], list[str]]:
    """The picture's own size, and the names of its rows."""
    rows = [[0] * at + [100] for at in range(len(tokens))]
    picture = head_picture(HeadPattern.model_validate({"head": "0.1", "rows": rows}), tokens, looks)
    root = ElementTree.fromstring(picture)
    said = [text for text in root.iter("text") if "y" in text.attrib]
    left = min(float(text.attrib["x"]) - text_width(text.text or "", 12) for text in said)
    right = max(float(r.attrib["x"]) + float(r.attrib["width"]) for r in root.iter("rect"))
    places = sorted(float(text.attrib["y"]) for text in said)
    apart = min((b - a for a, b in pairwise(places)), default=99.0)
    width = float(root.attrib["width"])
    assert root.attrib["viewBox"].split()[2:] == [root.attrib[one] for one in ("width", "height")]
    sizes = {"width": width, "left": left, "right": right, "apart": apart}
    return sizes, [text.text or "" for text in said]


@pytest.mark.parametrize(
    "tokens",
    [
        ["<s>"],
        ["<|endoftext|>", "大", "小的反义词", " incomprehensibilities"],
        ["<|endoftext|>", *[" is"] * 17],
        ["<|endoftext|>", *[" WWWWWWWW"] * 40],
        ["<s>", *["x"] * 900],
    ],
    ids=["one", "wide", "eighteen", "forty", "many"],
)
def test_names_stand_apart_and_inside_a_picture_no_wider_than_a_phone(tokens: list[str]) -> None:
    sizes, names = written(tokens, [look(to=len(tokens) - 1, keys=[0])])
    assert sizes["width"] <= 320 and sizes["left"] > -0.1 and sizes["right"] <= sizes["width"]
    assert sizes["apart"] > 13.9
    assert len(names) == (len(tokens) if len(tokens) <= 18 else 2)


def test_more_tried_tokens_than_have_room_leave_the_last_named() -> None:
    tokens = ["<s>", *map(str, range(99))]
    sizes, names = written(tokens, [look(to=99, keys=list(range(1, 60)))])
    assert sizes["apart"] > 13.9 and names[-1] == "98" and len(names) < 30


def test_names_stand_at_their_rows_or_only_the_tried_are_named() -> None:
    """As in Chinese, where some letters take two tokens, and most one."""
    tokens = ["<s>", *["<0xE5><0xB0>", "<0x8F>"] * 12, "大", "反", '"']
    assert written(tokens, [look(to=27, keys=[1, 2])])[1] == ["小", '"']


def test_bytes_of_one_letter_are_named_as_that_letter() -> None:
    tokens = ["<s>", ' "', "<0xE5><0xB0>", "<0x8F>", '"']
    assert written(tokens, [look(to=4, keys=[2, 3])])[1] == ["<s>", '"', "小", '"']


@pytest.fixture
def told(gallery: GalleryFolder) -> GalleryFolder:
    rows = [[100], *([0] * at + [100] for at in range(1, 6))]
    patterns = [{"head": "0.1", "rows": rows}]
    Parts(heads=heads(patterns=patterns)).save(gallery.root / "graphs/france-paris/1.json")
    return gallery


def test_the_page_has_them_and_links_lead_there(told: GalleryFolder) -> None:
    note = "See [it](head:0.1)."
    label = {"text": "<i>far</i>", "note": note}
    counter = {"name": "A", "date": "2026-01-01", "text": note}
    said = {"labels": {"head:0.1": label}, "counterpoints": [counter]}
    told.write("site_src/annotations/france-paris.yaml", json.dumps(said))
    build(told.root, told.root / "public")
    text = (told.root / "public/graphs/france-paris/index.html").read_text()
    assert 'id="head-0.1"' in text and "Head 0.1: <bdi>&lt;i&gt;far&lt;/i&gt;</bdi>" in text
    assert 'See <a href="#head-0.1">it</a>.' in text
    published = told.root / "public/graphs/france-paris/1.heads.bin"
    assert published.read_bytes() == (told.root / "graphs/france-paris/1.heads.bin").read_bytes()
    assert not [one for one in check(told.root) if one.level == "error"]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"labels": {"head:7.0": {"text": "x"}}}, "there is no head 7.0"),
        ({"labels": {"head:x": {"text": "x"}}}, "layer.head"),
        (
            {"counterpoints": [{"name": "A", "date": "2026-01-01", "text": "[x](head:1.1)"}]},
            "the page tells of no head `1.1`",
        ),
    ],
)
def test_heads_that_are_not_there_are_refused(
    told: GalleryFolder, said: dict[str, Any], what: str
) -> None:
    told.write("site_src/annotations/france-paris.yaml", json.dumps(said))
    errors = [str(one.problem) for one in check(told.root) if one.level == "error"]
    assert len(errors) == 1 and what in errors[0]
    with pytest.raises(TracerError):
        build(told.root, told.root / "public")


def test_a_damaged_part_is_told_and_the_page_is_built_without(told: GalleryFolder) -> None:
    file = told.root / "graphs/france-paris/1.heads.bin"
    file.write_bytes(b"x")
    assert any("1.heads.bin" in str(one.problem) for one in check(told.root))
    build(told.root, told.root / "public")
    assert 'id="heads"' not in (told.root / "public/graphs/france-paris/index.html").read_text()
