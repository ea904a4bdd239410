"""Pages that tell: lit boxes beside the text, a prediction, a way to walk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.account_graphs import account_graph, save_account
from tests.site.graph.test_prediction import BEFORE
from tracer.documents.annotations import load_annotations
from tracer.documents.evidence import ClaimEvidence, Evidence, Likely, Measure, Versions
from tracer.documents.resolved_claims import find_in, resolve_claim
from tracer.documents.trial import Silenced, Trial
from tracer.site.build import build

SAID = """\
groups:
  early: {name: early, nodes: ["0_7_4", "1_3_5"]}
  late: {name: late, nodes: ["2_5_6"]}
claims:
  - {id: early-helps, ablate: early, expect: {token: " Paris", p_below: 0.5}}
"""
TEXT = "It begins.\n\n" + "[Early](group:early) neurons. " + "They read. " * 300 + "\n\nThe end.\n"
FILES = {
    "annotations/france-paris.yaml": SAID,
    "write-ups/france-paris.md": TEXT,
    "pages/glossary.md": "## Neuron\n\nA part.\n",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, serve_folder: Callable[[Path], str]) -> str:
    root = tmp_path_factory.mktemp("story")
    graph, parts = account_graph()
    info = graph.metadata.tracer
    assert info is not None and info.account is not None
    nodes = [
        Silenced(node=one, predicted=at, actual=1) for at, one in enumerate(graph.node_ids[:3])
    ]
    account = info.account.model_copy(update={"trial": Trial(nodes=tuple(nodes), correlation=0.9)})
    info = info.model_copy(update={"account": account})
    metadata = graph.metadata.model_copy(update={"tracer": info})
    file = root / "graphs" / "france-paris" / "1.json"
    save_account(graph.model_copy(update={"metadata": metadata}), parts, file)
    for name, text in FILES.items():
        (root / "site_src" / name).parent.mkdir(parents=True)
        (root / "site_src" / name).write_text(text, "utf-8")
    said, _ = load_annotations(root / "site_src" / "annotations" / "france-paris.yaml")
    claim = said.claims[0]
    found = ClaimEvidence(
        id=claim.id,
        claim=resolve_claim(claim, graph, said, find_in(root)).hash,
        verdict="holds",
        bound_met=True,
        seed=1,
        changes=(),
        measures=(
            Measure(quantity="probability", before=0.8, after=0.1, controls=(0.7,), beaten=1),
        ),
        before=tuple(Likely(token=t, probability=p) for t, p in BEFORE),
        after=(Likely(token=" Rome", probability=0.6),),
    )
    versions = Versions(tracer="0", torch="2", transformers="5", precision="float32")
    evidence = Evidence(graph_id=info.graph_id, versions=versions, claims=(found,))
    evidence.save(file.with_suffix(".evidence.json"))
    build(root, root / "public")
    return f"{serve_folder(root / 'public')}/graphs/france-paris/"


@pytest.mark.parametrize("width", [1440, 390])
def test_while_a_paragraph_is_read_its_boxes_are_lit_beside_it(
    page: Page, site: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(site)
    expect(page.locator(".alongside")).to_have_count(0)
    page.evaluate("document.querySelectorAll('#write-up p')[1].scrollIntoView()")
    page.mouse.wheel(0, 40)
    expect(page.locator(".alongside [data-box].lit")).to_have_count(1)
    expect(page.locator('.alongside [data-box="early"]')).to_be_in_viewport()
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(".alongside")).to_have_count(0)


def test_beside_a_short_text_there_is_room_for_the_picture_too(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator(".way button")).to_be_visible()
    paragraph = page.locator("#write-up p").nth(1)
    paragraph.evaluate("(one) => { one.lastChild.data = ' They read.'.repeat(60); }")
    assert _height(page, "#write-up") < 2 * _height(page, ".limits")
    paragraph.evaluate("(one) => one.scrollIntoView()")
    page.mouse.wheel(0, -150)
    expect(page.locator('.alongside [data-box="early"]')).to_be_in_viewport(ratio=0.99)


def test_what_is_lit_is_of_the_paragraph_read_however_one_came_there(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator(".way button")).to_be_visible()
    first, second = page.locator("#write-up p").all()[:2]
    lit = page.locator(".alongside [data-box].lit")
    at_eye_level = "(one) => scrollBy(0, one.getBoundingClientRect().top - 0.33 * innerHeight)"
    second.evaluate(at_eye_level)
    expect(lit).to_have_count(1)
    first.evaluate(at_eye_level)
    expect(lit).to_have_count(0)
    second.evaluate(at_eye_level)
    expect(lit).to_have_count(1)


def _height(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["height"]


def test_a_prediction_is_answered_when_it_is_made(page: Page, site: str) -> None:
    page.goto(site)
    reveal = page.locator(".predict .reveal")
    expect(reveal).to_be_hidden()
    page.get_by_label("Paris", exact=True).check()
    expect(reveal).to_contain_text("It says “Rome”")
    expect(page.locator(".was-right")).to_be_hidden()
    page.get_by_label("Rome", exact=True).check()
    expect(page.locator(".was-right")).to_be_visible()


def test_the_strongest_way_is_walked_by_one_key(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator(".way button")).to_be_visible()
    lit = page.locator("#circuit svg [data-box].lit")
    page.keyboard.press("w")
    expect(lit).to_have_count(2)
    expect(page.locator(".way [aria-current]")).to_have_count(1)
    hops = page.locator(".way span").count()
    for _ in range(hops):
        page.keyboard.press("w")
    expect(lit).to_have_count(0)


def test_the_graph_is_two_stops_away_and_a_scatter_is_one(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator('.skip[href="#viewer-stage"]')).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer-stage")).to_be_focused()
    expect(page.locator('.scatter a:not([tabindex="-1"])')).to_have_count(1)
    page.locator(".scatter a").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".scatter a").nth(1)).to_be_focused()


def test_what_is_closed_is_open_on_paper(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator(".way button")).to_be_visible()
    closed = "[...document.querySelectorAll('details')].filter((one) => !one.open).length"
    before = page.evaluate(closed)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert before > 0 and page.evaluate(closed) == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(closed) == before


def test_a_terms_meaning_shows_on_focus_and_escape_puts_it_away(page: Page, site: str) -> None:
    page.goto(site)
    term = page.locator("#write-up .term button").first
    term.focus()
    expect(page.locator("#write-up .meaning").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#write-up .meaning").first).to_be_hidden()
