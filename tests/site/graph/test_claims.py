"""Claims and faithfulness on the page, complete without scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.claims import Claim
from tracer.documents.evidence import (
    ClaimEvidence,
    Evidence,
    Faithfulness,
    Measure,
    NodeAblation,
    PartAblation,
    Versions,
    load_evidence,
)
from tracer.documents.evidence_comparison import claim_agrees, faithfulness_agrees
from tracer.documents.resolved_claims import resolve_claim
from tracer.errors import TracerError
from tracer.site.build import build
from tracer.site.check import check
from tracer.site.graph.claims import sentence, with_texts

ANNOTATIONS = """\
groups:
  france: {name: France, nodes: [0_7_4, 1_3_4]}
claims:
  - {id: needed, ablate: france, expect: {token: " Paris", p_falls_by: 0.5}, note: "See *this*."}
  - {id: other, ablate: 1_9_5, expect: {token: " Paris", p_falls_by: 0.5}}
"""


def part(value: float) -> PartAblation:
    return PartAblation(
        ablated=2,
        predicted=-1.5,
        value=value,
        probability=0.2,
        control_values=(3.0, 3.4),
        control_probabilities=(0.7, 0.8),
    )


def faithfulness() -> Faithfulness:
    rows = [("0_7_4", -0.6, -0.5, 0.6, -0.1), ("1_3_4", -0.9, -1.1, 0.4, None)]
    keys = ("node", "predicted", "actual", "probability", "control")
    nodes = [NodeAblation.model_validate(dict(zip(keys, row, strict=True))) for row in rows]
    return Faithfulness(
        unit="logits",
        value=3.7,
        probability=0.81,
        seed=1,
        nodes=tuple(nodes),
        correlation=0.84,
        slope=-0.5,
        circuit="groups",
        circuit_nodes=("0_7_4", "1_3_4"),
        necessity=part(1.0),
        sufficiency=part(2.0),
    )


def evidence(**claim: Any) -> Evidence:
    said = Annotations.model_validate(
        {
            "groups": {"france": {"name": "France", "nodes": ["0_7_4", "1_3_4"]}},
            "claims": [
                {
                    "id": "needed",
                    "ablate": "france",
                    "expect": {"token": " Paris", "p_falls_by": 0.5},
                }
            ],
        }
    )

    def find(_: str) -> Any:
        raise AssertionError

    controls = tuple(0.7 + 0.005 * number for number in range(20))
    measure = {
        "quantity": "probability",
        "before": 0.81,
        "after": 0.17,
        "controls": controls,
        "beaten": 20,
    }
    found = {
        "id": "needed",
        "claim": resolve_claim(said.claims[0], make_graph(), said, find).hash,
        "verdict": "holds",
        "bound_met": True,
        "seed": 7,
        "changes": [{"node": "0_7_4", "before": 1.5, "after": 0}],
        "measures": [Measure.model_validate(measure)],
        "before": [{"token": " Paris", "probability": 0.81}],
        "after": [{"token": " Rome<b>", "probability": 0.5}],
    }
    versions = Versions(tracer="1", torch="2", transformers="5", precision="float32")
    return Evidence(
        graph_id="0" * 64,
        versions=versions,
        faithfulness=faithfulness(),
        claims=(ClaimEvidence.model_validate(found | claim),),
    )


def page(gallery: GalleryFolder) -> str:
    build(gallery.root, gallery.root / "public")
    text = (gallery.root / "public/graphs/france-paris/index.html").read_text()
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def tested(gallery: GalleryFolder) -> GalleryFolder:
    gallery.write("site_src/annotations/france-paris.yaml", ANNOTATIONS)
    evidence().save(gallery.root / "graphs/france-paris/1.evidence.json")
    return gallery


def test_claims_stand_on_the_page_with_badge_bars_controls_and_nodes(
    tested: GalleryFolder,
) -> None:
    text = page(tested)
    assert "Without “France”, the probability of “Paris” falls by at least 50 %." in text
    assert 'class="badge holds">holds' in text and 'class="badge untested">untested' in text
    assert "70 % to 80 %; 20 of 20 did less" in text and 'class="claim-bars"' in text
    assert 'href="?pinnedIds=0_7_4%2C1_3_4#viewer" data-nodes="0_7_4 1_3_4"' in text
    assert "1 feature was set to zero in the real model" in text
    assert "Rome&lt;b&gt;" in text and "<b>" not in text
    assert "See <em>this</em>." in text
    published = tested.root / "public/graphs/france-paris/1.evidence.json"
    assert load_evidence(published) == load_evidence(
        tested.root / "graphs/france-paris/1.evidence.json"
    )


def test_a_token_that_is_given_by_its_id_is_told_by_its_text() -> None:
    asked = {"id": "one", "ablate": "0_7_4", "expect": {"token": {"id": 42}, "p_below": 0.1}}
    info = make_graph().metadata.tracer
    assert info is not None
    told = with_texts(Claim.model_validate(asked), info.answers)
    assert "probability of “Paris” falls below" in sentence(told, Annotations())
    asked["expect"] = {"token": {"id": 7}, "p_below": 0.1}
    told = with_texts(Claim.model_validate(asked), info.answers)
    assert "probability of token 7 falls below" in sentence(told, Annotations())


def test_failed_claims_are_shown(tested: GalleryFolder) -> None:
    failed = evidence(verdict="fails", bound_met=False)
    failed.save(tested.root / "graphs/france-paris/1.evidence.json")
    text = page(tested)
    assert 'class="badge fails">fails' in text
    assert "Its author said that it would hold." in text and "The bound was not met." in text


def test_the_gallery_counts_what_became_of_claims(tested: GalleryFolder) -> None:
    for verdict, words in (("holds", "1 claim holds"), ("fails", "1 claim fails")):
        evidence(verdict=verdict).save(tested.root / "graphs/france-paris/1.evidence.json")
        page(tested)
        front = (tested.root / "public/index.html").read_text()
        told = f'<li class="{verdict}"><a href="./graphs/france-paris/#claims">{words}</a></li>'
        assert told in front and "1 claim untested</a>" in front


def test_evidence_of_another_claim_or_graph_proves_nothing(tested: GalleryFolder) -> None:
    for other in ({"claim": "1" * 64}, {}):
        found = evidence(**other)
        if not other:
            found = found.model_copy(update={"graph_id": "2" * 64})
        found.save(tested.root / "graphs/france-paris/1.evidence.json")
        text = page(tested)
        assert text.count("badge untested") == 2 and "badge holds" not in text
        assert ('id="faithfulness"' in text) == bool(other)


def test_faithfulness_stands_on_the_page_with_a_scatter(tested: GalleryFolder) -> None:
    text = page(tested)
    assert "a correlation of +0.84 and a slope of −0.50" in text
    assert "the probability goes from 81 % to 20 %" in text and "to 70 % to 80 %" in text
    assert text.count("<circle") >= 2 and 'href="?clickedId=1_3_4#viewer"' in text
    assert '<a href="#try">All 2 nodes as a table</a>' in text


def test_the_viewer_is_told_what_each_ablation_did(tested: GalleryFolder) -> None:
    page(tested)
    (file,) = (tested.root / "public/graphs/france-paris").glob("data.*.json")
    data = json.loads(file.read_text())["ablations"]
    assert (data["unit"], data["before"]) == ("logits", 0.81)
    order = make_graph().node_ids
    assert [order[row[0]] for row in data["rows"]] == ["0_7_4", "1_3_4"]
    assert data["rows"][0][1:] == [-0.6, -0.5, 0.6, -0.1]


def test_a_graph_without_claims_or_evidence_says_nothing_of_them(gallery: GalleryFolder) -> None:
    text = page(gallery)
    assert "#claims" not in (gallery.root / "public/index.html").read_text()
    assert 'id="claims"' not in text and 'id="faithfulness"' not in text


def test_a_broken_evidence_file_is_an_error_with_its_place(tested: GalleryFolder) -> None:
    file = tested.root / "graphs/france-paris/1.evidence.json"
    file.write_text(file.read_text()[:200])
    errors = [str(one.problem) for one in check(tested.root) if one.level == "error"]
    assert len(errors) == 1 and "1.evidence.json" in errors[0] and "tracer verify" in errors[0]
    with pytest.raises(TracerError):
        page(tested)


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        (
            {"scale": {"france": -2}, "expect": {"token": "x", "becomes_top": True}},
            "With “France” at -2 times what it was, “x” becomes the likeliest next word.",
        ),
        (
            {"set": {"1_9_5": 3}, "expect": {"feature_off": "1_3_4"}},
            "With 1_9_5 at 3, 1_3_4 turns off.",
        ),
        (
            {"ablate": ["france", "1_9_5"], "expect": {"continuation_lacks": "Paris"}},
            "Without “France” and 1_9_5, the model no longer says “Paris”.",
        ),
        (
            {
                "swap": {"group": "france", "with": {"graph": "rome", "group": "italy"}},
                "expect": {"token": "x", "versus": "y", "lead_rises_by": 2},
            },
            "With “France” given the values that go with italy in the graph rome, “x” gains at "
            "least 2 logits against “y”.",
        ),
        (
            {
                "exchange": {"group": "france", "with": "counterfactual"},
                "expect": {"token": "x", "becomes_top": True},
            },
            "With “France” given the values it has with the counterfactual prompt, “x” becomes the "
            "likeliest next word.",
        ),
        (
            {
                "knock_out": [
                    {"head": ["3.4", "3.5"], "from": [1, 2], "to": 5},
                    {"head": "1.0", "from": 0, "to": 2, "zero": True},
                ],
                "expect": {"token": "x", "becomes_top": True},
            },
            "Without heads 3.4 and 3.5 looking from token 5 at “the Colosse” (tokens 1 to 2) and "
            "head 1.0 looking from “osse” (token 2) at “<s>” (token 0), and nothing in its place, "
            "“x” becomes the likeliest next word.",
        ),
    ],
)
def test_sentences(claim: dict[str, Any], text: str) -> None:
    said = Annotations.model_validate(
        {
            "groups": {"france": {"name": "France", "nodes": ["0_7_4"]}},
            "claims": [{"id": "a", **claim}],
        }
    )
    tokens = ["<s>", " the Col", "osse"]
    assert sentence(said.claims[0], said, tokens=tokens) == text


def test_what_was_done_to_heads_is_told(tested: GalleryFolder) -> None:
    claim = {"id": "a-head", "knock_out": {"head": "0.1", "from": [1, 2], "to": 4}}
    claim["expect"] = {"token": " Paris", "p_falls_by": 0.5}
    file = tested.root / "site_src/annotations/france-paris.yaml"
    file.write_text(file.read_text() + f"  - {json.dumps(claim)}\n")
    resolved = resolve_claim(Claim.model_validate(claim), make_graph(), Annotations(), _nowhere)
    looks = ({"head": "0.1", "to": 4, "keys": [1, 2], "weight": 0.92, "controls": 0.76},)
    found = evidence(id="a-head", claim=resolved.hash, changes=(), looks=looks)
    found.save(tested.root / "graphs/france-paris/1.evidence.json")
    text = page(tested)
    assert "Without head 0.1 looking from “" in text
    assert "which had 92 % of its attention" in text and "76 % of a head’s attention" in text


def _nowhere(_: str) -> Any:
    raise AssertionError


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{head: 23.4, from: 1, to: 2}", 'a head is text, in quotes: "23.4"'),
        ('{head: "23", from: 1, to: 2}', "a head is layer.head, in quotes, such as"),
        ('{head: "2.4", from: 2, to: 2}', "a head looks back"),
        ('{head: ["2.4", "2.4"], from: 1, to: 2}', "named twice"),
        ("[]", "do one thing: ablate, set, scale, swap, exchange, knock_out"),
    ],
)
def test_heads_that_no_claim_can_name(tmp_path: Path, written: str, said: str) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(
        f"claims:\n  - {{id: a, knock_out: {written}, expect: {{token: x, becomes_top: true}}}}\n"
    )
    with pytest.raises(TracerError, match=said):
        load_annotations(file)


def test_evidence_keeps_its_words_and_numbers(tested: GalleryFolder) -> None:
    file = tested.root / "graphs/france-paris/1.evidence.json"
    read, written = load_evidence(file), evidence()
    assert read.graph_id == written.graph_id and read.versions == written.versions
    assert len(read.claims) == len(written.claims) > 0
    for one, other in zip(read.claims, written.claims, strict=True):
        assert claim_agrees(one, other)
    assert read.faithfulness is not None and written.faithfulness is not None
    assert faithfulness_agrees(read.faithfulness, written.faithfulness)


def test_a_token_without_a_text_of_its_own_is_named_by_its_id() -> None:
    said = Annotations.model_validate(
        {
            "groups": {"france": {"name": "France", "nodes": ["0_7_4"]}},
            "claims": [
                {
                    "id": "byte",
                    "ablate": "france",
                    "expect": {"token": {"id": 236}, "versus": " Paris", "lead_falls_by": 1},
                }
            ],
        }
    )
    assert sentence(said.claims[0], said) == (
        "Without “France”, token 236 loses at least 1 logits against “Paris”."
    )
