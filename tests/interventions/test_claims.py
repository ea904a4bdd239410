"""A claim holds only if it meets its bound and beats all twenty controls."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from tests.tiny_models import PROMPT
from tests.tracing import trace_nodes
from tracer.documents.annotations import Annotations
from tracer.documents.claims import Claim
from tracer.documents.evidence import ClaimEvidence
from tracer.documents.evidence_comparison import claim_agrees
from tracer.documents.graph import Graph
from tracer.documents.prompts import Counterfactual
from tracer.documents.resolved_claims import ResolvedClaim, resolve_claim
from tracer.errors import TracerError
from tracer.interventions import knock_out
from tracer.interventions.claims import check_claim
from tracer.interventions.controls import DRAWS
from tracer.interventions.knock_out import KnockOut
from tracer.interventions.steer import continuation
from tracer.interventions.steered_pass import Setting, SteeredPrompt
from tracer.interventions.targets import find_targets
from tracer.model.frozen_pass import freeze
from tracer.model.load import Model

OTHER = " w9 w12 w33 w2 w8 w40 w21"


@pytest.fixture(scope="module")
def prompt(llama: Model) -> SteeredPrompt:
    return SteeredPrompt(
        llama, find_targets(llama, "neurons"), llama.tokenizer.encode_prompt(PROMPT)
    )


@pytest.fixture(scope="module")
def graph(llama: Model) -> Graph:
    return trace_nodes(PROMPT, model=llama, target=" w9", contrast=[" w2"]).prune(slug="tiny")


@pytest.fixture(scope="module")
def elsewhere(llama: Model) -> Graph:
    return trace_nodes(OTHER, model=llama, target=" w9", contrast=[" w2"]).prune(slug="other")


def features_of(graph: Graph, position: int | None = None) -> list[str]:
    """By effect, the strongest supporter first."""
    found = [
        one
        for one in graph.nodes
        if one.kind == "feature" and position in (None, one.ctx_idx) and one.effect is not None
    ]
    return [one.node_id for one in sorted(found, key=lambda one: -(one.effect or 0))]


def resolved(
    graph: Graph,
    claim: dict[str, Any],
    elsewhere: Graph | None = None,
    counterfactual: Counterfactual | None = None,
    **groups: list[str],
) -> ResolvedClaim:
    named = {key: {"name": key, "nodes": nodes} for key, nodes in groups.items()}
    said = Annotations.model_validate({"groups": named, "claims": [{"id": "one", **claim}]})
    others = (
        {"theirs": {"name": "theirs", "nodes": features_of(elsewhere, 4)[:6]}} if elsewhere else {}
    )

    def find(_: str) -> tuple[Graph, Annotations]:
        assert elsewhere is not None
        return elsewhere, Annotations.model_validate({"groups": others})

    return resolve_claim(said.claims[0], graph, said, find, counterfactual=counterfactual)


def test_strong_supporters_are_needed(prompt: SteeredPrompt, graph: Graph) -> None:
    supporters = features_of(graph)[:8]
    expect = {"token": " w9", "versus": " w2", "lead_falls_by": 0.05}
    found = check_claim(
        prompt, resolved(graph, {"ablate": "all", "expect": expect}, all=supporters)
    )
    assert (found.verdict, found.bound_met) == ("holds", True)
    probability, lead = found.measures
    assert (probability.decides, lead.decides, len(lead.controls)) == (False, True, DRAWS)
    assert lead.beats_all and all(one > lead.after for one in lead.controls)
    places = [[int(part) for part in one.split("_")] for one in supporters]
    settings = [Setting(layer, index, at, 0.0) for layer, index, at in places]
    after = prompt.run(settings).logits[0]
    single = prompt.model.tokenizer.single_token
    assert lead.after == pytest.approx(float(after[single(" w9")] - after[single(" w2")]))
    assert [one.node for one in found.changes] == [
        one for one in graph.node_ids if one in supporters
    ]


def test_a_bound_that_is_missed_fails(prompt: SteeredPrompt, graph: Graph) -> None:
    expect = {"token": " w9", "versus": " w2", "lead_falls_by": 50.0}
    ablate = {"ablate": "all", "expect": expect}
    found = check_claim(prompt, resolved(graph, ablate, all=features_of(graph)[:8]))
    assert (found.verdict, found.bound_met) == ("fails", False)
    assert found.measures[1].beats_all


def test_loud_features_without_meaning_fail_though_the_bound_is_met(
    llama: Model, graph: Graph
) -> None:
    """At the last word every neuron of a layer pushes the answer by about the same, whatever it
    stands for. Some of them, set to zero, move the answer; so do any others."""
    state = {name: one.clone() for name, one in llama.causal_lm.state_dict().items()}
    try:
        ids, targets = llama.tokenizer.encode_prompt(PROMPT), find_targets(llama, "neurons")
        last = len(ids) - 1
        activations = SteeredPrompt(llama, targets, ids).baseline.reads[1][0, last]
        single = llama.tokenizer.single_token
        towards = llama.unembedding[single(" w9")] - llama.unembedding[single(" w2")]
        torch.manual_seed(4)
        pushes = 0.05 + 0.01 * torch.rand(len(activations))
        down = llama.layers[1].mlp.down  # (d_model, neurons), a view of the model's weights
        down.copy_(towards[:, None] / towards.norm() * pushes / activations)
        prompt = SteeredPrompt(llama, targets, ids)
        middle = pushes.argsort()[len(pushes) // 2 :][:4].tolist()
        group = [f"1_{index}_{last}" for index in middle]
        fields = json.loads(graph.to_json())
        template = next(one for one in fields["nodes"] if one["feature_type"] == "neuron")
        there = {one["node_id"] for one in fields["nodes"]}
        for node in group:
            if node not in there:
                place = {"node_id": node, "jsNodeId": node, "layer": "1", "ctx_idx": last}
                fields["nodes"].append(template | place)
        expect = {"token": " w9", "versus": " w2", "lead_falls_by": 0.05}
        claim = resolved(
            Graph.model_validate(fields), {"ablate": "loud", "expect": expect}, loud=group
        )
        found = check_claim(prompt, claim)
        assert found.bound_met
        assert found.verdict == "fails"
        assert 0 <= found.measures[1].beaten < DRAWS
    finally:
        llama.causal_lm.load_state_dict(state)


@pytest.mark.parametrize("operation", ["set", "scale"])
def test_setting_and_scaling(prompt: SteeredPrompt, graph: Graph, operation: str) -> None:
    node = features_of(graph)[0]
    layer, index, position = map(int, node.split("_"))
    own = prompt.activation(layer, index, position)
    number = 0.5 if operation == "set" else -3.0
    expect = {"token": " w9", "p_falls_by": 0.001}
    found = check_claim(prompt, resolved(graph, {operation: {node: number}, "expect": expect}))
    (change,) = found.changes
    assert change.before == pytest.approx(own)
    assert change.after == pytest.approx(0.5 if operation == "set" else -3 * own)
    after = prompt.run([Setting(layer, index, position, change.after)]).logits[0].softmax(-1)
    target = prompt.model.tokenizer.single_token(" w9")
    assert found.measures[0].after == pytest.approx(float(after[target]))


def test_a_swap_takes_both_groups_to_their_values_in_the_other_prompt(
    prompt: SteeredPrompt, graph: Graph, elsewhere: Graph
) -> None:
    swap = {"group": "mine", "with": {"graph": "other", "group": "theirs"}}
    claim = {"swap": swap, "expect": {"token": " w9", "p_rises_by": 0.001}}
    mine = features_of(graph, 3)[:5]
    meant = resolved(graph, claim, elsewhere, mine=mine)
    found = check_claim(prompt, meant)
    info = elsewhere.metadata.tracer
    assert info is not None
    there = SteeredPrompt(prompt.model, prompt.targets, info.token_ids)
    expected = {tuple(map(int, one.split("_")[:2])) for one in (*mine, *meant.elsewhere_nodes)}
    assert {tuple(map(int, one.node.split("_")[:2])) for one in found.changes} == expected
    for one in found.changes:
        layer, index, position = map(int, one.node.split("_"))
        assert position == 3
        assert one.after == pytest.approx(there.activation(layer, index, 4))


def test_a_swap_needs_as_many_words_on_both_sides(
    prompt: SteeredPrompt, graph: Graph, elsewhere: Graph
) -> None:
    swap = {"group": "mine", "with": {"graph": "other", "group": "theirs"}}
    claim = {"swap": swap, "expect": {"token": " w9", "p_rises_by": 0.001}}
    mine = [features_of(graph, 3)[0], features_of(graph, 5)[0]]
    with pytest.raises(TracerError, match="stand at 2 and 1 positions"):
        check_claim(prompt, resolved(graph, claim, elsewhere, mine=mine))


def test_a_feature_turns_off_or_does_not(prompt: SteeredPrompt, graph: Graph) -> None:
    last = features_of(graph, 7)
    ablated = [one for one in last if not one.startswith("2_")][:3]
    watched = next(one for one in last if one.startswith("2_"))
    expect = {"feature_off": watched}
    found = check_claim(prompt, resolved(graph, {"ablate": "some", "expect": expect}, some=ablated))
    (measure,) = found.measures
    assert (measure.quantity, measure.before > 0) == ("activation", True)
    assert found.bound_met == (measure.after <= 0.1 * measure.before)
    with pytest.raises(TracerError, match="leaves alone"):
        check_claim(prompt, resolved(graph, {"ablate": watched, "expect": expect}))


def test_a_continuation_that_was_so_already_proves_nothing(
    prompt: SteeredPrompt, graph: Graph
) -> None:
    expect = {"continuation_contains": " w", "tokens": 3}
    ablate = {"ablate": features_of(graph)[0], "expect": expect}
    found = check_claim(prompt, resolved(graph, ablate))
    assert (found.verdict, found.bound_met) == ("fails", False)
    assert found.continuation_before and found.continuation_after


def test_an_exchange_sets_the_values_of_the_other_prompt(
    prompt: SteeredPrompt, graph: Graph
) -> None:
    other = Counterfactual(prompt=PROMPT.replace(" w5", " w9"), target=" w2")
    claim = {
        "exchange": {"group": "all", "with": "counterfactual"},
        "expect": {"token": " w9", "p_falls_by": 0.001},
    }
    members = features_of(graph)[:8]
    found = check_claim(prompt, resolved(graph, claim, counterfactual=other, all=members))
    ids = prompt.model.tokenizer.encode_prompt(other.prompt or "")
    there = SteeredPrompt(prompt.model, prompt.targets, ids)
    values = {one.node: one.after for one in found.changes}
    for node in members:
        layer, index, position = map(int, node.split("_"))
        assert values[node] == pytest.approx(there.activation(layer, index, position), abs=1e-12)
    assert len(found.measures[0].controls) == DRAWS
    longer = other.model_copy(update={"prompt": f"{PROMPT} w4"})
    with pytest.raises(TracerError, match="9 tokens long, the graph's 8"):
        check_claim(prompt, resolved(graph, claim, counterfactual=longer, all=members))
    with pytest.raises(TracerError, match="names no counterfactual for `tiny`"):
        resolved(graph, claim, all=members)


def test_a_token_that_is_not_one_is_refused(prompt: SteeredPrompt, graph: Graph) -> None:
    expect = {"token": " w9 w2", "p_falls_by": 0.5}
    with pytest.raises(TracerError, match="is 2 tokens, not one"):
        check_claim(prompt, resolved(graph, {"ablate": features_of(graph)[0], "expect": expect}))


def test_the_same_claim_gives_the_same_evidence(prompt: SteeredPrompt, graph: Graph) -> None:
    claim = {"ablate": features_of(graph)[0], "expect": {"token": " w9", "p_falls_by": 0.01}}
    found: list[ClaimEvidence] = [check_claim(prompt, resolved(graph, claim)) for _ in range(2)]
    assert claim_agrees(*found)


def test_the_hash_is_of_what_decides(graph: Graph) -> None:
    nodes = features_of(graph)[:3]
    claim = {"ablate": "some", "expect": {"token": " w9", "p_falls_by": 0.01}}
    first = resolved(graph, claim, some=nodes)
    assert first.hash == resolved(graph, {**claim, "holds": False, "note": "x"}, some=nodes).hash
    assert first.hash != resolved(graph, claim, some=nodes[:2]).hash
    other = {**claim, "expect": {"token": " w9", "p_falls_by": 0.02}}
    assert first.hash != resolved(graph, other, some=nodes).hash
    assert isinstance(first.claim, Claim)


def test_a_token_may_be_named_by_its_id(prompt: SteeredPrompt, graph: Graph) -> None:
    (strongest, *_) = features_of(graph)
    outcomes = []
    for token, versus in ((" w9", " w2"), ({"id": 11}, {"id": 4})):
        expect = {"token": token, "versus": versus, "lead_falls_by": 0.001}
        found = check_claim(prompt, resolved(graph, {"ablate": strongest, "expect": expect}))
        outcomes.append([(one.quantity, one.before, one.after) for one in found.measures])
    assert outcomes[0] == outcomes[1]


def knocked_out(head: Any, **expect: Any) -> dict[str, Any]:
    return {"knock_out": {"head": head, "from": [3, 4], "to": 7}, "expect": expect}


def test_heads_are_knocked_out_beside_others_of_their_layer(
    prompt: SteeredPrompt, graph: Graph
) -> None:
    claim = resolved(graph, knocked_out("1.2", token=" w9", versus=" w2", lead_falls_by=0.01))
    found = check_claim(prompt, claim)
    assert found.changes == () and found.looks is not None
    (look,) = found.looks
    assert (look.head, look.to, look.keys) == ("1.2", 7, (3, 4))
    patterns = freeze(prompt.model, prompt.token_ids).patterns[1]
    assert look.weight == pytest.approx(float(patterns[2, 7, [3, 4]].sum()))
    run = next(prompt.runs_without([[KnockOut(1, 2, 7, 3), KnockOut(1, 2, 7, 4)]]))
    single = prompt.model.tokenizer.single_token
    lead = float(run.logits[0, single(" w9")] - run.logits[0, single(" w2")])
    assert found.measures[1].after == pytest.approx(lead)
    assert 3 <= len(found.measures[1].controls) <= DRAWS
    assert claim_agrees(check_claim(prompt, claim), found)


def test_nothing_may_stand_in_the_place_of_a_look(prompt: SteeredPrompt, graph: Graph) -> None:
    said = knocked_out("1.2", token=" w9", p_falls_by=0.01)
    shared = resolved(graph, said)
    zeroed = resolved(graph, {**said, "knock_out": {**said["knock_out"], "zero": True}})
    assert shared.hash != zeroed.hash
    found = check_claim(prompt, zeroed)
    cuts = [KnockOut(1, 2, 7, key, zero=True) for key in (3, 4)]
    run = next(prompt.runs_without([cuts]))
    after = run.logits.softmax(-1)[0, prompt.model.tokenizer.single_token(" w9")]
    assert found.measures[0].after == pytest.approx(float(after))
    assert found.measures[0].after != pytest.approx(check_claim(prompt, shared).measures[0].after)
    assert 3 <= len(found.measures[0].controls) <= DRAWS


def test_several_heads_have_controls_together(prompt: SteeredPrompt, graph: Graph) -> None:
    several = {"knock_out": [{"head": ["0.1", "0.3"], "from": 2, "to": 5}]}
    several["knock_out"].append({"head": "2.0", "from": 1, "to": 7})
    expect = {"token": " w9", "p_falls_by": 0.001}
    found = check_claim(prompt, resolved(graph, {**several, "expect": expect}))
    assert [one.head for one in found.looks or ()] == ["0.1", "0.3", "2.0"]
    assert len(found.measures[0].controls) == DRAWS


def test_what_is_said_without_a_head(prompt: SteeredPrompt, graph: Graph) -> None:
    expect = {"continuation_lacks": "w", "tokens": 2}
    found = check_claim(prompt, resolved(graph, knocked_out("1.2", **expect)))
    assert found.continuation_before and found.continuation_after
    with knock_out.knocked_out(prompt.model, [[KnockOut(1, 2, 7, 3), KnockOut(1, 2, 7, 4)]]):
        assert continuation(prompt, (), 2, None) == found.continuation_after


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ({"head": "9.0", "from": 3, "to": 7}, "there is no head 9.0: layers are 0 to 2"),
        ({"head": "1.2", "from": 3, "to": 70}, "the prompt has no token 70"),
        ({"head": "1.9", "from": 3, "to": 7}, "there is no head 1.9"),
    ],
)
def test_heads_that_are_not_there(
    prompt: SteeredPrompt, graph: Graph, claim: dict[str, Any], said: str
) -> None:
    whole = {"knock_out": claim, "expect": {"token": " w9", "p_falls_by": 0.5}}
    with pytest.raises(TracerError, match=said):
        check_claim(prompt, resolved(graph, whole))
