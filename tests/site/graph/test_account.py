"""What a page says of where the answer comes from are the numbers of its file, and they add up."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.account_graphs import FEATURES, INPUTS, account_graph
from tests.builders import make_graph
from tests.site.graph.test_viewer_data import read
from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.parts.parts import Parts
from tracer.site.graph.account import ShownAccount, show_account
from tracer.site.graph.facts import explained, facts
from tracer.site.graph.shaded_prompt import Piece
from tracer.site.graph.trial import show_trial
from tracer.site.graph.viewer_data import encode
from tracer.site.wording.amounts import signed
from tracer.site.wording.tokens import prompt_text


def shown(graph: Graph, parts: Parts | None = None, **said: Any) -> ShownAccount:
    found = show_account(graph, Annotations.model_validate(said), parts or Parts())
    assert found is not None
    return found


def with_account(graph: Graph, **fields: Any) -> Graph:
    document = json.loads(graph.to_json())
    document["metadata"]["tracer"]["account"] |= fields
    return Graph.model_validate(document)


def number(text: str) -> float:
    return float(text.replace("−", "-").split()[0])


def test_words_start_and_biases_add_up_to_what_the_page_calls_together() -> None:
    page = shown(*account_graph())
    quantity = page.info.quantity
    assert sum(one.value for one in page.shares) == pytest.approx(quantity)
    assert [one.name for one in page.words] == ["The", "capital", "of", "France", "is"]
    assert [one.name for one in page.constants] == ["biases", "the start"]
    assert sum(number(row.amount) for row in page.table) == pytest.approx(quantity, abs=0.005)
    assert sum(number(amount) for _, amount, _ in page.summed) == pytest.approx(quantity, abs=0.02)
    assert page.total == f"{quantity:+.2f} logits"
    france = next(one for one in page.words if one.name == "France")
    assert [text for text, _ in france.pieces] == ["Fr", "ance"]
    assert sum(value for _, value in france.pieces) == pytest.approx(france.value)


def test_the_shaded_prompt_is_the_prompt_and_its_strongest_word_the_darkest() -> None:
    page = shown(*account_graph())
    pieces = list(page.prompt)
    assert "".join(p.before + p.text + p.after for p in pieces) == prompt_text(page.graph)
    assert all(p.amount == page.amount(p.share.value) for p in pieces if p.share)
    darkest = max(pieces, key=lambda p: abs(p.share.value) if p.share else 0)
    assert "shade-8" in darkest.tone and "told" in darkest.tone
    for piece in pieces:
        assert piece.share is not None
        assert ("opposes" in piece.tone) == (piece.share.value < 0)


def with_words(**values: float) -> list[Piece]:
    """The shaded prompt of the words, each of which adds its value."""
    document = json.loads(account_graph()[0].to_json())
    document["metadata"]["prompt_tokens"][1:7] = list(values)
    strong = dict(enumerate(values.values(), start=1))
    for node in document["nodes"]:
        if node["node_id"] in {f"E_{at}_{at}" for at in strong}:
            node["effect"] = strong[node["ctx_idx"]]
    page = shown(Graph.model_validate(document))
    pieces = list(page.prompt)
    assert "".join(p.before + p.text + p.after for p in pieces) == prompt_text(page.graph)
    return pieces


def told(pieces: list[Piece]) -> list[str]:
    return [piece.text or piece.sign for piece in pieces if "told" in piece.tone]


def test_numbers_in_sight_have_room_and_the_stronger_one_stays() -> None:
    words = {" a": 1.0, " b": -2.0, " c": 1.5, " longer-still": 0.9, " d": 0.0, " even-so": 0.8}
    assert told(with_words(**words)) == ["b", "longer-still", "even-so"]


def test_narrow_letters_give_a_number_less_room_than_wide_ones() -> None:
    narrow = {" ((": 2.0, ")": 0.0, " *": 0.0, " (": 1.0, " (3": 0.0, " +": 1.9}
    assert told(with_words(**narrow)) == ["((", "+"]
    wide = {" mm": 2.0, " w": 0.0, " ww": 0.0, " mw": 1.0, " www": 0.0, " wm": 1.9}
    assert told(with_words(**wide)) == ["mm", "mw", "wm"]


def test_the_end_of_a_line_stands_after_its_sign_and_its_number_beneath_that() -> None:
    words = {" a": 1.0, "\n": -2.0, " c": 2.0, " longer-still": 0.0, "\n\n": 1.5, " e": 0.8}
    pieces = with_words(**words)
    assert told(pieces) == ["↵", "c", "↵↵", "e"]
    ends = [(piece.sign, piece.text, piece.after) for piece in pieces if piece.sign]
    assert ends == [("↵", "", "\n"), ("↵↵", "", "\n\n")]
    assert pieces[1].link is not None and pieces[1].link["aria-label"] == "↵"


def test_letters_spread_over_tokens_are_letters_again() -> None:
    document = json.loads(account_graph()[0].to_json())
    document["metadata"]["prompt_tokens"][4:6] = [" caf<0xC3>", "<0xA9>"]
    page = shown(Graph.model_validate(document))
    assert "".join(p.before + p.text + p.after for p in page.prompt) == "The capital of café is"


def test_a_lead_is_told_against_named_answers_only() -> None:
    contrasted = shown(*account_graph())
    lead = f"{contrasted.info.quantity:.2f}"
    assert contrasted.meaning == f"for “Paris” rather than “Berlin”: it leads by {lead}"
    others = [(" Rome", 44, 0.42), (" Berlin", 43, 0.13), (" a", 7, 0.001)]
    alternatives = [
        {"token": token, "token_id": index, "weight": weight} for token, index, weight in others
    ]
    graph, _ = account_graph(kind="target", contrast=[], contrast_ids=[], against="alternatives")
    quantity = contrasted.info.quantity
    graph = with_account(graph, alternatives=alternatives, entropy=quantity - 1.5)
    said = shown(graph).meaning
    assert said == "for “Paris” rather than “Rome” .42, “Berlin” .13 …; log-odds +1.5"
    assert "lead" not in said


def test_what_runs_through_groups_is_counted() -> None:
    graph, parts = account_graph()
    both = {"groups": {"all": {"name": "all", "nodes": list(FEATURES)}}}
    page = shown(graph, parts, **both)
    assert parts.flows is not None
    lost = sum(parts.flows.leaving)
    assert page.through_groups is not None
    assert f"runs {signed(lost)} of the {page.total} (" in page.through_groups
    for quantity, past in ((lost / 2, -lost / 2), (-lost, -2 * lost)):
        page = shown(with_account(graph, quantity=quantity), parts, **both)
        told = f"runs {signed(lost)} and past them {signed(past, 2)}, which makes {page.total}."
        assert (page.through_groups or "").endswith(told), "a part is not more than its whole"
    assert shown(graph, Parts(), **both).through_groups is None
    assert shown(graph, parts).through_groups is None, "there are no boxes"


def test_no_setting_is_told_as_a_measurement() -> None:
    graph, _ = account_graph()
    text = " ".join(explained(graph)).replace("\N{NO-BREAK SPACE}", " ")
    assert "81 % comes from the 5 neurons listed" in text
    assert "42 % comes from others of them" in text
    assert "links drawn hold 90 % of all that flows" in text
    assert "explains" not in text and "neurons not listed" not in text
    assert "Influence to keep" not in {fact.name for fact in facts(graph)}


def test_what_was_tried_is_told_with_its_wrong_signs() -> None:
    graph, _ = account_graph()
    trial = show_trial(graph)
    assert trial is not None and not trial.warnings
    assert any("+0.97" in one for one in trial.sentences)
    assert any("None of them moved it the other way" in one for one in trial.sentences)
    nodes = [{"node": "0_7_4", "predicted": -1.0, "actual": 0.5}]
    bad = show_trial(with_account(graph, trial={"nodes": nodes, "correlation": 0.4}))
    assert bad is not None
    assert len(bad.warnings) == 2 and "0.40" in bad.warnings[0] and "0_7_4" in bad.warnings[1]
    assert bad.nodes[0].wrong
    assert show_trial(make_graph()) is None


def in_the_viewer(graph: Graph, parts: Parts) -> dict[str, Any]:
    return read(encode(graph, Annotations(), flows=parts.flows))


@pytest.mark.parametrize("known", [True, False], ids=["all flows", "without the packed file"])
def test_what_is_drawn_and_what_is_not_make_up_each_effect(known: bool) -> None:
    graph, parts = account_graph(drawn=22)
    data = in_the_viewer(graph, parts if known else Parts())
    account, ids = data["account"], data["ids"]
    gain = dict(zip(ids, account["gain"], strict=True))
    effects = {node.node_id: node.effect for node in graph.nodes}
    effects["3_42_6"] = account["quantity"]
    sides = [(t, weight * gain[t], s) for s, t, weight in data["links"]]
    everything = len(account_graph()[0].links)
    missing = 0
    for name, (into, out) in zip(ids, account["rest"], strict=True):
        drawn_in = sum(flow for t, flow, _ in sides if t == name)
        drawn_out = sum(flow for _, flow, s in sides if s == name)
        effect = effects[name]
        assert effect is not None
        for drawn, rest in ((drawn_in, into), (drawn_out, out)):
            if rest is not None:
                assert drawn + rest[1] == pytest.approx(effect, abs=2e-4)
                assert (rest[0] is None) == (not known)
                missing += rest[0] or 0
        assert (into is None) == (name in INPUTS)
        assert (out is None) == (name == "3_42_6")
    assert missing == (2 * (everything - 22) if known else 0), "at either end"


def test_nodes_that_are_no_words_stand_among_them_and_say_what_they_are() -> None:
    graph, parts = account_graph()
    data = in_the_viewer(graph, parts)
    constants = {data["ids"][at]: name for at, name in data["account"]["constants"]}
    assert constants == {"E_biases_0": "biases", "E_0_0": "start"}
    kinds = dict(zip(data["ids"], data["nodes"]["kinds"], strict=True))
    assert kinds["E_biases_0"] == kinds["E_0_0"] == 2
    assert 1 not in kinds.values(), "nothing is in error"


def test_automatic_words_reach_the_viewer_and_a_given_name_wins() -> None:
    graph, parts = account_graph()
    data = in_the_viewer(graph, parts)
    assert data["nodes"]["labels"][0] is None
    assert data["account"]["automatic"][0] == "France → Paris, France"
    words = data["account"]["words"]
    at, reads, pushes, opposes = words["rows"][0]
    told = [words["texts"][one] for one in (reads[0], *pushes, *opposes)]
    assert (at, told) == (0, ["France", "Paris", "France", "London"])
    below = next(at for at, node in enumerate(graph.nodes) if (node.activation or 0) < 0)
    row = next(row for row in words["rows"] if row[0] == below)
    assert row[1][1] == -70, "what pushes it up weakens it"
    stored = json.loads(graph.to_json())
    stored["nodes"][0]["clerp"] = "France → Paris, France"
    again = in_the_viewer(Graph.model_validate(stored), parts)
    assert again["nodes"]["labels"][0] is None, "nobody gave that name"


def test_a_word_that_cannot_be_seen_reaches_the_viewer_as_a_sign() -> None:
    graph, parts = account_graph()
    stored = json.loads(graph.to_json())
    node = next(node for node in stored["nodes"] if node.get("reads"))
    node["reads"] = [{"word": "\n    ", "share": 0.5}]
    data = in_the_viewer(Graph.model_validate(stored), parts)
    assert "↵" in data["account"]["words"]["texts"]


def test_other_graphs_keep_no_account() -> None:
    assert "account" not in read(encode(make_graph(), Annotations()))
    assert show_account(make_graph(), Annotations(), Parts()) is None
    assert re.search("explains 61", " ".join(explained(make_graph())))


def test_the_picture_of_an_account_tells_its_graphs_numbers() -> None:
    repository = Path(__file__).parents[3]
    folder = GraphFolder(repository / "graphs")
    slug = "colosseum-italian"
    account = shown(Graph.load(folder.path(slug, folder.latest(slug) or 0)))
    by = {one.name: one.value for one in account.shares}
    others = sum(one.value for one in account.words) - by["Colosseum"]
    told = [by["the start"], by["Colosseum"], others]
    picture = ElementTree.parse(repository / "site_src/files/account.svg")
    found = [one for one in picture.iter() if "class" in one.attrib]
    amounts = [one.text for one in found if one.get("class") == "amount"]
    assert amounts == [account.amount(one) for one in told]
    assert f"leads by {account.total}" in [one.text for one in found]
    widths = [float(one.attrib["stroke-width"]) for one in found if one.get("class") == "flow"]
    assert [width / widths[1] for width in widths] == pytest.approx(
        [one / told[1] for one in told], abs=0.01
    )
