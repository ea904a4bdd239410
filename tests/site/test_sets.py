"""Pages of sets: what a gallery shows of many prompts of one kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.builders import make_graph, make_set, over_two_words
from tests.galleries import GalleryFolder, make_gallery
from tracer.documents.evidence import Versions
from tracer.documents.set_account import SetAccount
from tracer.documents.set_claims import load_set_annotations, resolve_group, set_claim_hash
from tracer.documents.set_evidence import (
    ExchangedPair,
    HalvesExchanged,
    RowTried,
    SetClaimEvidence,
    SetEvidence,
    set_evidence_file,
)
from tracer.documents.set_folder import SetFolder
from tracer.errors import Problems
from tracer.site.build import build
from tracer.site.sets.picture import SetPicture

SAID = """groups:
  at-the-end: {at: is}
claims:
  - {id: needed, ablate: at-the-end, expect: {lead_falls_by: 1}, holds: {at_least: 0.7}}
"""


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    made = make_gallery(tmp_path)
    SetFolder(tmp_path / "sets").write(make_set())
    made.write("site_src/sets/capitals.yaml", SAID)
    return made


def page(gallery: GalleryFolder, path: str) -> LexborHTMLParser:
    build(gallery.root, gallery.root / "public")
    return LexborHTMLParser((gallery.root / "public" / path).read_text())


def words(parser: LexborHTMLParser) -> str:
    found = parser.css_first("main")
    assert found is not None
    return " ".join(found.text().split())


def test_a_page_says_what_counts_and_what_does_not(gallery: GalleryFolder) -> None:
    found = words(page(gallery, "sets/capitals/index.html"))
    assert "as its likeliest word in 4 of 5 rows, each a prompt" in found
    assert "1 neuron is core" in found
    assert "Set apart: 1 row" in found and "Rome" in found
    assert "kyiv: not one token" in found
    assert "1 row that works in its own way" in found and "Lima" in found


def test_the_gallery_and_its_tags_lead_to_sets(gallery: GalleryFolder) -> None:
    front = page(gallery, "index.html")
    links = [one.attributes["href"] for one in front.css(".sets a")]
    assert "./sets/capitals/" in links and "./tags/geography/" in links
    assert "the expected answer comes first in 4 of 5 prompts" in words(front)


def test_a_graph_that_asks_a_row_leads_to_its_set(gallery: GalleryFolder) -> None:
    gallery.write(
        "site_src/prompts.yaml",
        "graphs:\n  - {slug: france-paris, prompt: The capital Lima is in}\n"
        'sets:\n  - slug: capitals\n    template: "The capital {city} is in"\n    fill:\n'
        '      - {city: Lima, answer: " Peru"}\n      - {city: Rome, answer: " Italy"}\n',
    )
    make_graph()
    found = page(gallery, "graphs/france-paris/index.html")
    links = [one.attributes["href"] for one in found.css(".byline a")]
    assert "../../sets/capitals/" in links
    assert "works otherwise than the others" in words(found)
    back = LexborHTMLParser((gallery.root / "public/sets/capitals/index.html").read_text())
    assert "../../graphs/france-paris/" in [a.attributes["href"] for a in back.css(".set-rows a")]


def test_claims_say_in_how_many_rows_they_hold(gallery: GalleryFolder) -> None:
    assert "untested" in words(page(gallery, "sets/capitals/index.html"))
    account = make_set()
    said, _ = load_set_annotations(gallery.root / "site_src/sets/capitals.yaml")
    (claim,) = said.claims
    nodes = [one.id for one in resolve_group(claim, said, account)]
    rows = tuple(
        RowTried(
            key=row.key,
            before=4,
            after=after,
            controls=(4, 3.9),
            bound_met=after <= 3,
            beats_all=True,
        )
        for row, after in zip(account.counted, (1, 2, 2.5, 3.5), strict=True)
    )
    tried = SetClaimEvidence(
        id="needed",
        claim=set_claim_hash(claim, nodes, account.id),
        at_least=0.7,
        quantity="lead",
        features=1,
        rows=rows,
        seed=1,
    )
    versions = Versions(tracer="t", torch="t", transformers="t", precision="float32")
    evidence = SetEvidence(set_id=account.id, versions=versions, claims=(tried,))
    evidence.save(set_evidence_file(gallery.root / "sets/capitals/1.json"))
    found = words(page(gallery, "sets/capitals/index.html"))
    assert "holds in 3 of 4 rows" in found and "Not in: Lima" in found
    assert "19\N{NO-BREAK SPACE}% and" in found.replace("19 %", "19\N{NO-BREAK SPACE}%")


def test_halves_say_how_many_rows_set_apart_they_learnt_from(gallery: GalleryFolder) -> None:
    account = make_set()
    pair = ExchangedPair(
        here="paris",
        there="berlin",
        enough=(0.4,),
        needed=(0.5,),
        turns=(False,),
        controls_enough=(0.1,),
        controls_needed=(0.1,),
    )
    halves = HalvesExchanged(
        halves="kin",
        counts=(200,),
        at=200,
        of=9_000,
        answers=(2, 2),
        rows=(2, 2),
        apart=(1, 0),
        picked=((), ()),
        pairs=(pair,),
        seed=1,
    )
    versions = Versions(tracer="t", torch="t", transformers="t", precision="float32")
    evidence = SetEvidence(set_id=account.id, versions=versions, exchanges=(halves,))
    evidence.save(set_evidence_file(gallery.root / "sets/capitals/1.json"))
    found = words(page(gallery, "sets/capitals/index.html"))
    assert "2 and 2 answers, and 1 and 0 rows set apart that are picked on and not tried" in found
    assert "move 40" in found


def test_a_claim_on_nothing_is_told_at_its_line(gallery: GalleryFolder) -> None:
    gallery.write("site_src/sets/capitals.yaml", SAID.replace("at: is", "at: nowhere"))
    with pytest.raises(Problems, match=r"capitals.yaml:4:5: no neuron of the set is in the group"):
        build(gallery.root, gallery.root / "public")


def test_only_what_changed_is_made_again(gallery: GalleryFolder) -> None:
    build(gallery.root, gallery.root / "public")
    assert build(gallery.root, gallery.root / "public").made == 0
    gallery.write("site_src/sets/capitals.yaml", SAID.replace("0.7", "0.6"))
    report = build(gallery.root, gallery.root / "public")
    assert 0 < report.made < report.files / 2


def test_what_the_prompts_say_of_a_set_now_is_what_its_page_says(gallery: GalleryFolder) -> None:
    listed = (
        "sets:\n  - slug: capitals\n    title: Cities\n    summary: WHAT\n"
        '    template: "The capital {city} is in"\n    fill:\n'
        '      - {city: Lima, answer: " Peru"}\n      - {city: Rome, answer: " Italy"}\n'
    )
    for what in ("first words", "other words"):
        gallery.write("site_src/prompts.yaml", listed.replace("WHAT", what))
        found = page(gallery, "sets/capitals/index.html")
        assert what in words(found)
        heading = found.css_first("h1")
        assert heading is not None and heading.text().strip() == "Cities"
        front = LexborHTMLParser((gallery.root / "public/index.html").read_text())
        assert what in words(front) and "Cities" in words(front)


def test_the_picture_has_each_end_that_a_line_needs() -> None:
    picture = SetPicture(make_set())
    for flow in picture.flows:
        assert picture.place(flow.source) is not None
        assert picture.place(flow.target) is not None
    assert picture.columns == ["{city}", "is"]
    assert str(picture.whole).count("<path") == len(picture.flows)


def test_a_set_over_two_words_shows_its_pairs(tmp_path: Path) -> None:
    made = make_gallery(tmp_path)
    SetFolder(tmp_path / "sets").write(over_two_words(make_set()))
    parser = page(made, "sets/capitals/index.html")
    found = words(parser)
    assert "The likeliest word is right for 4 of 5 pairs." in found
    assert "Where it is wrong, it is “Spain” in 1 of 1" in found
    (said,), (fires,) = parser.css("svg.operands.said"), parser.css("svg.operands.fires")
    assert len(said.css("rect")) == len(fires.css("rect")) == 5
    assert [one.text() for one in said.css(".value")] == ["1", "2", "3", "2", "10"]
    assert "3 + 2: “Spain” 60" in (said.css_first(".wrong title") or said).text()
    assert [one.attributes["fill-opacity"] for one in fires.css("rect.for")] == [
        *("0.50", "1.00", "1.00")
    ]
    assert len(fires.css("rect.against")) == 2 and len(fires.css("rect.wrong")) == 1
    assert "strongest: 1 + 10" in found


def test_other_sets_have_no_grid(gallery: GalleryFolder) -> None:
    assert not page(gallery, "sets/capitals/index.html").css(".operands")


def test_a_space_is_not_taken_for_the_number_that_it_has(tmp_path: Path) -> None:
    """The last token of `{a} + {b} = ` is the sixth space, which looked like the digit 6."""
    made = make_gallery(tmp_path)
    written = over_two_words(make_set()).to_json()
    spaced = written.replace('"is', '"  6').replace("@is", "@  6")
    assert spaced != written
    SetFolder(tmp_path / "sets").write(SetAccount.model_validate_json(spaced))
    parser = page(made, "sets/capitals/index.html")
    shown = [one.text().strip() for one in parser.css(".set-circuit text, td, th")]
    assert "6" not in shown and "␣ 6" in shown and "9_5@␣ 6" in shown
    (pairs,) = parser.css("#pairs")
    assert "9_5@␣ 6" in pairs.text()
